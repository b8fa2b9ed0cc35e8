/* Inside checkpoint*.c: the folders of a run, what is in them, and how one replaces another. */
#ifndef RUN_CHECKPOINT_INT_H
#define RUN_CHECKPOINT_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/aside.h"
#include "base/status.h"

struct ckpt {
	struct aside a;         /* OUT, OUT.part and the lock */
	char *old;
	char *source;           /* what ckpt_decide chose */
	char *tmp;              /* the save being written */
	uint64_t serial;        /* of OUT */
	bool same;              /* OUT is what the pass begins with */
};

/* ---- checkpoint_files.c ---- */

/* dir holds a model or an adapter. */
bool ckpt_is_model(const char *dir);
/* A file that a run of ours writes: it is replaced with the model. */
bool ckpt_is_own(const char *name);
/* For folder_walk: remove the saves but those that arg names (NULL, or the two names that stay) ... */
enum status ckpt_remove_saves(void *arg, const char *dir, const char *name, struct err *e);
/* ... and everything but saves: half-written or half-removed models. */
enum status ckpt_remove_rest(void *arg, const char *dir, const char *name, struct err *e);
/* *arg (owned, or NULL): the newest save's path, as names sort by step. */
enum status ckpt_newest(void *arg, const char *dir, const char *name, struct err *e);

/* ---- checkpoint_swap.c ---- */

/* rename, with a message */
enum status ckpt_move(const char *from, const char *to, struct err *e);
/* OUT.part holds a finished model: make it OUT and remove what OUT was. */
enum status ckpt_swap(struct ckpt *c, struct err *e);
/* What a crash left is mended: a finished OUT.part is published, an OUT.old put back. */
enum status ckpt_mend(struct ckpt *c, struct err *e);

#endif
