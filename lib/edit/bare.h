/* Hunks of bare words to bytes. */
#ifndef EDIT_BARE_H
#define EDIT_BARE_H

#include "edit/label.h"

/* The text between two kept words is a hunk wherever the sides differ; so is the text before the first kept word and
 * after the last.  White space and punctuation that are the same at its ends are
 * left out.  from and to get the bytes b0 and b1 of each;
 * their number is at most one more than that of the kept words. */
size_t edit_bare_spans(const struct edit_script *s, const struct edit_side *a, const struct edit_text *x,
    const struct edit_side *b, const struct edit_text *y, struct edit_span *from, struct edit_span *to);

#endif
