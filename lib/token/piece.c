#include "token/token_int.h"

enum status
model_piece(struct run *r, const struct piece *w)
{
	switch (r->t->model.type) {
	case MODEL_BPE:
		return bpe_piece(r, w);
	case MODEL_UNIGRAM:
		return unigram_piece(r, w);
	case MODEL_WORDPIECE:
		return wordpiece_piece(r, w);
	case MODEL_WORDLEVEL:
		return wordlevel_piece(r, w);
	}
	return ST_OK;
}
