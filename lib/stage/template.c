#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "stage/template.h"
#include "token/token.h"

/* How the tokenizer of dir begins a prompt and ends an answer. */
static enum status
set_ends(struct chat *c, const char *dir, struct err *e)
{
	struct tok_ids ids = {0};
	struct buf eos = BUF_INIT;
	struct tok_scratch *s = NULL;
	struct tokenizer *t;
	int32_t id;
	bool begins;

	if (tok_open(&t, dir, e))
		return e->code;
	if (!tok_scratch_new(&s, e) && !tok_prompt(t, s, "a", 1, &ids, e)) {
		begins = tok_bos(t) >= 0 && ids.n && ids.id[0] == tok_bos(t);
		id = tok_eos(t);
		if (id < 0 || !tok_decode(t, &id, 1, true, &eos, NULL, e))
			chat_set_ends(c, begins, id < 0 ? NULL : eos.p, eos.n, e);
	}
	if (s)
		tok_scratch_free(s);
	tok_ids_free(&ids);
	buf_free(&eos);
	tok_close(t);
	return e->code;
}

enum status
template_open(struct chat **c, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *dir = NULL, *file = NULL;

	if (chat_open(c, path, e))
		return e->code;
	if (file_is_dir(path))
		dir = strdup(path);
	else
		dir = slash ? strndup(path, (size_t)(slash - path) + (slash == path)) : strdup(".");
	if (!dir || !(file = file_join(dir, "tokenizer.json")))
		err_nomem(e);
	else if (file_exists(file))
		set_ends(*c, dir, e);
	free(file);
	free(dir);
	if (e->code) {
		chat_free(*c);
		*c = NULL;
	}
	return e->code;
}
