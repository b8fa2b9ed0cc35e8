/* Attention: a table of the sequences for the kernels, and the work in chunks whose scores fit
 * the scratch; attention.cl does the rest. */
#include <stdlib.h>

#include "tensor/opencl/opencl_int.h"

/* as in attention.cl */
enum {
	S_Q, S_K, S_V, S_O, S_STAT, S_KC, S_VC, S_K0, S_V0, S_K1, S_V1, S_DO, S_DQ, S_DK, S_DV, S_DK0, S_DV0, S_DK1, S_DV1,
	S_LDQ, S_LDK, S_LDV, S_LDO, S_LD0, S_LD1, S_LDDO, S_LDDQ, S_LDDK, S_LDDV, S_LDD0, S_LDD1, S_N, S_PAST, S_N0, S_N1,
	S_CACHE, S_MORE, S_AT, S_LD, S_WORDS,
	S_ARRAYS = S_DV1 + 1
};

/* bytes of scores, at most 1/SHARE of the device's memory */
enum { SCORES = 256 << 20, SHARE = 32 };

/* Sequences whose arrays are in the same buffers. */
struct job {
	struct tc *tc;
	const struct attn_seq *s;
	const struct attn_grad *g;      /* NULL: forward */
	const struct attn_shape *a;
	size_t n;
	cl_mem mem[S_ARRAYS];           /* NULL: no sequence has it */
	uint64_t *table;
	cl_mem copy;                    /* the device's, of the table */
	uint64_t most;                  /* floats of a plane of scores */
	float *scratch;
};

/* sequences seq..seq+n-1, key heads, heads of their groups, queries: counts, and where from */
struct chunk { size_t seq, n, kh, nkh, g, ng, i, to; };

static void
pointers(const struct job *j, size_t i, const void *p[S_ARRAYS])
{
	const struct attn_seq *s = &j->s[i];
	const struct attn_grad *g = j->g ? &j->g[i] : NULL;
	const void *const all[S_ARRAYS] = {
		[S_Q] = s->q, [S_K] = s->k, [S_V] = s->v, [S_O] = s->o, [S_STAT] = s->stat, [S_KC] = s->kc, [S_VC] = s->vc,
		[S_DO] = g ? g->do_ : NULL, [S_DQ] = g ? g->dq : NULL, [S_DK] = g ? g->dk : NULL, [S_DV] = g ? g->dv : NULL
	};

	for (i = 0; i < S_ARRAYS; i++)
		p[i] = all[i];
	for (i = 0; i < ATTN_LEADS; i++)
		if (s->lead[i].n) {
			p[S_K0 + 2 * i] = s->lead[i].k;
			p[S_V0 + 2 * i] = s->lead[i].v;
			p[S_DK0 + 2 * i] = g ? g->lead[i].dk : NULL;
			p[S_DV0 + 2 * i] = g ? g->lead[i].dv : NULL;
		}
}

/* Sequence i's line of the table; false when its arrays are in other buffers than those before. */
static bool
describe(struct job *j, size_t i)
{
	const struct attn_seq *s = &j->s[i];
	const struct attn_grad *g = j->g ? &j->g[i] : NULL;
	uint64_t *t = j->table + i * S_WORDS;
	const void *p[S_ARRAYS];
	size_t k, at = 0;
	cl_mem m;

	pointers(j, i, p);
	for (k = 0; k < S_ARRAYS; k++) {
		t[k] = ~(uint64_t)0;
		if (!p[k] || !(m = find_array(j->tc, p[k], &at)))
			continue;
		if (j->mem[k] && j->mem[k] != m)
			return false;
		j->mem[k] = m;
		t[k] = at / sizeof(float);
	}
	t[S_LDQ] = s->ldq;
	t[S_LDK] = s->ldk;
	t[S_LDV] = s->ldv;
	t[S_LDO] = s->ldo;
	t[S_LD0] = s->lead[0].ld;
	t[S_LD1] = s->lead[1].ld;
	t[S_LDDO] = g ? g->lddo : 0;
	t[S_LDDQ] = g ? g->lddq : 0;
	t[S_LDDK] = g ? g->lddk : 0;
	t[S_LDDV] = g ? g->lddv : 0;
	t[S_LDD0] = g ? g->lead[0].ld : 0;
	t[S_LDD1] = g ? g->lead[1].ld : 0;
	t[S_N] = s->n;
	t[S_PAST] = s->past;
	t[S_N0] = s->kc ? 0 : s->lead[0].n;
	t[S_N1] = s->kc ? 0 : s->lead[1].n;
	t[S_CACHE] = s->kc != NULL;
	t[S_MORE] = g && g->more;
	t[S_AT] = 0;
	t[S_LD] = parts(s->past + s->n, SIDE) * SIDE;
	return true;
}

/* The rows' scores of sequence i, whole, in floats. */
static uint64_t
whole(const struct job *j, size_t i)
{
	return (uint64_t)j->s[i].n * j->a->h * j->table[i * S_WORDS + S_LD];
}

/* How many sequences from i on have their scores in one plane, with their places there; 0 when
 * not even one has. */
static size_t
together(struct job *j, size_t i)
{
	uint64_t at = 0;
	size_t n;

	for (n = 0; i + n < j->n && at + whole(j, i + n) <= j->most; n++) {
		j->table[(i + n) * S_WORDS + S_AT] = at;
		at += whole(j, i + n);
	}
	return n;
}

/* The arguments that every pass has, and the grid: rows by columns of tiles */
#define PASS MEM(j->copy), N(c->seq), N(c->kh), N(c->nkh), N(c->g), N(c->ng), N(c->i), N(c->to), N(j->a->h), N(j->a->kvh), \
	N(j->a->d), N(j->a->window)
#define SCORE R(j->a->scale), R(j->a->cap)
/* a buffer, or another where no sequence has it and none is read */
#define ARR(k) MEM(j->mem[k] ? j->mem[k] : opencl_of(j->tc)->none)
#define KEYS ARR(S_K), ARR(S_KC), ARR(S_K0), ARR(S_K1)
#define VALUES ARR(S_V), ARR(S_VC), ARR(S_V0), ARR(S_V1)

static void
forward(const struct job *j, const struct chunk *c, cl_mem scratch, size_t rows, size_t keys)
{
	size_t x = c->n * c->nkh;

	RUN_GROUPS(j->tc, K_attn_scores, x, parts(rows, SIDE), parts(keys, SIDE), TILE, PASS, SCORE, ARR(S_Q), KEYS,
	    MEM(scratch), N(0), I(0));
	RUN_GROUPS(j->tc, K_attn_softmax, x, parts(rows, NORM_ROWS), 1, NORM_ROWS * LANES, PASS, MEM(scratch), ARR(S_STAT));
	RUN_GROUPS(j->tc, K_attn_weigh, x, parts(rows, SIDE), parts(j->a->d, SIDE), TILE, PASS, ARR(S_O), VALUES,
	    MEM(scratch), N(0), I(0));
}

/* Gradients of the keys and values of lead k of the sequences, in order. */
static void
lead_backward(const struct job *j, const struct chunk *c, cl_mem scratch, size_t k)
{
	size_t x = c->n * c->nkh, keys = 0, i;

	for (i = c->seq; i < c->seq + c->n; i++)
		keys = j->s[i].lead[k].n > keys ? j->s[i].lead[k].n : keys;
	if (!keys)
		return;
	RUN_GROUPS(j->tc, K_attn_give, x, parts(keys, SIDE), parts(j->a->d, SIDE), TILE, PASS, ARR(S_DK0 + 2 * k), ARR(S_Q),
	    MEM(scratch), N(j->most), N(c->n), N(k), I(0));
	RUN_GROUPS(j->tc, K_attn_give, x, parts(keys, SIDE), parts(j->a->d, SIDE), TILE, PASS, ARR(S_DV0 + 2 * k), ARR(S_DO),
	    MEM(scratch), N(0), N(c->n), N(k), I(1));
}

/* rows, keys, own: the most that a sequence has in the chunk */
static void
backward(const struct job *j, const struct chunk *c, cl_mem scratch, size_t rows, size_t keys, size_t own)
{
	size_t x = c->n * c->nkh, k;
	bool more = c->g || c->i;

	RUN_GROUPS(j->tc, K_attn_scores, x, parts(rows, SIDE), parts(keys, SIDE), TILE, PASS, SCORE, ARR(S_Q), KEYS,
	    MEM(scratch), N(0), I(0));
	RUN_GROUPS(j->tc, K_attn_scores, x, parts(rows, SIDE), parts(keys, SIDE), TILE, PASS, SCORE, ARR(S_DO), VALUES,
	    MEM(scratch), N(j->most), I(1));
	RUN_GROUPS(j->tc, K_attn_softmax_bwd, x, parts(rows, NORM_ROWS), 1, NORM_ROWS * LANES, PASS, SCORE, ARR(S_O),
	    ARR(S_DO), MEM(scratch), N(j->most), ARR(S_STAT));
	RUN_GROUPS(j->tc, K_attn_weigh, x, parts(rows, SIDE), parts(j->a->d, SIDE), TILE, PASS, ARR(S_DQ), KEYS,
	    MEM(scratch), N(j->most), I(1));
	RUN_GROUPS(j->tc, K_attn_gather, x, parts(own, SIDE), parts(j->a->d, SIDE), TILE, PASS, ARR(S_DK), ARR(S_Q),
	    MEM(scratch), N(j->most), I(0), I(more));
	RUN_GROUPS(j->tc, K_attn_gather, x, parts(own, SIDE), parts(j->a->d, SIDE), TILE, PASS, ARR(S_DV), ARR(S_DO),
	    MEM(scratch), N(0), I(1), I(more));
	for (k = 0; k < ATTN_LEADS; k++)
		lead_backward(j, c, scratch, k);
}

static void
run_chunk(const struct job *j, const struct chunk *c)
{
	size_t n = 0, keys = 0, own = 0, at, k, m;
	cl_mem scratch = find_array(j->tc, j->scratch, &at);

	for (k = c->seq; k < c->seq + c->n; k++) {
		m = j->s[k].n < c->to ? j->s[k].n : c->to;
		if (m > n)
			n = m;
		if (j->s[k].past + j->s[k].n > keys)
			keys = j->s[k].past + j->s[k].n;
		own = j->s[k].n > own ? j->s[k].n : own;
	}
	if (n <= c->i || !scratch)
		return;
	if (j->g)
		backward(j, c, scratch, (n - c->i) * c->ng, keys, own);
	else
		forward(j, c, scratch, (n - c->i) * c->ng, keys);
}

/* One sequence whose scores are too many: key heads by themselves, then heads, then queries,
 * which keeps the order of sums over heads and rows. */
static void
run_long(const struct job *j, size_t i)
{
	uint64_t ld = j->table[i * S_WORDS + S_LD], row = j->most / ld, n = j->s[i].n;
	size_t group = j->a->h / j->a->kvh;
	struct chunk c = { .seq = i, .n = 1 };

	c.nkh = row / n / group ? (size_t)(row / n / group) : 1;
	c.ng = row / n >= group ? group : row / n ? (size_t)(row / n) : 1;
	for (c.kh = 0; c.kh < j->a->kvh; c.kh += c.nkh) {
		if (j->a->kvh - c.kh < c.nkh)
			c.nkh = j->a->kvh - c.kh;
		for (c.g = 0; c.g < group; c.g += c.ng) {
			if (group - c.g < c.ng)
				c.ng = group - c.g;
			for (c.i = 0; c.i < n; c.i = c.to) {
				c.to = row >= n ? n : c.i + row < n ? c.i + (size_t)row : n;
				run_chunk(j, &c);
			}
			c.ng = row / n >= group ? group : row / n ? (size_t)(row / n) : 1;
		}
	}
}

/* The most that a plane of scores needs, and may have. */
static void
set_most(struct job *j)
{
	const struct opencl *o = opencl_of(j->tc);
	uint64_t may = o->unit.memory / SHARE < SCORES ? o->unit.memory / SHARE : SCORES, need = 0, row = 0;
	size_t i;

	for (i = 0; i < j->n; i++) {
		need += whole(j, i);
		if (j->table[i * S_WORDS + S_LD] > row)
			row = j->table[i * S_WORDS + S_LD];
	}
	may /= sizeof(float);
	if (o->scores)
		may = o->scores;
	j->most = need < may ? need : may < row ? row : may;
}

static void
run(struct job *j)
{
	struct opencl *o = opencl_of(j->tc);
	size_t i, n, longest = 0;

	set_most(j);
	for (i = 0; i < j->n; i++)
		longest = j->s[i].n > longest ? j->s[i].n : longest;
	for (i = 0; i < j->n; i += n ? n : 1)
		n = together(j, i);
	if (!(j->scratch = scratch_at_least(j->tc, (size_t)j->most * (j->g ? 2 : 1) * sizeof(float))) ||
	    !(j->copy = host_copy(j->tc, j->table, j->n * S_WORDS * sizeof(*j->table))))
		return;
	if (j->mem[S_KC])
		RUN_GROUPS(j->tc, K_attn_store, parts(longest * j->a->kvh * j->a->d, EACH), 1, j->n, EACH, MEM(j->copy),
		    ARR(S_K), ARR(S_V), ARR(S_KC), ARR(S_VC), N(j->a->kvh), N(j->a->d));
	for (i = 0; i < j->n; i += n ? n : 1) {
		if ((n = together(j, i)))
			run_chunk(j, &(struct chunk){ i, n, 0, j->a->kvh, 0, j->a->h / j->a->kvh, 0, longest });
		else
			run_long(j, i);
	}
	o->cl.ReleaseMemObject(j->copy);
}

/* Runs of sequences that are in the same buffers; most often all of them. */
static void
run_all(struct tc *tc, const struct attn_seq *s, const struct attn_grad *g, size_t nseq, const struct attn_shape *a)
{
	struct job j = { .tc = tc, .a = a };
	size_t i, n;

	if (nseq && (nseq > SIZE_MAX / S_WORDS / sizeof(*j.table) || !(j.table = malloc(nseq * S_WORDS * sizeof(*j.table))))) {
		failed(tc, ST_NOMEM, "a table", CL_OUT_OF_HOST_MEMORY);
		return;
	}
	for (i = 0; i < nseq; i += j.n) {
		j.s = s + i;
		j.g = g ? g + i : NULL;
		for (n = 0; n < S_ARRAYS; n++)
			j.mem[n] = NULL;
		for (n = 0; i + n < nseq && describe(&j, n); n++)
			;
		j.n = n;
		run(&j);
	}
	free(j.table);
}

void
opencl_attn_fwd(struct tc *tc, const struct attn_seq *s, size_t nseq, const struct attn_shape *a)
{
	run_all(tc, s, NULL, nseq, a);
}

void
opencl_attn_bwd(struct tc *tc, const struct attn_seq *s, const struct attn_grad *g, size_t nseq, const struct attn_shape *a)
{
	run_all(tc, s, g, nseq, a);
}
