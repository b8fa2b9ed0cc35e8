/* Rotary frequencies (Su et al. 2021) and their scalings, in double. */
#include <math.h>
#include <stdlib.h>

#include "base/math.h"
#include "model/model_int.h"

#define PI 3.14159265358979323846

/* Meta's Llama 3.1: long waves slowed by factor, short ones kept, smooth between. */
static double
scale_llama3(const struct model_config *c, double inv)
{
	double wave = 2 * PI / inv, smooth;

	if (wave < c->rope.orig / c->rope.high)
		return inv;
	if (wave > c->rope.orig / c->rope.low)
		return inv / c->rope.factor;
	smooth = (c->rope.orig / wave - c->rope.low) / (c->rope.high - c->rope.low);
	return (1 - smooth) * inv / c->rope.factor + smooth * inv;
}

/* YaRN (Peng et al. 2023, section 3.2): the dimension that turns rot times in orig */
static double
yarn_dim(const struct model_config *c, double rot)
{
	return (double)config_turned(c) * math_log(c->rope.orig / (rot * 2 * PI)) /
	    (2 * math_log(c->rope_theta));
}

static double
scale_yarn(const struct model_config *c, double inv, size_t i)
{
	double lo = yarn_dim(c, c->rope.beta_fast), hi = yarn_dim(c, c->rope.beta_slow), ramp;

	if (c->rope.truncate) {
		lo = floor(lo);
		hi = ceil(hi);
	}
	lo = lo > 0 ? lo : 0;
	hi = hi < (double)config_turned(c) - 1 ? hi : (double)config_turned(c) - 1;
	if (lo == hi)
		hi += 0.001;
	ramp = ((double)i - lo) / (hi - lo);
	ramp = ramp < 0 ? 0 : ramp > 1 ? 1 : ramp;
	return inv / c->rope.factor * ramp + inv * (1 - ramp);
}

static double
unscaled(const struct model_config *c, size_t i)
{
	return math_pow(c->rope_theta, -2 * (double)i / (double)config_turned(c));
}

static double
frequency(const struct model_config *c, size_t i)
{
	double inv = unscaled(c, i);

	switch (c->rope.kind) {
	case ROPE_NONE:
		break;
	case ROPE_LINEAR:
		return inv / c->rope.factor;
	case ROPE_LLAMA3:
		return scale_llama3(c, inv);
	case ROPE_YARN:
		return scale_yarn(c, inv, i);
	case ROPE_LONG:
		return inv / (double)c->rope.shorts[i];
	case ROPE_DYNAMIC:
		break;
	}
	return inv;
}

double
rope_slowing(const struct model_config *c, size_t i)
{
	return unscaled(c, i) / frequency(c, i);
}

static double
local_frequency(const struct model_config *c, size_t i)
{
	return math_pow(c->local_theta, -2 * (double)i / (double)config_turned(c));
}

static enum status
reach(struct model *m, struct rope_table *t, bool local, size_t n, struct err *e)
{
	size_t half = config_turned(&m->c) / 2, row = 2 * half * sizeof(float), have = t->len;
	size_t len = have ? have : 256, bytes, i, p;
	float *cs, *more;

	if (n <= have)
		return ST_OK;
	while (len < n)
		len *= 2;
	if ((bytes = mul_sat(len, row)) == SIZE_MAX || !(more = malloc((len - have) * row)))
		return err_nomem(e);
	if (!(cs = tc_alloc(m->tc, bytes))) {
		free(more);
		return err_nomem(e);
	}
	for (i = 0; i < half; i++) {
		double f = local ? local_frequency(&m->c, i) : frequency(&m->c, i), attn = local ? 1 : m->c.rope.attn;

		for (p = 0; p < len - have; p++) {
			double angle = (double)(have + p) * f;

			more[(p * half + i) * 2] = (float)(math_cos(angle) * attn);
			more[(p * half + i) * 2 + 1] = (float)(math_sin(angle) * attn);
		}
	}
	if (have)
		tc_copy(m->tc, cs, t->cs, have * row);
	tc_put(m->tc, cs + have * 2 * half, more, (len - have) * row);
	free(more);
	tc_free(m->tc, t->cs, t->bytes);
	*t = (struct rope_table){ cs, len, bytes };
	return ST_OK;
}

enum status
rope_reach(struct model *m, size_t n, struct err *e)
{
	if (n > config_limit(&m->c))
		return err_set(e, ST_INPUT, "a sequence of %zu tokens: beyond %zu the rotation of every token of this model depends "
		    "on the sequence's length, which is not supported", n, config_limit(&m->c));
	if (m->c.local_theta > 0 && reach(m, &m->local, true, n, e))
		return e->code;
	return reach(m, &m->rope, false, n, e);
}

const float *
rope_table(const struct model *m, size_t l)
{
	return m->c.local_theta > 0 && config_local(&m->c, l) ? m->local.cs : m->rope.cs;
}
