/* Tokenizers: a Hugging Face tokenizer.json (or .tiktoken) file, encode with byte
 * offsets, decode. */
#ifndef TOKEN_TOKEN_H
#define TOKEN_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct tokenizer;
struct tok_scratch;     /* one a thread */

/* path: a tokenizer file, or a folder that holds tokenizer.json and may hold
 * config.json, generation_config.json, tokenizer_config.json (eos and bos ids; files
 * beside a tokenizer file count too).  Owned.  A feature that is not supported is
 * ST_INPUT and named. Safe to share between threads. */
enum status tok_open(struct tokenizer **t, const char *path, struct err *e);
void tok_close(struct tokenizer *t);

enum status tok_scratch_new(struct tok_scratch **s, struct err *e);
void tok_scratch_free(struct tok_scratch *s);

/* Tokens of a text: end[i] is the byte offset in the text where token i ends, which
 * covers [end[i-1], end[i]); a special token that was added has no width. */
struct tok_ids {
	int32_t *id;            /* owned */
	size_t *end;
	size_t n, cap;
};
void tok_ids_free(struct tok_ids *o);
enum status tok_ids_push(struct tok_ids *o, int32_t id, size_t end, struct err *e);

enum tok_flags {
	TOK_PLAIN = 0,          /* the model's ids alone, special tokens in the text recognised */
	TOK_POST = 1            /* run the post-processor (BOS, EOS as the file says) */
};

/* The longest text in bytes, at most TOK_TEXT_MAX; TOK_TEXT_USUAL at first.  A text takes 40
 * bytes of memory a byte, and up to 100 where it has no boundary between words. */
enum { TOK_TEXT_USUAL = 1 << 26, TOK_TEXT_MAX = (1 << 30) - 1 };
void tok_set_longest(struct tokenizer *t, size_t n);

/* Append text's tokens to out. text must be UTF-8 (ST_INPUT with e->byte) and not too long. */
enum status tok_encode(const struct tokenizer *t, struct tok_scratch *s, const char *text,
    size_t n, unsigned flags, struct tok_ids *out, struct err *e);

/* fg-record(5)'s sequences.  A prompt carries BOS if the post-processor adds one.  A reply
 * carries none and ends with the first eos id when complete (ST_INPUT if the model has none);
 * it has the prefix space, if any, that it has as a part of the whole text: not after ordinary
 * text, but after an added token, which may also take the white space after it.
 * last: the last id of the prompt, -1 when the prompt has no text (ids or not). */
enum status tok_prompt(const struct tokenizer *t, struct tok_scratch *s, const char *text,
    size_t n, struct tok_ids *out, struct err *e);
enum status tok_reply(const struct tokenizer *t, struct tok_scratch *s, const char *text,
    size_t n, int32_t last, bool complete, struct tok_ids *out, struct err *e);
/* Does a reply depend on the last id of its prompt, and not only on whether it is empty? */
bool tok_minds_last(const struct tokenizer *t);
/* Does a prompt begin with BOS twice, or a reply end with EOS twice? */
bool tok_twice(const struct tokenizer *t, const int32_t *id, size_t n, bool reply);

/* Text of ids, appended to a struct buf; special tokens are left out unless keep.
 * Bytes that are not UTF-8 print as U+FFFD.  end (may be NULL): for each id the number
 * of printed bytes up to its end. */
struct buf;
enum status tok_decode(const struct tokenizer *t, const int32_t *id, size_t n, bool keep_special,
    struct buf *text, size_t *end, struct err *e);
/* What ids adds to the text of prompt: decode(prompt ++ ids) minus decode(prompt);
 * end counts from the start of that text. */
enum status tok_decode_reply(const struct tokenizer *t, const int32_t *prompt, size_t np,
    const int32_t *id, size_t n, bool keep_special, struct buf *text, size_t *end, struct err *e);

/* Are ids, after those of a prompt (np may be 0), the ids of a text?  They are when they decode to
 * it, with special tokens or without, or when it is encoded so; BOS before the one and EOS after
 * the other need not be in the text. */
enum status tok_same(const struct tokenizer *t, struct tok_scratch *s, const int32_t *prompt, size_t np, const int32_t *id,
    size_t n, const char *text, size_t len, bool *same, struct err *e);

const char *tok_fingerprint(const struct tokenizer *t);        /* 32 hex digits */
size_t tok_vocab_size(const struct tokenizer *t);              /* largest id + 1 */
int32_t tok_bos(const struct tokenizer *t);                    /* -1 if none */
int32_t tok_eos(const struct tokenizer *t);                    /* the first; -1 if none */
bool tok_is_eos(const struct tokenizer *t, int32_t id);
void tok_set_eos(struct tokenizer *t, int32_t id);             /* --eos */
bool tok_is_special(const struct tokenizer *t, int32_t id);
/* the token's bytes as they decode in the middle of a text; borrowed */
const char *tok_bytes(const struct tokenizer *t, int32_t id, size_t *n);

#endif
