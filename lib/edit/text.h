/* Texts as symbols: words with their leading space, or bare of it and of punctuation, tokens,
 * or characters. */
#ifndef EDIT_TEXT_H
#define EDIT_TEXT_H

#include "edit/align.h"
#include "edit/dict.h"

enum edit_unit { EDIT_WORD, EDIT_TOKEN, EDIT_CHAR, EDIT_BARE };

/* Symbol i covers the bytes [end[i-1], end[i]) of the text; end[-1] counts as 0. */
struct edit_text {
	uint32_t *sym;          /* owned, as are the next two */
	size_t *end;
	uint8_t *edge;          /* n + 1 */
	size_t n, cap;
};

void edit_text_free(struct edit_text *t);

/* Split text[0..n), which must stay until d is cleared.  A word is white space and what
 * follows it up to the next; a Han, Hiragana or Katakana character is a word of its own.
 * bare: words with the same core are the same.  EDIT_CHAR: Unicode scalar values; a byte that
 * is not UTF-8 is a symbol too. */
enum status edit_text_words(struct edit_text *t, struct edit_dict *d, const char *text, size_t n, bool bare,
    struct err *e);
enum status edit_text_chars(struct edit_text *t, const char *text, size_t n, struct err *e);

/* Symbols from token ids; end (tok) ascends and ends within n. */
enum status edit_text_tokens(struct edit_text *t, const char *text, size_t n, const int32_t *id,
    const int32_t *end, size_t tok, struct err *e);

/* The word [from,to) without the white space before it and the punctuation around it: [*c0,*c1); where
 * nothing is left, with the punctuation, else the white space. */
void edit_text_core(const char *text, size_t from, size_t to, size_t *c0, size_t *c1);

/* The strength of the word boundary before byte at. */
uint8_t edit_text_edge(const char *text, size_t n, size_t at);

/* Bytes of the white space character at text[at], 0 if there is another character. */
size_t edit_text_space(const char *text, size_t n, size_t at);

#endif
