#include <math.h>
#include <string.h>

#include "stage/verdict.h"

enum status
group_read(struct record *r, const char *field, const char *absent, const char **s, struct err *e)
{
	const char *raw;
	size_t n;

	*s = absent;
	if (!field || !record_has(r, field) || !record_raw(r, field, &raw, &n))
		return ST_OK;
	if (*raw == '"')
		return record_str(r, field, s, &n, e);
	return (*s = arena_str(record_arena(r), raw, n)) ? ST_OK : err_nomem(e);
}

enum status
prompt_key(struct record *r, struct hash128 *key, struct err *e)
{
	const char *s;
	size_t n;
	enum status st;

	if (!record_has(r, "prompt")) {
		if (!record_has(r, "id") && !record_has_text(r))
			return record_bad(r, "prompt", e, "missing, and so is id: whose verdict is it?");
		return record_id(r, &s, key, e);
	}
	if ((st = record_str(r, "prompt", &s, &n, e)))
		return st;
	*key = hash128(s, n);
	return ST_OK;
}

/* UTF-8 characters of a text field, or what F_length says of a text that was left out; NAN
 * where both are absent. */
static enum status
characters(struct record *r, const char *field, double *v, struct err *e)
{
	const char *s;
	size_t n, i, count = 0;
	enum status st;

	*v = NAN;
	if (!record_has(r, field)) {
		if (!(s = record_companion(r, field, "length")))
			return err_nomem(e);
		return record_has(r, s) ? record_f64(r, s, v, e) : ST_OK;
	}
	if ((st = record_str(r, field, &s, &n, e)))
		return st;
	for (i = 0; i < n; i++)
		count += ((unsigned char)s[i] & 0xc0) != 0x80;
	*v = (double)count;
	return ST_OK;
}

static enum status
sum_of(struct record *r, const char *field, double *sum, size_t *n, struct err *e)
{
	const float *v;
	size_t i;
	enum status st;

	if ((st = record_f32s(r, field, &v, n, e)))
		return st;
	for (*sum = 0, i = 0; i < *n; i++)
		*sum += v[i];
	return ST_OK;
}

static enum status
kl_read(struct record *r, double *kl, struct err *e)
{
	double ref;
	size_t n, m;
	enum status st;

	*kl = NAN;
	if (record_has(r, "kl"))
		return record_f64(r, "kl", kl, e);
	if (record_has(r, "response_kl"))
		return sum_of(r, "response_kl", kl, &n, e);
	if (!record_has(r, "response_logprob") || !record_has(r, "response_ref_logprob"))
		return ST_OK;
	if ((st = sum_of(r, "response_logprob", kl, &n, e)) ||
	    (st = sum_of(r, "response_ref_logprob", &ref, &m, e)))
		return st;
	if (n != m)
		return record_bad(r, "response_ref_logprob", e, "expected %zu numbers as in "
		    "response_logprob, got %zu", n, m);
	*kl -= ref;
	return ST_OK;
}

enum status
verdict_read(struct record *r, const struct verdict_fields *f, struct verdict *v, struct err *e)
{
	enum status st;

	*v = (struct verdict){ .point = 0 };
	if ((st = record_f64(r, "win", &v->win, e)))
		return st;
	if (!(v->win >= 0 && v->win <= 1))
		return record_bad(r, "win", e, "expected a number from 0 to 1");
	if (f->by && !record_has(r, f->by))
		return record_bad(r, f->by, e, "missing");
	if (record_has(r, f->point) && (st = record_f64(r, f->point, &v->point, e)))
		return st;
	if ((st = group_read(r, f->by, "all", &v->candidate, e)) ||
	    (st = group_read(r, f->run, "", &v->run, e)) ||
	    (st = prompt_key(r, &v->prompt, e)) ||
	    (st = characters(r, "response", &v->length, e)) ||
	    (st = characters(r, "reference", &v->reference_length, e)))
		return st;
	return kl_read(r, &v->kl, e);
}

enum status
reward_cost_read(struct record *r, const char *field, size_t n, const float **cost, struct err *e)
{
	const char *key = record_companion(r, field, "cost");
	size_t m;

	*cost = NULL;
	if (!key)
		return err_nomem(e);
	/* a score of the whole text has no numbers for tokens to compare costs with */
	if (!n || !record_has(r, key))
		return ST_OK;
	if (record_f32s(r, key, cost, &m, e))
		return e->code;
	return m == n ? ST_OK : record_bad(r, key, e, "%zu numbers for %zu rewards", m, n);
}

enum status
pair_side_read(struct record *r, const char *field, struct pair_side *s, struct err *e)
{
	const char *reward = record_companion(r, field, "reward");
	const char *label = record_companion(r, field, "label");
	const char *score = record_companion(r, field, "score");
	const char *ids = record_companion(r, field, "ids");
	const int32_t *v;
	size_t n;
	enum status st;

	*s = (struct pair_side){ .n = 0 };
	if (!reward || !label || !score || !ids)
		return err_nomem(e);
	if (record_has(r, reward)) {
		if ((st = record_f32s(r, reward, &s->reward, &s->n, e)))
			return st;
		s->length = (double)s->n;
		if (!record_has(r, label))
			return ST_OK;
		if ((st = record_i32s(r, label, -1, 1, &s->label, &n, e)))
			return st;
		return n == s->n ? ST_OK : record_bad(r, label, e,
		    "expected %zu numbers as in %s, got %zu", s->n, reward, n);
	}
	if (!record_has(r, score))
		return record_bad(r, reward, e, "missing, and so is %s", score);
	if ((st = record_f64(r, score, &s->score, e)))
		return st;
	if (record_has(r, ids)) {
		st = record_i32s(r, ids, 0, INT32_MAX, &v, &n, e);
		s->length = (double)n;
	} else {
		st = characters(r, field, &s->length, e);
	}
	return st;
}
