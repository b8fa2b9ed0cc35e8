/* What fg-init makes: a model for a tokenizer, a model out of another one's file or folder. */
#ifndef RUN_NEWMODEL_H
#define RUN_NEWMODEL_H

#include "model/config.h"
#include "model/format.h"

struct tc;

/* Random weights for configuration c in folder dir, with generation_config.json and the tokenizer's files.
 * What c leaves open (vocab 0, bos below 0, no eos) is the tokenizer's (a file or folder, or NULL) and is set
 * in c.  ST_USAGE when c does not fit together, or not with the tokenizer. */
enum status newmodel_make(struct tc *tc, struct model_config *c, const char *tokenizer, uint64_t seed,
    const char *dir, struct err *e);

/* The model of file, as f has it, in folder dir, with a tokenizer: this one, or (NULL) the file's own if
 * it has one, which must open.  dtype: as format_import has it.  c: what it is. */
enum status newmodel_convert(struct tc *tc, const struct format *f, const char *file, const char *tokenizer,
    const enum dtype *dtype, struct model_config *c, const char *dir, struct err *e);

/* What becomes of the model in folder from.  Members that are not asked for are zero. */
struct newmodel_from {
	const char *from;
	const char *base;               /* the base of the adapter in from, in place of the one that it names */
	const enum model_head *head;    /* a new one; NULL with rank: the one that from has */
	bool shared;                    /* a critic that shares the backbone */
	bool strip;                     /* the model alone, without what training keeps beside it */
	bool merge;                     /* the adapter into its base */
	const enum dtype *dtype;        /* of what is merged; NULL: the base's */
	size_t rank;                    /* a new adapter */
	double alpha;
	const char *targets;
};
/* Make it in folder dir, with from's tokenizer, or that of the base of an adapter that came without.
 * c: what it is; *lost: what rounding took of what an adapter adds, as a part of it. */
enum status newmodel_from(struct tc *tc, const struct newmodel_from *o, uint64_t seed, struct model_config *c,
    double *lost, const char *dir, struct err *e);

/* The shape of a new model; what is 0 follows from the rest. */
struct newmodel_shape {
	int arch, head, dtype, rope;    /* enum arch_index, model_head, dtype, rope_kind */
	uint64_t vocab, dim, layers, heads, kv_heads, head_dim, ffn, max_length, window, rope_orig;
	int64_t bos, eos;               /* -1: the tokenizer's */
	double theta, norm_eps, init_range, rope_factor;
	bool tied, bias;
};
void newmodel_config(struct model_config *c, const struct newmodel_shape *s);

#endif
