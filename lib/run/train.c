#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/folder.h"
#include "rl/kl.h"
#include "run/objective_int.h"
#include "run/order.h"
#include "run/train_int.h"

#define CRITIC "critic"                         /* OUT/critic */
#define CRITIC_FILE "critic.safetensors"        /* its state in a save */

struct train {
	const struct train_opt *o;
	struct ckpt *c;
	struct train_state *st;
	struct spool *data, *eval;
	const struct train_hooks *h;
	struct net net, critic; /* critic.m NULL: none */
	struct micro mb;
	struct order order;
	struct example *x;      /* of a micro-batch, owned */
	size_t cap;
};

/* ---- a step ---- */

static enum status
view(struct train *t, struct spool *s, size_t i, size_t k, struct err *e)
{
	struct example *grown;
	size_t n, cap;

	if (k == t->cap) {
		cap = t->cap ? 2 * t->cap : 64;
		if (!(grown = realloc(t->x, cap * sizeof(*grown))))
			return err_nomem(e);
		t->x = grown;
		t->cap = cap;
	}
	example_view(&t->x[k], spool_get(s, i, &n));
	return ST_OK;
}

/* n examples of s (shuffled: places first.. of the order) through the objective, cut into
 * micro-batches of the budget. */
static enum status
run_examples(struct train *t, struct spool *s, bool shuffled, size_t first, size_t n,
    const struct objective_nets *w, const struct totals *tot, struct outcome *out, struct err *e)
{
	size_t i, k = 0, tokens = 0, need;

	for (i = first; i < first + n; i++) {
		if (view(t, s, shuffled ? order_index(&t->order, i) : i, k, e))
			return e->code;
		need = micro_tokens(&t->x[k]);
		if (k && tokens + need > t->o->micro) {
			if (objective_run(&t->o->objective, w, &t->mb, t->x, k, tot, out, e))
				return e->code;
			t->x[0] = t->x[k];
			k = tokens = 0;
		}
		tokens += need;
		k++;
	}
	return objective_run(&t->o->objective, w, &t->mb, t->x, k, tot, out, e);
}

static void
count(const struct train *t, struct spool *s, bool shuffled, size_t first, size_t n, struct totals *tot)
{
	struct example x;
	size_t i, bytes;

	*tot = (struct totals){0};
	for (i = first; i < first + n; i++) {
		example_view(&x, spool_get(s, shuffled ? order_index(&t->order, i) : i, &bytes));
		objective_count(&t->o->objective, tot, &x);
	}
}

static struct net *
critic_of(struct train *t)
{
	return t->critic.m ? &t->critic : NULL;
}

static enum status
update(struct train *t, struct train_line *l, bool policy, struct err *e)
{
	struct schedule s = t->o->schedule;
	uint64_t step = t->st->base + t->st->done;
	struct net_update u = { .adam = &t->o->adam, .clip = t->o->clip };

	if (!s.total)
		s.total = t->st->base + t->st->total;
	u.lr = l->lr = schedule_lr(&s, step);
	s.lr = t->o->critic_lr;
	u.value_lr = l->critic_lr = schedule_lr(&s, step);
	u.value_only = !policy;
	if (policy || t->o->shared) {
		model_grad_end(t->net.m, t->net.grad);
		if (net_update(&t->net, &u, e))
			return e->code;
		l->norm = u.norm;
	}
	if (!t->critic.m)
		return ST_OK;
	u.lr = l->critic_lr;
	u.value_only = false;
	model_grad_end(t->critic.m, t->critic.grad);
	if (net_update(&t->critic, &u, e)) {
		char why[sizeof(e->msg)];

		memcpy(why, e->msg, sizeof(why));
		return err_set(e, e->code, "critic: %.480s", why);
	}
	l->critic_norm = u.norm;
	return ST_OK;
}

static enum status
step(struct train *t, struct train_line *l, struct err *e)
{
	bool policy = t->st->base + t->st->done >= t->o->critic_warmup || !t->o->critic;
	struct objective_nets w = { &t->net, critic_of(t), true, policy };
	double start = clock_now();
	size_t at, n;

	*l = (struct train_line){ .o = OUTCOME_INIT, .critic = t->o->critic, .shared = t->o->shared };
	n = order_step(&t->order, t->st->done, &at);
	count(t, t->data, true, at, n, &l->t);
	if (((policy || t->o->shared) && model_grad_begin(t->net.m, e)) ||
	    (t->critic.m && model_grad_begin(t->critic.m, e)) ||
	    run_examples(t, t->data, true, at, n, &w, &l->t, &l->o, e) || update(t, l, policy, e))
		return e->code;
	t->st->done++;
	l->step = t->st->base + t->st->done;
	l->done = t->st->done;
	l->total = t->st->total;
	l->epoch = (t->st->done - 1) / order_steps(&t->order) + 1;
	l->seconds = clock_now() - start;
	if (t->o->target_kl > 0 && l->o.ppo.n && l->o.ppo.k3 / (double)l->o.ppo.n > t->o->target_kl)
		t->st->stopped = true;
	return ST_OK;
}

/* ---- evaluation ---- */

static bool
eval_due(const struct train *t)
{
	uint64_t every = t->o->eval_every ? t->o->eval_every : order_steps(&t->order);

	return t->eval && (t->st->done % every == 0 || t->st->done == t->st->total || t->st->stopped);
}

static void
best_name(const struct train_state *st, char name[64])
{
	snprintf(name, 64, CKPT_BEST, (unsigned long long)st->best_done);
}

static enum status
evaluate(struct train *t, struct train_line *l, struct err *e)
{
	struct objective_nets w = { &t->net, NULL, false, true };
	struct outcome out = OUTCOME_INIT;
	struct train_state *st = t->st;
	size_t n = spool_count(t->eval);
	struct totals tot;
	char name[64];

	count(t, t->eval, false, 0, n, &tot);
	if (run_examples(t, t->eval, false, 0, n, &w, &tot, &out, e))
		return e->code;
	l->evaluated = true;
	l->eval = out.loss;
	if (st->best_done && out.loss >= st->best)
		return ST_OK;
	st->best = out.loss;
	st->best_done = st->done;
	st->best_adam = t->net.updates;
	best_name(st, name);
	return net_save(&t->net, ckpt_part(t->c), name, true, e);
}

/* ---- saves ---- */

static void
count_updates(struct train *t)
{
	t->st->adam[0] = t->net.updates;
	t->st->adam[1] = t->o->shared ? t->net.value_updates : t->critic.updates;
}

static enum status
save(struct train *t, struct err *e)
{
	struct train_state *st = t->st;
	const char *dir;

	count_updates(t);
	st->metrics = t->h->metrics(t->h->ctx);
	if (ckpt_save_begin(t->c, st, &dir, e) || net_save(&t->net, dir, NET_FILE, true, e))
		return e->code;
	if (t->critic.m && net_save(&t->critic, dir, CRITIC_FILE, true, e))
		return e->code;
	return ckpt_save_end(t->c, st, e);
}

static enum status
finish_critic(struct train *t, const char *dir, struct err *e)
{
	char *to = file_join(dir, CRITIC);

	e->code = ST_OK;
	if (!to)
		return err_nomem(e);
	if (mkdir(to, 0777))
		err_errno(e, "cannot make %s", to);
	else if (ckpt_keep(t->c, CRITIC, NULL, e))
		;
	else if (t->o->shared && !ckpt_copy_files(t->o->critic, to, e) && !model_save_value(t->net.m, to, "..", e))
		folder_sync(to, e);
	else if (!t->o->shared && !ckpt_copy_files(t->o->critic, to, e) && !model_save(t->critic.m, to, e) &&
	    !net_save(&t->critic, to, NET_FILE, false, e))
		folder_sync(to, e);
	free(to);
	return e->code;
}

/* The state of the KL controller for the next rollout. */
static enum status
control(struct train *t, struct err *e)
{
	struct train_state *st = t->st;
	size_t n = spool_count(t->data), i, k, bytes;
	double sum = 0;
	struct example x;

	if (!(t->o->kl_target > 0))
		return ST_OK;
	for (i = 0; i < n; i++) {
		example_view(&x, spool_get(t->data, i, &bytes));
		if (!x.side[0].f[PPO_KL] || !(x.has >> PPO_BETA & 1))
			return err_set(e, ST_INPUT, "record %s: the controller needs response_kl and beta", x.name);
		for (k = 0; k < x.side[0].n - x.side[0].prompt; k++)
			sum += (double)x.side[0].f[PPO_KL][k];
		st->beta = x.num[PPO_BETA];
	}
	st->controller = true;
	st->target = t->o->kl_target;
	st->horizon = t->o->kl_horizon;
	st->beta = kl_control(st->beta, sum / (double)n, st->target, st->horizon, (double)n);
	return ST_OK;
}

/* The fingerprints of the policy and the critic ("" without one). */
static enum status
prints(const struct train *t, char out[STATE_NETS][HASH_HEX], struct err *e)
{
	const char *policy = model_fingerprint(t->net.m), *critic = t->critic.m ? model_fingerprint(t->critic.m) : "";

	if (!policy || !critic)
		return err_nomem(e);
	strcpy(out[0], policy);
	strcpy(out[1], critic);
	return ST_OK;
}

static enum status
finish(struct train *t, struct err *e)
{
	struct train_state *st = t->st;
	const char *dir;
	char name[64];

	if (t->eval && st->best_done && st->best_done != st->done) {
		best_name(st, name);
		if (net_load(&t->net, ckpt_part(t->c), name, e))
			return e->code;
		t->net.updates = st->best_adam;
	}
	if (t->o->norm && train_norm(&t->o->objective, &t->net, &t->mb, t->o->norm, e))
		return e->code;
	if (control(t, e) || ckpt_final_begin(t->c, &dir, e) ||
	    ckpt_keep(t->c, NULL, t->o->critic ? CRITIC : NULL, e) || ckpt_copy_files(t->o->model, dir, e) ||
	    model_save(t->net.m, dir, e) || net_save(&t->net, dir, NET_FILE, false, e) ||
	    (t->o->critic && finish_critic(t, dir, e)))
		return e->code;
	count_updates(t);
	st->finished = true;
	/* nothing is cut any more, and seconds are not printed with as many digits each time */
	st->metrics = 0;
	if (prints(t, st->weights, e) || model_head_print(t->net.m, st->head[1], e))
		return e->code;
	return ckpt_publish(t->c, st, e);
}

/* ---- the pass ---- */

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

	if (prints(t, now, e) || shapes(t, shape, e) || model_head_print(t->net.m, head, e))
		return e->code;
	if (!is_same(now[0], st->start[0], st->weights[0], done) || (st->shape[0][0] && strcmp(shape[0], st->shape[0])))
		what = t->o->model;
	else if (!is_same(now[1], st->start[1], st->weights[1], done) || (st->shape[0][0] &&
	    (strcmp(shape[1], st->shape[1]) || !is_same(head, st->head[0], st->head[1], done))))
		what = t->o->critic ? t->o->critic : "no critic";
	if (!what)
		return ST_OK;
	return err_set(e, ST_USAGE, "%s: the run there began from other weights or another configuration than %s has; "
	    "--fresh discards it", ckpt_part(t->c), what);
}

static enum status
check_start(struct train *t, enum ckpt_plan plan, struct err *e)
{
	const char *print = model_fingerprint(t->net.m), *policy = t->o->policy;
	struct train_state *st = t->st;

	if (!print)
		return err_nomem(e);
	if (plan == CKPT_DONE || plan == CKPT_RESUME)
		return check_same(t, plan == CKPT_DONE, e);
	if (policy && strcmp(policy, print))
		return err_set(e, ST_INPUT, "policy: the records were sampled by %s, but %s is %s", policy,
		    t->o->model, print);
	if (shapes(t, st->shape, e) || model_head_print(t->net.m, st->head[0], e))
		return e->code;
	return prints(t, st->start, e);
}

/* Moments (and masters) of what the pass goes on from. */
static enum status
load(struct train *t, enum ckpt_plan plan, struct err *e)
{
	const char *from = ckpt_source(t->c);
	uint64_t updates = t->st->adam[1];
	char *critic = NULL;

	e->code = ST_OK;
	if (plan == CKPT_RESUME) {
		if (net_load(&t->net, from, NET_FILE, e) ||
		    (t->critic.m && net_load(&t->critic, from, CRITIC_FILE, e)))
			return e->code;
	} else if (plan == CKPT_NEXT) {
		if (net_load(&t->net, from, NET_FILE, e))
			return e->code;
		/* a critic that has been trained before has its moments beside it */
		if (t->critic.m && !(critic = file_join(t->o->critic, NET_FILE)))
			return err_nomem(e);
		if (critic && file_exists(critic))
			net_load(&t->critic, t->o->critic, NET_FILE, e);
		else if (critic || t->st->weights[1][0])
			updates = 0;    /* another kind of critic than before */
		free(critic);
	} else {
		return ST_OK;
	}
	t->net.updates = t->st->adam[0];
	t->net.value_updates = t->critic.updates = updates;
	return e->code;
}

static enum status
check_head(const struct train *t, struct err *e)
{
	static const char *const name[] = { "lm", "token", "sequence", "value" };
	enum model_head want = t->o->objective.type->head, have = model_config(t->net.m)->head;

	if (have != want)
		return err_set(e, ST_USAGE, "%s has a %s head, a %s head is needed (fg-init --from %s --head %s)",
		    t->o->model, name[have], name[want], t->o->model, name[want]);
	if (t->critic.m && model_config(t->critic.m)->head != HEAD_VALUE)
		return err_set(e, ST_USAGE, "%s has a %s head, a value head is needed", t->o->critic,
		    name[model_config(t->critic.m)->head]);
	return ST_OK;
}

static void
say_memory(struct train *t)
{
	size_t nets = net_bytes(&t->net), acts = net_acts_bytes(&t->net, t->o->recompute, t->o->micro);
	char text[200];

	if (t->critic.m) {
		nets += net_bytes(&t->critic);
		acts += net_acts_bytes(&t->critic, t->o->recompute, t->o->micro);
	}
	snprintf(text, sizeof(text), "memory: %zu bytes of weights, gradients and moments, %zu bytes of "
	    "activations for %llu tokens", nets, acts, (unsigned long long)t->o->micro);
	t->h->say(t->h->ctx, text);
}

static enum status
prepare(struct train *t, struct tc *tc, enum ckpt_plan plan, struct err *e)
{
	const struct train_opt *o = t->o;
	uint64_t batch = o->batch;
	size_t n = spool_count(t->data);

	if (!n || (t->eval && !spool_count(t->eval)))
		return err_set(e, ST_INPUT, n ? "no held-out records" : "no records to learn from");
	if (o->minibatches)
		batch = (n + o->minibatches - 1) / o->minibatches;
	if (order_new(&t->order, n, batch, o->seed, e) ||
	    net_open(&t->net, tc, o->shared ? o->critic : o->model, o->recompute, e))
		return e->code;
	if (o->critic && !o->shared && net_open(&t->critic, tc, o->critic, o->recompute, e))
		return e->code;
	if (check_head(t, e) || check_start(t, plan, e) || plan == CKPT_DONE)
		return e->code;
	say_memory(t);
	/* what an earlier attempt wrote is written again; a pass behind another goes on in its file */
	if (plan != CKPT_NEXT && t->h->cut(t->h->ctx, plan == CKPT_RESUME ? t->st->metrics : 0, e))
		return e->code;
	t->st->total = o->steps ? o->steps : o->epochs * order_steps(&t->order);
	return load(t, plan, e);
}

static enum status
loop(struct train *t, struct err *e)
{
	struct train_line l;

	while (t->st->done < t->st->total && !t->st->stopped) {
		if (step(t, &l, e) || (eval_due(t) && evaluate(t, &l, e)) || t->h->step(t->h->ctx, &l, e))
			return e->code;
		if (t->o->save_every && t->st->done % t->o->save_every == 0 &&
		    t->st->done < t->st->total && save(t, e))
			return e->code;
	}
	return finish(t, e);
}

enum status
train_run(const struct train_opt *o, struct tc *tc, struct ckpt *c, enum ckpt_plan plan,
    struct train_state *st, struct spool *data, struct spool *eval, const struct train_hooks *h,
    struct err *e)
{
	struct train t = { .o = o, .c = c, .st = st, .data = data, .eval = eval, .h = h, .mb = MICRO_INIT };

	e->code = ST_OK;
	if (!prepare(&t, tc, plan, e) && plan != CKPT_DONE)
		loop(&t, e);
	net_close(&t.net);
	net_close(&t.critic);
	micro_free(&t.mb);
	order_free(&t.order);
	free(t.x);
	return e->code;
}
