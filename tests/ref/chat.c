/* Templates of our own, one a construct, against what jinja2 makes of them as transformers sets
 * it up (chat_vectors.py).  With a template's file as argument: a line of standard output for
 * each line of standard input, which holds the variables; chat_templates.py compares these. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "chat/jinja.h"
#include "json/write.h"

/* {"text": ...}, or {"error": ..., "status": ...} */
static void
render(const char *name, const char *text, size_t n, const struct json *vars, struct buf *line)
{
	struct jinja_world world = { .now = 1709210096 };       /* 29 February 2024 */
	struct buf out = BUF_INIT;
	struct err e = {0};
	struct jinja *j;

	buf_clear(line);
	if (jinja_parse(&j, name, text, n, &e)) {
		buf_adds(line, "{\"error\": ");
	} else if (jinja_render(j, vars, &world, &out, &e)) {
		buf_adds(line, "{\"error\": ");
	} else {
		buf_adds(line, "{\"text\": ");
		json_put_str(line, out.p ? out.p : "", out.n);
	}
	if (e.code) {
		char s[1200];

		err_text(&e, s, sizeof(s));
		json_put_str(line, s, strlen(s));
		buf_addf(line, ", \"status\": %d", (int)e.code);
	}
	buf_adds(line, "}");
	buf_addc(line, 0);
	jinja_free(j);
	buf_free(&out);
}

static const char *vectors;

static void
test_vectors(void **state)
{
	struct buf in = BUF_INIT, line = BUF_INIT, want = BUF_INIT;
	struct arena all = ARENA_INIT, a = ARENA_INIT;
	struct err e = {0};
	struct json j, vars;
	const char *p, *nl, *text, *why;
	size_t n, k, wrong = 0, done = 0;
	bool same;

	(void)state;
	if (file_read(&in, vectors, &e))
		fail_msg("%s: %s", vectors, e.msg);
	/* the first line has the variables of all */
	nl = memchr(in.p, '\n', in.n);
	if (json_parse(&vars, in.p, (size_t)(nl - in.p), &all, &e))
		fail_msg("the variables: %s", e.msg);
	for (p = nl + 1; (nl = memchr(p, '\n', (size_t)(in.p + in.n - p))); p = nl + 1, done++) {
		arena_reset(&a);
		if (json_parse(&j, p, (size_t)(nl - p), &a, &e))
			fail_msg("line %zu: %s", done + 2, e.msg);
		text = json_str(&j, json_get(&j, 0, "template"), &n);
		render("t", text, n, &vars, &line);
		buf_clear(&want);
		if ((why = json_str(&j, json_get(&j, 0, "refused"), &k))) {
			buf_adds(&want, why);
			buf_addc(&want, 0);
			same = !strncmp(line.p, "{\"error\"", 8) && strstr(line.p, want.p);
		} else {
			buf_adds(&want, "{\"text\": ");
			why = json_str(&j, json_get(&j, 0, "text"), &k);
			json_put_str(&want, why, k);
			buf_adds(&want, "}");
			buf_addc(&want, 0);
			same = !strcmp(line.p, want.p);
		}
		if (!same) {
			print_error("%s\ngot  %s\nwant %s\n", text, line.p, want.p);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
	assert_true(done > 150);
	buf_free(&in);
	buf_free(&line);
	buf_free(&want);
	arena_free(&a);
	arena_free(&all);
}

static int
render_lines(const char *path)
{
	struct buf text = BUF_INIT, out = BUF_INIT;
	struct arena a = ARENA_INIT;
	struct err e = {0};
	struct json vars;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (file_read(&text, path, &e)) {
		fprintf(stderr, "%s: %s\n", path, e.msg);
		return 1;
	}
	while ((n = getline(&line, &cap, stdin)) > 0) {
		arena_reset(&a);
		if (json_parse(&vars, line, (size_t)n, &a, &e)) {
			fprintf(stderr, "%s\n", e.msg);
			return 1;
		}
		render("template", text.p ? text.p : "", text.n, &vars, &out);
		puts(out.p);
	}
	free(line);
	buf_free(&text);
	buf_free(&out);
	arena_free(&a);
	return 0;
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_vectors) };
	char *slash, path[4096];

	setenv("TZ", "UTC", 1);
	if (argc > 1)
		return render_lines(argv[1]);
	/* build/tests/ref/chat.t is made of tests/ref/chat.c */
	snprintf(path, sizeof(path), "%s", __FILE__);
	if ((slash = strrchr(path, '/')))
		snprintf(slash, sizeof(path) - (size_t)(slash - path), "/chat_vectors.jsonl");
	vectors = path;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
