/* Rows of the parameter table.  layer_rows.c has those of Llama; an architecture lists the ones that
 * it has otherwise. */
#ifndef MODEL_PARAMS_INT_H
#define MODEL_PARAMS_INT_H

#include "model/model_int.h"

enum extent { X_ONE, X_DIM, X_Q, X_KV, X_FFN, X_VOCAB, X_HEAD_DIM, X_QKV, X_GATE_UP };
enum has {
	HAS_NEVER, HAS_ALWAYS, HAS_QKV_BIAS, HAS_O_BIAS, HAS_MLP_BIAS, HAS_QK_NORM, HAS_LM_HEAD, HAS_SCORE,
	HAS_SCORE_BIAS
};

struct tensor_row {
	const char *name;               /* of a layer's: after "model.layers.N." */
	enum extent rows, cols;
	bool vector;
	enum init_kind init;
	enum has has;
	const char *gguf;               /* of a layer's: llama.cpp's name after "blk.N." */
};

/* Row slot of a layer's tensors (L_Q) as this architecture has it; the last one's slot is LAYER_TENSORS. */
struct tensor_change { unsigned char slot; struct tensor_row row; };

/* Row slot among what an architecture changes; NULL: it does not. */
const struct tensor_row *row_change(const struct tensor_change *t, unsigned slot);
/* Row slot of a layer of c; of the others (G_NORM, G_EMBED). */
const struct tensor_row *layer_row(const struct model_config *c, unsigned slot);
const struct tensor_row *global_row(const struct model_config *c, unsigned slot);
/* What the names of its layers begin with: "model.layers". */
const char *layers_name(const struct model_config *c);

#endif
