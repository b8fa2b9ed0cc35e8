/* Members of a configuration object, checked. */
#ifndef MODEL_READER_INT_H
#define MODEL_READER_INT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "json/json.h"
#include "model/model.h"

struct reader {
	struct json j;
	struct model_config *c;
	struct err *e;
	bool *seen;             /* by node: reader_member was asked for it; NULL: nobody wants to know */
};

/* The member's node; 0 when it is absent or null. */
size_t reader_member(const struct reader *r, size_t object, const char *key);
/* Whether the key is not there at all: null is a value too. */
bool reader_absent(const struct reader *r, size_t object, const char *key);
enum status reader_missing(const struct reader *r, const char *key);
/* An absent key leaves *v alone, unless it is needed. */
enum status reader_size(const struct reader *r, size_t object, const char *key, int64_t lo, int64_t hi,
    bool need, size_t *v);
enum status reader_real(const struct reader *r, size_t object, const char *key, double lo, double hi,
    bool need, double *v);
enum status reader_bool(const struct reader *r, size_t object, const char *key, bool *v);
/* A string without NUL, in the JSON's arena; *s NULL when absent. */
enum status reader_str(const struct reader *r, size_t object, const char *key, const char **s);

/* Bounds that keep every product of sizes far from overflow. */
enum {
	MAX_VOCAB = 1 << 26, MAX_DIM = 1 << 20, MAX_LAYERS = 1 << 12, MAX_HEADS = 1 << 14,
	MAX_HEAD_DIM = 1 << 12, MAX_FFN = 1 << 22, MAX_POS = 1 << 26
};

/* config_rope.c: rotary embeddings, with head_dim and positions known */
enum status config_rope(const struct reader *r);

/* config_keys.c: every key of the object was asked for, or is known to be harmless; within: the
 * object's own key, "" for the whole */
enum status config_keys(const struct reader *r, size_t object, const char *within);

#endif
