#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/find.h"
#include "run/pass.h"

/* What the other ranks get of the decision. */
struct decision {
	enum ckpt_plan plan;
	bool had;               /* CKPT_DONE, since the loop has already made this pass */
	struct train_state st;
	char source[4096], part[4096];
};

static enum status
path(char to[4096], const char *from, struct err *e)
{
	/* no save to go on from */
	if (!from)
		return ST_OK;
	if (strlen(from) >= 4096)
		return err_set(e, ST_USAGE, "a path is longer than 4095 bytes");
	strcpy(to, from);
	return ST_OK;
}

static enum status
decide(const struct pass *p, struct ckpt **c, struct decision *d, struct err *e)
{
	if (ckpt_open(c, p->out, e))
		return e->code;
	e->code = ST_OK;
	if (p->loop && !p->fresh && ckpt_had(*c, p->loop, p->kind, &d->had, &d->st, e))
		return e->code;
	if (d->had) {
		d->plan = CKPT_DONE;
		return ST_OK;
	}
	/* the same folder? asked after OUT is repaired */
	if (ckpt_decide(*c, p->digest, model_same(p->o->model, p->out), p->fresh, &d->plan, &d->st, e))
		return e->code;
	if (d->plan != CKPT_DONE) {
		d->st.loop = p->loop;
		snprintf(d->st.loop_kind, sizeof(d->st.loop_kind), "%s", p->loop ? p->kind : "");
	}
	if (d->plan != CKPT_DONE)
		train_tell_plan(p->h, p->out, p->loop, d->plan, d->st.done);
	return path(d->source, ckpt_source(*c), e) ? e->code : path(d->part, ckpt_part(*c), e);
}

enum status
pass_run(const struct pass *p, struct err *e)
{
	struct decision *d = calloc(1, sizeof(*d));
	struct train_run r = { .o = p->o, .tc = p->tc, .comm = p->comm, .data = p->data, .eval = p->eval, .h = p->h,
		.stopped = p->stopped };

	e->code = ST_OK;
	if (!d)
		err_nomem(e);
	else if (!p->comm->rank)
		decide(p, &r.c, d, e);
	if (!comm_agree(p->comm, e) && !comm_bcast(p->comm, 0, d, sizeof(*d), e)) {
		r.plan = d->plan;
		r.st = &d->st;
		r.source = d->source;
		r.part = d->part;
		if ((d->had || !train_run(&r, e)) && r.plan == CKPT_DONE && !p->comm->rank)
			/* after it has been checked */
			train_tell_plan(p->h, p->out, p->loop, r.plan, d->st.done);
	}
	if (r.c)
		ckpt_close(r.c);
	free(d);
	return e->code;
}
