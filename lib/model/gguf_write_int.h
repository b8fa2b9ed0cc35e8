/* The keys of a GGUF file that is being written. */
#ifndef MODEL_GGUF_WRITE_INT_H
#define MODEL_GGUF_WRITE_INT_H

#include "model/gguf_int.h"

/* Keys one after the other; b.failed is asked at the end. */
struct gguf_keys { struct buf b; uint64_t n; };

void gguf_put_u32(struct gguf_keys *k, const char *name, size_t v);
void gguf_put_f32(struct gguf_keys *k, const char *name, double v);
void gguf_put_bool(struct gguf_keys *k, const char *name, bool v);
void gguf_put_str(struct gguf_keys *k, const char *name, const char *v);
void gguf_put_string(struct gguf_keys *k, const char *name, struct gguf_text v);
void gguf_put_array(struct gguf_keys *k, const char *name, enum gguf_kind kind, const void *v, size_t n, size_t size);
/* An array of n texts, which gguf_put_text gives one by one. */
void gguf_begin_texts(struct gguf_keys *k, const char *name, size_t n);
void gguf_put_text(struct gguf_keys *k, struct gguf_text v);

/* gguf_vocab.c: the tokenizer of folder dir for vocab tokens; its template, if it has one */
enum status gguf_put_tokens(struct gguf_keys *out, const char *dir, size_t vocab, struct err *e);
enum status gguf_put_template(struct gguf_keys *out, const char *dir, struct err *e);

#endif
