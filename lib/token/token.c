#include <stdlib.h>

#include "token/token_int.h"

static void
model_free(struct model *m)
{
	vocab_free(&m->v);
	free(m->merge);
	free(m->score);
	free(m->da);
}

void
tok_close(struct tokenizer *t)
{
	size_t i;

	if (!t)
		return;
	model_free(&t->model);
	for (i = 0; i < t->nnorm; i++) {
		regex_close(t->norm[i].re);
		charsmap_close(t->norm[i].map);
	}
	for (i = 0; i < t->npre; i++)
		regex_close(t->pre[i].re);
	trie_free(&t->split);
	trie_free(&t->split_norm);
	free(t->added_at);
	free(t->dec_blob);
	free(t->dec_off);
	arena_free(&t->arena);
	free(t);
}

const char *
tok_fingerprint(const struct tokenizer *t)
{
	return t->print;
}

size_t
tok_vocab_size(const struct tokenizer *t)
{
	return t->nvocab;
}

int32_t
tok_bos(const struct tokenizer *t)
{
	return t->bos;
}

int32_t
tok_eos(const struct tokenizer *t)
{
	if (t->eos_set >= 0)
		return t->eos_set;
	return t->neos ? t->eos[0] : -1;
}

bool
tok_is_eos(const struct tokenizer *t, int32_t id)
{
	size_t i;

	if (t->eos_set >= 0)
		return id == t->eos_set;
	for (i = 0; i < t->neos; i++)
		if (t->eos[i] == id)
			return true;
	return false;
}

void
tok_set_eos(struct tokenizer *t, int32_t id)
{
	t->eos_set = id;
}

void
tok_set_longest(struct tokenizer *t, size_t n)
{
	t->longest = n;
}

bool
tok_is_special(const struct tokenizer *t, int32_t id)
{
	return id >= 0 && (size_t)id < t->nvocab && t->added_at[id] >= 0 &&
	    t->added[t->added_at[id]].special;
}
