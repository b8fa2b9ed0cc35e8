/* Chat templates and other layouts: a source record becomes records that print and
 * read, or is refused with a reason. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const names[] = { NULL, "alpaca", "chatml", "llama2", "llama3", "zephyr", "plain" };
	struct import_opt opt = { .from = IMPORT_HH };
	struct err e = { 0 };
	struct import *im;
	enum status st;
	struct record *r;

	/* a line that names layout and template, then the record */
	if (n < 3 || data[2] != '\n' || memchr(data + 3, '\n', n - 3))
		return 0;
	opt.from = (enum import_from)(data[0] % (IMPORT_M2 + 1));
	opt.chat = data[1] % 7 ? chat_template(names[data[1] % 7]) : NULL;
	if (record_new(&r, &e))
		return 0;
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
	return 0;
}
