/* The inside of the importer: one file for each family of layouts, and what they share. */
#ifndef RECORD_IMPORT_INT_H
#define RECORD_IMPORT_INT_H

#include "json/json.h"
#include "record/import.h"

/* A row that waits for its partner. */
struct row_kept { char *line, *key; size_t n; bool gone; const char *file; uint64_t no; };

struct import {
	struct import_opt opt, named;   /* with what is guessed, without */
	enum status (*emit)(struct record *, void *, struct err *);
	void *ctx;
	struct record *out, *other;
	const char *file;       /* where the source is, for messages */
	uint64_t line;
	struct chat *usual[3];  /* the layouts' own templates, made when they are needed */
	struct chat *chat;      /* what made the current prompt; NULL: none yet */
	struct chat_talk talk;  /* of that prompt */
	struct buf text, a, b;  /* text: the prompt */
	struct row_kept *row;
	size_t nrow, cap, left;
	uint32_t *slot;
	size_t nslot;
	bool guessed;
};

/* White space alone. */
bool import_blank(const char *s, size_t n);
void import_trim(const char **s, size_t *n);

/* The template in use: the model's or the file's that --template names, or the parts of a named one. */
enum status import_chat(struct import *im, const char *usual, struct chat **c, struct err *e);
/* The prompt for an answer to talk, whose turns are borrowed for the record, into im->text. */
enum status import_talk(struct import *im, struct chat *c, const struct chat_talk *talk, struct record *in,
    const char *key, struct err *e);
/* A prompt of one user turn (and an input), by c, into im->text. */
enum status import_single(struct import *im, struct chat *c, struct record *in, const char *key, const char *s, size_t n,
    const char *input, size_t ninput, struct err *e);
/* A prompt that is a text already, into im->text; its answers are texts too. */
enum status import_plain(struct import *im, const char *s, size_t n, struct err *e);

/* im->out becomes a record with the prompt that was made. */
enum status import_start(struct import *im, struct err *e);
/* Set an answer as the prompt's template has it after that prompt; from names the member of the
 * source that it comes from. */
enum status import_answer(struct import *im, const char *key, struct record *in, const char *from, const char *s, size_t n,
    struct err *e);
enum status import_answer_turn(struct import *im, const char *key, struct record *in, const char *from,
    const struct chat_turn *answer, struct err *e);
/* Add what is kept of the source: all but the used keys (NULLs are skipped); give the
 * record an id and hand it on. */
enum status import_finish(struct import *im, struct record *in, const char *const *used, size_t nused,
    struct err *e);

/* A text of the source that must not be blank. */
enum status import_get(struct record *in, const char *key, const char **s, size_t *n, struct err *e);
/* The layouts: import_record's contract. */
enum status import_hh(struct import *im, struct record *in, struct err *e);
enum status import_trl(struct import *im, struct record *in, struct err *e);
enum status import_alpacafarm(struct import *im, struct record *in, struct err *e);
enum status import_alpaca(struct import *im, struct record *in, struct err *e);
enum status import_qa_feedback(struct import *im, struct record *in, struct err *e);
enum status import_ultrafeedback(struct import *im, struct record *in, struct err *e);
enum status import_pairs(struct import *im, struct record *in, struct err *e);
enum status import_label_studio(struct import *im, struct record *in, struct err *e);
enum status import_argilla(struct import *im, struct record *in, struct err *e);
enum status import_csv(struct import *im, struct record *in, struct err *e);
enum status import_m2(struct import *im, struct record *in, struct err *e);

#endif
