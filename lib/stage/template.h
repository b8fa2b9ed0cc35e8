/* A model's chat template, with what its tokenizer does by itself at the ends of a text. */
#ifndef STAGE_TEMPLATE_H
#define STAGE_TEMPLATE_H

#include "chat/chat.h"

/* path: a model's folder, or a file in one (chat_open).  Where a tokenizer.json lies beside the
 * template, a prompt carries no BOS that this tokenizer puts before it, and an answer ends before the
 * token that ends it (fg-record(5)).  Owned: chat_free. */
enum status template_open(struct chat **c, const char *path, struct err *e);

#endif
