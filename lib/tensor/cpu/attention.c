/* Attention: a task is one sequence and one key head with the query heads of its group.
 * Keys and values are packed once into panels of 32 (a cache holds them so), a block of
 * queries is a matrix product with them; a masked key has weight 0, which adds nothing to
 * a chain. */
#include "tensor/cpu/attention_int.h"

/* Packed keys and values of one key head.  kb: from one panel of keys to the next, in rows of
 * 32.  A panel of values has rows for vb keys; a cache has 32 of them in a block, and blocks
 * are `block` floats apart. */
struct packed_kv { const float *keys, *values; size_t kb, vb, block; };

/* m rows of one block: queries of one head, or heads of one query. */
struct rows { const float *q; float *o, *w; size_t ldq, ldo, m; bool heads; };

/* o (m,d) = w (m, keys lo..hi-1) values, lo a multiple of 32 */
static void
weigh(const struct kern *k, const struct rows *r, const float *w, size_t ldw, const struct packed_kv *kv,
    size_t d, size_t lo, size_t hi)
{
	size_t c, n;

	if (!kv->block) {
		attn_product(k, r->o, r->ldo, w + lo, ldw, 1, kv->values, kv->vb, lo, r->m, d, hi - lo, false);
		return;
	}
	for (c = lo; c < hi; c += n) {
		n = hi - c < PANEL ? hi - c : PANEL;
		attn_product(k, r->o, r->ldo, w + c, ldw, 1, kv->values + c / PANEL * kv->block, PANEL, 0, r->m, d, n,
		    c > lo);
	}
}

static void
fwd_block(const struct attn_job *j, const struct attn_seq *s, const struct rows *r, size_t h, size_t i,
    const struct packed_kv *kv)
{
	const struct attn_shape *a = j->a;
	const struct kern *k = j->tc->k;
	size_t ld = up32(s->past + s->n), lo, hi, q;

	attn_span(s, a, i, r->heads ? 1 : r->m, &lo, &hi);
	attn_product(k, r->w + lo, ld, r->q, r->ldq, 1, kv->keys + lo / PANEL * kv->kb * PANEL, kv->kb, 0, r->m,
	    up32(hi - lo), a->d, false);
	for (q = 0; q < r->m; q++)
		attn_soften(k, r->w + q * ld, a, s->past + i + (r->heads ? 0 : q), lo, hi,
		    s->stat ? s->stat + ((i + q) * a->h + h) * 2 : NULL);
	weigh(k, r, r->w, ld, kv, a->d, lo, hi);
}

/* What a cache holds for key head kh. */
static struct packed_kv
cached(const struct attn_seq *s, const struct attn_shape *a, size_t kh)
{
	size_t row = up32(a->d) * PANEL;

	return (struct packed_kv){ s->kc + kh * a->d * PANEL, s->vc + kh * row, a->kvh * a->d, PANEL, a->kvh * row };
}

/* Sequence s, one key head. */
static void
fwd_task(const struct attn_job *j, const struct attn_seq *s, size_t kh, unsigned worker)
{
	const struct attn_shape *a = j->a;
	size_t group = a->h / a->kvh, n = s->past + s->n, i, h, d32 = up32(a->d);
	bool heads = s->n == 1 && !s->stat;     /* and no cache, or decode_task has it */
	size_t all = heads ? group : s->n, most = all < QUERIES ? all : QUERIES;
	size_t packed = s->kc ? 0 : up32(n) * a->d + n * d32;
	float *keys = scratch_get(j->tc, &j->tc->own[worker], (packed + most * up32(n)) * sizeof(float));
	struct packed_kv kv;
	struct rows r = { .heads = heads };

	if (!keys || !s->n)
		return;
	kv = (struct packed_kv){ keys, keys + up32(n) * a->d, a->d, n, 0 };
	r.w = keys + packed;
	if (s->kc) {
		attn_store(s, a, kh);
		kv = cached(s, a, kh);
	} else {
		struct attn_piece p[ATTN_LEADS + 1];
		size_t np = attn_pieces(s, p);

		for (i = 0; i < np; i++) {
			attn_pack_across(keys, p[i].k + kh * a->d, p[i].ldk, p[i].from, p[i].to, a->d);
			attn_pack_along(j->tc->k, keys + up32(n) * a->d, n, p[i].v + kh * a->d, p[i].ldv, p[i].from, p[i].to, a->d);
		}
	}
	if (heads) {
		r.ldq = r.ldo = a->d;
		for (h = kh * group; h < (kh + 1) * group; h += r.m) {
			r.m = (kh + 1) * group - h < most ? (kh + 1) * group - h : most;
			r.q = s->q + h * a->d;
			r.o = s->o + h * a->d;
			fwd_block(j, s, &r, h, 0, &kv);
		}
		return;
	}
	r.ldq = s->ldq;
	r.ldo = s->ldo;
	for (h = kh * group; h < (kh + 1) * group; h++)
		for (i = 0; i < s->n; i += r.m) {
			r.m = s->n - i < most ? s->n - i : most;
			r.q = s->q + i * s->ldq + h * a->d;
			r.o = s->o + i * s->ldo + h * a->d;
			fwd_block(j, s, &r, h, i, &kv);
		}
}

/* Does it decode one token with a cache? */
static bool
decodes(const struct attn_seq *s)
{
	return s->kc && s->n == 1 && !s->stat;
}

/* tasks that a sequence is cut into which decodes */
static size_t
shares(const struct attn_job *j)
{
	return (j->a->kvh + j->share - 1) / j->share;
}

/* What takes long comes first. */
static void
fwd_either(void *arg, size_t task, unsigned worker)
{
	const struct attn_job *j = arg;
	size_t kvh = j->a->kvh, n = j->others * kvh;

	if (task < n)
		fwd_task(j, &j->s[j->order[task / kvh]], task % kvh, worker);
	else
		attn_decode(j, &j->s[j->order[j->others + (task - n) / shares(j)]], (task - n) % shares(j) * j->share, worker);
}

void
cpu_attn_fwd(struct tc *tc, const struct attn_seq *s, size_t nseq, const struct attn_shape *a)
{
	struct attn_job j = { .tc = tc, .s = s, .a = a, .share = a->kvh };
	size_t *order, i, n = 0;

	if (!nseq || !(order = scratch_get(tc, &tc->shared, nseq * sizeof(*order))))
		return;
	for (i = 0; i < nseq; i++)
		if (!decodes(&s[i]))
			order[n++] = i;
	j.order = order;
	j.others = n;
	for (i = 0; i < nseq; i++)
		if (decodes(&s[i]))
			order[n++] = i;
	n = nseq - j.others;
	/* few sequences: cut them by heads, so that every thread has its share */
	while (tc->threads > 1 && j.others * a->kvh + n * shares(&j) < 4 * tc->threads && j.share > 1)
		j.share = (j.share + 1) / 2;
	tc_run(tc, fwd_either, &j, j.others * a->kvh + n * shares(&j), attn_work(s, nseq, a, 4));
}
