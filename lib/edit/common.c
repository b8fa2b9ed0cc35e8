#include <stdlib.h>
#include <string.h>

#include "edit/common.h"

size_t
edit_common(const uint32_t *a, size_t n, const uint32_t *b, size_t m, uint64_t *mask, uint8_t *carry)
{
	size_t at, i, w, len = 0;
	uint64_t v, u, sum, more;

	/* 64 symbols of b at a time, a zero bit where the subsequence grows; carry passes on to the
	 * next 64 */
	for (at = 0; at < m; at += w) {
		w = m - at < 64 ? m - at : 64;
		for (i = 0; i < w; i++)
			mask[b[at + i]] |= (uint64_t)1 << i;
		for (v = UINT64_MAX, i = 0; i < n; i++) {
			u = v & mask[a[i]];
			sum = v + u;
			more = sum + carry[i];
			carry[i] = sum < v || more < sum;
			v = more | (v ^ u);
		}
		for (i = 0; i < w; i++) {
			len += !(v >> i & 1);
			mask[b[at + i]] = 0;
		}
	}
	return len;
}

/* A table of symbols: the number of each, in the order of coming, + 1. */
struct dense { uint32_t *sym, *num; size_t mask; uint32_t n; };

static uint32_t
number(struct dense *d, uint32_t sym)
{
	size_t i = (sym * UINT64_C(0x9E3779B97F4A7C15) >> 32) & d->mask;

	for (; d->num[i]; i = (i + 1) & d->mask)
		if (d->sym[i] == sym)
			return d->num[i] - 1;
	d->sym[i] = sym;
	d->num[i] = ++d->n;
	return d->n - 1;
}

static size_t
shared(const uint32_t *a, size_t n, const uint32_t *b, size_t m, uint64_t *count)
{
	size_t i, both = 0;

	for (i = 0; i < n; i++)
		count[a[i]]++;
	for (i = 0; i < m; i++) {
		if (count[b[i]]) {
			count[b[i]]--;
			both++;
		}
	}
	for (i = 0; i < n; i++)
		count[a[i]] = 0;
	return both;
}

enum status
edit_common_most(const uint32_t *a, size_t n, const uint32_t *b, size_t m, size_t enough, size_t *most, struct err *e)
{
	struct dense d = { .mask = 63 };
	uint32_t *x = malloc((n + 1) * sizeof(*x)), *y = malloc((m + 1) * sizeof(*y));
	uint64_t *mask = calloc(n + m + 1, sizeof(*mask));
	uint8_t *carry = calloc(n + 1, sizeof(*carry));
	enum status st = ST_OK;
	size_t i;

	while (d.mask < 2 * (n + m))
		d.mask = 2 * d.mask + 1;
	d.sym = malloc((d.mask + 1) * sizeof(*d.sym));
	d.num = calloc(d.mask + 1, sizeof(*d.num));
	if (!x || !y || !mask || !carry || !d.sym || !d.num) {
		st = err_nomem(e);
	} else {
		for (i = 0; i < n; i++)
			x[i] = number(&d, a[i]);
		for (i = 0; i < m; i++)
			y[i] = number(&d, b[i]);
		if ((*most = shared(x, n, y, m, mask)) > enough)
			*most = edit_common(x, n, y, m, mask, carry);
	}
	free(x);
	free(y);
	free(mask);
	free(carry);
	free(d.sym);
	free(d.num);
	return st;
}
