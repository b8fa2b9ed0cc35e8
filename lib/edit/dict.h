/* Numbers for words. */
#ifndef EDIT_DICT_H
#define EDIT_DICT_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Equal words of a pair are equal symbols.  Owned. */
struct edit_dict;
enum status edit_dict_new(struct edit_dict **d, struct err *e);
void edit_dict_free(struct edit_dict *d);
/* The number of the word p[0..n), which is borrowed: less than the calls so far. */
enum status edit_dict_word(struct edit_dict *d, const char *p, size_t n, uint32_t *sym, struct err *e);
/* Forget every word; the texts that they point to may then be freed. */
void edit_dict_clear(struct edit_dict *d);

#endif
