#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/index.h"
#include "stat/agreement.h"

struct answer {
	size_t who, next;       /* of the item; SIZE_MAX: the last */
	float *v;               /* owned; the item's n */
	double size;
};

struct item { size_t n, first; };

struct agreement {
	char *name[AGREEMENT_PEOPLE];   /* owned */
	size_t people;
	struct index keys;              /* of items */
	struct item *item;              /* (keys.n) */
	size_t cap;
	struct answer *answer;
	size_t answers, acap;
};

/* What an item adds to the sums. */
enum { N, SUM, SQUARES, WITHIN, BOTH, ONES, SAME, PAIRS, PARTS };
struct part { double v[PARTS]; };

enum status
agreement_open(struct agreement **a, struct err *e)
{
	*a = calloc(1, sizeof(**a));
	return *a ? ST_OK : err_nomem(e);
}

void
agreement_close(struct agreement *a)
{
	size_t i;

	if (!a)
		return;
	for (i = 0; i < a->people; i++)
		free(a->name[i]);
	for (i = 0; i < a->answers; i++)
		free(a->answer[i].v);
	free(a->item);
	free(a->answer);
	index_free(&a->keys);
	free(a);
}

/* ---- what was answered ---- */

static enum status
find_person(struct agreement *a, const char *name, size_t *who, struct err *e)
{
	for (*who = 0; *who < a->people; ++*who)
		if (!strcmp(a->name[*who], name))
			return ST_OK;
	if (a->people == AGREEMENT_PEOPLE)
		return err_set(e, ST_INPUT, "more than %d annotators", AGREEMENT_PEOPLE);
	if (!(a->name[*who] = strdup(name)))
		return err_nomem(e);
	a->people++;
	return ST_OK;
}

enum status
agreement_add(struct agreement *a, struct hash128 key, const char *name, const float *v, size_t n, double size,
    struct err *e)
{
	size_t who, items = a->keys.n, *last;
	struct item *x;
	uint32_t k;

	if (find_person(a, name, &who, e) || grow(&a->item, &a->cap, items + 1, sizeof(*a->item), e) ||
	    grow(&a->answer, &a->acap, a->answers + 1, sizeof(*a->answer), e) || index_add(&a->keys, key, &k, e))
		return e->code;
	x = &a->item[k];
	if (k == items)
		*x = (struct item){ n, SIZE_MAX };
	if (x->n != n)
		return err_set(e, ST_INPUT, "%zu units, where an earlier answer has %zu", n, x->n);
	for (last = &x->first; *last != SIZE_MAX; last = &a->answer[*last].next)
		if (a->answer[*last].who == who)
			return err_set(e, ST_INPUT, "answered twice by %.100s", name);
	a->answer[a->answers] = (struct answer){ who, SIZE_MAX, malloc((n ? n : 1) * sizeof(*v)), size };
	if (!a->answer[a->answers].v)
		return err_nomem(e);
	memcpy(a->answer[a->answers].v, v, n * sizeof(*v));
	*last = a->answers++;
	return ST_OK;
}

size_t
agreement_people(const struct agreement *a)
{
	return a->people;
}

const char *
agreement_name(const struct agreement *a, size_t who)
{
	return a->name[who];
}

/* ---- sums ---- */

static void
add_pair(struct part *p, const float *x, const float *y, size_t n)
{
	size_t u;

	for (u = 0; u < n; u++) {
		p->v[BOTH] += x[u] >= 1 && y[u] >= 1;
		p->v[ONES] += (x[u] >= 1) + (y[u] >= 1);
		p->v[SAME] += !(x[u] < y[u] || x[u] > y[u]);
	}
	p->v[PAIRS] += (double)n;
}

/* All of an item's answers. */
static void
add_item(const struct agreement *a, const struct item *x, struct part *p)
{
	double m, s1, s2, v;
	size_t u, i, k;

	*p = (struct part){{0}};
	for (u = 0; u < x->n; u++) {
		m = s1 = s2 = 0;
		for (i = x->first; i != SIZE_MAX; i = a->answer[i].next) {
			v = (double)a->answer[i].v[u];
			m++;
			s1 += v;
			s2 += v * v;
		}
		if (m < 2)
			return;
		p->v[N] += m;
		p->v[SUM] += s1;
		p->v[SQUARES] += s2;
		p->v[WITHIN] += (m * s2 - s1 * s1) / (m - 1);
	}
	for (i = x->first; i != SIZE_MAX; i = a->answer[i].next)
		for (k = a->answer[i].next; k != SIZE_MAX; k = a->answer[k].next)
			add_pair(p, a->answer[i].v, a->answer[k].v, x->n);
}

static double
alpha(const double *v)
{
	double between = v[N] * v[SQUARES] - v[SUM] * v[SUM];

	return between > 0 ? 1 - (v[N] - 1) * v[WITHIN] / between : NAN;
}

static double
f1(const double *v)
{
	return v[ONES] > 0 ? 2 * v[BOTH] / v[ONES] : NAN;
}

static double
same(const double *v)
{
	return v[PAIRS] > 0 ? v[SAME] / v[PAIRS] : NAN;
}

static double
mean(const double *v)
{
	return v[N] > 0 ? v[SUM] / v[N] : NAN;
}

/* Measures of the sum of n parts, each with its interval, by draws of n parts. */
static enum status
bootstrap(const struct part *p, size_t n, double (*const *fn)(const double *), size_t nfn, struct interval *o,
    uint64_t draws, uint64_t seed, struct err *e)
{
	uint32_t *count = calloc(n ? n : 1, sizeof(*count));
	double *x = calloc(draws ? nfn * draws : 1, sizeof(*x)), sum[PARTS] = {0};
	size_t i, k, d;

	if (!count || !x) {
		free(count);
		free(x);
		return err_nomem(e);
	}
	for (i = 0; i < n; i++)
		for (k = 0; k < PARTS; k++)
			sum[k] += p[i].v[k];
	for (k = 0; k < nfn; k++)
		o[k].value = fn[k](sum);
	for (d = 0; d < draws; d++) {
		winrate_resample(count, n, seed, 0, d);
		memset(sum, 0, sizeof(sum));
		for (i = 0; i < n; i++)
			for (k = 0; count[i] && k < PARTS; k++)
				sum[k] += count[i] * p[i].v[k];
		for (k = 0; k < nfn; k++)
			x[k * draws + d] = fn[k](sum);
	}
	for (k = 0; k < nfn; k++)
		o[k] = winrate_percentiles(o[k].value, x + k * draws, draws);
	free(count);
	free(x);
	return ST_OK;
}

/* ---- results ---- */

enum status
agreement_alpha(struct agreement *a, uint64_t draws, uint64_t seed, struct agreement_all *o, struct err *e)
{
	static double (*const fn[])(const double *) = { alpha, f1, same };
	struct part *p = calloc(a->keys.n ? a->keys.n : 1, sizeof(*p));
	struct interval v[3];
	size_t i;

	*o = (struct agreement_all){0};
	if (!p)
		return err_nomem(e);
	e->code = ST_OK;
	for (i = 0; i < a->keys.n; i++) {
		add_item(a, &a->item[i], &p[o->items]);
		if (p[o->items].v[N] <= 0)
			continue;
		o->units += a->item[i].n;
		o->values += (size_t)p[o->items].v[N];
		o->items++;
	}
	if (!bootstrap(p, o->items, fn, 3, v, draws, seed, e)) {
		o->alpha = v[0];
		o->f1 = v[1];
		o->same = v[2];
	}
	free(p);
	return e->code;
}

static const struct answer *
answer_of(const struct agreement *a, const struct item *x, size_t who)
{
	size_t i;

	for (i = x->first; i != SIZE_MAX && a->answer[i].who != who; i = a->answer[i].next)
		;
	return i == SIZE_MAX ? NULL : &a->answer[i];
}

enum status
agreement_size(struct agreement *a, size_t who, uint64_t draws, uint64_t seed, struct agreement_one *o, struct err *e)
{
	static double (*const fn[])(const double *) = { mean };
	struct part *p = calloc(a->keys.n ? a->keys.n : 1, sizeof(*p));
	const struct answer *x;
	size_t i, n = 0;

	*o = (struct agreement_one){0};
	if (!p)
		return err_nomem(e);
	e->code = ST_OK;
	for (i = 0; i < a->keys.n; i++) {
		if (!(x = answer_of(a, &a->item[i], who)))
			continue;
		o->items++;
		if (isnan(x->size))
			continue;
		p[n].v[N] = 1;
		p[n++].v[SUM] = x->size;
	}
	bootstrap(p, n, fn, 1, &o->size, draws, seed, e);
	free(p);
	return e->code;
}

enum status
agreement_pair(struct agreement *a, size_t x, size_t y, uint64_t draws, uint64_t seed, struct agreement_pair *o,
    struct err *e)
{
	static double (*const fn[])(const double *) = { f1, same };
	struct part *p = calloc(a->keys.n ? a->keys.n : 1, sizeof(*p));
	const struct answer *s, *t;
	struct interval v[2];
	size_t i;

	*o = (struct agreement_pair){0};
	if (!p)
		return err_nomem(e);
	e->code = ST_OK;
	for (i = 0; i < a->keys.n; i++)
		if ((s = answer_of(a, &a->item[i], x)) && (t = answer_of(a, &a->item[i], y)))
			add_pair(&p[o->items++], s->v, t->v, a->item[i].n);
	if (!bootstrap(p, o->items, fn, 2, v, draws, seed, e)) {
		o->f1 = v[0];
		o->same = v[1];
	}
	free(p);
	return e->code;
}
