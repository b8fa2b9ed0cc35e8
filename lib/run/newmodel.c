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
