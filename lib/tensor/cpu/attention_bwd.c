/* Attention backward: a task is one family of sequences that add to each other's gradients, and
 * one key head. */
#include <string.h>

#include "tensor/cpu/attention_int.h"

struct back_job {
	struct tc *tc;
	const struct attn_seq *s;
	const struct attn_grad *g;
	const struct attn_shape *a;
	size_t nseq, *family;   /* where each family of sequences begins */
};

/* What a backward task has packed: keys across and along, values across. */
struct packed { float *keys, *rows, *values, *p, *ds, *q, *go; };

/* Gradients of the keys and values from lo on, to where they belong: chains over m rows. */
static void
give(const struct back_job *j, const struct attn_seq *s, const struct attn_grad *g, size_t kh, size_t lo, size_t hi,
    size_t m, const struct packed *b)
{
	const struct kern *k = j->tc->k;
	size_t d = j->a->d, ld = up32(s->past + s->n), at = 0, i, from, to;

	for (i = 0; i <= ATTN_LEADS; i++, at = to) {
		bool own = i == ATTN_LEADS;
		float *dk = own ? g->dk : g->lead[i].dk, *dv = own ? g->dv : g->lead[i].dv;
		size_t lddk = own ? g->lddk : g->lead[i].ld, lddv = own ? g->lddv : g->lead[i].ld, col = kh * d;

		to = own ? hi : at + s->lead[i].n;
		from = lo > at ? lo : at;
		if (from >= to)
			continue;
		attn_product(k, dk + (from - at) * lddk + col, lddk, b->ds + from, 1, ld, b->q, m, 0, to - from, d, m, true);
		attn_product(k, dv + (from - at) * lddv + col, lddv, b->p + from, 1, ld, b->go, m, 0, to - from, d, m, true);
	}
}

static void
bwd_block(const struct back_job *j, const struct attn_seq *s, const struct attn_grad *g, size_t kh, size_t h,
    size_t i, size_t m, const struct packed *b)
{
	const struct attn_shape *a = j->a;
	const struct kern *k = j->tc->k;
	size_t all = s->past + s->n, ld = up32(all), lo, hi, q, at, first, end;
	const float *go = g->do_ + i * g->lddo + h * a->d;
	struct kern_softmax soft = { .scale = a->scale, .invcap = a->cap > 0 ? 1.0f / a->cap : 0 };
	float *p, *ds;

	attn_span(s, a, i, m, &lo, &hi);
	attn_product(k, b->p + lo, ld, s->q + i * s->ldq + h * a->d, s->ldq, 1, b->keys + lo * a->d, a->d, 0, m,
	    up32(hi - lo), a->d, false);
	attn_product(k, b->ds + lo, ld, go, g->lddo, 1, b->values + lo * a->d, a->d, 0, m, up32(hi - lo), a->d, false);
	for (q = 0; q < m; q++) {
		const float *stat = s->stat + ((i + q) * a->h + h) * 2;

		p = b->p + q * ld;
		ds = b->ds + q * ld;
		at = s->past + i + q;
		first = first_key(at, a->window);
		end = (at + 16) & ~(size_t)15;
		soft.dot = k->dot(go + q * g->lddo, s->o + (i + q) * s->ldo + h * a->d, a->d);
		soft.before = attn_cap(k, p, a, at);
		soft.max = stat[0];
		soft.inv = 1.0f / stat[1];
		k->softmax_bwd(p, ds, first, at + 1, &soft);
		memset(p + lo, 0, ((first & ~(size_t)15) - lo) * sizeof(*p));
		memset(ds + lo, 0, ((first & ~(size_t)15) - lo) * sizeof(*p));
		for (; end < hi; end++)
			p[end] = ds[end] = 0;
	}
	attn_product(k, g->dq + i * g->lddq + h * a->d, g->lddq, b->ds + lo, ld, 1, b->rows, all, lo, m, a->d, hi - lo,
	    false);
	attn_pack_along(k, b->q, m, s->q + i * s->ldq + h * a->d, s->ldq, 0, m, a->d);
	attn_pack_along(k, b->go, m, go, g->lddo, 0, m, a->d);
	give(j, s, g, kh, lo, hi, m, b);
}

/* One sequence and one key head. */
static void
bwd_seq(const struct back_job *j, const struct attn_seq *s, const struct attn_grad *g, size_t kh, unsigned worker)
{
	const struct attn_shape *a = j->a;
	size_t group = a->h / a->kvh, n = s->past + s->n, i, h, d32 = up32(a->d), n32 = up32(n), np;
	size_t m = s->n < QUERIES ? s->n : QUERIES;
	struct attn_piece piece[ATTN_LEADS + 1];
	struct packed b;

	b.keys = scratch_get(j->tc, &j->tc->own[worker],
	    (2 * n32 * a->d + n * d32 + 2 * m * n32 + 2 * m * d32) * sizeof(float));
	if (!b.keys || !s->n)
		return;
	b.values = b.keys + n32 * a->d;
	b.rows = b.values + n32 * a->d;
	b.p = b.rows + n * d32;
	b.ds = b.p + m * n32;
	b.q = b.ds + m * n32;
	b.go = b.q + m * d32;
	np = attn_pieces(s, piece);
	for (i = 0; i < np; i++) {
		const struct attn_piece *p = &piece[i];

		attn_pack_across(b.keys, p->k + kh * a->d, p->ldk, p->from, p->to, a->d);
		attn_pack_across(b.values, p->v + kh * a->d, p->ldv, p->from, p->to, a->d);
		attn_pack_along(j->tc->k, b.rows, n, p->k + kh * a->d, p->ldk, p->from, p->to, a->d);
	}
	for (i = 0; i < s->n && !g->more; i++) {
		memset(g->dk + i * g->lddk + kh * a->d, 0, a->d * sizeof(float));
		memset(g->dv + i * g->lddv + kh * a->d, 0, a->d * sizeof(float));
	}
	for (h = kh * group; h < (kh + 1) * group; h++)
		for (i = 0; i < s->n; i += m)
			bwd_block(j, s, g, kh, h, i, s->n - i < m ? s->n - i : m, &b);
}

/* Does sequence i add to what sequence `first` has or adds to? */
static bool
joins(const struct back_job *j, size_t first, size_t i)
{
	const struct attn_grad *f = &j->g[first];

	return i > first && j->s[i].lead[0].n &&
	    (j->g[i].lead[0].dk == f->dk || (j->s[first].lead[0].n && j->g[i].lead[0].dk == f->lead[0].dk));
}

/* One family of sequences that add to each other's gradients, in order, and one key head. */
static void
bwd_task(void *arg, size_t task, unsigned worker)
{
	const struct back_job *j = arg;
	size_t first = j->family[task / j->a->kvh], i = first;

	do {
		bwd_seq(j, &j->s[i], &j->g[i], task % j->a->kvh, worker);
	} while (++i < j->nseq && joins(j, first, i));
}

void
cpu_attn_bwd(struct tc *tc, const struct attn_seq *s, const struct attn_grad *g, size_t nseq, const struct attn_shape *a)
{
	struct back_job j = { .tc = tc, .s = s, .g = g, .a = a, .nseq = nseq };
	size_t i, n = 0;

	if (!nseq || !(j.family = scratch_get(tc, &tc->shared, nseq * sizeof(*j.family))))
		return;
	for (i = 0; i < nseq; i++)
		if (!n || !joins(&j, j.family[n - 1], i))
			j.family[n++] = i;
	tc_run(tc, bwd_task, &j, n * a->kvh, attn_work(s, nseq, a, 10));
}
