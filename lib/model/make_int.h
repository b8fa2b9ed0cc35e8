/* A model that is being made: its table, with tensors that are filled one by one. */
#ifndef MODEL_MAKE_INT_H
#define MODEL_MAKE_INT_H

#include "model/make.h"
#include "model/model_int.h"

struct draft { struct model m; };

/* draft_close also after a failure; l: NULL without an adapter */
enum status draft_open(struct draft *d, struct tc *tc, const struct model_config *c,
    const struct lora_config *l, struct err *e);
void draft_close(struct draft *d);
/* w's numbers, to be filled */
void *draft_room(struct draft *d, struct weight *w, struct err *e);
/* random numbers for w as its table row says */
enum status draft_fill(struct draft *d, struct weight *w, uint64_t seed, bool uniform, struct err *e);
/* make_lora.c: m's adapters, added to its maps, as the draft's maps; *lost as make_merged has it */
enum status merge_maps(struct draft *d, const struct model *m, double *lost, struct err *e);
enum status draft_save(struct draft *d, const char *dir, struct err *e);

#endif
