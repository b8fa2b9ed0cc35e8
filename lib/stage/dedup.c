#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/hash.h"
#include "base/index.h"
#include "base/spool.h"
#include "edit/overlap.h"
#include "json/write.h"
#include "stage/dedup.h"

struct text { const char *s; size_t n; };

/* What is kept of a record: its name, hash and fields. */
struct doc {
	size_t id;              /* place of its id in names */
	struct hash128 hash;
	uint64_t field;         /* bit k: field k is there */
};

struct dedup {
	const struct dedup_opt *o;
	struct doc *v;
	size_t n, cap, reference;
	struct buf names, line;
	struct index hashes;    /* of the documents that others are compared with */
	size_t *first, cap_first;       /* (hashes.n) the first document with a hash */
	struct overlap *overlap;
	struct spool *lines;
};

/* The k-th field that is looked at; NULL after the last. */
static const char *
field_name(const struct dedup_opt *o, size_t k)
{
	return !o->nfield ? record_text[k] : k < o->nfield ? o->field[k] : NULL;
}

/* The k-th field that document d has. */
static const char *
nth_field(const struct dedup_opt *o, const struct doc *d, size_t k)
{
	size_t i;

	for (i = 0; field_name(o, i); i++)
		if (d->field >> i & 1 && !k--)
			break;
	return field_name(o, i);
}

/* The fields of r, all of them read before one is taken: what d has, and its hash. */
static enum status
take_fields(const struct dedup_opt *o, struct record *r, struct doc *d, struct text *text, struct err *e)
{
	struct hasher *h = hash_open();
	const char *name;
	size_t i;

	if (!h)
		return err_nomem(e);
	e->code = ST_OK;
	for (i = 0; (name = field_name(o, i)) && !e->code; i++) {
		if (!record_has(r, name) || record_str(r, name, &text[i].s, &text[i].n, e))
			continue;
		d->field |= UINT64_C(1) << i;
		hash_add_field(h, name, strlen(name));
		hash_add_field(h, text[i].s, text[i].n);
	}
	d->hash = hash_sum(h);
	hash_close(h);
	if (!e->code && !d->field)
		record_bad(r, field_name(o, 0), e, "no text field; name one with -f");
	return e->code;
}

static enum status
add(struct record *r, void *ctx, struct err *e)
{
	struct dedup *all = ctx;
	struct text text[DEDUP_FIELDS];
	const char *id;
	struct doc d = { .id = all->names.n };
	size_t i;

	if (take_fields(all->o, r, &d, text, e) || record_id(r, &id, NULL, e))
		return e->code;
	if (grow(&all->v, &all->cap, all->n + 1, sizeof(*all->v), e))
		return e->code;
	buf_add(&all->names, id, strlen(id) + 1);
	if (!buf_ok(&all->names))
		return err_nomem(e);
	for (i = 0; all->o->min && d.field >> i; i++)
		if (d.field >> i & 1 && overlap_add(all->overlap, all->n, text[i].s, text[i].n, e))
			return e->code;
	all->v[all->n++] = d;
	return ST_OK;
}

static enum status
add_line(struct record *r, void *ctx, struct err *e)
{
	struct dedup *all = ctx;

	if (add(r, all, e))
		return e->code;
	buf_clear(&all->line);
	return record_print(r, &all->line, e) ? e->code : spool_add(all->lines, all->line.p, all->line.n - 1, e);
}

static enum status
read_reference(struct dedup *all, const struct stream *in, struct record *r, struct err *e)
{
	if (in->beside(in->ctx, all->o->against, r, add, all, e))
		return e->code;
	if (all->o->min)
		overlap_reference(all->overlap);
	all->reference = all->n;
	return ST_OK;
}

/* The first document with the hash of document i, which is i itself if there is no other.  enter:
 * later documents are compared with i, too. */
static enum status
first_of(struct dedup *all, size_t i, bool enter, size_t *first, struct err *e)
{
	size_t n = all->hashes.n;
	uint32_t k;

	*first = i;
	if (!enter) {
		if (index_find(&all->hashes, all->v[i].hash, &k))
			*first = all->first[k];
		return ST_OK;
	}
	if (grow(&all->first, &all->cap_first, n + 1, sizeof(*all->first), e) ||
	    index_add(&all->hashes, all->v[i].hash, &k, e))
		return e->code;
	if (k == n)
		all->first[k] = i;
	*first = all->first[k];
	return ST_OK;
}

static enum status
enter_reference(struct dedup *all, struct err *e)
{
	size_t i, first;

	for (i = 0; i < all->reference; i++)
		if (first_of(all, i, true, &first, e))
			return e->code;
	return ST_OK;
}

static enum status
set_overlap(const struct dedup *all, struct record *r, size_t doc, const struct overlap_span *s, size_t n,
    struct err *e)
{
	struct buf b = BUF_INIT;
	size_t i;

	buf_addc(&b, '[');
	for (i = 0; i < n; i++) {
		const struct doc *from = &all->v[s[i].from];
		const char *id = all->names.p + from->id, *x = nth_field(all->o, &all->v[doc], s[i].k);
		const char *y = nth_field(all->o, from, s[i].from_k);

		buf_adds(&b, i ? ",{\"field\":" : "{\"field\":");
		json_put_str(&b, x, strlen(x));
		buf_addf(&b, ",\"bytes\":[%zu,%zu],\"with\":", s[i].at, s[i].at + s[i].len);
		json_put_str(&b, id, strlen(id));
		buf_adds(&b, ",\"with_field\":");
		json_put_str(&b, y, strlen(y));
		buf_addf(&b, ",\"with_byte\":%zu}", s[i].from_at);
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
write_all(struct dedup *all, const struct stream *out, struct record *r, struct dedup_count *c, struct err *e)
{
	size_t i, n, len, doc, dup;
	const struct overlap_span *s = NULL;
	const char *line, *id;

	c->records = spool_count(all->lines);
	for (i = 0; i < c->records; i++) {
		doc = all->reference + i;
		if (first_of(all, doc, !all->o->against, &dup, e))
			return e->code;
		n = 0;
		if (all->o->min)
			s = overlap_spans(all->overlap, doc, &n);
		c->dups += dup != doc;
		c->overlaps += n > 0;
		if (all->o->drop && (dup != doc || n))
			continue;
		line = spool_get(all->lines, i, &len);
		if (record_parse(r, line, len, "-", i + 1, e))
			return e->code;
		id = all->names.p + all->v[dup].id;
		record_remove(r, "dup");
		record_remove(r, "overlap");
		if ((dup != doc && record_set_str(r, "dup", id, strlen(id), e)) ||
		    (n && set_overlap(all, r, doc, s, n, e)) || out->put(out->ctx, r, e))
			return e->code;
	}
	return ST_OK;
}

enum status
dedup_run(const struct dedup_opt *o, const struct stream *io, struct dedup_count *n, struct err *e)
{
	struct dedup all = { .o = o };
	struct record *r = NULL;

	*n = (struct dedup_count){0};
	e->code = ST_OK;
	if (!record_new(&r, e) && !overlap_new(&all.overlap, e) && !spool_new(&all.lines, NULL, e) &&
	    (!o->against || !read_reference(&all, io, r, e)) && !stream_each(io, r, 0, add_line, &all, e) &&
	    !spool_end(all.lines, e) && !enter_reference(&all, e) && (!o->min || !overlap_run(all.overlap, o->min, e)))
		write_all(&all, io, r, n, e);
	overlap_free(all.overlap);
	spool_free(all.lines);
	record_free(r);
	free(all.v);
	index_free(&all.hashes);
	free(all.first);
	buf_free(&all.names);
	buf_free(&all.line);
	return e->code;
}
