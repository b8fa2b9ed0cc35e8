/* The tensors of a layer, and what an architecture changes of them. */
#include "model/params_int.h"

static const struct tensor_row layer_rows[LAYER_TENSORS] = {
	[L_NORM1] = { "input_layernorm.weight", X_ONE, X_DIM, true, INIT_ONE, HAS_ALWAYS, "attn_norm.weight" },
	[L_NORM1B] = { .has = HAS_NEVER },
	[L_Q] = { "self_attn.q_proj.weight", X_Q, X_DIM, false, INIT_NORMAL, HAS_ALWAYS, "attn_q.weight" },
	[L_K] = { "self_attn.k_proj.weight", X_KV, X_DIM, false, INIT_NORMAL, HAS_ALWAYS, "attn_k.weight" },
	[L_V] = { "self_attn.v_proj.weight", X_KV, X_DIM, false, INIT_NORMAL, HAS_ALWAYS, "attn_v.weight" },
	[L_QB] = { "self_attn.q_proj.bias", X_ONE, X_Q, true, INIT_ZERO, HAS_QKV_BIAS, "attn_q.bias" },
	[L_KB] = { "self_attn.k_proj.bias", X_ONE, X_KV, true, INIT_ZERO, HAS_QKV_BIAS, "attn_k.bias" },
	[L_VB] = { "self_attn.v_proj.bias", X_ONE, X_KV, true, INIT_ZERO, HAS_QKV_BIAS, "attn_v.bias" },
	[L_QNORM] = { "self_attn.q_norm.weight", X_ONE, X_HEAD_DIM, true, INIT_ONE, HAS_QK_NORM, "attn_q_norm.weight" },
	[L_KNORM] = { "self_attn.k_norm.weight", X_ONE, X_HEAD_DIM, true, INIT_ONE, HAS_QK_NORM, "attn_k_norm.weight" },
	[L_O] = { "self_attn.o_proj.weight", X_DIM, X_Q, false, INIT_NORMAL, HAS_ALWAYS, "attn_output.weight" },
	[L_OB] = { "self_attn.o_proj.bias", X_ONE, X_DIM, true, INIT_ZERO, HAS_O_BIAS, "attn_output.bias" },
	[L_POST1] = { .has = HAS_NEVER },
	[L_NORM2] = { "post_attention_layernorm.weight", X_ONE, X_DIM, true, INIT_ONE, HAS_ALWAYS, "ffn_norm.weight" },
	[L_NORM2B] = { .has = HAS_NEVER },
	[L_GATE] = { "mlp.gate_proj.weight", X_FFN, X_DIM, false, INIT_NORMAL, HAS_ALWAYS, "ffn_gate.weight" },
	[L_UP] = { "mlp.up_proj.weight", X_FFN, X_DIM, false, INIT_NORMAL, HAS_ALWAYS, "ffn_up.weight" },
	[L_GATEB] = { "mlp.gate_proj.bias", X_ONE, X_FFN, true, INIT_ZERO, HAS_MLP_BIAS, "ffn_gate.bias" },
	[L_UPB] = { "mlp.up_proj.bias", X_ONE, X_FFN, true, INIT_ZERO, HAS_MLP_BIAS, "ffn_up.bias" },
	[L_DOWN] = { "mlp.down_proj.weight", X_DIM, X_FFN, false, INIT_NORMAL, HAS_ALWAYS, "ffn_down.weight" },
	[L_DOWNB] = { "mlp.down_proj.bias", X_ONE, X_DIM, true, INIT_ZERO, HAS_MLP_BIAS, "ffn_down.bias" },
	[L_POST2] = { .has = HAS_NEVER },
};

const struct tensor_row *
row_change(const struct tensor_change *t, unsigned slot)
{
	for (; t && t->slot < LAYER_TENSORS; t++)
		if (t->slot == slot)
			return &t->row;
	return NULL;
}

const struct tensor_row *
layer_row(const struct model_config *c, unsigned slot)
{
	const struct tensor_row *r = row_change(c->arch->layer, slot);

	return r ? r : &layer_rows[slot];
}

const char *
layers_name(const struct model_config *c)
{
	return c->arch->layers ? c->arch->layers : "model.layers";
}
