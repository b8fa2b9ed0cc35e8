/* The Llama family: a Hugging Face folder opened for reading or training, its
 * parameters, forward, backward, KV cache. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/status.h"
#include "model/arch.h"
#include "tensor/tensor.h"

enum model_head { HEAD_LM, HEAD_TOKEN, HEAD_SEQUENCE, HEAD_VALUE };
enum rope_kind { ROPE_NONE, ROPE_LINEAR, ROPE_LLAMA3, ROPE_YARN, ROPE_LONG, ROPE_DYNAMIC };
enum { LONG_FACTORS = 256 };    /* most divisors of LongRoPE */

struct model_config {
	const struct arch *arch;        /* arch.h */
	enum model_head head;
	enum dtype dtype;               /* of the weights in the forward pass and on disk */
	size_t vocab, dim, layers, heads, kv_heads, head_dim, ffn, max_pos;
	size_t window, window_from;     /* keys seen (0: all), in layers from window_from on */
	size_t turned;                  /* numbers of a head that are rotated, the first ones; 0: all */
	size_t full_every;              /* every layer of this number sees all keys nevertheless; 0: none */
	size_t no_rope_every;           /* every layer of this number has no rotation: l + 1 is a multiple; 0: all have */
	float norm_eps, init_range;
	/* what embeddings, and what attention and the feed-forward part add, are multiplied by; the scale of
	 * attention, 0: 1 / sqrt(head_dim); what logits are divided by */
	float embed_scale, residual_scale, attn_scale, logit_scale;
	float attn_cap, logit_cap;      /* soft caps of attention's scores and of logits; 0: none */
	double rope_theta, local_theta; /* local: without scaling, in layers with a window; 0: the same in all */
	/* attn: what cos and sin are multiplied by (yarn, LongRoPE); shorts: what LongRoPE divides frequencies by
	 * up to orig tokens; longs: beyond, which is kept but not used */
	struct {
		enum rope_kind kind;
		double factor, low, high, orig, beta_fast, beta_slow, attn;
		float shorts[LONG_FACTORS], longs[LONG_FACTORS];
		bool truncate;
	} rope;
	bool tied, qkv_bias, o_bias, mlp_bias, qk_norm;
	bool value;                     /* HEAD_LM: with a value head beside it */
	int32_t bos, eos[16];
	size_t neos;
	int32_t pad;                    /* -1 if none */
	/* stored normalisation of a reward head: r = (z - mean) / sd */
	double reward_mean, reward_sd;
	bool reward_cost;               /* of a token head: exp(z) is an expected cost, the reward is -exp(z) */
};

/* One trainable tensor.  at: offset in floats into master and gradient arrays.  */
struct param {
	const char *name;               /* "model.layers.0.self_attn.q_proj.weight" */
	size_t rows, cols;              /* a vector has rows 1 */
	size_t at;
	bool decay;                     /* weight decay applies (matrices: yes; norms, biases: no) */
};

struct model;

enum model_flags { MODEL_READ = 0, MODEL_TRAIN = 1, MODEL_BESIDE = 2 };
/* Open folder dir (with LoRA adapter folders too: the base is found by
 * adapter_config.json's base_model_name_or_path, relative to dir; where dir is being
 * replaced, as model_find has it).  MODEL_TRAIN makes
 * f32 masters; with an adapter only the adapter and head are trainable.  Owned; tc is
 * borrowed for the model's life.
 * A folder may hold a value head alone and name the folder of a language model (or of an
 * adapter) as its backbone: a shared critic.  To read it is a model with a value head; to
 * train it, and to read it with MODEL_BESIDE, is the language model with the head beside it
 * (config.value), whose fingerprint and model_save leave the head out. */
enum status model_open(struct model **m, struct tc *tc, const char *dir, unsigned flags, struct err *e);
/* The same for an adapter, whose base is folder base whatever it says itself (NULL: what it says). */
enum status model_open_on(struct model **m, struct tc *tc, const char *dir, const char *base, unsigned flags,
    struct err *e);
/* The same to read, on lender's tc: what both read of one file, or lender's own lenders do, is held once, packed too
 * (an adapter and its base, two adapters of it, a policy and a critic that shares it).  lender is closed after m. */
enum status model_open_after(struct model **m, const char *dir, struct model *lender, struct err *e);
/* Whether the hidden states of a and b are the same numbers: all but the heads is held once, and read in the same way. */
bool model_same_trunk(const struct model *a, const struct model *b);
void model_close(struct model *m);
/* The folder of an adapter's base, of the model that a shared critic is on, else dir itself. Owned. */
enum status model_base(const char *dir, char **base, struct err *e);
/* Whether dir is a LoRA adapter, or a shared critic on one; not so where nothing is. */
enum status model_adapted(const char *dir, bool *yes, struct err *e);
/* The configuration of folder dir (of an adapter's base), without its weights. */
enum status model_peek(struct model_config *c, const char *dir, struct err *e);
const struct model_config *model_config(const struct model *m);
struct tc *model_tc(const struct model *m);
/* The folder of the backbone, owned, when dir holds a value head alone; else NULL. */
enum status model_shared(const char *dir, char **backbone, struct err *e);
/* XXH3-128 of all tensors in name order: the `policy` of records. 32 hex digits. */
const char *model_fingerprint(struct model *m);

/* The trainable parameters. */
const struct param *model_params(const struct model *m, size_t *n);
size_t model_train_size(const struct model *m);         /* floats in master, gradient */
/* MODEL_TRAIN only; like gradients, hidden states and logits in the context's memory */
float *model_master(struct model *m);
/* Bytes that m holds: masters, rounded weights, panels, maps that training reads, and
 * what the first model_grad_begin adds. */
size_t model_bytes(const struct model *m);
/* After masters changed: round to dtype, pack panels. */
void model_refresh(struct model *m);

/* A ragged batch: nseq sequences of new tokens, concatenated.  off (nseq+1).  Without
 * a cache every sequence starts at position 0. */
struct batch {
	size_t ntok, nseq;
	const int32_t *id;              /* ntok */
	const size_t *off;              /* nseq + 1 */
	const size_t *slot;             /* nseq: cache slots; NULL without a cache */
	/* Without a cache: sequence s goes on after the first past[s] tokens of sequence lead[s],
	 * whose own past is 0.  Those that share a lead follow one another, after it.  NULL: none
	 * does. */
	const size_t *lead, *past;
	/* Without a cache: all sequences, and their leads, begin with so many tokens that
	 * model_prefix has computed into the same activations. */
	size_t prefix;
};

/* KV cache of slots with room for `len` positions each; owned. */
struct kv;
enum status kv_new(struct kv **kv, const struct model *m, size_t slots, size_t len, struct err *e);
void kv_free(struct kv *kv);
size_t kv_used(const struct kv *kv, size_t slot);
void kv_truncate(struct kv *kv, size_t slot, size_t n);
size_t kv_len(const struct kv *kv);
/* Make room for len positions in every slot; what they hold stays. */
enum status kv_reach(struct kv *kv, size_t len, struct err *e);
size_t kv_bytes(const struct model *m, size_t slots, size_t len);
/* slot `to` becomes a copy of the first n positions of `from`, which may be itself */
void kv_copy(struct kv *kv, size_t to, size_t from, size_t n);

/* Activations kept for backward (or reused workspace for forward); grows on demand. */
struct acts;
enum status acts_new(struct acts **a, const struct model *m, bool backward, bool recompute, struct err *e);
/* From now on they are m's, on the same tc; what they held is gone. */
enum status acts_turn(struct acts *a, const struct model *m, struct err *e);
void acts_free(struct acts *a);
size_t acts_bytes(const struct model *m, bool backward, bool recompute, size_t ntok);

/* Hidden states after the final norm, (ntok, dim), borrowed from a until its next use.
 * With kv the batch's tokens go on from what their slots hold.  The batch's arrays, rows,
 * targets, temperatures and one number a row (logprob, entropy, kl, z, g, h, dz) are the
 * host's here and below; hidden, dhidden, grad and logits are in the context's memory. */
enum status model_forward(struct model *m, const struct batch *b, struct kv *kv, struct acts *a,
    const float **hidden, struct err *e);
/* dhidden (ntok, dim) as above for the same batch as the last model_forward on a (made
 * with backward); grad (train_size) +=, so micro-batches in order give the same bits as
 * one batch. */
enum status model_backward(struct model *m, const struct batch *b, struct acts *a, float *dhidden,
    float *grad, struct err *e);

/* A prefix: n tokens id that all sequences of many batches begin with, computed once.  Its keys
 * and values stay in a until the next call.  Each model_backward of a batch with this prefix
 * adds to their gradients, in order; model_prefix_backward, after the last of them, computes
 * the prefix again and adds its own part to grad. */
enum status model_prefix(struct model *m, const int32_t *id, size_t n, struct acts *a, struct err *e);
enum status model_prefix_backward(struct model *m, struct acts *a, float *grad, struct err *e);

/* A tied embedding gets gradients from the head and from the input.  Between begin and
 * end the two are summed apart, and end adds the head's into grad: so the bits do not
 * depend on how a step is cut into micro-batches (numbers are right without, too).
 * Call both around every step; begin fails only for memory, the first time. */
enum status model_grad_begin(struct model *m, struct err *e);
void model_grad_end(struct model *m, float *grad);

/* HEAD_LM.  rows: which hidden rows (N indices into the batch), target: the id each
 * should emit; invtemp (N) or NULL; results (N). */
enum status model_logprob(struct model *m, const float *hidden, const size_t *row, const int32_t *target,
    const float *invtemp, size_t n, float *logprob, float *entropy, struct err *e);
/* raw logits (N, vocab) of these rows */
enum status model_logits(struct model *m, const float *hidden, const size_t *row, size_t n, float *logits,
    struct err *e);
/* g = dL/dlogprob, h = dL/dentropy or NULL: adds into dhidden (ntok, dim) rows and into grad */
enum status model_logprob_bwd(struct model *m, const float *hidden, const size_t *row, const int32_t *target,
    const float *invtemp, size_t n, const float *g, const float *h, float *dhidden, float *grad, struct err *e);
/* exact KL(m || ref) of rows; both LM heads of one vocabulary */
enum status model_full_kl(struct model *m, const float *hidden, struct model *ref, const float *hidden_ref,
    const size_t *row, const float *invtemp, size_t n, float *kl, struct err *e);

/* HEAD_TOKEN, HEAD_SEQUENCE, HEAD_VALUE: one raw scalar z a row (no sigmoid, no
 * normalisation). */
void model_scalar(struct model *m, const float *hidden, const size_t *row, size_t n, float *z);
void model_scalar_bwd(struct model *m, const float *hidden, const size_t *row, size_t n, const float *dz,
    float *dhidden, float *grad);

/* What besides the weights decides the results: configuration and adapter scales, without a
 * reward's normalisation, which training sets.  ST_NOMEM alone. */
enum status model_shape(const struct model *m, char out[HASH_HEX], struct err *e);
/* The fingerprint of a shared critic's head (config.value); "" where there is none. */
enum status model_head_print(const struct model *m, char out[HASH_HEX], struct err *e);

/* Write config.json (or adapter_config.json) and the safetensors with each tensor's
 * XXH3 in their metadata into the existing folder dir; from masters when trained.
 * Files are fsynced; dir is not. */
enum status model_save(struct model *m, const char *dir, struct err *e);
/* The value head alone into the existing folder dir (head_config.json, head.safetensors);
 * backbone: the way there from dir. */
enum status model_save_value(struct model *m, const char *dir, const char *backbone, struct err *e);
/* Change stored normalisation before saving. */
void model_set_norm(struct model *m, double mean, double sd);
/* Set the meaning of a token head (reward_cost). */
void model_set_cost(struct model *m, bool cost);

#endif
