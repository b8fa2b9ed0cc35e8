#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/index.h"
#include "stat/winrate.h"
#include "stat/winrate_int.h"

#define CELLS_MAX ((size_t)1 << 25)
#define CACHE_MAX ((size_t)1 << 28)

enum { WIN, KL, LENGTH, REF, VALUES };

struct raw {
	uint32_t c, r, q;
	double point;
	double value[VALUES];
};

/* Means over the verdicts of a candidate, point, run and prompt. */
struct cell {
	double win, kl, diff;   /* NAN where unknown */
	uint32_t n;
};

struct last {
	size_t t, verdicts, ties;
	double kl, length;
	size_t nkl, nlength;
};

struct winrate {
	struct index cand, run, prompt;
	char **name;            /* (cand.n) */
	size_t capname;
	struct raw *raw;
	size_t nraw, capraw;
	double *point;          /* sorted, (T) */
	size_t np;
	struct cell *cell;      /* (C,T,R,Q) */
	struct last *last;      /* (C) */
	uint32_t *rank_run;     /* (R) places of the runs as they came */
	double **controlled;    /* (C) of (draws), made when first asked for */
	double *controlled_at;  /* (C) */
	uint64_t draws, seed;
	uint16_t *cache;        /* (draws,Q) prompts' weights, NULL: made anew each time */
	uint32_t *wq, *wr;      /* (Q), (R) scratch */
	const uint16_t *row;    /* the draw's weights in cache; NULL: they are in wq */
	uint32_t *has;          /* (Q) scratch: the prompts of what is compared */
	size_t nhas;
	double *rep;            /* (draws) scratch */
};

enum status
winrate_open(struct winrate **w, struct err *e)
{
	return (*w = calloc(1, sizeof(**w))) ? ST_OK : err_nomem(e);
}

void
winrate_close(struct winrate *w)
{
	struct index *x;
	size_t i;

	if (!w)
		return;
	for (i = 0; i < w->cand.n && w->name; i++)
		free(w->name[i]);
	for (i = 0; w->controlled && i < w->cand.n; i++)
		free(w->controlled[i]);
	for (x = &w->cand; x <= &w->prompt; x++)
		index_free(x);
	free(w->name);
	free(w->raw);
	free(w->point);
	free(w->cell);
	free(w->last);
	free(w->rank_run);
	free(w->controlled);
	free(w->controlled_at);
	free(w->cache);
	free(w->wq);
	free(w->has);
	free(w->wr);
	free(w->rep);
	free(w);
}

enum status
winrate_add(struct winrate *w, const struct verdict *v, struct err *e)
{
	struct raw r = { .point = v->point,
	    .value = { v->win, v->kl, v->length, v->reference_length } };
	size_t old = w->cand.n;

	if (!(v->win >= 0 && v->win <= 1))
		return err_set(e, ST_INPUT, "win: expected a number from 0 to 1");
	if (!isfinite(v->point))
		return err_set(e, ST_INPUT, "a point that is not finite");
	if (grow(&w->raw, &w->capraw, w->nraw + 1, sizeof(*w->raw), e) ||
	    grow(&w->name, &w->capname, old + 1, sizeof(*w->name), e) ||
	    index_add(&w->cand, hash128(v->candidate, strlen(v->candidate)), &r.c, e))
		return e->code;
	if (w->cand.n > old && !(w->name[old] = strdup(v->candidate)))
		return err_nomem(e);
	if (index_add(&w->run, hash128(v->run, strlen(v->run)), &r.r, e) || index_add(&w->prompt, v->prompt, &r.q, e))
		return e->code;
	w->raw[w->nraw++] = r;
	return ST_OK;
}

size_t winrate_candidates(const struct winrate *w) { return w->cand.n; }
size_t winrate_runs(const struct winrate *w) { return w->run.n; }
const char *winrate_name(const struct winrate *w, size_t c) { return w->name[c]; }

struct rank { struct hash128 h; uint32_t old; };

static int
by_hash(const void *a, const void *b)
{
	const struct hash128 *x = &((const struct rank *)a)->h, *y = &((const struct rank *)b)->h;

	if (x->hi != y->hi)
		return x->hi < y->hi ? -1 : 1;
	return (x->lo > y->lo) - (x->lo < y->lo);
}

static int
by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static enum status
points_sort(struct winrate *w, struct err *e)
{
	size_t i, n = 0;

	if (!(w->point = malloc(w->nraw * sizeof(*w->point))))
		return err_nomem(e);
	for (i = 0; i < w->nraw; i++)
		w->point[i] = w->raw[i].point;
	qsort(w->point, w->nraw, sizeof(*w->point), by_number);
	for (i = 0; i < w->nraw; i++)
		if (!i || w->point[i] != w->point[n - 1])
			w->point[n++] = w->point[i];
	w->np = n;
	return ST_OK;
}

static size_t
point_find(const struct winrate *w, double p)
{
	size_t lo = 0, hi = w->np - 1, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (w->point[mid] < p)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The order of numbers of an index by hash, so that it does not matter who came first. */
static enum status
order_by_hash(const struct index *x, uint32_t *rank, struct err *e)
{
	struct rank *k = malloc(x->n * sizeof(*k));
	size_t i;

	if (!k)
		return err_nomem(e);
	for (i = 0; i < x->n; i++)
		k[i] = (struct rank){ x->key[i], (uint32_t)i };
	qsort(k, x->n, sizeof(*k), by_hash);
	for (i = 0; i < x->n; i++)
		rank[k[i].old] = (uint32_t)i;
	free(k);
	return ST_OK;
}

static struct cell *
cell_at(const struct winrate *w, size_t c, size_t t, size_t r, size_t q)
{
	return &w->cell[((c * w->np + t) * w->run.n + r) * w->prompt.n + q];
}

/* Any order that depends only on the values gives the same sums. */
static int
by_place(const void *a, const void *b)
{
	const struct raw *x = a, *y = b;

	if (x->c != y->c)
		return x->c < y->c ? -1 : 1;
	if (x->point != y->point)
		return x->point < y->point ? -1 : 1;
	if (x->r != y->r)
		return x->r < y->r ? -1 : 1;
	if (x->q != y->q)
		return x->q < y->q ? -1 : 1;
	return memcmp(x->value, y->value, sizeof(x->value));
}

static void
cells_fill(struct winrate *w, const uint32_t *rank)
{
	const struct raw *v;
	struct last *l;
	struct cell *c;
	size_t i, t, n;

	for (i = 0; i < w->nraw; i++) {
		w->raw[i].r = w->rank_run[w->raw[i].r];
		w->raw[i].q = rank[w->raw[i].q];
	}
	qsort(w->raw, w->nraw, sizeof(*w->raw), by_place);
	for (i = 0; i < w->nraw; i++) {
		v = &w->raw[i];
		t = point_find(w, v->point);
		c = cell_at(w, v->c, t, v->r, v->q);
		c->n++;
		c->win += v->value[WIN];
		c->kl += v->value[KL];
		c->diff += v->value[LENGTH] - v->value[REF];
		l = &w->last[v->c];
		if (t > l->t || !l->verdicts)
			*l = (struct last){ .t = t };
		if (t < l->t)
			continue;
		l->verdicts++;
		l->ties += v->value[WIN] == 0.5;
		if (!isnan(v->value[KL])) {
			l->kl += v->value[KL];
			l->nkl++;
		}
		if (!isnan(v->value[LENGTH])) {
			l->length += v->value[LENGTH];
			l->nlength++;
		}
	}
	n = w->cand.n * w->np * w->run.n * w->prompt.n;
	for (i = 0; i < n; i++)
		if (w->cell[i].n > 1) {
			w->cell[i].win /= w->cell[i].n;
			w->cell[i].kl /= w->cell[i].n;
			w->cell[i].diff /= w->cell[i].n;
		}
}

enum status
winrate_build(struct winrate *w, uint64_t draws, uint64_t seed, struct err *e)
{
	uint32_t *rank;
	size_t cells, i;
	uint64_t d;
	enum status st;

	if (!w->nraw)
		return err_set(e, ST_INPUT, "no verdicts");
	w->draws = draws;
	w->seed = seed;
	if ((st = points_sort(w, e)))
		return st;
	if (__builtin_mul_overflow(w->cand.n, w->np, &cells) ||
	    __builtin_mul_overflow(cells, w->run.n, &cells) ||
	    __builtin_mul_overflow(cells, w->prompt.n, &cells) || cells > CELLS_MAX)
		return err_set(e, ST_INPUT, "%zu candidates, %zu points, %zu runs and %zu prompts make "
		    "a table of more than %zu cells", w->cand.n, w->np, w->run.n, w->prompt.n, CELLS_MAX);
	rank = malloc(w->prompt.n * sizeof(*rank));
	w->rank_run = malloc(w->run.n * sizeof(*w->rank_run));
	w->cell = calloc(cells, sizeof(*w->cell));
	w->last = calloc(w->cand.n, sizeof(*w->last));
	w->controlled = calloc(w->cand.n, sizeof(*w->controlled));
	w->controlled_at = calloc(w->cand.n, sizeof(*w->controlled_at));
	w->wq = calloc(w->prompt.n, sizeof(*w->wq));
	w->has = malloc(w->prompt.n * sizeof(*w->has));
	w->wr = calloc(w->run.n, sizeof(*w->wr));
	w->rep = calloc(draws + 1, sizeof(*w->rep));
	if (!rank || !w->rank_run || !w->cell || !w->last || !w->controlled || !w->controlled_at ||
	    !w->wq || !w->has || !w->wr || !w->rep)
		st = err_nomem(e);
	if (!st)
		st = order_by_hash(&w->prompt, rank, e);
	if (!st)
		st = order_by_hash(&w->run, w->rank_run, e);
	if (!st)
		cells_fill(w, rank);
	free(rank);
	if (st)
		return st;
	if (draws < CACHE_MAX / w->prompt.n / sizeof(*w->cache) && w->prompt.n < UINT16_MAX)
		w->cache = malloc(draws * w->prompt.n * sizeof(*w->cache) + 1);
	for (d = 0; w->cache && d < draws; d++) {
		winrate_resample(w->wq, w->prompt.n, seed, 0, d);
		for (i = 0; i < w->prompt.n; i++)
			w->cache[d * w->prompt.n + i] = (uint16_t)w->wq[i];
	}
	return ST_OK;
}

/* A draw's weights, of prompts in row or wq, of runs in wr; draw = draws is the sample itself. */
static void
weights(struct winrate *w, uint64_t d)
{
	size_t i;

	w->row = d < w->draws && w->cache ? w->cache + d * w->prompt.n : NULL;
	if (d == w->draws)
		for (i = 0; i < w->prompt.n; i++)
			w->wq[i] = 1;
	else if (!w->row)
		winrate_resample(w->wq, w->prompt.n, w->seed, 0, d);
	if (d == w->draws || w->run.n == 1)
		for (i = 0; i < w->run.n; i++)
			w->wr[i] = 1;
	else
		winrate_resample(w->wr, w->run.n, w->seed, 1, d);
}

static inline uint32_t
weight_of(const struct winrate *w, size_t q)
{
	return w->row ? w->row[q] : w->wq[q];
}

/* A candidate's win rate at a KL is a fixed mixture of two of its points, or of one
 * and the reference's one half. */
struct mixture { double share[2], half; size_t t[2]; };

/* Into has: the prompts for which some run of a's mixture has a verdict, in order. */
static void
prompts_of(struct winrate *w, size_t a, const struct mixture *m)
{
	size_t r, q;

	for (w->nhas = q = 0; q < w->prompt.n; q++)
		for (r = 0; r < w->run.n && (!w->nhas || w->has[w->nhas - 1] != q); r++)
			if (cell_at(w, a, m->t[0], r, q)->n)
				w->has[w->nhas++] = (uint32_t)q;
}

/* Weighted mean over the cells that a, and b if there is one, have; a's mixture minus
 * b's.  prompts_of(a) goes before. */
static double
mean(const struct winrate *w, size_t a, const struct mixture *ma, size_t b, const struct mixture *mb)
{
	size_t r, q, i;
	double sum = 0, all = 0, wt;

	for (r = 0; r < w->run.n; r++) {
		const struct cell *a0 = cell_at(w, a, ma->t[0], r, 0), *a1 = cell_at(w, a, ma->t[1], r, 0);
		const struct cell *b0 = mb ? cell_at(w, b, mb->t[0], r, 0) : NULL;
		const struct cell *b1 = mb ? cell_at(w, b, mb->t[1], r, 0) : NULL;
		double row = 0, n = 0;

		if (!w->wr[r])
			continue;
		for (i = 0; i < w->nhas; i++) {
			q = w->has[i];
			if (!weight_of(w, q) || !a0[q].n || !a1[q].n || (mb && (!b0[q].n || !b1[q].n)))
				continue;
			wt = weight_of(w, q);
			n += wt;
			row += wt * (ma->share[0] * a0[q].win + ma->share[1] * a1[q].win);
			if (mb)
				row -= wt * (mb->share[0] * b0[q].win + mb->share[1] * b1[q].win);
		}
		sum += w->wr[r] * row;
		all += w->wr[r] * n;
	}
	if (!(all > 0))
		return NAN;
	return sum / all + 0.5 * ma->half - (mb ? 0.5 * mb->half : 0);
}

static struct interval
interval(struct winrate *w, size_t a, const struct mixture *ma, size_t b, const struct mixture *mb)
{
	uint64_t d;
	double v;

	prompts_of(w, a, ma);
	for (d = 0; d < w->draws; d++) {
		weights(w, d);
		w->rep[d] = mean(w, a, ma, b, mb);
	}
	weights(w, w->draws);
	v = mean(w, a, ma, b, mb);
	return winrate_percentiles(v, w->rep, w->draws);
}

/* Mean KL of a point over the cells that know it; NAN if none. */
static double
point_kl(const struct winrate *w, size_t c, size_t t)
{
	size_t i, cells = w->run.n * w->prompt.n, n = 0;
	const struct cell *x = cell_at(w, c, t, 0, 0);
	double sum = 0;

	for (i = 0; i < cells; i++)
		if (x[i].n && !isnan(x[i].kl)) {
			sum += x[i].kl;
			n++;
		}
	return n ? sum / (double)n : NAN;
}

static double
largest_kl(const struct winrate *w, size_t c)
{
	double top = NAN, k;
	size_t t;

	for (t = 0; t < w->np; t++)
		if ((k = point_kl(w, c, t)) >= 0 && !(k <= top))
			top = k;
	return top;
}

double
winrate_common_kl(const struct winrate *w)
{
	double common = INFINITY, k;
	size_t c;

	for (c = 0; c < w->cand.n; c++) {
		k = largest_kl(w, c);
		if (isnan(k))
			return NAN;
		if (k < common)
			common = k;
	}
	return common;
}

/* The points nearest to kl on both sides. */
static bool
mixture_at(const struct winrate *w, size_t c, double kl, struct mixture *m)
{
	double below = 0, above = INFINITY, k, share;
	size_t t, tb = w->np, ta = w->np;

	for (t = 0; t < w->np; t++) {
		k = point_kl(w, c, t);
		if (!(k >= 0))
			continue;
		if (k <= kl && k >= below) {
			below = k;
			tb = t;
		}
		if (k >= kl && k < above) {
			above = k;
			ta = t;
		}
	}
	if (isnan(kl) || ta == w->np)
		return false;
	share = above > below ? (sqrt(kl) - sqrt(below)) / (sqrt(above) - sqrt(below)) : 1;
	*m = (struct mixture){ { share, 1 - share }, 0, { ta, tb } };
	if (tb == w->np)
		*m = (struct mixture){ { share, 0 }, 1 - share, { ta, ta } };
	return true;
}

static struct mixture
mixture_last(const struct winrate *w, size_t c)
{
	return (struct mixture){ { 1, 0 }, 0, { w->last[c].t, w->last[c].t } };
}

/* The cells of c's last point that know their lengths: win, x = tanh(d / sd(d)) and
 * their place in wr and wq. */
static enum status
length_cells(const struct winrate *w, size_t c, struct length_cells *o, struct err *e)
{
	size_t r, q, i;
	double sum = 0, sq = 0, sd;
	const struct cell *x;

	*o = (struct length_cells){0};
	o->win = malloc(w->run.n * w->prompt.n * sizeof(double));
	o->x = malloc(w->run.n * w->prompt.n * sizeof(double));
	o->r = malloc(w->run.n * w->prompt.n * sizeof(uint32_t));
	o->q = malloc(w->run.n * w->prompt.n * sizeof(uint32_t));
	if (!o->win || !o->x || !o->r || !o->q)
		return err_nomem(e);
	for (r = 0; r < w->run.n; r++)
		for (q = 0; q < w->prompt.n; q++) {
			x = cell_at(w, c, w->last[c].t, r, q);
			if (!x->n || isnan(x->diff))
				continue;
			o->win[o->n] = x->win;
			o->x[o->n] = x->diff;
			o->r[o->n] = (uint32_t)r;
			o->q[o->n++] = (uint32_t)q;
			sum += x->diff;
		}
	for (i = 0; i < o->n; i++)
		sq += (o->x[i] - sum / (double)o->n) * (o->x[i] - sum / (double)o->n);
	sd = o->n > 1 ? sqrt(sq / (double)(o->n - 1)) : 0;
	for (i = 0; i < o->n; i++)
		o->x[i] = sd > 0 ? o->x[i] / sd : 0;
	return ST_OK;
}

static enum status
controlled(struct winrate *w, size_t c, struct err *e)
{
	struct length_cells l;
	struct length_boot b;
	uint64_t d;
	size_t i;
	enum status st;

	if (w->controlled[c])
		return ST_OK;
	st = length_cells(w, c, &l, e);
	if (!st && !(w->controlled[c] = malloc((w->draws + 1) * sizeof(double))))
		st = err_nomem(e);
	if (!st && l.n) {
		st = length_boot_open(&b, l.win, l.x, l.n, e);
		for (d = 0; !st && d < w->draws; d++) {
			weights(w, d);
			length_boot_start(&b);
			for (i = 0; i < l.n; i++)
				length_boot_add(&b, i, (double)w->wr[l.r[i]] * weight_of(w, l.q[i]));
			w->controlled[c][d] = length_boot_rate(&b);
		}
		w->controlled_at[c] = b.rate;
		length_boot_close(&b);
	} else if (!st) {
		for (d = 0; d < w->draws; d++)
			w->controlled[c][d] = NAN;
		w->controlled_at[c] = NAN;
	}
	free(l.win);
	free(l.x);
	free(l.r);
	free(l.q);
	return st;
}

enum status
winrate_row(struct winrate *w, size_t c, double kl, struct winrate_row *o, struct err *e)
{
	const struct last *l = &w->last[c];
	struct mixture m = mixture_last(w, c);
	size_t r, q, n;
	enum status st;

	*o = (struct winrate_row){ .verdicts = l->verdicts };
	o->ties = (double)l->ties / (double)l->verdicts;
	o->kl = l->nkl ? l->kl / (double)l->nkl : NAN;
	o->length = l->nlength ? l->length / (double)l->nlength : NAN;
	for (r = 0; r < w->run.n; r++) {
		for (q = n = 0; q < w->prompt.n; q++)
			n += cell_at(w, c, l->t, r, q)->n > 0;
		o->runs += n > 0;
	}
	for (q = 0; q < w->prompt.n; q++) {
		for (r = n = 0; r < w->run.n; r++)
			n += cell_at(w, c, l->t, r, q)->n > 0;
		o->prompts += n > 0;
	}
	o->win = interval(w, c, &m, 0, NULL);
	if ((st = controlled(w, c, e)))
		return st;
	memcpy(w->rep, w->controlled[c], w->draws * sizeof(*w->rep));
	o->controlled = winrate_percentiles(w->controlled_at[c], w->rep, w->draws);
	o->matched = (struct interval){ NAN, NAN, NAN };
	if (mixture_at(w, c, kl, &m))
		o->matched = interval(w, c, &m, 0, NULL);
	return ST_OK;
}

enum status
winrate_diff(struct winrate *w, size_t a, size_t b, double kl, struct winrate_diff *o, struct err *e)
{
	struct mixture ma = mixture_last(w, a), mb = mixture_last(w, b);
	const struct cell *x, *y;
	size_t r, q, n;
	uint64_t d;
	double sum;
	enum status st;

	*o = (struct winrate_diff){0};
	for (q = 0; q < w->prompt.n; q++) {
		for (sum = 0, n = r = 0; r < w->run.n; r++) {
			x = cell_at(w, a, w->last[a].t, r, q);
			y = cell_at(w, b, w->last[b].t, r, q);
			if (!x->n || !y->n)
				continue;
			n++;
			sum += x->win - y->win;
		}
		o->prompts += n > 0;
		o->better += sum > 1e-12;       /* thirds of verdicts do not cancel exactly */
		o->worse += sum < -1e-12;
	}
	for (r = 0; r < w->run.n; r++)
		if (!isnan(winrate_diff_run(w, a, b, r)))
			o->runs++;
	o->p = winrate_sign_test(o->better, o->worse);
	o->win = interval(w, a, &ma, b, &mb);
	if ((st = controlled(w, a, e)) || (st = controlled(w, b, e)))
		return st;
	for (d = 0; d < w->draws; d++)
		w->rep[d] = w->controlled[a][d] - w->controlled[b][d];
	o->controlled = winrate_percentiles(w->controlled_at[a] - w->controlled_at[b], w->rep, w->draws);
	o->matched = (struct interval){ NAN, NAN, NAN };
	if (mixture_at(w, a, kl, &ma) && mixture_at(w, b, kl, &mb))
		o->matched = interval(w, a, &ma, b, &mb);
	return ST_OK;
}

double
winrate_diff_run(const struct winrate *w, size_t a, size_t b, size_t r)
{
	size_t at = w->rank_run[r], q, n = 0;
	const struct cell *x = cell_at(w, a, w->last[a].t, at, 0);
	const struct cell *y = cell_at(w, b, w->last[b].t, at, 0);
	double sum = 0;

	for (q = 0; q < w->prompt.n; q++)
		if (x[q].n && y[q].n) {
			sum += x[q].win - y[q].win;
			n++;
		}
	return n ? sum / (double)n : NAN;
}
