/* What makes two tokenizers the same: model, added tokens, normalizer and
 * pre-tokenizer, in one canonical form, so that a file saved again by another program
 * (other order of members, other way to write merges, defaults left out) matches. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "token/token_int.h"

/* The printed text is hashed in parts. */
struct sum { struct hasher *h; struct buf b; };

static void
put(struct sum *m, const void *p, size_t n)
{
	buf_add(&m->b, p, n);
	if (m->b.n >= 1 << 15 && buf_ok(&m->b)) {
		hash_add(m->h, m->b.p, m->b.n);
		buf_clear(&m->b);
	}
}

static void
put_u32(struct sum *m, uint32_t v)
{
	v = htole32(v);
	put(m, &v, 4);
}

static void
put_str(struct sum *m, const char *s, size_t n)
{
	put_u32(m, s ? (uint32_t)n : UINT32_MAX);
	if (s)
		put(m, s, n);
}

/* A rank occurs once at most, and ranks count from 0. */
static void
put_merges(const struct model *m, struct sum *b)
{
	const struct merge **at, *g;
	uint32_t i, n = 0;

	if (!m->merge)
		return;
	if (!(at = calloc((size_t)m->nmerge + 1, sizeof(*at)))) {
		b->b.failed = true;
		return;
	}
	for (i = 0; i <= m->merge_mask; i++) {
		g = &m->merge[i];
		if (g->left) {
			at[g->rank] = g;
			n++;
		}
	}
	put_u32(b, n);
	for (i = 0; i < m->nmerge; i++) {
		if (at[i]) {
			put_u32(b, at[i]->left - 1);
			put_u32(b, at[i]->right);
		}
	}
	free(at);
}

static void
put_model(const struct model *m, struct sum *b)
{
	uint64_t bits;
	uint32_t i;
	size_t n;
	const char *s;

	put_u32(b, m->type);
	put_u32(b, (uint32_t)m->unk);
	put_u32(b, (uint32_t)(m->fallback | m->fuse_unk << 1 | m->ignore_merges << 2 | m->by_rank << 3));
	/* an empty prefix counts as absent */
	put_str(b, m->nprefix ? m->prefix : NULL, m->nprefix);
	put_str(b, m->nsuffix ? m->suffix : NULL, m->nsuffix);
	put_u32(b, (uint32_t)m->max_chars);
	put_u32(b, m->v.n);
	for (i = 0; i < m->v.n; i++) {
		s = vocab_get(&m->v, (int32_t)i, &n);
		put_str(b, s, n);
		if (m->score) {
			memcpy(&bits, &m->score[i], sizeof(bits));
			bits = htole64(bits);
			put(b, &bits, 8);
		}
	}
	put_merges(m, b);
}

enum status
fingerprint(struct tokenizer *t, struct err *e)
{
	struct sum b = { .h = hash_open() };
	enum status st = ST_OK;
	size_t i;

	if (!b.h)
		return err_nomem(e);
	put_model(&t->model, &b);
	for (i = 0; i < t->nadded; i++) {
		const struct added *a = &t->added[i];

		put_str(&b, a->s, a->n);
		put_u32(&b, (uint32_t)a->id);
		put_u32(&b, (uint32_t)(a->single_word | a->lstrip << 1 | a->rstrip << 2 |
		    a->normalized << 3 | a->special << 4));
	}
	for (i = 0; i < t->nnorm; i++) {
		const struct norm *s = &t->norm[i];

		put_u32(&b, s->type);
		put_u32(&b, (uint32_t)(s->left | s->right << 1 | (s->re != NULL) << 2));
		put_str(&b, s->a, s->an);
		put_str(&b, s->b, s->bn);
		put_u32(&b, (uint32_t)s->bn);
	}
	for (i = 0; i < t->npre; i++) {
		const struct pre *p = &t->pre[i];

		put_u32(&b, p->type);
		put_u32(&b, p->behavior);
		put_u32(&b, p->scheme);
		put_u32(&b, (uint32_t)(p->invert | p->use_regex << 1 | p->prefix_space << 2 | p->split << 3));
		put_str(&b, p->a, p->an);
	}
	if (buf_ok(&b.b)) {
		hash_add(b.h, b.b.p, b.b.n);
		hash_hex(hash_sum(b.h), t->print);
	} else {
		st = err_nomem(e);
	}
	hash_close(b.h);
	buf_free(&b.b);
	return st;
}
