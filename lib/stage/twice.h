/* Find samples that come twice: the same id (without one, the same prompt), policy and sample number. */
#ifndef STAGE_TWICE_H
#define STAGE_TWICE_H

#include "record/record.h"

struct twice;

enum status twice_open(struct twice **t, struct err *e);
void twice_close(struct twice *t);
/* Remember r, unless it has no `sample`.  Several threads may call it. */
enum status twice_add(struct twice *t, struct record *r, struct err *e);
/* How many samples repeat an earlier one. */
uint64_t twice_count(struct twice *t);

#endif
