/* Chat templates: messages of a conversation as the text that a model reads, and what an answer
 * adds to it.  A template is Jinja, as a model's folder holds it, or named parts. */
#ifndef CHAT_CHAT_H
#define CHAT_CHAT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/buf.h"
#include "base/status.h"

/* ---- parts ---- */

enum chat_role { CHAT_SYSTEM, CHAT_USER, CHAT_ASSISTANT, CHAT_ROLES };

/* What stands before and after a turn's text, and before everything: begin, when there is no
 * system turn.  Tokens that a tokenizer adds by itself (BOS) are left out.  reply stands
 * between the prompt and the answer's text, on the answer's side. */
struct chat_parts {
	const char *name;
	const char *begin, *begin_input;
	const char *before[CHAT_ROLES], *after[CHAT_ROLES];
	const char *open;       /* what invites the answer, after the last turn */
	const char *reply;
	const char *input;      /* between an instruction and its input */
	bool fold;              /* a user turn after the system turn has no `before` */
	bool trim;              /* texts lose the white space around them, as Llama 3's do */
};

/* alpaca, chatml, llama2, llama3, zephyr, plain; NULL if there is none. */
const struct chat_parts *chat_parts(const char *name);

/* ---- templates ---- */

struct chat;

/* parts is borrowed.  Owned. */
enum status chat_new(struct chat **c, const struct chat_parts *parts, struct err *e);
/* A model's folder, tokenizer_config.json, chat_template.json, or a file of Jinja.  The texts of
 * BOS, EOS and the other special tokens come from tokenizer_config.json and
 * special_tokens_map.json of the same folder.  Owned.  ST_INPUT, ST_USAGE as jinja_parse;
 * ST_INPUT where there is no template. */
enum status chat_open(struct chat **c, const char *path, struct err *e);
void chat_free(struct chat *c);

/* The parts of a template that has them, else NULL. */
const struct chat_parts *chat_has_parts(const struct chat *c);
/* The time that strftime_now tells; without this call it is the present. */
void chat_set_time(struct chat *c, time_t t);
bool chat_asked_time(const struct chat *c);
/* What the tokenizer does by itself: it puts BOS before each prompt (so that a BOS at the beginning
 * of the prompt is left out), and ends an answer with a token of this text (so that it is left
 * out, with the white space after it, at the end of an answer); NULL: none.  Copied. */
enum status chat_set_ends(struct chat *c, bool begins, const char *eos, size_t neos, struct err *e);
const char *chat_bos(const struct chat *c);     /* NULL: the files name none */

/* A message.  json: the whole message, when the source has one as an object; its members with null
 * are left out, and reasoning is passed under the names that templates read. */
struct chat_turn {
	const char *role;
	const char *text;       /* NULL: json has no content, or one that is not a text */
	size_t n;
	const char *json;
	size_t njson;
};

struct chat_talk {
	const struct chat_turn *turn;
	size_t n;
	bool input;             /* parts: the begin of instructions with an input */
	const char *tools, *documents, *more;   /* JSON: an array, an array, an object of variables; NULL: none */
	size_t ntools, ndocuments, nmore;
};

/* Append the prompt for an answer to the talk.  ST_INPUT: the template does not take it. */
enum status chat_prompt(struct chat *c, const struct chat_talk *talk, struct buf *b, struct err *e);
/* Append the text that the answer adds after prompt[0..n), which chat_prompt made of the talk.  ST_INPUT also where
 * the template does not make the prompt the beginning of the finished dialogue. */
enum status chat_answer(struct chat *c, const struct chat_talk *talk, const char *prompt, size_t n,
    const struct chat_turn *answer, struct buf *b, struct err *e);

/* Compare what two templates make of a few dialogues.  *why: NULL where all are the same, else a phrase that names the
 * kind of dialogue that differs ("a dialogue without a system turn"). */
enum status chat_same(struct chat *x, struct chat *y, const char **why, struct err *e);

#endif
