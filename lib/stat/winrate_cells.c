/* Verdicts as they come, and the table of their means that everything else is computed from. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
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
