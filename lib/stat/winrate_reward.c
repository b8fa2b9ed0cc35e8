#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/math.h"
#include "stat/winrate.h"

enum { BINS = 10 };

/* A token that an AUC ranks. */
struct ranked {
	float score;
	uint32_t pair;
	bool positive;
};

struct ranking {
	struct ranked *v;
	size_t n, cap, positives;
};

struct side { double sum, mean, length; };

struct pair {
	struct hash128 key;
	uint32_t old;
	struct side w, l;
};

struct bin { double n, sum, right; };

struct rewardstat {
	struct pair *pair;
	size_t n, cap;
	struct ranking minus, plus;
	size_t kept;
	double kept_abs;
	struct bin bin[BINS];
};

enum status
rewardstat_open(struct rewardstat **s, struct err *e)
{
	return (*s = calloc(1, sizeof(**s))) ? ST_OK : err_nomem(e);
}

void
rewardstat_close(struct rewardstat *s)
{
	if (!s)
		return;
	free(s->pair);
	free(s->minus.v);
	free(s->plus.v);
	free(s);
}

static enum status
rank_push(struct ranking *x, float score, size_t pair, bool positive, struct err *e)
{
	if (grow(&x->v, &x->cap, x->n + 1, sizeof(*x->v), e))
		return e->code;
	x->v[x->n++] = (struct ranked){ score, (uint32_t)pair, positive };
	x->positives += positive;
	return ST_OK;
}

static void
bin_add(struct rewardstat *s, double p, double right)
{
	int i = (int)(p * BINS);
	struct bin *b = &s->bin[i < 0 ? 0 : i >= BINS ? BINS - 1 : i];

	b->n++;
	b->sum += p;
	b->right += right;
}

/* Sums of a side, its tokens into the ranking for which `sign` is the edited class. */
static enum status
side_add(struct rewardstat *s, struct side *o, const struct pair_side *x, int sign,
    struct ranking *rank, struct err *e)
{
	size_t i;
	int32_t label;
	double p;
	enum status st;

	*o = (struct side){ x->score, x->score, x->length };
	if (!x->reward)
		return ST_OK;
	o->sum = 0;
	for (i = 0; i < x->n; i++) {
		o->sum += x->reward[i];
		label = x->label ? x->label[i] : 0;
		if (!label) {
			s->kept++;
			s->kept_abs += fabs((double)x->reward[i]);
		} else {
			p = (x->reward[i] + 1.0) / 2;
			bin_add(s, p < 0 ? 0 : p > 1 ? 1 : p, label > 0);
		}
		if ((!label || label == sign) &&
		    (st = rank_push(rank, (float)sign * x->reward[i], s->n, label != 0, e)))
			return st;
	}
	o->mean = x->n ? o->sum / (double)x->n : 0;
	return ST_OK;
}

enum status
rewardstat_add(struct rewardstat *s, const struct hash128 *key,
    const struct pair_side *chosen, const struct pair_side *rejected, struct err *e)
{
	struct pair *p;
	double x;
	enum status st;

	if (s->n >= UINT32_MAX)
		return err_nomem(e);
	if (grow(&s->pair, &s->cap, s->n + 1, sizeof(*s->pair), e))
		return e->code;
	p = &s->pair[s->n];
	p->key = *key;
	p->old = (uint32_t)s->n;
	if ((st = side_add(s, &p->w, chosen, 1, &s->plus, e)) ||
	    (st = side_add(s, &p->l, rejected, -1, &s->minus, e)))
		return st;
	if (!chosen->reward) {
		/* the side that the scores prefer, and how sure they are of it */
		x = p->w.sum - p->l.sum;
		bin_add(s, 1 / (1 + math_exp(-fabs(x))), x > 0 ? 1 : x < 0 ? 0 : 0.5);
	}
	s->n++;
	return ST_OK;
}

static int
by_score(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return (x->score > y->score) - (x->score < y->score);
}

static int
by_key(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->key.hi != y->key.hi)
		return x->key.hi < y->key.hi ? -1 : 1;
	if (x->key.lo != y->key.lo)
		return x->key.lo < y->key.lo ? -1 : 1;
	return (x->old > y->old) - (x->old < y->old);
}

/* Area under the ROC curve with pairs' weights, equal scores counted one half (the
 * Mann-Whitney statistic); x sorted. */
static double
auc(const struct ranking *x, const uint32_t *weight)
{
	double pos = 0, neg = 0, area = 0, p, n;
	size_t i, j;

	for (i = 0; i < x->n; i = j) {
		for (p = n = 0, j = i; j < x->n && x->v[j].score == x->v[i].score; j++)
			if (x->v[j].positive)
				p += weight[x->v[j].pair];
			else
				n += weight[x->v[j].pair];
		area += p * (neg + n / 2);
		pos += p;
		neg += n;
	}
	return pos > 0 && neg > 0 ? area / (pos * neg) : NAN;
}

static double
order(double w, double l)
{
	return w > l ? 1 : w < l ? 0 : 0.5;
}

static void
accuracy(const struct rewardstat *s, const uint32_t *weight, double *sum, double *mean)
{
	const struct pair *p;
	double all = 0, a = 0, b = 0;
	size_t i;

	for (i = 0; i < s->n; i++) {
		p = &s->pair[i];
		all += weight[p->old];
		a += weight[p->old] * order(p->w.sum, p->l.sum);
		b += weight[p->old] * order(p->w.mean, p->l.mean);
	}
	*sum = a / all;
	*mean = b / all;
}

static double
correlation(const struct rewardstat *s)
{
	double mx = 0, my = 0, xx = 0, yy = 0, xy = 0, dx, dy, n = 2 * (double)s->n;
	size_t i;
	int k;
	const struct side *v;

	for (i = 0; i < s->n; i++) {
		mx += (s->pair[i].w.length + s->pair[i].l.length) / n;
		my += (s->pair[i].w.sum + s->pair[i].l.sum) / n;
	}
	for (i = 0; i < s->n; i++)
		for (k = 0; k < 2; k++) {
			v = k ? &s->pair[i].l : &s->pair[i].w;
			dx = v->length - mx;
			dy = v->sum - my;
			xx += dx * dx;
			yy += dy * dy;
			xy += dx * dy;
		}
	return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

enum status
rewardstat_run(struct rewardstat *s, uint64_t draws, uint64_t seed,
    struct rewardstat_result *o, struct err *e)
{
	enum { MINUS, PLUS, SUM, MEAN, STATS };
	double *rep[STATS] = {0}, at[STATS] = {0}, all = 0;
	uint32_t *drawn, *weight;
	uint64_t d;
	size_t i;
	int k;
	enum status st = ST_OK;

	if (!s->n)
		return err_set(e, ST_INPUT, "no pairs");
	qsort(s->pair, s->n, sizeof(*s->pair), by_key);
	if (s->minus.n)
		qsort(s->minus.v, s->minus.n, sizeof(*s->minus.v), by_score);
	if (s->plus.n)
		qsort(s->plus.v, s->plus.n, sizeof(*s->plus.v), by_score);
	drawn = malloc(s->n * sizeof(*drawn));
	weight = malloc(s->n * sizeof(*weight));
	for (k = 0; k < STATS; k++)
		if (!(rep[k] = calloc(draws + 1, sizeof(double))))
			st = err_nomem(e);
	if (!drawn || !weight)
		st = err_nomem(e);
	/* the last round is the sample itself */
	for (d = 0; !st && d <= draws; d++) {
		if (d < draws)
			winrate_resample(drawn, s->n, seed, 2, d);
		for (i = 0; i < s->n; i++)
			weight[s->pair[i].old] = d < draws ? drawn[i] : 1;
		at[MINUS] = auc(&s->minus, weight);
		at[PLUS] = auc(&s->plus, weight);
		accuracy(s, weight, &at[SUM], &at[MEAN]);
		for (k = 0; d < draws && k < STATS; k++)
			rep[k][d] = at[k];
	}
	if (!st) {
		*o = (struct rewardstat_result){ .pairs = s->n, .tokens_minus = s->minus.positives,
		    .tokens_plus = s->plus.positives, .tokens_kept = s->kept, .ece = 0 };
		o->auc_minus = winrate_percentiles(at[MINUS], rep[MINUS], draws);
		o->auc_plus = winrate_percentiles(at[PLUS], rep[PLUS], draws);
		o->by_sum = winrate_percentiles(at[SUM], rep[SUM], draws);
		o->by_mean = winrate_percentiles(at[MEAN], rep[MEAN], draws);
		o->kept = s->kept ? s->kept_abs / (double)s->kept : NAN;
		o->length_correlation = correlation(s);
		for (k = 0; k < BINS; k++) {
			all += s->bin[k].n;
			o->ece += fabs(s->bin[k].sum - s->bin[k].right);
		}
		o->ece = all > 0 ? o->ece / all : NAN;
	}
	for (k = 0; k < STATS; k++)
		free(rep[k]);
	free(drawn);
	free(weight);
	return st;
}
