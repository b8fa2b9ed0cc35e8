#include <math.h>
#include <string.h>

#include "rl/sample.h"

/* An id and its weight, exp of the scaled logit less the largest one. */
struct choice { float w; int32_t id; };

size_t
sample_bytes(size_t v)
{
	return (v + (v & 1)) * sizeof(float) + 2 * v * sizeof(struct choice);
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

/* Weights by their exponent and the first bit after it; 0: none. */
enum { CLASSES = 512, CLASS_SHIFT = 22 };

static size_t
class_of(float w)
{
	uint32_t bits;

	memcpy(&bits, &w, sizeof(bits));
	return bits >> CLASS_SHIFT & (CLASSES - 1);
}

/* The smallest weight of a class. */
static float
class_floor(size_t c)
{
	uint32_t bits = (uint32_t)c << CLASS_SHIFT;
	float w;

	memcpy(&w, &bits, sizeof(w));
	return w;
}

/* A weight from which on there are at least k of them, or more than `part` of the sum of all; 0 where
 * neither is certain.  total: that sum. */
static float
cut(const float *w, size_t v, size_t k, double part, double *total)
{
	/* a sum in another order is as large but for rounding */
	const double margin = 1 + 1e-9;
	uint32_t count[CLASSES] = {0};
	double mass[CLASSES] = {0}, all = 0, m = 0;
	size_t i, c, n = 0;

	for (i = 0; i < v; i++) {
		c = class_of(w[i]);
		count[c]++;
		mass[c] += (double)w[i];
		all += (double)w[i];
	}
	*total = all;
	for (c = CLASSES - 1; c; c--) {
		n += count[c];
		m += mass[c];
		if (n >= k || m > part * all * margin)
			return class_floor(c);
	}
	return 0;
}

/* Those that are not below the limit, in the order of their ids. */
static size_t
gather(struct choice *h, const float *w, size_t v, float limit)
{
	size_t i, n = 0;

	for (i = 0; i < v; i++) {
		h[n] = (struct choice){ w[i], (int32_t)i };
		n += !(w[i] < limit);
	}
	return n;
}

/* Sort by weight, the largest first, of equal ones the smaller id: three rounds of 11 bits.  Both have
 * room for n; what is returned has them. */
static struct choice *
sort(struct choice *h, struct choice *other, size_t n)
{
	enum { BITS = 11, DIGITS = 1 << BITS };
	uint32_t bits, at[DIGITS], sum, more;
	struct choice *swap;
	unsigned shift;
	size_t i;

	for (shift = 0; shift < 32; shift += BITS) {
		memset(at, 0, sizeof(at));
		for (i = 0; i < n; i++) {
			memcpy(&bits, &h[i].w, sizeof(bits));
			at[bits >> shift & (DIGITS - 1)]++;
		}
		for (sum = 0, i = DIGITS; i--; sum += more) {
			more = at[i];
			at[i] = sum;
		}
		for (i = 0; i < n; i++) {
			memcpy(&bits, &h[i].w, sizeof(bits));
			other[at[bits >> shift & (DIGITS - 1)]++] = h[i];
		}
		swap = h;
		h = other;
		other = swap;
	}
	return h;
}

/* Only what may be chosen is sorted.  mem: room for twice v. */
static int32_t
pick_truncated(const struct sample_opt *o, const float *w, size_t v, double u, struct choice *mem)
{
	size_t i, n, k = o->top_k && o->top_k < v ? (size_t)o->top_k : v, kept;
	/* the weights are divided by the largest, which becomes 1 */
	double sum, total, floor = o->min_p, part = k == v ? o->top_p : 1;
	float limit = cut(w, v, k, part, &total);
	const struct choice *h;
	bool whole;

	if ((double)limit < floor)
		limit = nextafterf((float)floor, 0);
	do {
		n = gather(mem, w, v, limit);
		h = sort(mem, mem + v, n);
		for (sum = 0, kept = 0; kept < k && kept < n && (!kept || (double)h[kept].w >= floor); kept++) {
			if (k == v && kept && sum >= o->top_p * total)
				break;
			sum += (double)h[kept].w;
		}
		/* what is smaller than the limit could be next only where no rule has ended it */
		whole = !(limit > 0) || kept < n;
		whole |= n && (kept == k || (double)limit <= floor || (k == v && sum >= o->top_p * total));
		limit = 0;
	} while (!whole);
	/* top_p of what top_k left */
	if (k < v && o->top_p < 1) {
		double all = sum;

		for (sum = 0, i = 0; i < kept && (!i || sum < o->top_p * all); i++)
			sum += (double)h[i].w;
		kept = i;
	}
	u *= sum;
	for (i = 0, sum = 0; i + 1 < kept; i++)
		if ((sum += (double)h[i].w) > u)
			break;
	return h[i].id;
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
