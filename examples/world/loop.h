/* The commands that every world of the examples has: an annotator, a judge and a chooser
 * of pairs, as loops over lines of records, given how the world reads a prompt and marks
 * an answer. */
#ifndef WORLD_LOOP_H
#define WORLD_LOOP_H

#include <errno.h>

#include "line.h"

struct world {
	const char *name;
	void *question;         /* what read() fills and the others get */
	bool (*read)(void *question, const char *prompt);
	int (*score)(const void *question, const char *text);
	/* The minimal edit of text; out has room for strlen(text) + room bytes. */
	void (*edit)(char *out, const void *question, const char *text);
	size_t room;
};

/* Print `"key":` and the line's raw value, if it has one. */
static inline void
copy_member(const char *line, const char *key, const char *comma)
{
	size_t n;
	const char *v = line_get(line, key, &n);

	if (v)
		printf("\"%s\":%.*s%s", key, (int)n, v, comma);
}

/* Call fn on every line that has a prompt of this world and the string member field. */
static inline int
each_line(const struct world *w, const char *command, const char *field,
    void (*fn)(const struct world *w, const char *line, const char *text))
{
	char *line = NULL, *prompt, *text;
	size_t cap = 0;
	unsigned long lineno = 0;
	int rc = 0;

	while (!rc && getline(&line, &cap, stdin) > 0) {
		lineno++;
		prompt = line_str(line, "prompt");
		text = line_str(line, field);
		if (prompt && text && w->read(w->question, prompt)) {
			fn(w, line, text);
		} else {
			fprintf(stderr, "%s %s: line %lu: expected %s and a prompt of this world\n",
			    w->name, command, lineno, field);
			rc = 1;
		}
		free(prompt);
		free(text);
		/* a coprocess: the other side waits for this very line */
		if (fflush(stdout))
			rc = 3;
	}
	free(line);
	return rc;
}

static inline void
loop_edit_line(const struct world *w, const char *line, const char *text)
{
	char *out = malloc(strlen(text) + w->room);

	if (!out) {
		perror(w->name);
		exit(3);
	}
	w->edit(out, w->question, text);
	putchar('{');
	copy_member(line, "id", ",");
	fputs("\"chosen\":", stdout);
	line_put(stdout, out);
	puts("}");
	free(out);
}

/* For fg-edit --command. */
static inline int
loop_annotate(const struct world *w)
{
	return each_line(w, "annotate", "rejected", loop_edit_line);
}

static inline void
loop_judge_line(const struct world *w, const char *line, const char *text)
{
	char *other = line_str(line, "reference");
	int d;

	if (!other) {
		puts("{\"error\":\"no reference\"}");
		return;
	}
	d = w->score(w->question, text) - w->score(w->question, other);
	putchar('{');
	copy_member(line, "id", ",");
	printf("\"win\":%s}\n", d > 0 ? "1" : d < 0 ? "0" : "0.5");
	free(other);
}

/* For fg-judge --command. */
static inline int
loop_judge(const struct world *w)
{
	return each_line(w, "judge", "response", loop_judge_line);
}

/* The answer that waits for its neighbour. */
struct loop_held { char *prompt, *text, *id; int score; };

static inline void
loop_drop(struct loop_held *h)
{
	free(h->prompt);
	free(h->text);
	free(h->id);
	*h = (struct loop_held){ NULL, NULL, NULL, 0 };
}

static inline void
loop_prefer_line(const struct world *w, const char *line, const char *text)
{
	static struct loop_held held;
	static unsigned long pairs;
	char *prompt;
	int s;

	if (!line) {
		loop_drop(&held);
		return;
	}
	prompt = line_str(line, "prompt");
	s = w->score(w->question, text);
	if (!prompt || !held.prompt || strcmp(prompt, held.prompt)) {
		loop_drop(&held);
		held = (struct loop_held){ prompt, strdup(text), line_str(line, "id"), s };
		return;
	}
	if (s != held.score && held.text) {
		printf("{\"id\":\"%s-pair-%lu\",\"prompt\":", held.id ? held.id : "p", pairs++);
		line_put(stdout, prompt);
		fputs(",\"chosen\":", stdout);
		line_put(stdout, s > held.score ? text : held.text);
		fputs(",\"rejected\":", stdout);
		line_put(stdout, s > held.score ? held.text : text);
		puts("}");
	}
	free(prompt);
	loop_drop(&held);
}

/* Of every two neighbours with one prompt, the better and the worse answer.  What the
 * judge holds equal makes no pair. */
static inline int
loop_prefer(const struct world *w)
{
	int rc = each_line(w, "prefer", "response", loop_prefer_line);

	loop_prefer_line(w, NULL, NULL);
	return rc;
}

/* The exit status of a command that gave rc: a stream that failed is 3. */
static inline int
loop_end(const char *program, int rc)
{
	if (!ferror(stdin) && !fflush(stdout) && !ferror(stdout))
		return rc;
	perror(program);
	return 3;
}

/* A number of the command line. */
static inline bool
loop_number(const char *s, unsigned long *v)
{
	char *end;

	errno = 0;
	*v = strtoul(s, &end, 10);
	return *s >= '0' && *s <= '9' && !*end && !errno && *v < 100000000;
}

#endif
