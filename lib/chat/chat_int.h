/* The inside of a chat template that is not Jinja's own. */
#ifndef CHAT_CHAT_INT_H
#define CHAT_CHAT_INT_H

#include "chat/chat.h"

/* chat_prompt and chat_answer by parts */
enum status parts_prompt(const struct chat_parts *p, const struct chat_talk *talk, struct buf *b, struct err *e);
enum status parts_answer(const struct chat_parts *p, const struct chat_turn *answer, struct buf *b, struct err *e);

#endif
