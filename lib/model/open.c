/* A model's folder, opened. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model/find.h"
#include "model/model_int.h"

enum status
model_peek(struct model_config *c, const char *dir, struct err *e)
{
	struct model m = {0};
	char *at, *base = NULL, *shared = NULL;
	bool typed;

	e->code = ST_OK;
	if (!model_find(&at, dir, e) && !model_shared(at, &shared, e) &&
	    !adapter_base(&m, shared ? shared : at, NULL, &base, e) && !config_read(c, &typed, base, e)) {
		if (shared)
			c->head = HEAD_VALUE;
		else if (c->head == HEAD_LM && (m.lora.scores || m.lora.tokens))
			c->head = m.lora.scores ? HEAD_SEQUENCE : HEAD_TOKEN;
	}
	free(at);
	free(shared);
	free(base);
	arena_free(&m.arena);
	return e->code;
}

static enum status
open_all(struct model *m, const char *dir, const char *over, bool beside, struct err *e)
{
	char *base = NULL, *shared;
	const char *from;
	size_t rows;
	bool typed;
	enum status st;

	if ((st = model_shared(dir, &shared, e)))
		return st;
	from = shared ? shared : dir;
	/* a head that shares a backbone first, then the adapter's file: its head wins over the
	 * base's */
	if ((st = adapter_base(m, from, over, &base, e)) || (shared && (st = shards_add(m, dir, SHARED_FILE, e))) ||
	    (m->lora.rank && (st = shards_add(m, from, "adapter_model.safetensors", e))) ||
	    (st = config_read(&m->c, &typed, base, e)) || (m->lora.rank && (st = adapter_read(m, e))) ||
	    (shared && (st = shared_head(m, from, beside, e))) || (st = shards_open(m, base, e)))
		goto out;
	if (!typed)
		stored_guess(m);
	if ((st = params_make(m, e)))
		goto out;
	if ((st = stored_check(m, e))) {
		if (!e->file[0])
			err_file(e, base);
		goto out;
	}
	if ((st = ones_make(m, e)) || (st = load_room(m, e)) || (st = load_all(m, e)) || (st = adapter_check(m, base, e)))
		goto out;
	if (m->train && !m->lora.rank)
		shards_close(m);        /* all is in the masters */
	weights_round(m);
	rows = GATHER * m->c.dim * sizeof(float);
	if (!(m->gx = mem_get(m, rows, e)) || (m->train && !(m->gd = mem_get(m, rows, e))) ||
	    !(m->gz = mem_get(m, GATHER * sizeof(float), e)))
		st = e->code;
	else
		st = panels_pack(m, true, e);
out:
	free(shared);
	free(base);
	return st;
}

static enum status
open_one(struct model **out, struct tc *tc, const char *dir, const char *base, struct model *lender, unsigned flags,
    struct err *e)
{
	struct model *m = calloc(1, sizeof(*m));
	enum status st;
	char *at;

	*out = NULL;
	if (!m)
		return err_nomem(e);
	m->tc = tc;
	m->lender = lender;
	m->train = flags & MODEL_TRAIN;
	if (!(st = model_find(&at, dir, e)))
		st = open_all(m, at, base, m->train || flags & MODEL_BESIDE, e);
	free(at);
	if (st)
		model_close(m);
	else
		*out = m;
	return st;
}

enum status
model_open(struct model **out, struct tc *tc, const char *dir, unsigned flags, struct err *e)
{
	return open_one(out, tc, dir, NULL, NULL, flags, e);
}

enum status
model_open_on(struct model **out, struct tc *tc, const char *dir, const char *base, unsigned flags, struct err *e)
{
	return open_one(out, tc, dir, base, NULL, flags, e);
}

enum status
model_open_after(struct model **out, const char *dir, struct model *lender, struct err *e)
{
	return open_one(out, lender->tc, dir, NULL, lender, MODEL_READ, e);
}

void
model_close(struct model *m)
{
	if (!m)
		return;
	mem_free(m);
	tc_free(m->tc, m->rope.cs, m->rope.bytes);
	tc_free(m->tc, m->local.cs, m->local.bytes);
	tc_free(m->tc, m->kept.l, m->kept.bytes);
	free(m->kept.row);
	shards_close(m);
	free(m->file);
	free(m->path);
	arena_free(&m->arena);
	free(m);
}
