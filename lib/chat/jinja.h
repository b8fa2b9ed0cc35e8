/* The part of Jinja 2.11 to 3.1 that chat templates of published models use, set up as Hugging
 * Face's transformers does it: trim_blocks, lstrip_blocks, loop controls, {% generation %},
 * an immutable sandbox, tojson without HTML escapes.  A template is untrusted: steps, memory,
 * depth and output are bounded, and every bound says so. */
#ifndef CHAT_JINJA_H
#define CHAT_JINJA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/status.h"
#include "json/json.h"

struct jinja;

enum {
	JINJA_SOURCE = 1 << 20,         /* bytes of a template */
	JINJA_NEST = 150,               /* depth of its expressions and blocks */
	JINJA_DEPTH = 1000,             /* depth of a rendering, and of a value that it builds */
	JINJA_STEPS = 20000000,         /* steps of a rendering, and 64 for each byte of its variables */
	JINJA_MEMORY = 128 << 20        /* bytes of a rendering, and 64 for each byte of its variables */
};

/* Read a template; name is for messages and is copied.  Owned.  ST_INPUT with name and line:
 * it is not well formed; ST_USAGE: it uses something that is not known here, which the
 * message names. */
enum status jinja_parse(struct jinja **j, const char *name, const char *text, size_t n, struct err *e);
void jinja_free(struct jinja *j);

/* What a rendering may ask of its surroundings. */
struct jinja_world {
	time_t now;             /* for strftime_now, in local time */
	bool asked_time;        /* set when the template asked for it */
	uint64_t max_steps;     /* 0: JINJA_STEPS */
};

/* Append the text that the template makes of the members of vars, an object.  The message of an
 * error begins with the template's name and line.  ST_INPUT: it does not take these variables
 * (raise_exception, or an operation that Python refuses); ST_USAGE: something is not known
 * here.  After an error the contents of out are undefined. */
enum status jinja_render(const struct jinja *j, const struct json *vars, struct jinja_world *world,
    struct buf *out, struct err *e);

/* Whether the template refers to a variable of this name. */
bool jinja_uses(const struct jinja *j, const char *name);

#endif
