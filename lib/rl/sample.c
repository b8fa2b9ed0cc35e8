#include <string.h>

#include "rl/sample.h"

/* An id and its weight, exp of the scaled logit less the largest one. */
struct choice { float w; int32_t id; };

size_t
sample_bytes(size_t v)
{
	return (v + (v & 1)) * sizeof(float) + v * sizeof(struct choice);
}

static void
punish(float *to, const float *logits, size_t v, const int32_t *id, size_t n, float by)
{
	size_t i, k;

	/* from the original logits: a token that was seen twice is penalised once */
	for (i = 0; i < n; i++)
		if ((k = (size_t)id[i]) < v)
			to[k] = logits[k] > 0 ? logits[k] / by : logits[k] * by;
}

static size_t
largest(const float *l, size_t v)
{
	size_t i, best = 0;

	for (i = 1; i < v; i++)
		if (l[i] > l[best])
			best = i;
	return best;
}

static bool
before(struct choice a, struct choice b)
{
	return a.w > b.w || (a.w == b.w && a.id < b.id);
}

static void
sift(struct choice *h, size_t n, size_t i)
{
	struct choice x = h[i];
	size_t k;

	for (; (k = 2 * i + 1) < n; i = k) {
		k += k + 1 < n && before(h[k + 1], h[k]);
		if (before(x, h[k]))
			break;
		h[i] = h[k];
	}
	h[i] = x;
}

/* Take what stays off a heap, most likely first: it ends up after the heap, backwards. */
static int32_t
pick_truncated(const struct sample_opt *o, const float *w, size_t v, double u, struct choice *h)
{
	size_t i, n = v, k = o->top_k && o->top_k < v ? (size_t)o->top_k : v, kept;
	double sum = 0, total = 0, floor;

	for (i = 0; i < v; i++)
		h[i] = (struct choice){ w[i], (int32_t)i };
	for (i = v / 2; i--;)
		sift(h, v, i);
	/* the weights are divided by the largest, which becomes 1 */
	floor = o->min_p;
	if (k == v)
		for (i = 0; i < v; i++)
			total += (double)w[i];
	for (kept = 0; kept < k && (!kept || (double)h[0].w >= floor); kept++) {
		struct choice top = h[0];

		if (k == v && kept && sum >= o->top_p * total)
			break;
		h[0] = h[--n];
		sift(h, n, 0);
		h[n] = top;
		sum += (double)top.w;
	}
	/* top_p of what top_k left */
	if (k < v && o->top_p < 1) {
		double all = sum;

		for (sum = 0, i = 0; i < kept && (!i || sum < o->top_p * all); i++)
			sum += (double)h[v - 1 - i].w;
		kept = i;
	}
	u *= sum;
	for (i = 0, sum = 0; i + 1 < kept; i++)
		if ((sum += (double)h[v - 1 - i].w) > u)
			break;
	return h[v - 1 - i].id;
}

/* The sum of n weights, in eight partial sums that a machine may compute side by side. */
static double
add_up(const float *w, size_t n)
{
	double t[8] = {0};
	size_t i, k;

	for (i = 0; i + 8 <= n; i += 8)
		for (k = 0; k < 8; k++)
			t[k] += (double)w[i + k];
	for (k = 0; i + k < n; k++)
		t[k] += (double)w[i + k];
	return ((t[0] + t[4]) + (t[2] + t[6])) + ((t[1] + t[5]) + (t[3] + t[7]));
}

/* By blocks, then inside of one. */
static int32_t
pick_any(const float *w, size_t v, double u)
{
	enum { BLOCK = 256 };
	double sum = 0, more;
	size_t i, n, last = 0;

	for (i = 0; i < v; i += n) {
		n = v - i < BLOCK ? v - i : BLOCK;
		if (sum + (more = add_up(w + i, n)) > u)
			break;
		sum += more;
	}
	/* rounding may put u past the end of its block, or of all: then the last that can be */
	for (n = i < v && v - i > BLOCK ? i + BLOCK : v, i = i < v ? i : 0; i < n; i++)
		if (w[i] > 0) {
			last = i;
			if ((sum += (double)w[i]) > u)
				break;
		}
	return (int32_t)last;
}

int32_t
sample_pick(const struct tc *tc, const struct sample_opt *o, const float *logits, size_t v, const struct sample_seen *seen,
    double u, void *mem, float *logprob)
{
	bool all = !o->top_k && o->top_p >= 1 && !(o->min_p > 0);
	float *w = mem, max, sum;
	const float *l = logits;
	int32_t id;

	if (o->repetition != 1) {
		memcpy(w, logits, v * sizeof(*w));
		punish(w, logits, v, seen->a, seen->na, (float)o->repetition);
		punish(w, logits, v, seen->b, seen->nb, (float)o->repetition);
		l = w;
	}
	if (o->greedy) {
		id = (int32_t)largest(l, v);
		*logprob = row_logprob(tc, logits, v, id, 1, NULL);
		return id;
	}
	sum = row_weights(tc, w, l, v, o->invtemp, &max);
	if (all)
		id = pick_any(w, v, u * (double)sum);
	else
		id = pick_truncated(o, w, v, u, (struct choice *)(void *)(w + v + (v & 1)));
	if (l == logits)
		*logprob = row_weights_logprob(sum, max, logits[id], o->invtemp);
	else
		*logprob = row_logprob(tc, logits, v, id, o->invtemp, NULL);
	return id;
}
