/* Chat templates and other layouts: a source record becomes records that print and
 * read, or is refused with a reason. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "record/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static enum status
emit(struct record *r, void *ctx, struct err *e)
{
	struct buf b = BUF_INIT;
	struct record *again;

	(void)ctx;
	if (record_print(r, &b, e) || record_new(&again, e) || record_parse(again, b.p, b.n - 1, "f", 1, e))
		abort();
	record_free(again);
	buf_free(&b);
	return ST_OK;
}

/* A template that uses what a record may have, in a file. */
static const char *
template_file(void)
{
	static const char text[] = "{{ bos_token }}{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}"
	    "<{{ m.role }}>{{ m['content'] }}{% for c in m.tool_calls or [] %}{{ c.function.name }}{% endfor %}"
	    "{{ m.reasoning_content }}{% endfor %}{% if add_generation_prompt %}<a>{% endif %}";
	static char path[64];
	int fd = memfd_create("template", 0);

	if (fd < 0 || write(fd, text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct chat *jinja;
	static const char *const names[] = { NULL, "alpaca", "chatml", "llama2", "llama3", "zephyr", "plain", "jinja" };
	struct import_opt opt = { .from = IMPORT_HH };
	struct chat *chat = NULL;
	struct err e = { 0 };
	struct import *im;
	enum status st;
	struct record *r;

	/* a line that names layout and template, then the record */
	if (n < 3 || data[2] != '\n' || memchr(data + 3, '\n', n - 3))
		return 0;
	opt.from = (enum import_from)(data[0] % (IMPORT_M2 + 1));
	if (data[1] % 8 == 7) {
		if (!jinja && chat_open(&jinja, template_file(), &e))
			abort();
	} else if (data[1] % 8 && chat_new(&chat, chat_parts(names[data[1] % 8]), &e)) {
		return 0;
	}
	opt.chat = data[1] % 8 == 7 ? jinja : chat;
	if (record_new(&r, &e)) {
		chat_free(chat);
		return 0;
	}
	if (!record_parse(r, (const char *)data + 3, n - 3, "f", 1, &e)) {
		if (import_new(&im, &opt, emit, NULL, &e))
			abort();
		/* ST_USAGE: columns that have to be named by options */
		st = import_record(im, r, &e);
		if (st && st != ST_EOF && ((st != ST_INPUT && st != ST_USAGE) || st != e.code || !e.msg[0]))
			abort();
		while (import_left(im, r, &e) != ST_EOF)
			if (e.code != ST_INPUT || !e.msg[0])
				abort();
		import_free(im);
	}
	record_free(r);
	chat_free(chat);
	return 0;
}
