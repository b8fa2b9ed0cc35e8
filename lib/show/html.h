/* A page of painted records, which needs no other file, and no scripts to be read. */
#ifndef SHOW_HTML_H
#define SHOW_HTML_H

#include "show/paint.h"

/* Everything before the records, with the legend; by is the name of the numbers. */
void html_head(const struct paint *p, struct buf *b, const char *by);
void html_foot(struct buf *b);

/* The beginning of the n-th record, n from 1: its id and edit ratio (NAN: none), and links to its
 * neighbours. */
void html_open(const struct paint *p, struct buf *b, size_t n, const char *id, double ratio);

/* A prompt s[0..n).  The beginning that it shares with the prompt before, last[0..nlast), up to the end of a
 * line, is folded when it is long. */
void html_prompt(const struct paint *p, struct buf *b, const char *s, size_t n, const char *last, size_t nlast);

#endif
