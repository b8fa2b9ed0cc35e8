/* Stretches of a text that a judge marked as wrong: labels without an edit. */
#ifndef STAGE_SPANS_H
#define STAGE_SPANS_H

#include "record/record.h"

/* In an answer: "spans":[{"text":"A"|"B","from":BYTE,"to":BYTE}].  NULL if they are within
 * texts of a and b bytes, or there are none; else the reason why not. */
const char *spans_fault(const char *answer, size_t n, size_t a, size_t b);

/* Set F_spans of the two fields that are A and B: [[from,to],...] in bytes of F, in order and
 * without overlap; [] where only the other field has spans; and, where F_ends says where tokens end, F_label:
 * -1 for each token of a span, else 0.  Nothing is set where the answer has no spans. */
enum status spans_set(struct record *r, const char *const field[2], const char *answer, size_t n, struct err *e);

#endif
