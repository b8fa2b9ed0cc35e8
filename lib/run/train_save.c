/* What a run leaves: saves to resume from, the finished model, its critic, the state of the
 * KL controller. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/folder.h"
#include "rl/kl.h"
#include "run/objective_int.h"
#include "run/train_int.h"

#define CRITIC "critic"         /* OUT/critic */

void
train_best_name(const struct train_state *st, char name[64])
{
	snprintf(name, 64, CKPT_BEST, (unsigned long long)st->best_done);
}

static void
count_updates(struct train *t)
{
	t->st->adam[0] = t->net.updates;
	t->st->adam[1] = t->r->o->shared ? t->net.value_updates : t->critic.updates;
}

enum status
train_save(struct train *t, struct err *e)
{
	bool writes = !t->r->comm->rank;
	struct train_state *st = t->st;
	const char *dir = NULL;

	count_updates(t);
	e->code = ST_OK;
	if (writes) {
		st->metrics = t->r->h->metrics(t->r->h->ctx);
		ckpt_save_begin(t->r->c, st, &dir, e);
	}
	if (comm_agree(t->r->comm, e) || net_save(&t->net, dir, NET_FILE, true, e) ||
	    (t->critic.m && net_save(&t->critic, dir, TRAIN_CRITIC_FILE, true, e)))
		return e->code;
	if (writes)
		ckpt_save_end(t->r->c, st, e);
	return comm_agree(t->r->comm, e);
}

/* Rank 0's part of the critic's folder, all but its moments. */
static enum status
write_critic(struct train *t, const char *to, struct err *e)
{
	const char *from = t->r->o->critic;

	if (mkdir(to, 0777))
		return err_errno(e, "cannot make %s", to);
	if (ckpt_keep(t->r->c, CRITIC, NULL, e) || ckpt_copy_files(from, to, e))
		return e->code;
	return t->r->o->shared ? model_save_value(t->net.m, to, "..", e) : model_save(t->critic.m, to, e);
}

static enum status
finish_critic(struct train *t, const char *dir, struct err *e)
{
	bool writes = !t->r->comm->rank;
	char *to = NULL;

	e->code = ST_OK;
	if (writes && !(to = file_join(dir, CRITIC)))
		err_nomem(e);
	else if (writes)
		write_critic(t, to, e);
	if (!comm_agree(t->r->comm, e) && t->critic.m)
		net_save(&t->critic, to, NET_FILE, false, e);
	if (!e->code && writes)
		folder_sync(to, e);
	free(to);
	return comm_agree(t->r->comm, e);
}

/* The state of the KL controller for the next rollout. */
static enum status
control(struct train *t, struct err *e)
{
	struct train_state *st = t->st;
	size_t n = spool_count(t->r->data), i, k, bytes;
	double sum = 0;
	struct example x;

	if (!(t->r->o->kl_target > 0))
		return ST_OK;
	for (i = 0; i < n; i++) {
		example_view(&x, spool_get(t->r->data, i, &bytes));
		if (!x.side[0].f[PPO_KL] || !(x.has >> PPO_BETA & 1))
			return err_set(e, ST_INPUT, "record %s: the controller needs response_kl and beta", x.name);
		for (k = 0; k < x.side[0].n - x.side[0].prompt; k++)
			sum += (double)x.side[0].f[PPO_KL][k];
		st->beta = x.num[PPO_BETA];
	}
	st->controller = true;
	st->target = t->r->o->kl_target;
	st->horizon = t->r->o->kl_horizon;
	st->beta = kl_control(st->beta, sum / (double)n, st->target, st->horizon, (double)n);
	return ST_OK;
}

/* Rank 0's part of the finished folder: all but moments and the critic. */
static enum status
write_model(struct train *t, const char **dir, struct err *e)
{
	if (ckpt_final_begin(t->r->c, dir, e) || ckpt_keep(t->r->c, NULL, t->r->o->critic ? CRITIC : NULL, e) ||
	    ckpt_copy_files(t->r->o->model, *dir, e))
		return e->code;
	return model_save(t->net.m, *dir, e);
}

static enum status
publish(struct train *t, struct err *e)
{
	struct train_state *st = t->st;

	count_updates(t);
	st->finished = true;
	/* the file is not cut any more, and the number of digits of seconds varies */
	st->metrics = 0;
	if (train_prints(t, st->weights, e) || model_head_print(t->net.m, st->head[1], e))
		return e->code;
	return ckpt_publish(t->r->c, st, e);
}

enum status
train_finish(struct train *t, struct err *e)
{
	bool writes = !t->r->comm->rank;
	struct train_state *st = t->st;
	const char *dir = NULL;
	char name[64];

	e->code = ST_OK;
	if (t->r->eval && st->best_done && st->best_done != st->done) {
		train_best_name(st, name);
		net_load(&t->net, t->r->part, name, e);
		if (comm_agree(t->r->comm, e))
			return e->code;
		t->net.updates = st->best_adam;
	}
	model_set_cost(t->net.m, t->r->o->objective.type->cost);
	/* every rank finds the same */
	if (t->r->o->norm)
		train_norm(&t->r->o->objective, &t->net, &t->mb, t->r->o->norm, e);
	if (!e->code)
		control(t, e);
	if (!e->code && writes)
		write_model(t, &dir, e);
	if (comm_agree(t->r->comm, e) || net_save(&t->net, dir, NET_FILE, false, e) ||
	    (t->r->o->critic && finish_critic(t, dir, e)))
		return e->code;
	if (writes)
		publish(t, e);
	return comm_agree(t->r->comm, e);
}
