/* What a pass began with: whether the pass in the output folder is one over what is read now. */
#include <string.h>

#include "run/train_int.h"

/* The fingerprints of the policy and the critic ("" without one). */
enum status
train_prints(const struct train *t, char out[STATE_NETS][HASH_HEX], struct err *e)
{
	const char *policy = model_fingerprint(t->net.m), *critic = t->critic.m ? model_fingerprint(t->critic.m) : "";

	if (!policy || !critic)
		return err_nomem(e);
	strcpy(out[0], policy);
	strcpy(out[1], critic);
	return ST_OK;
}

static enum status
shapes(const struct train *t, char out[STATE_NETS][HASH_HEX], struct err *e)
{
	out[1][0] = 0;
	return model_shape(t->net.m, out[0], e) || (t->critic.m && model_shape(t->critic.m, out[1], e)) ? e->code : ST_OK;
}

/* x: of what is read now; began, ended: of the pass.  A model that the finished pass made may
 * be in the place of the one that it began with. */
static bool
is_same(const char *x, const char *began, const char *ended, bool done)
{
	return !strcmp(x, began) || (done && !strcmp(x, ended));
}

/* The pass in OUT or OUT.part is one over what is read now. */
static enum status
check_same(const struct train *t, bool done, struct err *e)
{
	char now[STATE_NETS][HASH_HEX], shape[STATE_NETS][HASH_HEX], head[HASH_HEX];
	const struct train_state *st = t->st;
	const char *what = NULL;

	if (train_prints(t, now, e) || shapes(t, shape, e) || model_head_print(t->net.m, head, e))
		return e->code;
	if (!is_same(now[0], st->start[0], st->weights[0], done) || (st->shape[0][0] && strcmp(shape[0], st->shape[0])))
		what = t->r->o->model;
	else if (!is_same(now[1], st->start[1], st->weights[1], done) || (st->shape[0][0] &&
	    (strcmp(shape[1], st->shape[1]) || !is_same(head, st->head[0], st->head[1], done))))
		what = t->r->o->critic ? t->r->o->critic : "no critic";
	if (!what)
		return ST_OK;
	return err_set(e, ST_USAGE, "%s: the run there began from other weights or another configuration than %s has; "
	    "--fresh discards it", t->r->part, what);
}

enum status
train_check_start(struct train *t, enum ckpt_plan plan, struct err *e)
{
	const char *print = model_fingerprint(t->net.m), *policy = t->r->o->policy;
	struct train_state *st = t->st;

	if (!print)
		return err_nomem(e);
	if (plan == CKPT_DONE || plan == CKPT_RESUME)
		return check_same(t, plan == CKPT_DONE, e);
	if (policy && strcmp(policy, print))
		return err_set(e, ST_INPUT, "policy: the records were sampled by %s, but %s is %s", policy,
		    t->r->o->model, print);
	if (shapes(t, st->shape, e) || model_head_print(t->net.m, st->head[0], e))
		return e->code;
	return train_prints(t, st->start, e);
}
