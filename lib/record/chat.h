/* Chat templates: turns of a conversation as the text that a model reads. */
#ifndef RECORD_CHAT_H
#define RECORD_CHAT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum chat_role { CHAT_SYSTEM, CHAT_USER, CHAT_ASSISTANT, CHAT_ROLES };

struct chat_turn { enum chat_role role; const char *text; size_t n; };

/* What stands before and after a turn's text, and in front of everything: begin, when
 * there is no system turn.  Tokens that a tokenizer adds by itself (BOS) are left
 * out.  reply stands between the prompt and the answer's text, on the answer's side. */
struct chat_template {
	const char *name;
	const char *begin, *begin_input;
	const char *before[CHAT_ROLES], *after[CHAT_ROLES];
	const char *open;       /* what invites the answer, behind the last turn */
	const char *reply;
	const char *input;      /* between an instruction and its input */
	bool fold;              /* a user turn behind the system turn has no `before` */
};

/* alpaca, chatml, llama2, llama3, zephyr, plain; NULL if there is none. */
const struct chat_template *chat_template(const char *name);

/* Append the prompt for an answer to turns[0..n). input: the begin of instructions
 * with an input. */
void chat_prompt(const struct chat_template *t, const struct chat_turn *turn, size_t n,
    bool input, struct buf *b);

/* "system", "user", "assistant" */
bool chat_role(const char *s, enum chat_role *role);

#endif
