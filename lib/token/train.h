/* Vocabulary training: words are counted, then merged (BPE) or pruned (Unigram). */
#ifndef TOKEN_TRAIN_H
#define TOKEN_TRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/pool.h"
#include "base/status.h"

/* How text falls into words: tokens never cross a word's border. */
enum train_split {
	TRAIN_GPT2,     /* the byte-level pattern of GPT-2 */
	TRAIN_SPACE     /* SentencePiece: a word begins with U+2581 for its space; lines apart */
};

/* The distinct words of a text with their counts, in order of first appearance. */
struct train_word { size_t at; uint32_t len; uint64_t count; };
struct train_words {
	char *text;             /* the words' bytes, one after the other */
	size_t ntext, cap_text;
	struct train_word *word;
	size_t n, cap;
	uint32_t *slot;         /* word + 1, 0 if free */
	size_t nslot;           /* a power of two */
	struct train_cut *cut;
};

/* A Unigram tokenizer's own special token. */
#define TRAIN_UNKNOWN "<unk>"

/* special: texts that are cut out of the input before it is split (borrowed); TRAIN_SPACE
 * cuts out TRAIN_UNKNOWN as well.
 * Owned: train_words_free. */
enum status train_words_new(struct train_words *w, enum train_split split,
    const char *const *special, size_t nspecial, struct err *e);
void train_words_free(struct train_words *w);

/* Count the words of a text.  Invalid UTF-8 is ST_INPUT with e->byte. */
enum status train_words_add(struct train_words *w, const char *text, size_t n, struct err *e);

/* Count everything that fd yields, as one text; line and byte are set on errors.
 * The text is read in blocks that end where no word can span. */
enum status train_words_read(struct train_words *w, int fd, struct err *e);

enum train_ties {
	TRAIN_TIES_ID,          /* the pair with the smaller ids, left then right */
	TRAIN_TIES_TEXT         /* the pair with the greater bytes, left then right */
};

/* A trained byte-level BPE: the special tokens' ids come first, then the 256 bytes in
 * the order of their GPT-2 letters, then the merged tokens. */
struct train_bpe {
	uint32_t *left, *right; /* merges in rank order: ids */
	size_t nmerge;
	char *text;             /* tokens' bytes (specials included), owned */
	size_t *end;            /* token i is text[end[i-1] .. end[i]) */
	size_t ntoken;
};

/* Merge the most frequent pair until there are size tokens or no pair occurs
 * min_count times.  A merge whose text is already a token adds no token. */
enum status train_bpe(struct train_bpe *m, const struct train_words *w, size_t size,
    uint64_t min_count, enum train_ties ties, const char *const *special, size_t nspecial,
    struct err *e);
void train_bpe_free(struct train_bpe *m);

/* A trained Unigram model (Kudo 2018): pieces in descending order of probability, every
 * character of the text among them. */
struct train_unigram {
	char *text;             /* pieces' bytes, owned */
	size_t *end;            /* piece i is text[end[i-1] .. end[i]) */
	double *score;          /* logarithms of their probabilities */
	size_t n;
};

/* About size pieces of at most 16 characters from words split at TRAIN_SPACE, which may not
 * have more characters than that: ST_USAGE.  The same bytes on any number of threads. */
enum status train_unigram(struct train_unigram *m, const struct train_words *w, size_t size,
    struct pool *pool, struct err *e);
void train_unigram_free(struct train_unigram *m);
/* Append a tokenizer.json: <unk>, the special tokens, then the pieces. */
enum status train_unigram_print(const struct train_unigram *m, const char *const *special, size_t nspecial,
    struct buf *b, struct err *e);

/* Append a tokenizer.json. */
enum status train_bpe_print(const struct train_bpe *m, size_t nspecial, struct buf *b,
    struct err *e);

#endif
