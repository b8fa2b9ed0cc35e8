#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "stage/against.h"

/* A record of the file by its id, or by its prompt. */
struct entry {
	struct hash128 key;
	int64_t sample;         /* -1: it has none */
	size_t at, text, n;     /* its number; its response, in texts */
};

struct against {
	const char *file;
	struct buf texts;
	struct entry *v;
	size_t n, cap, records;
	uint64_t twice;
};

/* ---- keys ---- */

enum { BY_ID, BY_PROMPT, WAYS };

/* The key of r; *there: it has what the key is of. */
static enum status
key_of(struct record *r, int way, struct hash128 *key, bool *there, struct err *e)
{
	const char *s;
	size_t n;

	*there = record_has(r, way == BY_ID ? "id" : "prompt");
	e->code = ST_OK;
	if (!*there)
		return ST_OK;
	if (way == BY_ID) {
		record_id(r, &s, key, e);
	} else if (!record_str(r, "prompt", &s, &n, e)) {
		*key = hash128(s, n);
		key->hi ^= 1;   /* a prompt is not an id of the same letters */
	}
	return e->code;
}

static enum status
sample_of(struct record *r, int64_t *sample, struct err *e)
{
	*sample = -1;
	e->code = ST_OK;
	return record_has(r, "sample") ? record_i64(r, "sample", 0, INT64_MAX, sample, e) : ST_OK;
}

static int
compare_keys(const struct hash128 *x, const struct hash128 *y)
{
	if (x->hi != y->hi)
		return x->hi < y->hi ? -1 : 1;
	return x->lo == y->lo ? 0 : x->lo < y->lo ? -1 : 1;
}

static int
compare(const void *p, const void *q)
{
	const struct entry *x = p, *y = q;
	int c = compare_keys(&x->key, &y->key);

	if (c)
		return c;
	if (x->sample != y->sample)
		return x->sample < y->sample ? -1 : 1;
	return x->at == y->at ? 0 : x->at < y->at ? -1 : 1;
}

/* ---- the file ---- */

static enum status
add(struct record *r, void *ctx, struct err *e)
{
	struct against *a = ctx;
	struct entry x[WAYS] = { { .sample = -1 } };
	bool there[WAYS];
	const char *s;
	size_t n;
	int way;

	if (record_str(r, "response", &s, &n, e) || sample_of(r, &x[0].sample, e))
		return e->code;
	for (way = 0; way < WAYS; way++) {
		x[way] = (struct entry){ .sample = x[0].sample, .at = a->records, .text = a->texts.n, .n = n };
		if (key_of(r, way, &x[way].key, &there[way], e))
			return e->code;
	}
	if (!there[BY_ID] && !there[BY_PROMPT])
		return record_bad(r, "prompt", e, "missing, and so is id: which record is it a reference of?");
	if (grow(&a->v, &a->cap, a->n + WAYS, sizeof(*a->v), e))
		return e->code;
	for (way = 0; way < WAYS; way++)
		if (there[way])
			a->v[a->n++] = x[way];
	a->records++;
	buf_add(&a->texts, s, n);
	return buf_ok(&a->texts) ? ST_OK : err_nomem(e);
}

/* Put the entries in order; a record counts twice where an earlier one is found in its place, whichever way it is
 * looked for. */
static enum status
sort(struct against *a, struct err *e)
{
	bool *first = calloc(a->records + 1, sizeof(*first));
	size_t i;

	if (!first)
		return err_nomem(e);
	if (a->n)
		qsort(a->v, a->n, sizeof(*a->v), compare);
	for (i = 0; i < a->n; i++)
		if (!i || compare_keys(&a->v[i - 1].key, &a->v[i].key) || a->v[i - 1].sample != a->v[i].sample)
			first[a->v[i].at] = true;
	for (i = 0; i < a->records; i++)
		a->twice += !first[i];
	free(first);
	return ST_OK;
}

enum status
against_open(struct against **out, const char *file, const struct stream *io, struct err *e)
{
	struct against *a = *out = calloc(1, sizeof(*a));
	struct record *r = NULL;
	bool whole = false;

	if (!a)
		return err_nomem(e);
	a->file = file;
	if (!record_new(&r, e) && !io->beside(io->ctx, file, r, add, a, e)) {
		if (!a->records)
			err_set(e, ST_INPUT, "%s: no responses", file);
		else if (!sort(a, e))
			whole = true;
	}
	if (r)
		record_free(r);
	if (!whole) {
		against_close(a);
		*out = NULL;
	}
	return e->code;
}

void
against_close(struct against *a)
{
	if (!a)
		return;
	buf_free(&a->texts);
	free(a->v);
	free(a);
}

uint64_t
against_twice(const struct against *a)
{
	return a->twice;
}

/* ---- a record ---- */

/* The first entry that is not before x. */
static const struct entry *
not_before(const struct against *a, const struct entry *x)
{
	size_t lo = 0, hi = a->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (compare(&a->v[mid], x) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return a->v + lo;
}

static const struct entry *
find(const struct against *a, struct hash128 key, int64_t sample)
{
	struct entry x = { .key = key, .sample = sample };
	const struct entry *end = a->v + a->n, *y = not_before(a, &x);

	if (y < end && !compare_keys(&y->key, &key) && y->sample == sample)
		return y;
	/* the lowest sample is the first */
	x.sample = INT64_MIN;
	y = not_before(a, &x);
	return y < end && !compare_keys(&y->key, &key) ? y : NULL;
}

enum status
against_set(const struct against *a, struct record *r, struct err *e)
{
	const struct entry *x = NULL;
	struct hash128 key;
	int64_t sample;
	bool there, any = false;
	int way;

	if (sample_of(r, &sample, e))
		return e->code;
	for (way = 0; way < WAYS && !x; way++) {
		if (key_of(r, way, &key, &there, e))
			return e->code;
		any = any || there;
		x = there ? find(a, key, sample) : NULL;
	}
	if (!any)
		return record_bad(r, "prompt", e, "missing, and so is id: no reference can be found");
	if (!x)
		return record_bad(r, record_has(r, "prompt") ? "prompt" : "id", e, "no record of %s has it", a->file);
	return record_set_str(r, "reference", a->texts.p ? a->texts.p + x->text : "", x->n, e);
}
