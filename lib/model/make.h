/* New model folders: random weights, other heads, adapters, conversions.
 * Every function writes into the existing folder dir. */
#ifndef MODEL_MAKE_H
#define MODEL_MAKE_H

#include "base/aside.h"
#include "model/config.h"
#include "model/model.h"

/* Random weights for c: element i of tensor NAME is drawn by (seed, NAME, i), normal
 * with deviation init_range (norms 1, biases 0), rounded to c->dtype. */
enum status make_new(struct tc *tc, const struct model_config *c, uint64_t seed, const char *dir,
    struct err *e);

/* The backbone of folder from with a new head; pad is set when the head needs one.  An adapter is added
 * into its base for that; *lost as make_merged has it. */
enum status make_head(struct tc *tc, const char *from, enum model_head head, uint64_t seed, double *lost,
    const char *dir, struct err *e);

/* A value head of zeros that shares the backbone of folder from, a language model or an
 * adapter; base: the way there from dir. */
enum status make_shared(struct tc *tc, const char *from, const char *base, const char *dir, struct err *e);

/* An adapter on folder from: B zero, A uniform in +-1/sqrt(columns) as PEFT has it.
 * targets: "q_proj,v_proj", NULL: all; base: how the adapter names its base, a path that is
 * absolute or relative to dir; head: NULL for the base's, else that of a reward, new, which the
 * adapter brings. */
struct make_lora { size_t rank; double alpha; const char *targets, *base; const enum model_head *head; };
enum status make_adapter(struct tc *tc, const char *from, const struct make_lora *l, uint64_t seed,
    const char *dir, struct err *e);

/* The adapter folder from added into its base (folder base, or NULL: the one it names): W + scale
 * B A, summed in f32 and rounded once, to *dtype or (NULL) the base's.  *lost: what rounding
 * took away of what the adapter adds, as a part of it. */
enum status make_merged(struct tc *tc, const char *from, const char *base, const enum dtype *dtype, double *lost,
    const char *dir, struct err *e);
/* The model of folder from, whatever it is, without what training keeps beside it; an adapter with folder
 * base as its base (NULL: its own). */
enum status make_copy(struct tc *tc, const char *from, const char *base, const char *dir, struct err *e);

/* Numbers in all tensors of c. */
size_t make_count(const struct model_config *c);

/* Copy the tokenizer's files that folder from has: tokenizer.json and its companions
 * (generation_config.json with generation). */
enum status make_copy_tokenizer(const char *from, bool generation, const char *dir, struct err *e);

/* The same for the folder path, or for the one that the file path is in; a file of
 * another name than tokenizer.json comes alone. */
enum status make_take_tokenizer(const char *path, const char *dir, struct err *e);

/* A new folder is made aside as OUT.part, which make_folder takes (base/aside.h) and empties, and
 * becomes OUT when it is whole; make_discard gives it up.  OUT must not exist, or be an empty
 * folder: ST_USAGE. */
enum status make_folder(struct aside *a, const char *out, struct err *e);
enum status make_publish(struct aside *a, struct err *e);
void make_discard(struct aside *a);
/* The path of folder to as seen from folder at, both existing. Owned. */
enum status make_relative(const char *to, const char *at, char **path, struct err *e);

#endif
