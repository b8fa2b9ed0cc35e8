/* Questions about an open model. */
#include "model/model_int.h"

void
model_set_cost(struct model *m, bool cost)
{
	m->c.reward_cost = cost;
}

void
model_set_norm(struct model *m, double mean, double sd)
{
	m->c.reward_mean = mean;
	m->c.reward_sd = sd;
}

const struct model_config *
model_config(const struct model *m)
{
	return &m->c;
}

struct tc *
model_tc(const struct model *m)
{
	return m->tc;
}

const struct param *
model_params(const struct model *m, size_t *n)
{
	*n = m->nparam;
	return m->param;
}

size_t
model_train_size(const struct model *m)
{
	return m->ntrain;
}

float *
model_master(struct model *m)
{
	return m->master;
}

size_t
model_bytes(const struct model *m)
{
	size_t n = m->train ? m->mapped : 0;

	for (const struct mem *k = m->mems; k; k = k->next)
		n += k->bytes;
	return n + (tied_trains(m) && !m->tied_grad ? m->embed->rows * m->embed->cols * sizeof(float) : 0);
}
