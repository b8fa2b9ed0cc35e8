#include "json/json.h"
#include "stage/ask_int.h"

enum status
ask_json(struct record *r, struct agent_question *q, const char *const *field, const char *const *name, size_t nfield,
    struct buf *line, struct err *e)
{
	const char *raw;
	size_t i, n;

	buf_clear(line);
	for (i = 0; i < nfield; i++)
		if (record_raw(r, field[i], &raw, &n)) {
			buf_addf(line, "%s\"%s\":", line->n ? "," : "{", name[i]);
			buf_add(line, raw, n);
		}
	buf_addc(line, '}');
	q->json = (struct agent_text){ line->p, line->n };
	return buf_ok(line) ? ST_OK : err_nomem(e);
}

enum status
ask_remarks(struct record *r, const char *answer, size_t n, struct err *e)
{
	static const char *const key[] = { "annotator", "seconds", "note", "reason" };
	struct arena mem = ARENA_INIT;
	struct json j;
	size_t i, at;

	if (json_parse(&j, answer, n, &mem, e))
		goto out;
	e->code = ST_OK;
	for (i = 0; i < sizeof(key) / sizeof(*key) && !e->code; i++)
		if ((at = json_get(&j, 0, key[i])))
			record_set_raw(r, key[i], answer + j.node[at].at, j.node[at].len, e);
out:
	arena_free(&mem);
	return e->code;
}

enum status
ask_run(struct backend *b, const struct ask *how, const struct stream *io, struct ask_count *count, struct err *e)
{
	*count = (struct ask_count){ 0 };
	return backend_options(b)->kind->serve ? ask_people(b, how, io, count, e) : ask_agent(b, how, io, count, e);
}
