#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stage/advantage.h"
#include "stage/advantage_int.h"
#include "stage/ids.h"

struct advantage {
	struct advantage_opt o;
	struct spool *s;
	struct adv_groups *groups;
	struct whiten w;
	struct adv_metrics m;
	struct buf bytes, line;
};

enum status
advantage_new(struct advantage **out, const struct advantage_opt *o, struct err *e)
{
	struct advantage *a = calloc(1, sizeof(*a));

	if (!a)
		return err_nomem(e);
	a->o = *o;
	if (spool_new(&a->s, NULL, e) || adv_groups_new(&a->groups, e)) {
		advantage_free(a);
		return e->code;
	}
	*out = a;
	return ST_OK;
}

void
advantage_free(struct advantage *a)
{
	if (!a)
		return;
	spool_free(a->s);
	adv_groups_free(a->groups);
	buf_free(&a->bytes);
	buf_free(&a->line);
	free(a);
}

/* ---- the first pass: a record's numbers ---- */

static enum status
read_kl(const struct advantage_opt *o, struct record *r, size_t n, const float *logprob, const float **kl,
    struct err *e)
{
	const char *full = record_companion(r, o->field, "kl"), *ref_key = record_companion(r, o->field, "ref_logprob");
	const float *ref;
	float *v;

	*kl = NULL;
	if (!full || !ref_key)
		return err_nomem(e);
	if (!(o->shape.beta > 0) && !record_has(r, o->estimator == KL_FULL ? full : ref_key))
		return ST_OK;
	if (o->estimator == KL_FULL)
		return ids_floats(r, o->field, "kl", n, kl, e);
	if (ids_floats(r, o->field, "ref_logprob", n, &ref, e))
		return e->code;
	if (!(v = arena_array(record_arena(r), n, sizeof(*v))))
		return err_nomem(e);
	kl_tokens(o->estimator, v, logprob, ref, n);
	*kl = v;
	return ST_OK;
}

/* What was sampled, and how it was rewarded. */
struct sample {
	const float *logprob, *reward, *value, *kl;
	double score;
	size_t n;
	bool cut;
};

static enum status
read_sample(const struct advantage_opt *o, struct record *r, struct sample *s, struct err *e)
{
	const char *key = record_companion(r, o->field, "logprob"), *score = record_companion(r, o->field, "score");
	const char *text;
	size_t len;

	*s = (struct sample){0};
	if (!key || !score)
		return err_nomem(e);
	if (record_f32s(r, key, &s->logprob, &s->n, e))
		return e->code;
	if (!s->n)
		return record_bad(r, key, e, "no tokens");
	if (o->shape.token_weight != 0 && ids_floats(r, o->field, "reward", s->n, &s->reward, e))
		return e->code;
	if (o->shape.sequence_weight != 0 && record_f64(r, score, &s->score, e))
		return e->code;
	if (o->group == GROUP_NONE && ids_floats(r, o->field, "value", s->n, &s->value, e))
		return e->code;
	if (read_kl(o, r, s->n, s->logprob, &s->kl, e))
		return e->code;
	if (record_has(r, "finish")) {
		if (record_str(r, "finish", &text, &len, e))
			return e->code;
		s->cut = !strcmp(text, "length");
	}
	return ST_OK;
}

/* A record's reference, where it has tokens. */
static enum status
read_reference(struct advantage *a, struct record *r, struct err *e)
{
	const int32_t *id;
	size_t n;

	if (a->o.reference_length > 0 || !record_has(r, "reference_ids"))
		return ST_OK;
	if (record_i32s(r, "reference_ids", 0, INT32_MAX, &id, &n, e))
		return e->code;
	a->m.references++;
	a->m.reference += (double)n;
	return ST_OK;
}

static double
total(const float *x, size_t n)
{
	double sum = 0;
	size_t i;

	for (i = 0; x && i < n; i++)
		sum += (double)x[i];
	return sum;
}

/* Answers of one prompt are a group: of one id, else of one prompt. */
static enum status
group_key(struct record *r, bool had_id, struct hash128 *key, struct err *e)
{
	const int32_t *id;
	const char *s;
	size_t n = 0;

	if (had_id)
		return ST_OK;
	if (record_has(r, "prompt")) {
		if (record_str(r, "prompt", &s, &n, e))
			return e->code;
		*key = hash128(s, n);
	} else if (record_has(r, "prompt_ids")) {
		if (record_i32s(r, "prompt_ids", 0, INT32_MAX, &id, &n, e))
			return e->code;
		*key = hash128(id, n * sizeof(*id));
	} else {
		*key = hash128("", 0);
	}
	return ST_OK;
}

static enum status
first(struct record *r, void *arg, struct err *e)
{
	struct advantage *a = arg;
	struct adv_item x = {0};
	struct sample s;
	const char *id;
	bool had_id = record_has(r, "id");
	double *shaped;
	float *adv, *ret;
	size_t i;

	if (record_id(r, &id, &x.prompt, e) || group_key(r, had_id, &x.prompt, e) || read_sample(&a->o, r, &s, e) ||
	    read_reference(a, r, e))
		return e->code;
	shaped = arena_array(record_arena(r), s.n, sizeof(*shaped));
	adv = arena_array(record_arena(r), s.n, sizeof(*adv));
	ret = arena_array(record_arena(r), s.n, sizeof(*ret));
	if (!shaped || !adv || !ret)
		return err_nomem(e);
	shape_rewards(&a->o.shape, shaped, s.reward, s.score, s.kl, s.n, s.cut);
	for (i = 0; i < s.n; i++)
		x.total += shaped[i];
	if (a->o.group == GROUP_NONE) {
		gae(a->o.gamma, a->o.lambda, shaped, s.value, s.n, adv, ret);
		whiten_add(&a->w, adv, s.n);
		adv_metrics_values(&a->m, s.value, ret, s.n);
		x.ret = ret;
	} else {
		memset(adv, 0, s.n * sizeof(*adv));
		if (adv_groups_add(a->groups, x.prompt, x.total, e))
			return e->code;
	}
	adv_metrics_add(&a->m, s.n, total(s.reward, s.n), s.score, total(s.kl, s.n), x.total, !s.cut);
	x.n = s.n;
	x.advantage = adv;
	x.kl = s.kl;
	buf_clear(&a->line);
	if (record_print(r, &a->line, e))
		return e->code;
	x.line = a->line.p;
	x.len = a->line.n - 1;
	return adv_put(a->s, &x, &a->bytes, e);
}

enum status
advantage_read(struct advantage *a, const struct stream *in, uint64_t expect, struct err *e)
{
	struct record *r;
	enum status st;

	if ((st = record_new(&r, e)))
		return st;
	st = stream_each(in, r, expect, first, a, e);
	record_free(r);
	return st ? st : spool_end(a->s, e);
}

/* ---- the second pass ---- */

static enum status
write_one(const struct advantage *a, const struct stream *out, struct record *r, const struct adv_item *x,
    struct err *e)
{
	const char *adv = record_companion(r, a->o.field, "advantage"), *ret = record_companion(r, a->o.field, "return");
	const char *kl = record_companion(r, a->o.field, "kl");
	float *v = arena_array(record_arena(r), x->n, sizeof(*v));
	size_t i;

	if (!adv || !ret || !kl || !v)
		return err_nomem(e);
	memcpy(v, x->advantage, x->n * sizeof(*v));
	if (a->o.group != GROUP_NONE)
		for (i = 0; i < x->n; i++)
			v[i] = (float)group_advantage(a->o.group, adv_groups_get(a->groups, x->prompt), x->total);
	else if (a->o.whiten)
		whiten(&a->w, v, x->n);
	if (record_set_f32s(r, adv, v, x->n, e) || (x->ret && record_set_f32s(r, ret, x->ret, x->n, e)) ||
	    (x->kl && record_set_f32s(r, kl, x->kl, x->n, e)) || record_set_f64(r, "beta", a->o.shape.beta, e))
		return e->code;
	return out->put(out->ctx, r, e);
}

/* The records have been read, so that a place says nothing: name the one whose number is not finite. */
static enum status
blame(struct record *r, struct err *e)
{
	struct err none = {0}, why = *e;
	const char *id;

	if (e->code != ST_NUMERIC || record_id(r, &id, NULL, &none))
		return e->code;
	return err_set(e, ST_NUMERIC, "record %.100s: %s", id, why.msg);
}

enum status
advantage_write(struct advantage *a, const struct stream *out, struct err *e)
{
	size_t i, n = spool_count(a->s);
	struct record *r;
	struct adv_item x;

	if (record_new(&r, e))
		return e->code;
	whiten_mean(&a->w);
	for (i = 0; i < n && a->o.group == GROUP_NONE; i++) {
		adv_get(a->s, i, &x);
		whiten_add_deviation(&a->w, x.advantage, x.n);
	}
	e->code = ST_OK;
	for (i = 0; i < n && !e->code; i++) {
		adv_get(a->s, i, &x);
		if (!record_parse(r, x.line, x.len, NULL, 0, e) && write_one(a, out, r, &x, e))
			blame(r, e);
	}
	record_free(r);
	return e->code;
}

double
advantage_length(const struct advantage *a, double *mean, bool *far)
{
	double reference = a->o.reference_length > 0 ? a->o.reference_length :
	    a->m.references > 0 ? a->m.reference / a->m.references : 0, ratio;

	*mean = a->m.n ? a->m.t / (double)a->m.n : NAN;
	ratio = a->m.n && reference > 0 ? *mean / reference : NAN;
	*far = a->o.length_factor > 0 && (ratio > a->o.length_factor || ratio < 1 / a->o.length_factor);
	return ratio;
}

enum status
advantage_metrics(const struct advantage *a, struct buf *b, struct err *e)
{
	struct adv_metrics m = a->m;
	double mean;

	m.ratio = advantage_length(a, &mean, &m.far);
	return a->m.n ? adv_metrics_print(&m, a->o.shape.beta, b, e) : ST_OK;
}

uint64_t
advantage_alone(const struct advantage *a)
{
	return a->o.group == GROUP_NONE ? 0 : adv_groups_alone(a->groups);
}
