/* A step of decoding reads all of a cache for very little work: a task goes through the keys of
 * several heads, then through their values, as they lie in memory. */
#include "tensor/cpu/attention_int.h"

/* What a step of decoding goes through: blocks of keys lo.., of `heads` key heads from `from` on. */
struct walk { const struct attn_seq *s; const struct attn_shape *a; size_t from, heads, lo, hi; };

/* Part i of it, in the order of memory: a head's keys c .. c+n-1, n at most `most`; false after the last. */
static bool
part(const struct walk *w, size_t most, size_t i, size_t *kh, size_t *c, size_t *n)
{
	*kh = w->from + i % w->heads;
	*c = w->lo + i / w->heads * most;
	if (*c >= w->hi)
		return false;
	*n = w->hi - *c < most ? w->hi - *c : most;
	return true;
}

static const float *
keys_of(const struct walk *w, size_t kh, size_t c)
{
	return w->s->kc + (c / PANEL * w->a->kvh + kh) * w->a->d * PANEL;
}

static const float *
values_of(const struct walk *w, size_t kh, size_t c)
{
	return w->s->vc + (c / PANEL * w->a->kvh + kh) * up32(w->a->d) * PANEL;
}

/* scores (heads, group, ld); one row at a time has too few chains in one block of keys */
static void
walk_keys(const struct kern *k, const struct walk *w, float *score, size_t ld)
{
	const struct attn_shape *a = w->a;
	size_t group = a->h / a->kvh, most = group == 1 ? 2 * PANEL : PANEL, i, kh, c, n;

	for (i = 0; part(w, most, i, &kh, &c, &n); i++)
		attn_product(k, score + (kh - w->from) * group * ld + c, ld, w->s->q + kh * group * a->d, a->d, 1,
		    keys_of(w, kh, c), a->kvh * a->d, 0, group, (n + 15) & ~(size_t)15, a->d, false);
}

/* o (heads, group, d) from weights (heads, group, ld) */
static void
walk_values(const struct kern *k, const struct walk *w, const float *weight, size_t ld)
{
	const struct attn_shape *a = w->a;
	size_t group = a->h / a->kvh, i, kh, c, n;

	for (i = 0; part(w, PANEL, i, &kh, &c, &n); i++)
		attn_product(k, w->s->o + kh * group * a->d, a->d, weight + (kh - w->from) * group * ld + c, ld, 1,
		    values_of(w, kh, c), PANEL, 0, group, a->d, n, c > w->lo);
}

void
attn_decode(const struct attn_job *j, const struct attn_seq *s, size_t from, unsigned worker)
{
	const struct attn_shape *a = j->a;
	size_t group = a->h / a->kvh, i;
	struct walk w = { .s = s, .a = a, .from = from, .heads = a->kvh - from < j->share ? a->kvh - from : j->share,
		.lo = first_key(s->past, a->window) & ~(size_t)31, .hi = s->past + 1 };
	size_t ld = up32(w.hi);
	float *weight = scratch_get(j->tc, &j->tc->own[worker], w.heads * group * ld * sizeof(float));

	if (!weight)
		return;
	for (i = 0; i < w.heads; i++)
		attn_store(s, a, from + i);
	walk_keys(j->tc->k, &w, weight, ld);
	for (i = 0; i < w.heads * group; i++)
		attn_soften(j->tc->k, weight + i * ld, a, s->past, w.lo, w.hi, NULL);
	walk_values(j->tc->k, &w, weight, ld);
}
