/* Shared by the files of lib/model, and private to them. */
#ifndef MODEL_MODEL_INT_H
#define MODEL_MODEL_INT_H

#include "base/arena.h"
#include "model/arch.h"
#include "model/config.h"
#include "model/model.h"
#include "model/safetensors.h"

/* A layer's tensors in table order (params.c). q, k, v and gate, up are side by
 * side in the master array, so each group is one matrix. */
enum {
	L_NORM1, L_NORM1B, L_Q, L_K, L_V, L_QB, L_KB, L_VB, L_QNORM, L_KNORM, L_O, L_OB, L_POST1,
	L_NORM2, L_NORM2B, L_GATE, L_UP, L_GATEB, L_UPB, L_DOWN, L_DOWNB, L_POST2, LAYER_TENSORS
};
/* tensors after the layers */
enum { G_NORM, G_NORMB, G_HEAD, G_SCORE, G_SCOREB, GLOBAL_TENSORS, G_EMBED = GLOBAL_TENSORS };
/* linear maps that LoRA may adapt; lora_slot[] gives their tensor */
enum { LIN_Q, LIN_K, LIN_V, LIN_O, LIN_GATE, LIN_UP, LIN_DOWN, LINEARS };

enum init_kind { INIT_NORMAL, INIT_ONE, INIT_ZERO };

/* One tensor.  rows 0: this model has none. */
struct weight {
	char *name;             /* arena */
	size_t rows, cols;      /* a vector has rows 1 */
	bool vector;            /* used as f32 in vec, and written with one dimension */
	bool decay, train;
	bool plus_one;          /* stored without its 1, which vec has */
	enum init_kind init;
	enum dtype type;        /* of raw */
	size_t at;              /* place in the masters when it trains */
	const void *stored;     /* of what is only read: in the map of the file that has it */
	const void *host;       /* (rows, cols) where the host has them: in a map; else NULL */
	const void *raw;        /* the same in the context's memory; NULL: in panels alone */
	const float *vec;       /* vectors: the same as f32, in the context's memory */
};

/* y += scale * B (A x)   (Hu et al. 2021, eq. 3); A (r, K), B (N, r) */
struct lora_map {
	struct weight *a, *b;   /* NULL: not adapted */
	float scale;
	size_t at;              /* ranks of the layer's maps before it */
	struct panel pa, pb;
};

struct layer {
	struct weight *w;       /* LAYER_TENSORS of them */
	struct panel qkv, o, gu, down;
	struct lora_map lora[LINEARS];
};

struct lora_pattern { const char *name; double v; };

/* The adapter of one linear map of one layer; rank 0: none. */
struct lora_at { size_t rank; double alpha; };

struct lora_config {
	size_t rank;            /* 0: no adapter */
	double alpha;
	bool rslora;            /* scale alpha / sqrt(r) instead of alpha / r */
	const char **names;     /* arena: target_modules; NULL: "all-linear" or an expression */
	size_t nnames;
	bool target[LINEARS];   /* what these are in the model */
	bool listed;            /* target names every map that is adapted; else the file's tensors do */
	bool scores, tokens;    /* task_type: the adapter brings a head for sequences, for tokens */
	char *base;             /* arena: base_model_name_or_path as written */
	/* arena: by module name, the first that matches counts */
	struct lora_pattern *ranks, *alphas;
	size_t nranks, nalphas;
	/* lora_resolve: (layers, LINEARS), arena; NULL: every target has rank and alpha */
	struct lora_at *at;
	size_t widest;          /* largest rank */
};

struct mem { void *p; size_t bytes; bool host; struct mem *next; };

/* Logits of the last model_logprob, as many as KEEP_FLOATS holds, for its backward pass:
 * of rows row[0..n) of hidden.  hidden NULL: there are none. */
struct kept {
	const float *hidden;
	size_t *row, n, cap;
	float *l;
	size_t bytes;
};

struct model {
	struct model_config c;
	struct lora_config lora;
	struct tc *tc;
	struct arena arena;
	struct mem *mems;               /* every big allocation */
	struct st_file **file;          /* maps that raw pointers borrow from */
	const char **path;              /* of the files */
	size_t nfile, mapped;           /* bytes of them that are raw pointers' */
	bool train;

	struct weight *w;               /* embed, layers, globals, LoRA */
	size_t nw;
	struct weight *embed, *global;
	struct layer *layer;
	struct panel head, score;       /* (V,D); (1,D) */

	struct param *param;
	size_t nparam, ntrain;
	float *master;
	float *tied_grad;               /* see model_grad_begin */
	bool tied_open;

	struct rope_table { float *cs; size_t len, bytes; } rope, local;        /* cs (len, config_turned / 2, 2) */
	float *ones;                    /* for weights of norms without their 1; NULL if the norms have theirs */
	float *gx, *gd, *gz;            /* gathered rows (GATHER, dim); their gradients, of a model that trains; (GATHER) */
	struct kept kept;
	char print[HASH_HEX];           /* fingerprint, "" when stale */
	/* an adapter's: its own file, where its base is (arena, as it was named; NULL in a draft), and the
	 * base's fingerprint, "" until it is asked for */
	const struct st_file *adapter;
	const char *base_dir;
	/* of an adapter with another head: the base's language model head, which only its fingerprint needs; rows 0: the base
	 * has none */
	struct weight unread;
	bool base_absolute;             /* and is written so */
	char base_print[HASH_HEX];
	struct model *lender;           /* the model that was opened before, which m may borrow from; or NULL */
};

enum { GATHER = 512, KEEP_FLOATS = 1 << 25 };

/* params.c: fill w with names and shapes of every tensor of c (and of l's adapter) */
enum status params_make(struct model *m, struct err *e);
size_t params_count(const struct model_config *c);      /* numbers in all tensors */
extern const unsigned char lora_slot[LINEARS];

/* Zeroed memory that model_close frees: the context's; the host's. */
void *mem_get(struct model *m, size_t bytes, struct err *e);
void *mem_host(struct model *m, size_t bytes, struct err *e);
void mem_free(struct model *m);
/* w's numbers for the host to read until the next call on m: where the host has them, else
 * fetched into room, weight_bytes(w) long. */
const void *weight_read(const struct model *m, const struct weight *w, void *room);

/* shards.c: one more file of m; those of folder dir, by its index too; closed again */
enum status shards_add(struct model *m, const char *dir, const char *name, struct err *e);
enum status shards_open(struct model *m, const char *dir, struct err *e);
void shards_close(struct model *m);

/* stored.c: w as it is stored, with the right shape; whether name is a type of numbers that weights may have */
enum status stored_find(const struct model *m, const struct weight *w, const struct st_tensor **t, enum dtype *type,
    struct err *e);
bool stored_float(const char *name, enum dtype *t);
/* The files hold what the configuration asks for, and no more: before there is room for it. */
enum status stored_check(const struct model *m, struct err *e);
/* The dtype of a folder whose config.json names none is that of its embedding. */
void stored_guess(struct model *m);

/* load.c: room for the trained tensors as the forward pass reads them; then every tensor */
enum status load_room(struct model *m, struct err *e);
enum status load_all(struct model *m, struct err *e);

/* weights.c: raw and vec of trained tensors from the masters */
void weights_round(struct model *m);
/* Let go of what of these is a file's: it is in panels. */
void weight_forget(const struct model *m, const struct weight *w, size_t count);
/* Room for m->ones, where a norm's weight needs them; their 1 into w's vec (of what trains: made anew). */
enum status ones_make(struct model *m, struct err *e);
void weight_add_one(const struct model *m, const struct weight *w);
/* pack every panel again that holds a trained tensor (all: every panel) */
enum status panels_pack(struct model *m, bool all, struct err *e);

/* lend.c: what a model that was opened before holds of the same bytes of the same file.  Each says whether it was
 * found.  weight: fills raw, host and vec; panel: fills p, of count tensors from w on. */
bool lend_weight(const struct model *m, struct weight *w);
bool lend_panel(const struct model *m, struct panel *p, const struct weight *w, size_t count);
/* base_print of a lender on the same base, if it is known */
bool lend_print(struct model *m);

/* rope.c: make sure that the tables reach position n - 1 */
enum status rope_reach(struct model *m, size_t n, struct err *e);
/* Cosines and sines of layer l. */
const float *rope_table(const struct model *m, size_t l);
/* What c's scaling divides frequency i by. */
double rope_slowing(const struct model_config *c, size_t i);

/* lora.c */
enum status lora_read(struct lora_config *l, struct arena *a, const char *dir, struct err *e);
/* Which maps of c are adapted, with what rank; f: the adapter's tensors. */
enum status lora_resolve(struct lora_config *l, struct arena *a, const struct model_config *c,
    const struct st_file *f, struct err *e);
struct lora_at lora_at(const struct lora_config *l, size_t layer, size_t linear);
double lora_scale(const struct lora_config *l, struct lora_at at);
/* "model.layers.3.self_attn.q_proj"; "" where c has no such map */
void lora_module(const struct model_config *c, char name[96], size_t layer, size_t linear);
/* "q_proj" */
const char *lora_name(const struct model_config *c, size_t linear, char room[96]);
/* base: the text of base_model_name_or_path */
enum status lora_write(const struct lora_config *l, const char *base, const struct model_config *c,
    const char *dir, struct err *e);
/* Adapt the linear maps of c called name ("q_proj"), NULL: all; false if c has no such map. */
bool lora_target(struct lora_config *l, const struct model_config *c, const char *name);

/* adapter.c.  The folder of the base model: dir itself, or where its adapter, which is read then,
 * points (over, unless NULL: where it is told to). Owned. */
enum status adapter_base(struct model *m, const char *dir, const char *over, char **base, struct err *e);
/* Maps, head and normalisation of the adapter in the file that was opened last. */
enum status adapter_read(struct model *m, struct err *e);
/* An adapter that knows its base works on no other. */
enum status adapter_check(struct model *m, const char *base, struct err *e);

/* shared.c: where dir's head has its backbone, in keep; NULL when dir is no such folder */
enum status shared_read(const char **backbone, struct arena *keep, const char *dir, struct err *e);
/* the head of a shared critic in place of the language model's, or beside it */
enum status shared_head(struct model *m, const char *backbone, bool beside, struct err *e);
enum status shared_write(const char *backbone, const char *dir, struct err *e);
#define SHARED_CONFIG "head_config.json"
#define SHARED_FILE "head.safetensors"

enum { META_MORE = 4 };         /* most entries of weights_write's meta */
/* save.c: those of nw tensors that are there, in name order, into dir/file */
enum status weights_write(const struct model *m, const struct weight *w, size_t nw, const char *dir,
    const char *file, const char *const (*meta)[2], size_t nmeta, struct err *e);
/* The fingerprint of the tensors that an adapter leaves alone; NULL when memory is out. */
const char *base_fingerprint(struct model *m);
/* Keys of metadata in an adapter's file. */
#define META_BASE "finegrain.base"
#define META_MEAN "finegrain.reward_mean"
#define META_REWARD "finegrain.reward"    /* what a token head gives: "cost" or "probability" */
#define META_SD "finegrain.reward_sd"

/* acts.c: what a layer keeps */
struct layer_acts {
	float *x;               /* (N,D) what came in */
	float *rstd1, *rstd2;   /* (N), of LayerNorm (N,2) */
	float *qkv;             /* (N, Q + 2 KV) after bias, norm and rotation */
	float *pre;             /* (N, Q + KV) before the q and k norms, if any */
	float *qrstd, *krstd;   /* (N, H), (N, KVH), or (N) where the norm is of all heads together */
	float *stat;            /* (N, H, 2) */
	float *o;               /* (N, Q) */
	float *mid;             /* (N,D) after attention */
	float *sub1, *sub2;     /* (N,D) what attention and the feed-forward part give, before the norms of these, if any */
	float *prstd1, *prstd2; /* (N) */
	float *gu;              /* (N, 2 F) gate, up; without gates (N, F) */
	float *low;             /* scale A x of every adapted map: (N, r) each, from N at on */
};

struct acts {
	const struct model *m;
	struct tc *tc;
	bool backward, recompute;
	size_t cap;             /* tokens that fit */
	float *mem;
	size_t bytes;
	size_t seqcap;
	struct attn_seq *seq;
	struct attn_grad *gseq;
	struct layer_acts *layer;       /* layers of them; the same one when not kept */
	float *last;            /* (N,D) what came out of the last layer */
	float *hidden, *rstd;   /* (N,D); (N), of LayerNorm (N,2) */
	float *h;               /* (N,D) normalised input of a block */
	float *act;             /* (N,F) */
	float *big;             /* (N, max(Q,KV)) for the q and k norms; (N, 3 Q) in the order of heads */
	int32_t *pos;           /* (N) */
	int32_t *host_pos;      /* (N) the same for the host */
	/* backward */
	float *dx, *dh, *dgu, *dact, *dqkv, *dob, *dlow, *dbig;
	/* the prefix: ids; a layer's keys and values side by side (layers, n, 2 KV), their gradients
	 * after all of them.  Owned */
	struct prefix { int32_t *id; size_t n; float *mem; size_t bytes; } prefix;
};

/* prefix.c: a layer's keys and values of the prefix; grad: their gradients. */
float *prefix_at(const struct acts *a, size_t layer, bool grad);

enum status acts_reach(struct acts *a, size_t ntok, size_t nseq, struct err *e);
/* For every layer and slot the panels of struct attn_seq, keys then values. */
struct kv {
	const struct model *m;
	size_t slots, len;              /* len: positions, a multiple of 32 */
	size_t *used;
	float *mem;
	size_t bytes;
};
float *kv_keys(const struct kv *kv, size_t layer, size_t slot);
float *kv_values(const struct kv *kv, size_t layer, size_t slot);

/* a * b, SIZE_MAX when that overflows */
size_t mul_sat(size_t a, size_t b);
size_t add_sat(size_t a, size_t b);

/* Does a tied embedding get gradients from both ends? */
static inline bool
tied_trains(const struct model *m)
{
	return m->c.tied && m->c.head == HEAD_LM && m->embed->train;
}

static inline size_t
weight_bytes(const struct weight *w)
{
	return w->rows * w->cols * dtype_size(w->type);
}

static inline size_t
q_width(const struct model_config *c)
{
	return c->heads * c->head_dim;
}

static inline size_t
kv_width(const struct model_config *c)
{
	return c->kv_heads * c->head_dim;
}

/* layer l's attention */
struct attn_shape attn_shape_of(const struct model *m, size_t l);

#endif
