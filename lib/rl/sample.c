#include <string.h>

#include "base/math.h"
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

	/* from the logits as they were: a token seen twice is punished once */
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

/* Take what stays off a heap, most likely first: it ends up behind the heap, backwards. */
static int32_t
pick_truncated(const struct sample_opt *o, const float *w, size_t v, double u, struct choice *h)
{
	size_t i, n = v, k = o->top_k && o->top_k < v ? (size_t)o->top_k : v, kept;
	double sum = 0, total = 0, floor;

	for (i = 0; i < v; i++)
		h[i] = (struct choice){ w[i], (int32_t)i };
	for (i = v / 2; i--;)
		sift(h, v, i);
	/* weights are relative to the largest, which is 1 */
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

static int32_t
pick_any(const float *w, size_t v, double u)
{
	size_t i, last = 0;
	double sum = 0;

	for (i = 0; i < v; i++)
		sum += (double)w[i];
	u *= sum;
	for (i = 0, sum = 0; i < v; i++)
		if (w[i] > 0) {
			last = i;
			if ((sum += (double)w[i]) > u)
				break;
		}
	return (int32_t)last;
}

int32_t
sample_pick(const struct sample_opt *o, const float *logits, size_t v, const struct sample_seen *seen,
    double u, void *mem)
{
	float *w = mem, max;
	size_t i;

	if (o->repetition != 1) {
		memcpy(w, logits, v * sizeof(*w));
		punish(w, logits, v, seen->a, seen->na, (float)o->repetition);
		punish(w, logits, v, seen->b, seen->nb, (float)o->repetition);
		logits = w;
	}
	i = largest(logits, v);
	if (o->greedy)
		return (int32_t)i;
	max = logits[i] * o->invtemp;
	for (i = 0; i < v; i++)
		w[i] = math_expf(logits[i] * o->invtemp - max);
	if (o->top_k || o->top_p < 1 || o->min_p > 0)
		return pick_truncated(o, w, v, u, (struct choice *)(void *)(w + v + (v & 1)));
	return pick_any(w, v, u);
}
