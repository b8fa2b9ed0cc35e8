#include <string.h>

#include "run/example.h"

/* Head, then the id's text, then for each side ids and the fields that are there; each
 * part padded to 8 bytes. */
struct head {
	uint64_t line, name;
	double num[EX_NUMS];
	float invtemp;
	uint32_t has, nside, pad;
	struct { uint64_t n, prompt; uint32_t fields, pad; } side[2];
};

static void
put(struct buf *b, const void *p, size_t n)
{
	static const char zero[8];

	buf_add(b, p, n);
	buf_add(b, zero, -n & 7);
}

void
example_pack(const struct example *x, struct buf *b)
{
	struct head h = { .line = x->line, .name = strlen(x->name) + 1, .invtemp = x->invtemp,
		.has = x->has, .nside = (uint32_t)x->nside };
	size_t i, k;

	for (k = 0; k < EX_NUMS; k++)
		h.num[k] = x->has >> k & 1 ? x->num[k] : 0;
	for (i = 0; i < x->nside; i++) {
		h.side[i].n = x->side[i].n;
		h.side[i].prompt = x->side[i].prompt;
		for (k = 0; k < EX_FIELDS; k++)
			if (x->side[i].f[k])
				h.side[i].fields |= 1u << k;
	}
	put(b, &h, sizeof(h));
	put(b, x->name, h.name);
	for (i = 0; i < x->nside; i++) {
		const struct ex_side *s = &x->side[i];

		put(b, s->id, s->n * sizeof(*s->id));
		for (k = 0; k < EX_FIELDS; k++)
			if (s->f[k])
				put(b, s->f[k], (s->n - s->prompt) * sizeof(float));
	}
}

static const void *
take(const char **p, size_t n)
{
	const void *at = *p;

	*p += n + (-n & 7);
	return at;
}

void
example_view(struct example *x, const void *bytes)
{
	const char *p = bytes;
	struct head h;
	size_t i, k;

	memcpy(&h, take(&p, sizeof(h)), sizeof(h));
	*x = (struct example){ .line = h.line, .invtemp = h.invtemp, .has = h.has, .nside = h.nside };
	memcpy(x->num, h.num, sizeof(x->num));
	x->name = take(&p, h.name);
	for (i = 0; i < x->nside; i++) {
		struct ex_side *s = &x->side[i];

		s->n = h.side[i].n;
		s->prompt = h.side[i].prompt;
		s->id = take(&p, s->n * sizeof(*s->id));
		for (k = 0; k < EX_FIELDS; k++)
			if (h.side[i].fields >> k & 1)
				s->f[k] = take(&p, (s->n - s->prompt) * sizeof(float));
	}
}
