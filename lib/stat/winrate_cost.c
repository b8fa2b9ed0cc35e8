#include <math.h>
#include <stdlib.h>

#include "base/grow.h"
#include "stat/winrate_cost.h"

/* Of a token, or summed over a text. */
struct cost { double expected, actual; };
struct costs { struct cost *v; size_t n, cap; };

struct coststat { struct costs token, text; };

enum status
coststat_open(struct coststat **s, struct err *e)
{
	return (*s = calloc(1, sizeof(**s))) ? ST_OK : err_nomem(e);
}

void
coststat_close(struct coststat *s)
{
	if (!s)
		return;
	free(s->token.v);
	free(s->text.v);
	free(s);
}

static enum status
push(struct costs *x, struct cost c, struct err *e)
{
	if (x->n >= UINT32_MAX)
		return err_nomem(e);
	if (grow(&x->v, &x->cap, x->n + 1, sizeof(*x->v), e))
		return e->code;
	x->v[x->n++] = c;
	return ST_OK;
}

enum status
coststat_add(struct coststat *s, const float *reward, const float *cost, size_t n, bool edited, struct err *e)
{
	struct cost sum = { 0, 0 };

	for (size_t i = 0; i < n; i++) {
		struct cost c = { -(double)reward[i], (double)cost[i] };

		if (push(&s->token, c, e))
			return e->code;
		sum.expected += c.expected;
		sum.actual += c.actual;
	}
	return edited ? push(&s->text, sum, e) : ST_OK;
}

static int
by_expected(const void *a, const void *b)
{
	const struct cost *x = a, *y = b;
	int by = (x->expected > y->expected) - (x->expected < y->expected);

	return by ? by : (x->actual > y->actual) - (x->actual < y->actual);
}

static int
by_actual(const void *a, const void *b)
{
	const struct cost *x = *(const struct cost *const *)a, *y = *(const struct cost *const *)b;
	int by = (x->actual > y->actual) - (x->actual < y->actual);

	return by ? by : (x > y) - (x < y);
}

/* Middle ranks of texts that count weight times, into rank; the k-th in order is at[k], and
 * value of it what is ranked. */
static void
ranks(double *rank, const struct cost *v, const size_t *at, const uint32_t *weight, size_t n, bool actual)
{
	double before = 0, same;
	size_t i, j, k;

	for (i = 0; i < n; i = j) {
		double x = actual ? v[at[i]].actual : v[at[i]].expected;

		same = 0;
		for (j = i; j < n && (actual ? v[at[j]].actual : v[at[j]].expected) == x; j++)
			same += weight[at[j]];
		for (k = i; k < j; k++)
			rank[at[k]] = before + (same + 1) / 2;
		before += same;
	}
}

static double
pearson(const double *x, const double *y, const uint32_t *weight, size_t n)
{
	double all = 0, mx = 0, my = 0, xx = 0, yy = 0, xy = 0;

	for (size_t i = 0; i < n; i++) {
		all += weight[i];
		mx += weight[i] * x[i];
		my += weight[i] * y[i];
	}
	for (size_t i = 0; i < n; i++) {
		double dx = x[i] - mx / all, dy = y[i] - my / all;

		xx += weight[i] * dx * dx;
		yy += weight[i] * dy * dy;
		xy += weight[i] * dx * dy;
	}
	return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

/* The rank correlation and its draws, by texts that are sorted by what was expected. */
static enum status
correlate(const struct costs *t, uint64_t draws, uint64_t seed, struct interval *o, struct err *e)
{
	size_t n = t->n, *first = malloc((n + 1) * sizeof(*first)), *second = malloc((n + 1) * sizeof(*second)), i;
	double *x = malloc((n + 1) * sizeof(*x)), *y = malloc((n + 1) * sizeof(*y)), *rep = calloc(draws + 1, sizeof(*rep));
	const struct cost **order = malloc((n + 1) * sizeof(*order));
	uint32_t *weight = malloc((n + 1) * sizeof(*weight));
	double value = NAN;

	e->code = ST_OK;
	if (!first || !second || !x || !y || !rep || !order || !weight) {
		err_nomem(e);
		goto out;
	}
	for (i = 0; i < n; i++) {
		first[i] = i;
		order[i] = &t->v[i];
	}
	qsort(order, n, sizeof(*order), by_actual);
	for (i = 0; i < n; i++)
		second[i] = (size_t)(order[i] - t->v);
	/* the last round is the sample itself */
	for (uint64_t d = 0; d <= draws; d++) {
		if (d < draws)
			winrate_resample(weight, n, seed, 3, d);
		for (i = 0; d == draws && i < n; i++)
			weight[i] = 1;
		ranks(x, t->v, first, weight, n, false);
		ranks(y, t->v, second, weight, n, true);
		value = pearson(x, y, weight, n);
		if (d < draws)
			rep[d] = value;
	}
	*o = winrate_percentiles(value, rep, draws);
out:
	free(first);
	free(second);
	free(x);
	free(y);
	free(rep);
	free(order);
	free(weight);
	return e->code;
}

enum status
coststat_run(struct coststat *s, uint64_t draws, uint64_t seed, struct coststat_result *o, struct err *e)
{
	size_t n = s->token.n, i, k;

	*o = (struct coststat_result){ .tokens = n, .texts = s->text.n };
	if (n)
		qsort(s->token.v, n, sizeof(*s->token.v), by_expected);
	if (s->text.n)
		qsort(s->text.v, s->text.n, sizeof(*s->text.v), by_expected);
	for (i = 0; i < n; i++) {
		o->expected += s->token.v[i].expected / (double)n;
		o->actual += s->token.v[i].actual / (double)n;
	}
	for (k = 0; k < COST_PARTS; k++) {
		size_t from = k * n / COST_PARTS, to = (k + 1) * n / COST_PARTS;

		o->part[k].expected = o->part[k].actual = to > from ? 0 : NAN;
		for (i = from; i < to; i++) {
			o->part[k].expected += s->token.v[i].expected / (double)(to - from);
			o->part[k].actual += s->token.v[i].actual / (double)(to - from);
		}
	}
	o->rank = (struct interval){ NAN, NAN, NAN };
	return s->text.n ? correlate(&s->text, draws, seed, &o->rank, e) : ST_OK;
}
