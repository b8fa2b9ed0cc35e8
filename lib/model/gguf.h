/* A model folder as a file of llama.cpp.  (format.h reads such files.) */
#ifndef MODEL_GGUF_H
#define MODEL_GGUF_H

#include "base/status.h"

struct tc;

/* The type of most matrices. */
enum gguf_export { GGUF_F32_FILE, GGUF_F16_FILE, GGUF_BF16_FILE, GGUF_Q8_0_FILE };

/* The language model in folder from, with its tokenizer and template, as the new file.  asked: NULL for
 * the type of the weights.  ST_USAGE for what has no place in such a file, and for a file that exists. */
enum status gguf_export(struct tc *tc, const char *from, const enum gguf_export *asked, const char *file,
    struct err *e);

#endif
