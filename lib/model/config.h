/* config.json of the Llama family. */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include "base/buf.h"
#include "model/model.h"

/* Read dir/config.json (and eos ids from dir/generation_config.json when it has
 * them).  *typed: whether the file names its dtype; if not c->dtype is f32.  What is not
 * supported is ST_INPUT and named. */
enum status config_read(struct model_config *c, bool *typed, const char *dir, struct err *e);
/* the defaults of recipes: llama, f32, theta 10000, eps 1e-5, init 0.02 */
void config_default(struct model_config *c);
/* Bounds and divisibility, so that no product of sizes can overflow.  The message
 * names the key as config.json does. */
enum status config_check(const struct model_config *c, struct err *e);
/* Append c as config.json has it. */
enum status config_print(struct buf *b, const struct model_config *c, struct err *e);
/* Write dir/config.json; dir/generation_config.json with the token ids. */
enum status config_write(const struct model_config *c, const char *dir, struct err *e);
enum status config_write_generation(const struct model_config *c, const char *dir, struct err *e);
/* what YaRN multiplies cosines and sines by when the file does not say */
double config_yarn_attention(double factor);
/* The same for LongRoPE; orig above 1. */
double config_long_attention(double factor, double orig);
/* Scale c's rotary frequencies, with the usual constants of that kind; orig: the length before. */
void config_scale(struct model_config *c, enum rope_kind kind, double factor, double orig);
/* The longest sequence of c: its positions, or fewer where rotation beyond depends on how long the whole
 * sequence is, so that no token's numbers would be the same in a longer one. */
size_t config_longest(const struct model_config *c);
/* The same, SIZE_MAX where it does not depend on that. */
size_t config_limit(const struct model_config *c);
/* How many numbers of a head are rotated: the first ones. */
static inline size_t
config_turned(const struct model_config *c)
{
	return c->turned ? c->turned : c->head_dim;
}
/* Are queries and keys of layer l rotated? */
static inline bool
config_rotates(const struct model_config *c, size_t l)
{
	return !c->no_rope_every || (l + 1) % c->no_rope_every;
}
/* Is layer l one of those with a window, if there is one?  Does it see only the keys in it? */
static inline bool
config_local(const struct model_config *c, size_t l)
{
	return l >= c->window_from && (!c->full_every || (l + 1) % c->full_every);
}
static inline bool
config_slides(const struct model_config *c, size_t l)
{
	return c->window && config_local(c, l);
}
/* What embeddings are multiplied by. */
float config_embed_scale(const struct model_config *c);
/* query_pre_attn_scalar, whose root attention's scores are divided by. */
size_t config_query_scalar(const struct model_config *c);
/* Make c one of this architecture: its traits, and the biases that it leaves open. */
void config_arch(struct model_config *c, const struct arch *a, bool attention_bias, bool mlp_bias);
const char *dtype_name(enum dtype t);           /* "float32", "bfloat16", "float16" */
bool dtype_parse(const char *s, enum dtype *t);

#endif
