/* A value head that shares its backbone with a policy: head.safetensors (score.weight,
 * score.bias) beside head_config.json, {"head": "value", "backbone": "path from here"}. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "json/write.h"
#include "model/find.h"
#include "model/model_int.h"
#include "model/reader_int.h"

static enum status
read_all(const struct reader *r, const char **backbone, struct arena *keep)
{
	const char *head, *to;

	if (json_type(&r->j, 0) != JSON_OBJECT)
		return json_bad(&r->j, 0, r->e, "expected an object");
	if (reader_str(r, 0, "head", &head) || reader_str(r, 0, "backbone", &to))
		return r->e->code;
	if (!head || strcmp(head, "value"))
		return err_set(r->e, ST_INPUT, "head: only \"value\" can share a backbone");
	if (!to || !*to)
		return reader_missing(r, "backbone");
	*backbone = arena_str(keep, to, strlen(to));
	return *backbone ? ST_OK : err_nomem(r->e);
}

enum status
shared_read(const char **backbone, struct arena *keep, const char *dir, struct err *e)
{
	struct reader r = { .e = e };
	struct arena a = ARENA_INIT;
	struct buf text = BUF_INIT;
	char *path = file_join(dir, SHARED_CONFIG);

	*backbone = NULL;
	e->code = ST_OK;
	if (!path)
		return err_nomem(e);
	if (file_exists(path) && !file_read(&text, path, e)) {
		if (!json_parse(&r.j, text.p ? text.p : "", text.n, &a, e))
			read_all(&r, backbone, keep);
		if (e->code)
			err_file(e, path);
	}
	buf_free(&text);
	arena_free(&a);
	free(path);
	return e->code;
}

enum status
shared_write(const char *backbone, const char *dir, struct err *e)
{
	struct buf b = BUF_INIT;
	char *path = file_join(dir, SHARED_CONFIG);
	enum status st;

	buf_adds(&b, "{\n  \"head\": \"value\",\n  \"backbone\": ");
	json_put_str(&b, backbone, strlen(backbone));
	buf_adds(&b, "\n}\n");
	st = path && buf_ok(&b) ? file_write(path, b.p, b.n, e) : err_nomem(e);
	buf_free(&b);
	free(path);
	return st;
}

enum status
shared_head(struct model *m, const char *backbone, bool beside, struct err *e)
{
	if (m->c.head != HEAD_LM)
		return err_set(e, ST_INPUT, "%s: a backbone that is shared needs a language model's head", backbone);
	if (beside)
		m->c.value = true;
	else
		m->c.head = HEAD_VALUE;
	return ST_OK;
}

enum status
model_shared(const char *dir, char **backbone, struct err *e)
{
	struct arena a = ARENA_INIT;
	const char *to;
	char *at;

	*backbone = NULL;
	e->code = ST_OK;
	if (!model_find(&at, dir, e) && !shared_read(&to, &a, at, e) && to &&
	    !(*backbone = to[0] == '/' ? strdup(to) : file_join(at, to)))
		err_nomem(e);
	free(at);
	arena_free(&a);
	return e->code;
}
