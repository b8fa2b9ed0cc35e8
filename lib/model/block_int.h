/* A layer as a list of steps.  An architecture names its list; forward, recomputation, cached
 * decoding and backward all walk it. */
#ifndef MODEL_BLOCK_INT_H
#define MODEL_BLOCK_INT_H

#include "model/model_int.h"

/* One layer at work. */
struct pass {
	struct model *m;
	size_t l;
	const struct layer *y;
	const struct batch *b;
	struct kv *kv;                  /* NULL without a cache */
	struct acts *a;
	struct layer_acts *la;          /* la->x is what came in */
	float *out;                     /* (N,D) what goes out */
	float *grad;                    /* backward: a->dx holds out's gradient, then x's */
	bool prefix;                    /* b is the prefix itself */
};

/* What becomes of a step's result. */
enum step_result {
	STEP_KEPT,      /* it is kept in the layer's activations */
	STEP_AGAIN,     /* scratch: computed again before the backward of the step that follows */
	STEP_OUT        /* the layer's result, which its backward does not read */
};

struct step {
	void (*fwd)(const struct pass *p);
	void (*bwd)(const struct pass *p);
	enum step_result result;
};

/* norm, q k v, their norms, rotation, attention, o + residual; norm, gate and up, SwiGLU,
 * down + residual: the order of Llama */
extern const struct step *const block_pre_norm[];
/* q k v, their norms, rotation, attention, o, norm + residual; gate and up, SwiGLU, down, norm +
 * residual: the order of OLMo 2 */
extern const struct step *const block_post_norm[];

/* norm, q k v, their norms, rotation, attention, o, norm + residual; norm, gate and up, GeGLU, down,
 * norm + residual: the order of Gemma 2 */
extern const struct step *const block_both_norms[];

/* norm, q k v of each head, rotation, attention; norm of the same input, up, GELU; x + o + down: the order of
 * GPT-NeoX */
extern const struct step *const block_side_by_side[];

/* block_neox.c */
extern const struct step step_qkv_heads, step_norm_x, step_up, step_gelu_erf, step_both;
/* block_post.c */
extern const struct step step_take1, step_take2, step_sub_o, step_sub_down, step_post1, step_post2;

/* All of p's steps.  What is kept of them is enough for block_backward. */
void block_forward(const struct pass *p);
/* Only those whose results backward needs. */
void block_recompute(const struct pass *p);
void block_backward(const struct pass *p);

/* From the ids to what comes out of the last layer; and back, from its gradient in a->dx.
 * prefix: b is the prefix itself. */
enum status layers_forward(struct model *m, const struct batch *b, struct kv *kv, struct acts *a, bool prefix,
    struct err *e);
void layers_backward(struct model *m, const struct batch *b, struct acts *a, bool prefix, float *grad);

/* norm.c: numbers that the norm of weight w keeps of a row; y = its norm of x (N,D); backward: dx += ..., and the
 * gradients of its weight and bias */
size_t norm_stats(const struct weight *w);
void norm_fwd(const struct model *m, float *y, float *stat, const float *x, const struct weight *w, size_t n);
void norm_bwd(const struct model *m, float *grad, float *dx, const float *dy, const float *x, const struct weight *w,
    const float *stat, size_t n);

/* linear.c: a layer's linear maps of one input, side by side: weights w .. w+count-1 of the
 * table, their biases from b on, their adapters from lora on. */
struct linear { unsigned char w, b, lora, count; size_t panel; };
extern const struct linear linear_qkv, linear_o, linear_gu, linear_down;
extern const struct linear *const linears[];    /* all of them, then NULL */
struct panel *linear_panel(struct layer *y, const struct linear *f);
/* y (N, rows) = x w^T + adapter + bias, or y += with acc; x (N, cols) packed */
void linear_fwd(const struct pass *p, const struct linear *f, float *y, size_t ldy, const float *x, bool acc);
/* dx (N, cols) packed = ..., and the gradients of weights, adapters and biases += */
void linear_bwd(const struct pass *p, const struct linear *f, float *dx, const float *dy, size_t lddy,
    const float *x);
/* Where w's gradient is added; NULL when it does not train. */
float *weight_grad(float *grad, const struct weight *w);

#endif
