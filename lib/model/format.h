/* Weights in the formats of other programs, brought into a model folder.  Each is one
 * descriptor in a file of its own, format_NAME.c.  (safetensors, the format of folders, is
 * read by model_open.) */
#ifndef MODEL_FORMAT_H
#define MODEL_FORMAT_H

#include "base/arena.h"
#include "base/file.h"
#include "model/model.h"

struct draft;

/* A file that is being read. */
struct import {
	struct file_map map;
	struct arena mem;
	void *state;                    /* from mem: what config leaves for weights */
};

struct format {
	const char *name;               /* "llama2c" */
	/* What the file says of the model, over the defaults in c.  The file is not trusted;
	 * config_check follows. */
	enum status (*config)(struct import *in, struct model_config *c, struct err *e);
	/* Fill every tensor of the draft (make_int.h). */
	enum status (*weights)(struct import *in, struct draft *d, struct err *e);
	/* Write the files of the tokenizer that it has into folder dir; NULL: it has none. */
	enum status (*tokenizer)(struct import *in, const char *dir, struct err *e);
};

/* All of them: a row for each, with the help of fg-init's --from-NAME. */
#define FORMATS(X) \
	X(gguf, "convert a model of llama.cpp, with its tokenizer") \
	X(llama2c, "convert weights of llama2.c")

#define FORMAT_DECLARE(f, help) extern const struct format format_##f;
FORMATS(FORMAT_DECLARE)
#define FORMAT_INDEX(f, help) FORMAT_##f,
enum format_index { FORMATS(FORMAT_INDEX) FORMAT_COUNT };

/* Number i (enum format_index), NULL past the last one. */
const struct format *format_at(size_t i);

/* file, as f has it, into the existing folder dir; c is filled.  dtype: of the weights, NULL: what
 * is nearest to the file's; tokenizer: with it, if the file has one. */
enum status format_import(struct tc *tc, const struct format *f, const char *file, const enum dtype *dtype,
    bool tokenizer, struct model_config *c, const char *dir, struct err *e);

#endif
