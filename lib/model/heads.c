/* The head after the hidden states: the vocabulary or one scalar. */
#include <stdlib.h>
#include <string.h>

#include "model/model_int.h"

/* Rows row[0..n) of hidden as a packed (n, D) block: in place when they follow one
 * another, else copied into to. */
static const float *
gather(const struct model *m, const float *hidden, const size_t *row, size_t n, float *to)
{
	size_t d = m->c.dim, i;

	for (i = 1; i < n && row[i] == row[0] + i; i++)
		;
	if (i >= n)
		return hidden + row[0] * d;
	gather_rows(m->tc, to, hidden, row, n, d);
	return to;
}

static enum status
check_lm(const struct model *m, const int32_t *target, size_t n, struct err *e)
{
	if (m->c.head != HEAD_LM)
		return err_set(e, ST_USAGE, "the model has no language model head");
	for (size_t i = 0; target && i < n; i++)
		if (target[i] < 0 || (size_t)target[i] >= m->c.vocab)
			return err_set(e, ST_INPUT, "expected a token id below %zu, got %ld", m->c.vocab,
			    (long)target[i]);
	return ST_OK;
}

static size_t
tile(size_t n, size_t at)
{
	return n - at < GATHER ? n - at : GATHER;
}

/* Rows at the head of row[0..n) whose logits are kept. */
static size_t
keep_rows(const struct model *m, size_t n)
{
	size_t most = KEEP_FLOATS / m->c.vocab;

	return n < most ? n : most;
}

/* Begin to keep logits; without the memory for it they are not. */
static size_t
keep_begin(struct model *m, const float *hidden, const size_t *row, size_t n)
{
	struct kept *k = &m->kept;
	size_t *more, bytes;

	k->hidden = NULL;
	n = m->train ? keep_rows(m, n) : 0;
	if (n > k->cap) {
		bytes = n * m->c.vocab * sizeof(float);
		if (!(more = realloc(k->row, n * sizeof(*more))))
			return 0;
		k->row = more;
		tc_free(m->tc, k->l, k->bytes);
		k->cap = 0;
		k->bytes = bytes;
		if (!(k->l = tc_alloc(m->tc, bytes)))
			return 0;
		k->cap = n;
	}
	if (n) {
		memcpy(k->row, row, n * sizeof(*row));
		k->hidden = hidden;
		k->n = n;
	}
	return n;
}

/* How many of these rows are kept: all that keep_begin took, or none. */
static size_t
keep_end(struct model *m, const float *hidden, const size_t *row, size_t n)
{
	struct kept *k = &m->kept;
	bool same = k->hidden == hidden && k->n == keep_rows(m, n) && !memcmp(k->row, row, k->n * sizeof(*row));

	k->hidden = NULL;       /* the gradient takes the logits' place */
	return same ? k->n : 0;
}

enum status
model_logprob(struct model *m, const float *hidden, const size_t *row, const int32_t *target,
    const float *invtemp, size_t n, float *logprob, float *entropy, struct err *e)
{
	size_t kept, i, k;

	if (check_lm(m, target, n, e))
		return e->code;
	kept = keep_begin(m, hidden, row, n);
	for (i = 0; i < n; i += k) {
		k = i < kept ? tile(kept, i) : tile(n, i);
		vocab_logprob(m->tc, logprob + i, entropy ? entropy + i : NULL, NULL,
		    gather(m, hidden, row + i, k, m->gx), m->c.dim, &m->head, m->c.logit_cap, target + i,
		    invtemp ? invtemp + i : NULL, k, i < kept ? m->kept.l + i * m->c.vocab : NULL);
	}
	return ST_OK;
}

enum status
model_logits(struct model *m, const float *hidden, const size_t *row, size_t n, float *logits,
    struct err *e)
{
	if (check_lm(m, NULL, n, e))
		return e->code;
	for (size_t i = 0, k; i < n; i += k) {
		k = tile(n, i);
		vocab_logits(m->tc, logits + i * m->c.vocab, gather(m, hidden, row + i, k, m->gx), m->c.dim,
		    &m->head, m->c.logit_cap, k);
	}
	return ST_OK;
}

enum status
model_logprob_bwd(struct model *m, const float *hidden, const size_t *row, const int32_t *target,
    const float *invtemp, size_t n, const float *g, const float *h, float *dhidden, float *grad,
    struct err *e)
{
	const struct weight *w = m->c.tied ? m->embed : &m->global[G_HEAD];
	float *dw = !w->train ? NULL : m->tied_open ? m->tied_grad : grad + w->at;
	size_t kept, i, k;

	if (check_lm(m, target, n, e))
		return e->code;
	kept = keep_end(m, hidden, row, n);
	for (i = 0; i < n; i += k) {
		k = i < kept ? tile(kept, i) : tile(n, i);
		vocab_logprob_bwd(m->tc, m->gd, m->c.dim, dw, g + i, h ? h + i : NULL,
		    gather(m, hidden, row + i, k, m->gx), m->c.dim, &m->head, m->c.logit_cap, w->raw, target + i,
		    invtemp ? invtemp + i : NULL, k, i < kept ? m->kept.l + i * m->c.vocab : NULL);
		scatter_rows(m->tc, dhidden, row + i, m->gd, k, m->c.dim);
	}
	return ST_OK;
}

enum status
model_full_kl(struct model *m, const float *hidden, struct model *ref, const float *hidden_ref,
    const size_t *row, const float *invtemp, size_t n, float *kl, struct err *e)
{
	if (check_lm(m, NULL, 0, e) || check_lm(ref, NULL, 0, e))
		return e->code;
	if (m->c.vocab != ref->c.vocab)
		return err_set(e, ST_USAGE, "vocabularies of %zu and %zu tokens", m->c.vocab, ref->c.vocab);
	for (size_t i = 0, k; i < n; i += k) {
		k = tile(n, i);
		vocab_kl(m->tc, kl + i, gather(m, hidden, row + i, k, m->gx), m->c.dim, &m->head,
		    m->c.logit_cap, gather(ref, hidden_ref, row + i, k, ref->gx), ref->c.dim, &ref->head, ref->c.logit_cap,
		    invtemp ? invtemp + i : NULL, k);
	}
	return ST_OK;
}

void
model_scalar(struct model *m, const float *hidden, const size_t *row, size_t n, float *z)
{
	const struct weight *b = &m->global[G_SCOREB];

	for (size_t i = 0, k; i < n; i += k) {
		k = tile(n, i);
		gemm_nt(m->tc, m->gz, 1, gather(m, hidden, row + i, k, m->gx), m->c.dim, &m->score, k, false);
		if (b->rows)
			bias_fwd(m->tc, m->gz, 1, b->vec, k, 1);
		tc_get(m->tc, z + i, m->gz, k * sizeof(*z));
	}
}

void
model_scalar_bwd(struct model *m, const float *hidden, const size_t *row, size_t n, const float *dz,
    float *dhidden, float *grad)
{
	const struct weight *w = &m->global[G_SCORE], *b = &m->global[G_SCOREB];
	size_t d = m->c.dim;

	for (size_t i = 0, k; i < n; i += k) {
		k = tile(n, i);
		tc_put(m->tc, m->gz, dz + i, k * sizeof(*dz));
		if (w->train)
			gemm_tn(m->tc, grad + w->at, m->gz, 1, gather(m, hidden, row + i, k, m->gx), d, k, 1, d);
		gemm_nn(m->tc, m->gd, d, m->gz, 1, w->raw, w->type, k, 1, d, false);
		if (b->rows && b->train)
			bias_bwd(m->tc, grad + b->at, m->gz, 1, k, 1);
		scatter_rows(m->tc, dhidden, row + i, m->gd, k, m->c.dim);
	}
}
