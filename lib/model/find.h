/* Find a model while its folder is being replaced. */
#ifndef MODEL_FIND_H
#define MODEL_FIND_H

#include <stdbool.h>

#include "base/status.h"

/* In a folder that was moved aside to OUT.old: one of that name without it is somebody
 * else's. */
#define MODEL_REPLACED ".fg-replaced"

/* On a file system that cannot exchange two folders, DIR is missing for a moment, or for
 * good after a crash: then DIR.part, if it is complete (its trainer_state.json, written
 * last, says finished), else DIR.old, if it was moved there.  Else DIR itself, whether it
 * is there or not.  A folder inside of such a DIR (policy/critic) is found too.  Owned. */
enum status model_find(char **found, const char *dir, struct err *e);

/* Whether both are there and one folder. */
bool model_same(const char *x, const char *y);

#endif
