/* Win rates and their differences, with intervals: each is a mean over cells, in every draw of
 * the bootstrap with other weights. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stat/winrate.h"
#include "stat/winrate_int.h"

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
