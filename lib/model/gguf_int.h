/* GGUF, the file of llama.cpp: keys with values, then tensors, many of them in blocks of small
 * integers.  The file is not trusted.  Nothing is copied: names and values are in the map.
 * Layout: ggml/docs/gguf.md of llama.cpp; versions 2 and 3, little-endian. */
#ifndef MODEL_GGUF_INT_H
#define MODEL_GGUF_INT_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/model_int.h"

enum gguf_kind {
	GGUF_U8, GGUF_I8, GGUF_U16, GGUF_I16, GGUF_U32, GGUF_I32, GGUF_F32, GGUF_BOOL, GGUF_STR, GGUF_ARRAY,
	GGUF_U64, GGUF_I64, GGUF_F64, GGUF_KINDS
};

struct gguf_text { const char *s; size_t n; };

struct gguf_key {
	struct gguf_text name;
	enum gguf_kind kind;            /* of an array: that of its elements */
	bool array;
	size_t n;                       /* elements, 1 unless array */
	const char *p;                  /* the first element, unaligned */
};

struct gguf_tensor {
	struct gguf_text name;
	uint32_t type;
	size_t rows, cols;              /* a vector has rows 1 */
	const char *data;
	bool used;
};

/* Both in name order. */
struct gguf {
	struct gguf_key *key;
	struct gguf_tensor *tensor;
	size_t nkey, ntensor;
};

/* gguf.c: what p[0..n) holds; tables in a */
enum status gguf_parse(struct gguf *g, const char *p, size_t n, struct arena *a, struct err *e);
const struct gguf_key *gguf_find(const struct gguf *g, const char *name);      /* NULL: absent */
struct gguf_tensor *gguf_tensor(const struct gguf *g, const char *name);
/* An absent key leaves *v alone, unless it is needed. Any kind of integer; any number. */
enum status gguf_uint(const struct gguf *g, const char *name, uint64_t hi, bool need, size_t *v, struct err *e);
enum status gguf_real(const struct gguf *g, const char *name, double lo, double hi, double *v, struct err *e);
enum status gguf_bool(const struct gguf *g, const char *name, bool *v, struct err *e);
enum status gguf_str(const struct gguf *g, const char *name, struct gguf_text *v, struct err *e);
/* An array of texts, in a: *n of them; NULL and 0 when it is absent. */
enum status gguf_texts(const struct gguf *g, const char *name, struct arena *a, struct gguf_text **v, size_t *n,
    struct err *e);
/* Element i of an array of numbers. */
double gguf_number(const struct gguf_key *k, size_t i);
bool gguf_is(struct gguf_text t, const char *s);
int gguf_compare(struct gguf_text a, struct gguf_text b);       /* in byte order */

/* gguf_blocks.c: the types of tensors */
enum gguf_type {
	GGUF_TYPE_F32 = 0, GGUF_TYPE_F16 = 1, GGUF_TYPE_Q4_0 = 2, GGUF_TYPE_Q4_1 = 3, GGUF_TYPE_Q5_0 = 6,
	GGUF_TYPE_Q5_1 = 7, GGUF_TYPE_Q8_0 = 8, GGUF_TYPE_Q4_K = 12, GGUF_TYPE_Q5_K = 13, GGUF_TYPE_Q6_K = 14,
	GGUF_TYPE_BF16 = 30
};
/* Numbers a block holds and its bytes; false for a type that is not read. */
struct gguf_block { const char *name; size_t len, bytes; void (*get)(float *to, const unsigned char *p); };
const struct gguf_block *gguf_block(uint32_t type);
/* n numbers, whole blocks, as float32; to Q8_0, n a multiple of 32 */
void gguf_get(float *to, const char *from, size_t n, const struct gguf_block *b);
void gguf_put_q8_0(char *to, const float *from, size_t n);

/* gguf_names.c: what GGUF calls tensor slot of c's layer l; those after the layers */
const char *gguf_layer_name(const struct model_config *c, size_t l, unsigned slot, char name[96]);
extern const char *const gguf_global_name[GLOBAL_TENSORS];
#define GGUF_EMBED "token_embd.weight"
/* what LongRoPE divides frequencies by */
#define GGUF_LONGS "rope_factors_long.weight"
#define GGUF_SHORTS "rope_factors_short.weight"
/* Row r of GGUF, whose heads pair (2i, 2i+1), is this row where (i, i + D/2) are pairs; D: the heads' width. */
size_t gguf_row(size_t r, size_t head_dim);

/* What llama.cpp takes for query_pre_attn_scalar, which its files do not have. */
size_t gguf_query_scalar(const struct model_config *c);

/* How llama.cpp names the ways to cut text before BPE: as tokenizer.json has it; whole: a piece that
 * is a token needs no merges (ignore_merges); bos: a text begins with it where the file does not say;
 * nfc: the text is normalised before. */
struct gguf_pre { const char *name, *json; bool whole, bos, nfc; };
extern const struct gguf_pre gguf_pres[];       /* the last one's name is NULL */

/* gguf_tokens.c: tokenizer.json, tokenizer_config.json and the template into folder dir */
enum status gguf_tokens(const struct gguf *g, struct arena *a, const char *dir, struct err *e);

#endif
