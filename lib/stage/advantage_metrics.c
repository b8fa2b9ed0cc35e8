#include <math.h>

#include "json/write.h"
#include "stage/advantage_int.h"

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
