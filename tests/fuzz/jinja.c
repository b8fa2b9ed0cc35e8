/* Chat templates, and the variables that they render: the last line of the input is a JSON object of
 * variables, all before it is the template. */
#include <stdint.h>
#include <string.h>

#include "chat/jinja.h"
#include "must.h"
#include "json/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *s = (const char *)data, *vars = memrchr(s, '\n', n);
	struct jinja_world world = { .max_steps = 200000 };
	struct arena a = ARENA_INIT;
	struct buf out = BUF_INIT;
	struct err e = {0};
	struct jinja *j;
	struct json v;
	enum status st;

	if (!vars)
		return 0;
	st = jinja_parse(&j, "t", s, (size_t)(vars - s), &e);
	must(st == e.code && (st ? !j && e.msg[0] : j != NULL));
	if (st) {
		must(st == ST_INPUT || st == ST_USAGE);
	} else if (!json_parse(&v, vars + 1, n - (size_t)(vars + 1 - s), &a, &e)) {
		st = jinja_render(j, &v, &world, &out, &e);
		must(st == e.code && (st == ST_OK || st == ST_INPUT || st == ST_USAGE));
		/* what is not refused is text */
		must(st ? e.msg[0] != 0 : json_is_utf8(out.p ? out.p : "", out.n));
	}
	jinja_free(j);
	buf_free(&out);
	arena_free(&a);
	return 0;
}
