/* Files of other layouts: cut into items, split into cells, imported in every way.  The
 * first byte chooses the layout. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "json/json.h"
#include "record/check.h"
#include "record/export.h"
#include "record/import.h"
#include "record/items.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(int sound)
{
	if (!sound)
		abort();
}

/* What is written for another tool is JSON, or is refused. */
static void
export(struct record *r)
{
	for (int to = EXPORT_LABEL_STUDIO; to <= EXPORT_CSV; to++) {
		const struct export_opt o = { (enum export_to)to, NULL, 0 };
		struct arena mem = ARENA_INIT;
		struct buf b = BUF_INIT;
		struct err e = {0};
		struct export *x;
		struct json j;
		enum status st;

		check(!export_new(&x, &o, &e) && !export_begin(x, &b, &e));
		st = export_record(x, r, &b, &e);
		check(!st || st == ST_INPUT);
		if (!st)
			check(!export_record(x, r, &b, &e));
		check(!export_end(x, &b, &e));
		if (to != EXPORT_CSV)
			check(!json_parse(&j, b.p, b.n, &mem, &e));
		export_free(x);
		arena_free(&mem);
		buf_free(&b);
	}
}

/* What comes out keeps the rules and can be read again. */
static enum status
emit(struct record *out, void *ctx, struct err *e)
{
	const struct check_opt o = {0};
	struct record *again = ctx;
	struct buf b = BUF_INIT;
	struct err none = {0};

	(void)e;
	check(record_has(out, "id"));
	check(!record_print(out, &b, &none) && !record_parse(again, b.p, b.n - 1, NULL, 0, &none));
	/* fields that are kept may break the rules of their names */
	check_record(again, &o, &none);
	export(again);
	buf_free(&b);
	return ST_OK;
}

static void
import_all(const struct import_opt *o, int fd, size_t max, struct record *in, struct record *again)
{
	enum items_kind kind = o->from == IMPORT_PAIRS || o->from == IMPORT_CSV ? ITEMS_ROWS : o->from == IMPORT_M2 ? ITEMS_PARAGRAPHS : ITEMS_JSON;
	struct row head = {0}, row = {0};
	struct buf b = BUF_INIT;
	struct err e = {0};
	struct import *im;
	struct items *it;
	const char *s;
	uint64_t line;
	size_t n;

	if (import_new(&im, o, emit, again, &e) || items_new(&it, kind, fd, "f", 0, max, &e))
		abort();
	if (kind == ITEMS_ROWS && !items_next(it, &s, &n, &line, &e) && !row_split(&head, s, n, items_delim(it), &e))
		import_header(im, &head, &e);
	while (!items_next(it, &s, &n, &line, &e) || items_cut(it, &s, &n)) {
		if (e.code)
			continue;
		check(!n || n - 1 <= max);
		if (kind == ITEMS_ROWS && row_split(&row, s, n, items_delim(it), &e)) {
			items_first_line(it, &n);
			continue;
		}
		if (kind == ITEMS_ROWS ? row_object(&head, &row, &b, &e) : kind == ITEMS_PARAGRAPHS ?
		    paragraph_object(s, n, &b, &e) : object_line(s, n, &b, &e))
			continue;
		if (!record_parse(in, b.p ? b.p : "", b.n, "f", line, &e))
			import_record(im, in, &e);
	}
	while (import_left(im, in, &e) != ST_EOF)
		;
	items_free(it);
	import_free(im);
	row_free(&head);
	row_free(&row);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const chosen[] = { "b", "c" };
	static const char *const name[] = { NULL, "alpaca", "chatml", "llama2", "llama3", "zephyr", "plain" };
	struct import_opt o = {0};
	struct record *in, *again;
	struct err e = {0};
	int fd;

	if (!n)
		return 0;
	/* the last of the byte's values are the layouts that came last */
	o.from = (enum import_from)(data[0] < 0xf8 ? data[0] % (IMPORT_M2 + 1) : IMPORT_LABEL_STUDIO + data[0] % 3);
	if (name[data[0] / 16 % 7] && chat_new(&o.chat, chat_parts(name[data[0] / 16 % 7]), &e))
		return 0;
	if (data[0] & 128 && o.from == IMPORT_PAIRS) {
		o.rejected = "a";
		o.chosen = chosen;
		o.nchosen = 2;
		o.prompt = "p";
	}
	if ((fd = memfd_create("f", 0)) < 0)
		return 0;
	if (write(fd, data + 1, n - 1) != (ssize_t)n - 1 || lseek(fd, 0, SEEK_SET) || record_new(&in, &e) ||
	    record_new(&again, &e))
		abort();
	import_all(&o, fd, SIZE_MAX, in, again);
	/* the same with a bound that a line may exceed */
	if (lseek(fd, 0, SEEK_SET))
		abort();
	import_all(&o, fd, 64, in, again);
	close(fd);
	record_free(in);
	record_free(again);
	chat_free(o.chat);
	return 0;
}
