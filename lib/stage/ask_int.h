/* What the files of ask.h share: ask.c has questions, answers and the choice between the two ways to ask. */
#ifndef STAGE_ASK_INT_H
#define STAGE_ASK_INT_H

#include "stage/ask.h"

/* ask_agent.c: several records at once, each until its answer will do. */
enum status ask_agent(struct backend *b, const struct ask *how, const struct stream *io, struct ask_count *count,
    struct err *e);
/* ask_people.c: all records at a desk. */
enum status ask_people(struct backend *b, const struct ask *how, const struct stream *io, struct ask_count *count,
    struct err *e);

/* ask_count.c: one more record, by the field that accept wrote. */
void ask_tally(const struct ask *how, struct ask_count *c, struct record *r);

#endif
