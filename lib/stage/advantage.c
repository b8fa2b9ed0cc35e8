#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stage/advantage.h"
#include "json/write.h"

struct head {
	struct hash128 prompt;
	double total;
	uint64_t n, len;
	uint32_t ret, kl;
};

static void
put(struct buf *b, const void *p, size_t n)
{
	static const char zero[8];

	buf_add(b, p, n);
	buf_add(b, zero, -n & 7);
}

enum status
adv_put(struct spool *s, const struct adv_item *x, struct buf *b, struct err *e)
{
	struct head h = { x->prompt, x->total, x->n, x->len, x->ret != NULL, x->kl != NULL };

	buf_clear(b);
	put(b, &h, sizeof(h));
	put(b, x->advantage, x->n * sizeof(float));
	if (x->ret)
		put(b, x->ret, x->n * sizeof(float));
	if (x->kl)
		put(b, x->kl, x->n * sizeof(float));
	put(b, x->line, x->len);
	return buf_ok(b) ? spool_add(s, b->p, b->n, e) : err_nomem(e);
}

void
adv_get(struct spool *s, size_t i, struct adv_item *x)
{
	size_t bytes;
	const char *p = spool_get(s, i, &bytes);
	struct head h;
	size_t step;

	memcpy(&h, p, sizeof(h));
	p += (sizeof(h) + 7) & ~(size_t)7;
	step = (h.n * sizeof(float) + 7) & ~(size_t)7;
	*x = (struct adv_item){ .prompt = h.prompt, .total = h.total, .n = h.n, .len = h.len };
	x->advantage = (const float *)(const void *)p;
	p += step;
	if (h.ret) {
		x->ret = (const float *)(const void *)p;
		p += step;
	}
	if (h.kl) {
		x->kl = (const float *)(const void *)p;
		p += step;
	}
	x->line = p;
}

/* Open addressing; a slot with n 0 is free. */
struct adv_groups { struct slot { struct hash128 key; struct group g; } *slot; size_t cap, n; };

enum status
adv_groups_new(struct adv_groups **out, struct err *e)
{
	struct adv_groups *g = calloc(1, sizeof(*g));

	if (!g || !(g->slot = calloc(1024, sizeof(*g->slot)))) {
		free(g);
		return err_nomem(e);
	}
	g->cap = 1024;
	*out = g;
	return ST_OK;
}

void
adv_groups_free(struct adv_groups *g)
{
	if (g)
		free(g->slot);
	free(g);
}

static struct slot *
find(const struct adv_groups *g, struct hash128 key)
{
	size_t i = (size_t)key.lo & (g->cap - 1);

	while (g->slot[i].g.n && (g->slot[i].key.lo != key.lo || g->slot[i].key.hi != key.hi))
		i = (i + 1) & (g->cap - 1);
	return &g->slot[i];
}

static enum status
grow(struct adv_groups *g, struct err *e)
{
	struct adv_groups big = { .cap = 2 * g->cap, .n = g->n };
	size_t i;

	if (!(big.slot = calloc(big.cap, sizeof(*big.slot))))
		return err_nomem(e);
	for (i = 0; i < g->cap; i++)
		if (g->slot[i].g.n)
			*find(&big, g->slot[i].key) = g->slot[i];
	free(g->slot);
	*g = big;
	return ST_OK;
}

enum status
adv_groups_add(struct adv_groups *g, struct hash128 prompt, double total, struct err *e)
{
	struct slot *s;

	if (2 * g->n >= g->cap && grow(g, e))
		return e->code;
	s = find(g, prompt);
	if (!s->g.n)
		g->n++;
	s->key = prompt;
	s->g.n++;
	s->g.sum += total;
	s->g.sumsq += total * total;
	return ST_OK;
}

const struct group *
adv_groups_get(const struct adv_groups *g, struct hash128 prompt)
{
	return &find(g, prompt)->g;
}

void
adv_metrics_add(struct adv_metrics *m, size_t n, double reward, double score, double kl, double total, bool ended)
{
	double t = (double)n;

	m->n++;
	m->tokens += n;
	m->ended += ended;
	m->reward += reward;
	m->score += score;
	m->kl += kl;
	m->total += total;
	m->t += t;
	m->t2 += t * t;
	m->s2 += (reward + score) * (reward + score);
	m->ts += t * (reward + score);
}

void
adv_metrics_values(struct adv_metrics *m, const float *value, const float *ret, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		double r = (double)ret[i], d = (double)value[i] - r;

		m->err += d;
		m->err2 += d * d;
		m->ret += r;
		m->ret2 += r * r;
	}
}

static void
member(struct buf *b, const char *name, double v, struct err *e)
{
	buf_addf(b, "%s\"%s\":", b->n > 1 ? "," : "", name);
	if (isfinite(v))
		json_put_f64(b, v, e);
	else
		buf_adds(b, "null");
}

enum status
adv_metrics_print(const struct adv_metrics *m, double beta, struct buf *b, struct err *e)
{
	double n = (double)m->n, k = (double)m->tokens, s = m->reward + m->score;
	double cov = m->ts / n - m->t / n * (s / n);
	double sd = sqrt((m->t2 / n - m->t / n * (m->t / n)) * (m->s2 / n - s / n * (s / n)));
	double var = m->ret2 / k - m->ret / k * (m->ret / k), err = m->err2 / k - m->err / k * (m->err / k);

	e->code = ST_OK;
	buf_addc(b, '{');
	member(b, "responses", n, e);
	member(b, "token_reward", m->reward / n, e);
	member(b, "score", m->score / n, e);
	member(b, "kl", m->kl / n, e);
	member(b, "beta", beta, e);
	member(b, "shaped", m->total / n, e);
	member(b, "length", m->t / n, e);
	member(b, "eos_rate", (double)m->ended / n, e);
	member(b, "reward_length_correlation", sd > 0 ? cov / sd : NAN, e);
	member(b, "explained_variance", var > 0 ? 1 - err / var : NAN, e);
	buf_addc(b, '}');
	return e->code ? e->code : buf_ok(b) ? ST_OK : err_nomem(e);
}
