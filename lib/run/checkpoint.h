/* Folders that are replaced as a whole or not at all.  OUT.part, locked, holds what is
 * being made: while a run goes on its saves (save-N, renamed into place when whole), at
 * the end the finished model; then it is exchanged with OUT. */
#ifndef RUN_CHECKPOINT_H
#define RUN_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "run/state.h"

struct ckpt;

/* In OUT.part: the model of the best evaluation so far, by steps done. */
#define CKPT_BEST "best-%012llu.safetensors"

/* What is to be done, from OUT and OUT.part; in this order of preference. */
enum ckpt_plan {
	CKPT_DONE,              /* this very pass is finished in OUT: nothing */
	CKPT_RESUME,            /* go on from the save in ckpt_source */
	CKPT_NEXT,              /* OUT (the same folder as -m) is the pass before */
	CKPT_NEW
};

/* Take the lock of OUT.part (made if absent) and mend what a crash left: a finished
 * OUT.part is published, an OUT.old put back.  ST_USAGE when another run holds the
 * lock, when OUT.part is not ours, or when OUT is a folder that holds something but no model.
 * Owned: ckpt_close. */
enum status ckpt_open(struct ckpt **c, const char *path, struct err *e);
void ckpt_close(struct ckpt *c);

/* Compare digest with what is there.  same: -m is OUT itself; fresh: begin anew
 * whatever is there.  st becomes the state to go on from (CKPT_RESUME, CKPT_NEXT) or
 * that of the finished pass (CKPT_DONE). Anything else is ST_USAGE. */
enum status ckpt_decide(struct ckpt *c, const char *digest, bool same, bool fresh,
    enum ckpt_plan *plan, struct train_state *st, struct err *e);
/* Whether OUT has had pass n of a loop over this kind of training; st is its state then.  ST_USAGE
 * when passes before n are missing. */
enum status ckpt_had(const struct ckpt *c, uint64_t n, const char *kind, bool *had, struct train_state *st,
    struct err *e);
/* CKPT_RESUME: the folder of the save; CKPT_NEXT: OUT.  Borrowed. */
const char *ckpt_source(const struct ckpt *c);
/* OUT.part, for files beside the saves.  Borrowed. */
const char *ckpt_part(const struct ckpt *c);

/* A save: write files into *dir, then ckpt_save_end puts st there and makes it the
 * one that counts; older saves go. */
enum status ckpt_save_begin(struct ckpt *c, const struct train_state *st, const char **dir, struct err *e);
enum status ckpt_save_end(struct ckpt *c, const struct train_state *st, struct err *e);

/* The finished folder: write files (and folders) into *dir, then ckpt_publish puts st
 * there, syncs and makes it OUT. */
enum status ckpt_final_begin(struct ckpt *c, const char **dir, struct err *e);
enum status ckpt_publish(struct ckpt *c, const struct train_state *st, struct err *e);

/* Copy the regular files of a model folder that are neither weights nor training state
 * (tokenizer, generation, templates); synced.  Of the names that belong to a model a link is
 * followed, of others it is left out.  from: as model_find has it. */
enum status ckpt_copy_files(const char *from, const char *to, struct err *e);
/* What OUT holds that no run of ours writes, into the finished folder, as folder_keep does; inside:
 * a folder in it, or NULL; except: an entry that is left out, or NULL.  Where OUT is not what
 * the pass begins with, the tokenizer's files are left out too: they are another model's. */
enum status ckpt_keep(const struct ckpt *c, const char *inside, const char *except, struct err *e);

#endif
