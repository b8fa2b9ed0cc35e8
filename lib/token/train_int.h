/* What the parts of vocabulary training share. */
#ifndef TOKEN_TRAIN_INT_H
#define TOKEN_TRAIN_INT_H

#include "token/train.h"

/* U+2581, which stands for a space */
#define MARK "\342\226\201"

/* Cuts a text into words and counts each in w. */
struct train_cut;
enum status train_cut_new(struct train_cut **c, enum train_split split,
    const char *const *special, size_t nspecial, struct err *e);
void train_cut_free(struct train_cut *c);
enum status train_cut(struct train_cut *c, struct train_words *w, const char *text, size_t n,
    struct err *e);

enum status train_words_count(struct train_words *w, const char *s, size_t n, uint64_t count,
    struct err *e);

#endif
