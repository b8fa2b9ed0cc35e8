/* Find stretches of texts that other texts contain too, by a suffix array (libdivsufsort)
 * and longest common prefixes: every byte of every repeat of at least a given length is
 * found, in linear time and nine bytes of memory a byte of text (17 from 2 GB on). */
#ifndef EDIT_OVERLAP_H
#define EDIT_OVERLAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct overlap;

enum status overlap_new(struct overlap **o, struct err *e);     /* owned */
void overlap_free(struct overlap *o);

/* Add a text of document doc; documents ascend.  A stretch that is found lies
 * within one text. */
enum status overlap_add(struct overlap *o, size_t doc, const char *text, size_t n, struct err *e);
/* The documents added so far are the reference: later ones are compared only with them.
 * Without a reference, each document is compared with those before it. */
void overlap_reference(struct overlap *o);

/* Bytes [at, at + len) of document doc's text k (from 0) begin as bytes from_at.. of
 * document from's text from_k. */
struct overlap_span { size_t doc, k, at, len, from, from_k, from_at; };

/* Find the spans of at least min bytes (min >= 1), in order of place. */
enum status overlap_run(struct overlap *o, size_t min, struct err *e);
/* The spans of document doc, *n of them; borrowed. */
const struct overlap_span *overlap_spans(const struct overlap *o, size_t doc, size_t *n);

#endif
