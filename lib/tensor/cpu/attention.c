/* Attention: a task is one sequence and one key head with the query heads of its group.
 * Keys and values are packed once into panels of 32 (a cache holds them so), a block of
 * queries is a matrix product with them; a masked key has weight 0, which adds nothing to
 * a chain.
 *
 * A step of decoding reads all of a cache for very little work: there a task goes through
 * the keys of several heads, then through their values, as they lie in memory. */
#include <string.h>

#include "tensor/cpu/cpu_int.h"

enum { QUERIES = 24 };

struct attn_job {
	struct tc *tc;
	const struct attn_seq *s;
	const struct attn_grad *g;
	const struct attn_shape *a;
	size_t share;           /* key heads of a task that decodes */
	const size_t *order;    /* sequences that do not decode one token, so many, then those that do */
	size_t others;
	size_t nseq, *family;   /* where each family of sequences begins, backward */
};

static size_t
up32(size_t n)
{
	return (n + 31) & ~(size_t)31;
}

static size_t
first_key(size_t pos, size_t window)
{
	return window && pos + 1 > window ? pos + 1 - window : 0;
}

/* Four keys of a panel at a time, which is then written four floats at a time. */
static void
turn(float *panel, const float *x, size_t ld, size_t d)
{
	typedef float v4 __attribute__((vector_size(16)));
	size_t l;
	v4 t;

	for (l = 0; l < d; l++, x++) {
		t = (v4){ x[0], x[ld], x[2 * ld], x[3 * ld] };
		memcpy(panel + l * PANEL, &t, sizeof(t));
	}
}

/* Panels of 32 keys, those from..n-1: to[(p d + l) 32 + j] = x[(32 p + j - from) ld + l], zero
 * after n. */
static void
pack_across(float *to, const float *x, size_t ld, size_t from, size_t n, size_t d)
{
	size_t p, j, l, m;

	for (p = from / PANEL; p * PANEL < n; p++) {
		float *panel = to + p * d * PANEL;

		m = n - p * PANEL < PANEL ? n - p * PANEL : PANEL;
		j = p * PANEL < from ? from - p * PANEL : 0;
		for (; j + 4 <= m; j += 4)
			turn(panel + j, x + (p * PANEL + j - from) * ld, ld, d);
		for (; j < m; j++)
			for (l = 0; l < d; l++)
				panel[l * PANEL + j] = x[(p * PANEL + j - from) * ld + l];
		for (; j < PANEL; j++)
			for (l = 0; l < d; l++)
				panel[l * PANEL + j] = 0;
	}
}

/* Panels of 32 of the d columns, each of rows keys, those from..n-1:
 * to[(p rows + j) 32 + l] = x[(j - from) ld + 32 p + l]. */
static void
pack_along(const struct kern *k, float *to, size_t rows, const float *x, size_t ld, size_t from, size_t n,
    size_t d)
{
	size_t p, m;

	for (p = 0; p * PANEL < d; p++) {
		m = d - p * PANEL < PANEL ? d - p * PANEL : PANEL;
		k->strip(to + (p * rows + from) * PANEL, x + p * PANEL, ld, DT_F32, n - from, m);
	}
}

/* y (m,n) (+)= a b over a chain of k, b in panels of which each holds kb rows; the first
 * k of them from row `from` on count. */
static void
product(const struct kern *kn, float *y, size_t ldy, const float *a, size_t ars, size_t aks,
    const float *b, size_t kb, size_t from, size_t m, size_t n, size_t k, bool acc)
{
	float edge[KERN_ROWS * PANEL];
	size_t p = 0, i, r, c, w;

	if (m == 1 && aks == 1) {
		kn->row(y, a, b + from * PANEL, kb * PANEL, n & ~(size_t)15, k, acc);
		if (n % 16 == 0)
			return;
		p = n / PANEL;
	}
	for (; p * PANEL < n; p++)
		for (i = 0; i < m; i += r) {
			const float *ai = a + i * ars, *bp = b + (p * kb + from) * PANEL;
			float *yi = y + i * ldy + p * PANEL;

			r = m - i < kn->rows ? m - i : kn->rows;
			w = n - p * PANEL;
			if (w >= PANEL || w == PANEL / 2) {
				kn->tile(yi, ldy, ai, ars, aks, bp, PANEL, DT_F32, r, w < PANEL ? w : PANEL, k, acc);
				continue;
			}
			for (c = 0; acc && c < r; c++)
				memcpy(edge + c * PANEL, yi + c * ldy, w * sizeof(*yi));
			kn->tile(edge, PANEL, ai, ars, aks, bp, PANEL, DT_F32, r, w < PANEL / 2 ? PANEL / 2 : PANEL, k, acc);
			for (c = 0; c < r; c++)
				memcpy(yi + c * ldy, edge + c * PANEL, w * sizeof(*yi));
		}
}

/* Keys that a block of queries i .. i+m-1 may see: [lo, hi), lo a multiple of 32. */
static void
span(const struct attn_seq *s, const struct attn_shape *a, size_t i, size_t m, size_t *lo, size_t *hi)
{
	*lo = first_key(s->past + i, a->window) & ~(size_t)31;
	*hi = s->past + i + m;
}

/* Rows from .. to-1 of the keys and values: a lead's, or the sequence's own. */
struct piece { const float *k, *v; size_t ldk, ldv, from, to; };

static size_t
pieces(const struct attn_seq *s, struct piece p[ATTN_LEADS + 1])
{
	size_t n = 0, at = 0, i;

	for (i = 0; i < ATTN_LEADS; i++)
		if (s->lead[i].n) {
			p[n++] = (struct piece){ s->lead[i].k, s->lead[i].v, s->lead[i].ld, s->lead[i].ld, at,
				at + s->lead[i].n };
			at += s->lead[i].n;
		}
	p[n++] = (struct piece){ s->k, s->v, s->ldk, s->ldv, at, s->past + s->n };
	return n;
}

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
		product(k, r->o, r->ldo, w + lo, ldw, 1, kv->values, kv->vb, lo, r->m, d, hi - lo, false);
		return;
	}
	for (c = lo; c < hi; c += n) {
		n = hi - c < PANEL ? hi - c : PANEL;
		product(k, r->o, r->ldo, w + c, ldw, 1, kv->values + c / PANEL * kv->block, PANEL, 0, r->m, d, n,
		    c > lo);
	}
}

/* Scores with a cap get it; what is left to multiply them by. */
static float
cap(const struct kern *k, float *row, const struct attn_shape *a, size_t at)
{
	size_t from = first_key(at, a->window) & ~(size_t)15;

	if (!(a->cap > 0))
		return a->scale;
	k->softcap(row + from, ((at + 16) & ~(size_t)15) - from, a->scale, a->cap);
	return 1;
}

/* Weights of keys lo..hi-1 from scores, for the query at position at; lo a multiple of 32.
 * stat: max and sum, or NULL. */
static void
soften(const struct kern *k, float *row, const struct attn_shape *a, size_t at, size_t lo, size_t hi, float *stat)
{
	size_t first = first_key(at, a->window), c;
	float max, sum;

	k->softmax(row, first, at + 1, cap(k, row, a, at), &max, &sum);
	/* what softmax has not touched: lanes outside of its blocks of 16 */
	memset(row + lo, 0, ((first & ~(size_t)15) - lo) * sizeof(*row));
	for (c = (at + 16) & ~(size_t)15; c < hi; c++)
		row[c] = 0;
	if (stat) {
		stat[0] = max;
		stat[1] = sum;
	}
}

static void
fwd_block(const struct attn_job *j, const struct attn_seq *s, const struct rows *r, size_t h, size_t i,
    const struct packed_kv *kv)
{
	const struct attn_shape *a = j->a;
	const struct kern *k = j->tc->k;
	size_t ld = up32(s->past + s->n), lo, hi, q;

	span(s, a, i, r->heads ? 1 : r->m, &lo, &hi);
	product(k, r->w + lo, ld, r->q, r->ldq, 1, kv->keys + lo / PANEL * kv->kb * PANEL, kv->kb, 0, r->m,
	    up32(hi - lo), a->d, false);
	for (q = 0; q < r->m; q++)
		soften(k, r->w + q * ld, a, s->past + i + (r->heads ? 0 : q), lo, hi,
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

/* Store the new rows of key head kh after the past ones. */
static void
store(const struct attn_seq *s, const struct attn_shape *a, size_t kh)
{
	size_t i, l, p, at, row = up32(a->d) * PANEL;
	float *kc, *vc;

	for (i = 0; i < s->n; i++) {
		const float *k = s->k + i * s->ldk + kh * a->d, *v = s->v + i * s->ldv + kh * a->d;

		at = s->past + i;
		kc = s->kc + (at / PANEL * a->kvh + kh) * a->d * PANEL + at % PANEL;
		vc = s->vc + (at / PANEL * a->kvh + kh) * row + at % PANEL * PANEL;
		for (l = 0; l < a->d; l++)
			kc[l * PANEL] = k[l];
		for (p = 0; p * PANEL < a->d; p++)
			memcpy(vc + p * PANEL * PANEL, v + p * PANEL,
			    (a->d - p * PANEL < PANEL ? a->d - p * PANEL : PANEL) * sizeof(*v));
	}
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
		store(s, a, kh);
		kv = cached(s, a, kh);
	} else {
		struct piece p[ATTN_LEADS + 1];
		size_t np = pieces(s, p);

		for (i = 0; i < np; i++) {
			pack_across(keys, p[i].k + kh * a->d, p[i].ldk, p[i].from, p[i].to, a->d);
			pack_along(j->tc->k, keys + up32(n) * a->d, n, p[i].v + kh * a->d, p[i].ldv, p[i].from, p[i].to, a->d);
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

static double
work(const struct attn_seq *s, size_t nseq, const struct attn_shape *a, double factor)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < nseq; i++)
		sum += (double)s[i].n * ((double)s[i].past + (double)s[i].n);
	return factor * sum * (double)a->h * (double)a->d;
}

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
		product(k, score + (kh - w->from) * group * ld + c, ld, w->s->q + kh * group * a->d, a->d, 1,
		    keys_of(w, kh, c), a->kvh * a->d, 0, group, (n + 15) & ~(size_t)15, a->d, false);
}

/* o (heads, group, d) from weights (heads, group, ld) */
static void
walk_values(const struct kern *k, const struct walk *w, const float *weight, size_t ld)
{
	const struct attn_shape *a = w->a;
	size_t group = a->h / a->kvh, i, kh, c, n;

	for (i = 0; part(w, PANEL, i, &kh, &c, &n); i++)
		product(k, w->s->o + kh * group * a->d, a->d, weight + (kh - w->from) * group * ld + c, ld, 1,
		    values_of(w, kh, c), PANEL, 0, group, a->d, n, c > w->lo);
}

/* One new token of sequence s with a cache, for j->share key heads from `from` on. */
static void
decode_task(const struct attn_job *j, const struct attn_seq *s, size_t from, unsigned worker)
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
		store(s, a, from + i);
	walk_keys(j->tc->k, &w, weight, ld);
	for (i = 0; i < w.heads * group; i++)
		soften(j->tc->k, weight + i * ld, a, s->past, w.lo, w.hi, NULL);
	walk_values(j->tc->k, &w, weight, ld);
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
		decode_task(j, &j->s[j->order[j->others + (task - n) / shares(j)]], (task - n) % shares(j) * j->share, worker);
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
	tc_run(tc, fwd_either, &j, j.others * a->kvh + n * shares(&j), work(s, nseq, a, 4));
}

/* What a backward task has packed: keys across and along, values across. */
struct packed { float *keys, *rows, *values, *p, *ds, *q, *go; };

/* Gradients of the keys and values from lo on, to where they belong: chains over m rows. */
static void
give(const struct attn_job *j, const struct attn_seq *s, const struct attn_grad *g, size_t kh, size_t lo, size_t hi,
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
		product(k, dk + (from - at) * lddk + col, lddk, b->ds + from, 1, ld, b->q, m, 0, to - from, d, m, true);
		product(k, dv + (from - at) * lddv + col, lddv, b->p + from, 1, ld, b->go, m, 0, to - from, d, m, true);
	}
}

static void
bwd_block(const struct attn_job *j, const struct attn_seq *s, const struct attn_grad *g, size_t kh, size_t h,
    size_t i, size_t m, const struct packed *b)
{
	const struct attn_shape *a = j->a;
	const struct kern *k = j->tc->k;
	size_t all = s->past + s->n, ld = up32(all), lo, hi, q, at, first, end;
	const float *go = g->do_ + i * g->lddo + h * a->d;
	struct kern_softmax soft = { .scale = a->scale, .invcap = a->cap > 0 ? 1.0f / a->cap : 0 };
	float *p, *ds;

	span(s, a, i, m, &lo, &hi);
	product(k, b->p + lo, ld, s->q + i * s->ldq + h * a->d, s->ldq, 1, b->keys + lo * a->d, a->d, 0, m,
	    up32(hi - lo), a->d, false);
	product(k, b->ds + lo, ld, go, g->lddo, 1, b->values + lo * a->d, a->d, 0, m, up32(hi - lo), a->d, false);
	for (q = 0; q < m; q++) {
		const float *stat = s->stat + ((i + q) * a->h + h) * 2;

		p = b->p + q * ld;
		ds = b->ds + q * ld;
		at = s->past + i + q;
		first = first_key(at, a->window);
		end = (at + 16) & ~(size_t)15;
		soft.dot = k->dot(go + q * g->lddo, s->o + (i + q) * s->ldo + h * a->d, a->d);
		soft.before = cap(k, p, a, at);
		soft.max = stat[0];
		soft.inv = 1.0f / stat[1];
		k->softmax_bwd(p, ds, first, at + 1, &soft);
		memset(p + lo, 0, ((first & ~(size_t)15) - lo) * sizeof(*p));
		memset(ds + lo, 0, ((first & ~(size_t)15) - lo) * sizeof(*p));
		for (; end < hi; end++)
			p[end] = ds[end] = 0;
	}
	product(k, g->dq + i * g->lddq + h * a->d, g->lddq, b->ds + lo, ld, 1, b->rows, all, lo, m, a->d, hi - lo,
	    false);
	pack_along(k, b->q, m, s->q + i * s->ldq + h * a->d, s->ldq, 0, m, a->d);
	pack_along(k, b->go, m, go, g->lddo, 0, m, a->d);
	give(j, s, g, kh, lo, hi, m, b);
}

/* One sequence and one key head. */
static void
bwd_seq(const struct attn_job *j, const struct attn_seq *s, const struct attn_grad *g, size_t kh, unsigned worker)
{
	const struct attn_shape *a = j->a;
	size_t group = a->h / a->kvh, n = s->past + s->n, i, h, d32 = up32(a->d), n32 = up32(n), np;
	size_t m = s->n < QUERIES ? s->n : QUERIES;
	struct piece piece[ATTN_LEADS + 1];
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
	np = pieces(s, piece);
	for (i = 0; i < np; i++) {
		const struct piece *p = &piece[i];

		pack_across(b.keys, p->k + kh * a->d, p->ldk, p->from, p->to, a->d);
		pack_across(b.values, p->v + kh * a->d, p->ldv, p->from, p->to, a->d);
		pack_along(j->tc->k, b.rows, n, p->k + kh * a->d, p->ldk, p->from, p->to, a->d);
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
joins(const struct attn_job *j, size_t first, size_t i)
{
	const struct attn_grad *f = &j->g[first];

	return i > first && j->s[i].lead[0].n &&
	    (j->g[i].lead[0].dk == f->dk || (j->s[first].lead[0].n && j->g[i].lead[0].dk == f->lead[0].dk));
}

/* One family of sequences that add to each other's gradients, in order, and one key head. */
static void
bwd_task(void *arg, size_t task, unsigned worker)
{
	const struct attn_job *j = arg;
	size_t first = j->family[task / j->a->kvh], i = first;

	do {
		bwd_seq(j, &j->s[i], &j->g[i], task % j->a->kvh, worker);
	} while (++i < j->nseq && joins(j, first, i));
}

void
cpu_attn_bwd(struct tc *tc, const struct attn_seq *s, const struct attn_grad *g, size_t nseq, const struct attn_shape *a)
{
	struct attn_job j = { .tc = tc, .s = s, .g = g, .a = a, .nseq = nseq };
	size_t i, n = 0;

	if (!nseq || !(j.family = scratch_get(tc, &tc->shared, nseq * sizeof(*j.family))))
		return;
	for (i = 0; i < nseq; i++)
		if (!n || !joins(&j, j.family[n - 1], i))
			j.family[n++] = i;
	tc_run(tc, bwd_task, &j, n * a->kvh, work(s, nseq, a, 10));
}
