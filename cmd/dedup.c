/* fg-dedup: exact duplicates, and stretches of text that stand in other records too. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/app.h"
#include "edit/overlap.h"
#include "json/write.h"
#include "base/spool.h"

static struct {
	struct opt_list field;
	const char *against;
	uint64_t min;
	bool drop;
} a = { .min = 200 };

static const struct opt rows[] = {
	{ OPT_LIST, 'f', "field", "FIELD", &a.field, 0, 0,
	    "text field (default: prompt, response, chosen, rejected, text, those that are there)", false },
	{ OPT_STR, 0, "against", "FILE", &a.against, 0, 0, "compare with these records in place of earlier ones", false },
	{ OPT_UINT, 0, "min-bytes", "N", &a.min, 0, 1e9, "shortest stretch that counts; 0: exact duplicates alone", false },
	{ OPT_FLAG, 0, "drop", NULL, &a.drop, 0, 0, "leave such records out", false },
	{ .type = OPT_END }
};

static const struct prog prog = {
	"fg-dedup", "[file ...]", "Find duplicate records, and text that records share", rows
};

enum { FIELDS = 64 };

struct text { const char *s; size_t n; };

/* What is kept of a document: its name, hash and fields. */
struct doc {
	size_t id;              /* place of its id in names */
	struct hash128 hash;
	uint64_t field;         /* bit k: field k is there */
};

static struct {
	struct doc *v;
	size_t n, cap, reference;
	struct buf names;
	size_t *slot, slots;    /* open addressing over hashes: document + 1 */
	struct overlap *overlap;
	struct spool *lines;
	uint64_t dups, overlaps, bytes;
} all;

/* The k-th field that is looked at; NULL behind the last. */
static const char *
field_name(size_t k)
{
	return !a.field.n ? record_text[k] : k < a.field.n ? a.field.v[k] : NULL;
}

/* The k-th field that document d has. */
static const char *
nth_field(const struct doc *d, size_t k)
{
	size_t i;

	for (i = 0; field_name(i); i++)
		if (d->field >> i & 1 && !k--)
			break;
	return field_name(i);
}

/* The fields of r, all of them read before one is taken: what d has, and its hash. */
static enum status
take_fields(struct record *r, struct doc *d, struct text *text, struct err *e)
{
	struct hasher *h = hash_open();
	const char *name;
	size_t i;

	if (!h)
		return err_nomem(e);
	e->code = ST_OK;
	for (i = 0; (name = field_name(i)) && !e->code; i++) {
		if (!record_has(r, name) || record_str(r, name, &text[i].s, &text[i].n, e))
			continue;
		d->field |= UINT64_C(1) << i;
		hash_add_field(h, name, strlen(name));
		hash_add_field(h, text[i].s, text[i].n);
	}
	d->hash = hash_sum(h);
	hash_close(h);
	if (!e->code && !d->field)
		record_bad(r, field_name(0), e, "no text field; name one with -f");
	return e->code;
}

static enum status
add(struct record *r, void *ctx, struct err *e)
{
	struct text text[FIELDS];
	const char *id;
	struct doc d = { .id = all.names.n };
	size_t i;
	void *p;

	(void)ctx;
	if (take_fields(r, &d, text, e) || record_id(r, &id, NULL, e))
		return e->code;
	if (all.n == all.cap) {
		if (!(p = realloc(all.v, (2 * all.cap + 64) * sizeof(*all.v))))
			return err_nomem(e);
		all.v = p;
		all.cap = 2 * all.cap + 64;
	}
	buf_add(&all.names, id, strlen(id) + 1);
	if (!buf_ok(&all.names))
		return err_nomem(e);
	for (i = 0; a.min && d.field >> i; i++)
		if (d.field >> i & 1 && overlap_add(all.overlap, all.n, text[i].s, text[i].n, e))
			return e->code;
	all.v[all.n++] = d;
	return ST_OK;
}

static enum status
read_reference(struct record *r, struct err *e)
{
	if (input_beside(a.against, r, add, NULL, e))
		return e->code;
	if (a.min)
		overlap_reference(all.overlap);
	all.reference = all.n;
	return ST_OK;
}

static enum status
read_stream(struct record *r, struct err *e)
{
	struct buf line = BUF_INIT;
	enum status st;

	while (!(st = input_next(r, e))) {
		size_t before = all.n;

		if ((st = add(r, NULL, e)) == ST_INPUT) {
			st = input_reject(r, e);
		} else if (!st && all.n > before) {
			buf_clear(&line);
			if (!(st = record_print(r, &line, e)))
				st = spool_add(all.lines, line.p, line.n - 1, e);
		}
		if (st)
			break;
	}
	buf_free(&line);
	return st == ST_EOF ? spool_end(all.lines, e) : st;
}

/* The first document with the hash of document i; i itself when it is the first.  With
 * --against only reference documents are entered. */
static size_t
first_of(size_t i, bool enter)
{
	size_t k = (size_t)all.v[i].hash.lo & (all.slots - 1);
	const struct doc *d;

	for (; all.slot[k]; k = (k + 1) & (all.slots - 1)) {
		d = &all.v[all.slot[k] - 1];
		if (d->hash.lo == all.v[i].hash.lo && d->hash.hi == all.v[i].hash.hi)
			return all.slot[k] - 1;
	}
	if (enter)
		all.slot[k] = i + 1;
	return i;
}

static enum status
index_hashes(struct err *e)
{
	size_t i;

	for (all.slots = 16; all.slots < 2 * all.n + 2; all.slots *= 2)
		;
	if (!(all.slot = calloc(all.slots, sizeof(*all.slot))))
		return err_nomem(e);
	for (i = 0; i < all.reference; i++)
		first_of(i, true);
	return ST_OK;
}

static enum status
set_overlap(struct record *r, size_t doc, const struct overlap_span *s, size_t n, struct err *e)
{
	struct buf b = BUF_INIT;
	size_t i;

	buf_addc(&b, '[');
	for (i = 0; i < n; i++) {
		const struct doc *from = &all.v[s[i].from];
		const char *id = all.names.p + from->id, *x = nth_field(&all.v[doc], s[i].k), *y = nth_field(from, s[i].from_k);

		buf_adds(&b, i ? ",{\"field\":" : "{\"field\":");
		json_put_str(&b, x, strlen(x));
		buf_addf(&b, ",\"bytes\":[%zu,%zu],\"with\":", s[i].at, s[i].at + s[i].len);
		json_put_str(&b, id, strlen(id));
		buf_adds(&b, ",\"with_field\":");
		json_put_str(&b, y, strlen(y));
		buf_addf(&b, ",\"with_byte\":%zu}", s[i].from_at);
		all.bytes += s[i].len;
	}
	buf_addc(&b, ']');
	if (buf_ok(&b))
		record_set_raw(r, "overlap", b.p, b.n, e);
	else
		err_nomem(e);
	buf_free(&b);
	return e->code;
}

static enum status
write_all(struct record *r, struct err *e)
{
	size_t i, n, len, doc, dup;
	const struct overlap_span *s = NULL;
	const char *line, *id;

	for (i = 0; i < spool_count(all.lines); i++) {
		doc = all.reference + i;
		dup = first_of(doc, !a.against);
		n = 0;
		if (a.min)
			s = overlap_spans(all.overlap, doc, &n);
		all.dups += dup != doc;
		all.overlaps += n > 0;
		if (a.drop && (dup != doc || n))
			continue;
		line = spool_get(all.lines, i, &len);
		if (record_parse(r, line, len, "-", i + 1, e))
			return e->code;
		id = all.names.p + all.v[dup].id;
		/* the marks of an earlier run are not this one's */
		record_remove(r, "dup");
		record_remove(r, "overlap");
		if ((dup != doc && record_set_str(r, "dup", id, strlen(id), e)) || (n && set_overlap(r, doc, s, n, e)) ||
		    output_record(r, e))
			return e->code;
	}
	return ST_OK;
}

int
main(int argc, char *argv[])
{
	struct err e = {0};
	struct record *r;

	app_parse(argc, argv, &prog);
	if (a.field.n > FIELDS)
		die_usage("at most %d fields", FIELDS);
	if (record_new(&r, &e) || overlap_new(&all.overlap, &e) || spool_new(&all.lines, NULL, &e) ||
	    (a.against && read_reference(r, &e)) || read_stream(r, &e) || index_hashes(&e) ||
	    (a.min && overlap_run(all.overlap, a.min, &e)) || write_all(r, &e))
		die(&e);
	if (!app->quiet)
		warn("%zu records, %ju duplicates, %ju that share text%s", spool_count(all.lines), (uintmax_t)all.dups,
		    (uintmax_t)all.overlaps, a.drop ? "; both left out" : "");
	overlap_free(all.overlap);
	spool_free(all.lines);
	record_free(r);
	free(all.v);
	free(all.slot);
	buf_free(&all.names);
	return app_close();
}
