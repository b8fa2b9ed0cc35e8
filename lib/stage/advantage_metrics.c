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

enum status
adv_metrics_print(const struct adv_metrics *m, double beta, struct buf *b, struct err *e)
{
	double n = (double)m->n, k = (double)m->tokens, s = m->reward + m->score;
	double cov = m->ts / n - m->t / n * (s / n);
	double sd = sqrt((m->t2 / n - m->t / n * (m->t / n)) * (m->s2 / n - s / n * (s / n)));
	double var = m->ret2 / k - m->ret / k * (m->ret / k), err = m->err2 / k - m->err / k * (m->err / k);

	buf_addc(b, '{');
	json_put_number(b, "responses", n);
	json_put_number(b, "token_reward", m->reward / n);
	json_put_number(b, "score", m->score / n);
	json_put_number(b, "kl", m->kl / n);
	json_put_number(b, "beta", beta);
	json_put_number(b, "shaped", m->total / n);
	json_put_number(b, "length", m->t / n);
	if (!isnan(m->ratio)) {
		json_put_number(b, "length_ratio", m->ratio);
		buf_addf(b, ",\"length_far\":%s", m->far ? "true" : "false");
	}
	json_put_number(b, "eos_rate", (double)m->ended / n);
	json_put_number(b, "reward_length_correlation", sd > 0 ? cov / sd : NAN);
	json_put_number(b, "explained_variance", var > 0 ? 1 - err / var : NAN);
	buf_addc(b, '}');
	return buf_ok(b) ? ST_OK : err_nomem(e);
}
