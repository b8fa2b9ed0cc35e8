#include <string.h>

#include "base/spool.h"
#include "run/example.h"

/* Head, then the id's text, then for each side ids and the fields that are there; each
 * part padded to 8 bytes. */
struct head {
	uint64_t name;
	double num[EX_NUMS];
	float invtemp;
	uint32_t has, nside, pad;
	struct { uint64_t n, prompt; uint32_t fields, pad; } side[2];
};

void
example_pack(const struct example *x, struct buf *b)
{
	struct head h = { .name = strlen(x->name) + 1, .invtemp = x->invtemp,
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
	spool_pack(b, &h, sizeof(h));
	spool_pack(b, x->name, h.name);
	for (i = 0; i < x->nside; i++) {
		const struct ex_side *s = &x->side[i];

		spool_pack(b, s->id, s->n * sizeof(*s->id));
		for (k = 0; k < EX_FIELDS; k++)
			if (s->f[k])
				spool_pack(b, s->f[k], (s->n - s->prompt) * sizeof(float));
	}
}

void
example_view(struct example *x, const void *bytes)
{
	const char *p = bytes;
	struct head h;
	size_t i, k;

	memcpy(&h, spool_unpack(&p, sizeof(h)), sizeof(h));
	*x = (struct example){ .invtemp = h.invtemp, .has = h.has, .nside = h.nside };
	memcpy(x->num, h.num, sizeof(x->num));
	x->name = spool_unpack(&p, h.name);
	for (i = 0; i < x->nside; i++) {
		struct ex_side *s = &x->side[i];

		s->n = h.side[i].n;
		s->prompt = h.side[i].prompt;
		s->id = spool_unpack(&p, s->n * sizeof(*s->id));
		for (k = 0; k < EX_FIELDS; k++)
			if (h.side[i].fields >> k & 1)
				s->f[k] = spool_unpack(&p, (s->n - s->prompt) * sizeof(float));
	}
}
