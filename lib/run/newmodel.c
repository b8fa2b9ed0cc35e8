#include <stdlib.h>

#include "base/file.h"
#include "model/make.h"
#include "run/newmodel.h"
#include "token/token.h"

/* Vocabulary and end tokens, where c leaves them to the tokenizer. */
static enum status
ask_tokenizer(struct model_config *c, const char *path, struct err *e)
{
	struct tokenizer *t;

	if (tok_open(&t, path, e))
		return e->code;
	if (!c->vocab)
		c->vocab = tok_vocab_size(t);
	else if (c->vocab < tok_vocab_size(t))
		err_set(e, ST_USAGE, "--vocab: the tokenizer has %zu tokens", tok_vocab_size(t));
	if (c->bos < 0)
		c->bos = tok_bos(t);
	if (!c->neos && tok_eos(t) >= 0)
		c->eos[c->neos++] = tok_eos(t);
	tok_close(t);
	return e->code;
}

enum status
newmodel_make(struct tc *tc, struct model_config *c, const char *tokenizer, uint64_t seed, const char *dir,
    struct err *e)
{
	if (tokenizer && (ask_tokenizer(c, tokenizer, e) || make_take_tokenizer(tokenizer, dir, e)))
		return e->code;
	if (config_check(c, e))
		return e->code = ST_USAGE;
	return make_new(tc, c, seed, dir, e) ? e->code : config_write_generation(c, dir, e);
}

/* The tokenizer that came with a model, if it did: it opens, and the model has all of its tokens. */
static enum status
check_tokenizer(const struct model_config *c, const char *dir, struct err *e)
{
	struct tokenizer *t;
	char *path = file_join(dir, "tokenizer.json");

	e->code = ST_OK;
	if (!path) {
		err_nomem(e);
	} else if (file_exists(path) && !tok_open(&t, dir, e)) {
		if (tok_vocab_size(t) > c->vocab)
			err_set(e, ST_INPUT, "%s: %zu tokens, where the model has %zu", path, tok_vocab_size(t), c->vocab);
		tok_close(t);
	}
	free(path);
	return e->code;
}

enum status
newmodel_convert(struct tc *tc, const struct format *f, const char *file, const char *tokenizer,
    const enum dtype *dtype, struct model_config *c, const char *dir, struct err *e)
{
	if (format_import(tc, f, file, dtype, !tokenizer, c, dir, e) || config_write_generation(c, dir, e) ||
	    (tokenizer && make_take_tokenizer(tokenizer, dir, e)))
		return e->code;
	return check_tokenizer(c, dir, e);
}

/* A new adapter, or a critic that shares: each names the folder from which it comes. */
static enum status
make_naming(struct tc *tc, const struct newmodel_from *o, uint64_t seed, const char *dir, struct err *e)
{
	struct make_lora l = { .rank = o->rank, .alpha = o->alpha, .targets = o->targets, .head = o->head };
	char *base = NULL;

	/* OUT and OUT.part have the same parent: a path relative to one is relative to the other */
	if (!make_relative(o->from, dir, &base, e)) {
		l.base = base;
		o->shared ? make_shared(tc, o->from, base, dir, e) : make_adapter(tc, o->from, &l, seed, dir, e);
	}
	free(base);
	return e->code;
}

/* The folder's tokenizer, or that of the base of an adapter that came without. */
static enum status
take_tokenizer(const struct newmodel_from *o, const char *dir, struct err *e)
{
	char *base = NULL, *own = file_join(o->from, "tokenizer.json");

	e->code = ST_OK;
	if (!own)
		err_nomem(e);
	else if (!file_exists(own) && (o->base || !model_base(o->from, &base, e)))
		make_copy_tokenizer(o->base ? o->base : base, true, dir, e);
	free(own);
	free(base);
	return e->code ? e->code : make_copy_tokenizer(o->from, true, dir, e);
}

enum status
newmodel_from(struct tc *tc, const struct newmodel_from *o, uint64_t seed, struct model_config *c, double *lost,
    const char *dir, struct err *e)
{
	*lost = 0;
	e->code = ST_OK;
	if (o->merge)
		make_merged(tc, o->from, o->base, o->dtype, lost, dir, e);
	else if (o->base || o->strip)
		make_copy(tc, o->from, o->base, dir, e);
	else if (o->rank || o->shared)
		make_naming(tc, o, seed, dir, e);
	else
		make_head(tc, o->from, o->head ? *o->head : HEAD_LM, seed, lost, dir, e);
	return e->code || take_tokenizer(o, dir, e) ? e->code : model_peek(c, dir, e);
}

void
newmodel_config(struct model_config *c, const struct newmodel_shape *s)
{
	const struct arch *arch = arch_at((size_t)s->arch);

	config_default(c);
	config_arch(c, arch, s->bias || arch->bias, s->bias);
	c->head = (enum model_head)s->head;
	c->dtype = (enum dtype)s->dtype;
	c->vocab = s->vocab;
	c->dim = s->dim;
	c->layers = s->layers;
	c->heads = s->heads;
	c->kv_heads = s->kv_heads ? s->kv_heads : s->heads;
	c->head_dim = s->head_dim ? s->head_dim : s->dim / s->heads;
	c->ffn = s->ffn ? s->ffn : (s->dim * 8 / 3 + 31) / 32 * 32;
	c->max_pos = s->max_length;
	c->window = arch->window == WINDOW_NEVER ? 0 : s->window || arch->window != WINDOW_ALTERNATE ? s->window : 4096;
	c->norm_eps = (float)s->norm_eps;
	c->init_range = (float)s->init_range;
	c->rope_theta = s->theta;
	if (arch->rotary_part > 0)
		c->turned = ((size_t)((double)c->head_dim * arch->rotary_part) + 1) / 2 * 2;
	c->tied = s->tied;
	c->bos = (int32_t)s->bos;
	if (s->eos >= 0)
		c->eos[c->neos++] = (int32_t)s->eos;
	config_scale(c, (enum rope_kind)s->rope, s->rope_factor, (double)(s->rope_orig ? s->rope_orig : s->max_length));
}
