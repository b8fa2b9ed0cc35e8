#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "run/objective_int.h"
#include "run/order.h"
#include "run/share.h"
#include "run/train_int.h"

static enum status
view(struct train *t, const void *item, size_t k, struct err *e)
{
	struct example *grown;
	size_t cap;

	if (k == t->cap) {
		cap = t->cap ? 2 * t->cap : 64;
		if (!(grown = realloc(t->x, cap * sizeof(*grown))))
			return err_nomem(e);
		t->x = grown;
		t->cap = cap;
	}
	example_view(&t->x[k], item);
	return ST_OK;
}

/* Some examples of a spool: places first..first+n) of the pass's order, or of the file's. */
struct part { struct spool *s; bool shuffled; size_t first, n; };

static const void *
example_at(const struct train *t, const struct part *p, size_t i)
{
	size_t bytes;

	return spool_get(p->s, p->shuffled ? order_index(&t->order, p->first + i) : p->first + i, &bytes);
}

/* A part of a step is done; true: end the run here.  Ranks end together, after a step. */
static bool
part_done(const struct train *t, double part)
{
	const struct train_hooks *h = t->r->h;

	train_tell_part(t, part);
	return t->r->comm->size == 1 && h->stop(h->ctx);
}

/* Item i of the step. */
static const void *
item(const struct train *t, const struct part *p, size_t i)
{
	return example_at(t, p, t->item[i].at);
}

/* Items from..to) through the objective, cut into micro-batches of the budget, but never within
 * a group. */
static enum status
run_examples(struct train *t, const struct part *p, size_t from, size_t to, const struct objective_nets *w,
    const struct totals *tot, struct outcome *out, struct err *e)
{
	uint64_t tokens = 0, need;
	size_t i, end, k = 0;

	for (i = from; i < to; i = end) {
		need = t->item[i].tokens;
		for (end = i + 1; end < to && t->item[end].joins; end++)
			need += t->item[end].tokens;
		if (k && tokens + need > t->micro) {
			if (w->backward && part_done(t, (double)i / (double)p->n))
				return e->code = ST_EOF;
			if (objective_run(&t->r->o->objective, w, &t->mb, t->x, k, tot, out, e))
				return e->code;
			tokens = k = 0;
		}
		tokens += need;
		for (; i < end; i++, k++) {
			if (view(t, item(t, p, i), k, e))
				return e->code;
			t->x[k].joins = t->item[i].joins;
		}
	}
	return k ? objective_run(&t->r->o->objective, w, &t->mb, t->x, k, tot, out, e) : ST_OK;
}

/* ---- shards ---- */

/* Count the part, put its examples in the order of groups, and cut it into shards, between groups. */
static enum status
cut(struct train *t, const struct part *p, struct totals *tot, struct err *e)
{
	struct group_item *it = calloc(p->n + 1, sizeof(*it));
	uint64_t *tokens = malloc((p->n + 1) * sizeof(*tokens));
	struct group_walk w = GROUP_WALK;
	struct example x;
	size_t i;

	free(t->item);
	t->item = it;
	if (!tokens || !it) {
		free(tokens);
		return err_nomem(e);
	}
	*tot = (struct totals){0};
	for (i = 0; i < p->n; i++) {
		example_view(&x, example_at(t, p, i));
		objective_count(&t->r->o->objective, tot, &x);
		it[i] = (struct group_item){ .at = i, .prompt = group_prompt(&x) };
	}
	group_sort(it, p->n);
	for (i = 0; i < p->n; i++) {
		example_view(&x, item(t, p, i));
		group_next(&w, &it[i], &x);
		tokens[i] = it[i].tokens;
	}
	shard_cut(tokens, p->n, t->shards, t->at);
	for (i = 0; i < t->shards; i++)
		while (t->at[i] < p->n && it[t->at[i]].joins)
			t->at[i]++;
	free(tokens);
	return ST_OK;
}

/* How many tokens all prompts of items from..to) begin with, fewer than any of them has; 0 where
 * there is one group, or too few. */
static size_t
common(const struct train *t, const struct part *p, size_t from, size_t to, const int32_t **id)
{
	size_t n = SIZE_MAX, groups = 0, i, k;
	struct example x;

	for (i = from; i < to; i++) {
		example_view(&x, item(t, p, i));
		groups += !t->item[i].joins;
		if (i == from)
			*id = x.side[0].id;
		for (k = 0; k < x.nside && n; k++) {
			size_t most = x.side[k].prompt - 1 < n ? x.side[k].prompt - 1 : n;

			for (n = 0; n < most && x.side[k].id[n] == (*id)[n]; n++)
				;
		}
	}
	return groups < 2 || n < SHARE_FROM ? 0 : n;
}

/* A shard: what all its prompts begin with is computed once, and its backward pass runs last. */
static enum status
run_shard(struct train *t, const struct part *p, size_t from, size_t to, const struct objective_nets *w,
    const struct totals *tot, struct outcome *out, struct err *e)
{
	const int32_t *id = NULL;
	size_t n = common(t, p, from, to, &id);
	enum status st;

	if (n && objective_prefix(w, id, n, e))
		return e->code;
	t->mb.prefix = n;
	st = run_examples(t, p, from, to, w, tot, out, e);
	t->mb.prefix = 0;
	return n && !st ? objective_prefix_end(w, e) : st;
}

/* What shards lo..hi) give, as one node of the tree: into the nets' gradients, and each
 * shard's outcome into its place. */
static enum status
run_node(struct train *t, const struct part *p, size_t lo, size_t hi, const struct objective_nets *w,
    const struct totals *tot, size_t level, struct err *e)
{
	struct net *net[2] = { w->net, w->critic };
	size_t mid, i;

	if (hi - lo == 1) {
		t->out[lo] = (struct outcome)OUTCOME_INIT;
		for (i = 0; i < 2 && w->backward; i++)
			if (net[i] && model_grad_begin(net[i]->m, e))
				return e->code;
		if (run_shard(t, p, t->at[lo], t->at[hi], w, tot, &t->out[lo], e))
			return e->code;
		for (i = 0; i < 2 && w->backward; i++)
			if (net[i])
				model_grad_end(net[i]->m, net[i]->grad);
		return ST_OK;
	}
	mid = shard_split(lo, hi);
	if (run_node(t, p, lo, mid, w, tot, level + 1, e))
		return e->code;
	for (i = 0; i < 2 && w->backward; i++)
		if (net[i] && net_stash(net[i], level, e))
			return e->code;
	if (run_node(t, p, mid, hi, w, tot, level + 1, e))
		return e->code;
	for (i = 0; i < 2 && w->backward; i++)
		if (net[i])
			net_unstash(net[i], level);
	return ST_OK;
}

static enum status
run_nodes(struct train *t, const struct part *p, const struct objective_nets *w, const struct totals *tot,
    struct err *e)
{
	struct shard_node node[SHARD_NODES];
	struct comm *c = t->r->comm;
	struct net *net[2] = { w->net, w->critic };
	size_t n = shard_nodes(t->shards, comm_share(c, t->shards, 1, c->rank), comm_share(c, t->shards, 1, c->rank + 1),
	    node), i, k;

	for (i = 0; i < n; i++) {
		if (run_node(t, p, node[i].lo, node[i].hi, w, tot, 0, e))
			return e->code;
		for (k = 0; k < 2 && w->backward && i + 1 < n; k++)
			if (net[k] && net_stash(net[k], NET_NODES + i, e))
				return e->code;
	}
	return ST_OK;
}

static struct outcome
add_outcomes(struct train *t, size_t lo, size_t hi)
{
	struct outcome l, r;

	if (hi - lo == 1)
		return t->out[lo];
	l = add_outcomes(t, lo, shard_split(lo, hi));
	r = add_outcomes(t, shard_split(lo, hi), hi);
	outcome_add(&l, &r);
	return l;
}

/* The part through the objective, by all ranks: the outcome to each, and of the gradients
 * its share. */
static enum status
run_part(struct train *t, const struct part *p, const struct objective_nets *w, struct totals *tot,
    struct outcome *out, struct err *e)
{
	struct comm *c = t->r->comm;
	size_t r;

	e->code = ST_OK;
	if (!cut(t, p, tot, e))
		run_nodes(t, p, w, tot, e);
	if (comm_agree(c, e))
		return e->code;
	for (r = 0; r <= c->size; r++)
		t->share[r] = comm_share(c, t->shards, 1, r) * sizeof(*t->out);
	if (comm_gather(c, t->out, t->share, e))
		return e->code;
	*out = add_outcomes(t, 0, t->shards);
	if (w->backward && (net_combine(w->net, t->shards, e) || (w->critic && net_combine(w->critic, t->shards, e))))
		return e->code;
	return ST_OK;
}

/* ---- a step ---- */

static struct net *
critic_of(struct train *t)
{
	return t->critic.m ? &t->critic : NULL;
}

static enum status
update(struct train *t, struct train_line *l, bool policy, struct err *e)
{
	struct schedule s = t->r->o->schedule;
	uint64_t step = t->st->base + t->st->done;
	struct net_update u = { .adam = &t->r->o->adam, .clip = t->r->o->clip };

	if (!s.total)
		s.total = t->st->base + t->st->total;
	u.lr = l->lr = schedule_lr(&s, step);
	s.lr = t->r->o->critic_lr;
	u.value_lr = l->critic_lr = schedule_lr(&s, step);
	u.value_only = !policy;
	if (policy || t->r->o->shared) {
		if (net_update(&t->net, &u, e))
			return e->code;
		l->norm = u.norm;
	}
	if (!t->critic.m)
		return ST_OK;
	u.lr = l->critic_lr;
	u.value_only = false;
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
	bool policy = t->st->base + t->st->done >= t->r->o->critic_warmup || !t->r->o->critic;
	struct objective_nets w = { &t->net, critic_of(t), true, policy };
	struct part p = { .s = t->r->data, .shuffled = true };
	struct comm before = *t->r->comm;
	double start = clock_now();

	*l = (struct train_line){ .critic = t->r->o->critic, .shared = t->r->o->shared };
	p.n = order_step(&t->order, t->st->done, &p.first);
	if (run_part(t, &p, &w, &l->t, &l->o, e) || update(t, l, policy, e))
		return e->code;
	t->st->done++;
	l->step = t->st->base + t->st->done;
	l->done = t->st->done;
	l->total = t->st->total;
	l->epoch = (t->st->done - 1) / order_steps(&t->order) + 1;
	l->seconds = clock_now() - start;
	train_note_step(t, &before, l->seconds);
	if (t->r->o->target_kl > 0 && l->o.ppo.n && l->o.ppo.k3 / (double)l->o.ppo.n > t->r->o->target_kl)
		t->st->stopped = true;
	return ST_OK;
}

/* ---- evaluation ---- */

static bool
eval_due(const struct train *t)
{
	uint64_t every = t->r->o->eval_every ? t->r->o->eval_every : order_steps(&t->order);

	return t->r->eval && (t->st->done % every == 0 || t->st->done == t->st->total || t->st->stopped);
}

static enum status
evaluate(struct train *t, struct train_line *l, struct err *e)
{
	struct objective_nets w = { &t->net, NULL, false, true };
	struct part p = { .s = t->r->eval, .n = spool_count(t->r->eval) };
	struct train_state *st = t->st;
	struct outcome out;
	struct totals tot;
	char name[64];

	if (run_part(t, &p, &w, &tot, &out, e))
		return e->code;
	l->evaluated = true;
	l->eval = out.loss;
	if (st->best_done && out.loss >= st->best)
		return ST_OK;
	st->best = out.loss;
	st->best_done = st->done;
	st->best_adam = t->net.updates;
	train_best_name(st, name);
	return net_save(&t->net, t->r->part, name, true, e);
}

/* ---- the pass ---- */

/* Moments (and masters) of what the pass goes on from. */
static enum status
load(struct train *t, enum ckpt_plan plan, struct err *e)
{
	const char *from = t->r->source;
	uint64_t updates = t->st->adam[1];
	char *critic = NULL;

	e->code = ST_OK;
	if (plan == CKPT_RESUME) {
		if (net_load(&t->net, from, NET_FILE, e) ||
		    (t->critic.m && net_load(&t->critic, from, TRAIN_CRITIC_FILE, e)))
			return e->code;
	} else if (plan == CKPT_NEXT) {
		if (net_load(&t->net, from, NET_FILE, e))
			return e->code;
		/* a critic that has been trained before has its moments beside it */
		if (t->critic.m && !(critic = file_join(t->r->o->critic, NET_FILE)))
			return err_nomem(e);
		if (critic && file_exists(critic))
			net_load(&t->critic, t->r->o->critic, NET_FILE, e);
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
	enum model_head want = t->r->o->objective.type->head, have = model_config(t->net.m)->head;

	if (have != want)
		return err_set(e, ST_USAGE, "%s has a %s head, a %s head is needed (fg-init --from %s --head %s)",
		    t->r->o->model, name[have], name[want], t->r->o->model, name[want]);
	if (t->critic.m && model_config(t->critic.m)->head != HEAD_VALUE)
		return err_set(e, ST_USAGE, "%s has a %s head, a value head is needed", t->r->o->critic,
		    name[model_config(t->critic.m)->head]);
	return ST_OK;
}

static enum status
prepare(struct train *t, struct err *e)
{
	const struct train_opt *o = t->r->o;
	enum ckpt_plan plan = t->r->plan;
	struct comm *c = t->r->comm;
	struct tc *tc = t->r->tc;
	uint64_t batch = o->batch;
	size_t n = spool_count(t->r->data);

	if (!n || (t->r->eval && !spool_count(t->r->eval)))
		return err_set(e, ST_INPUT, n ? "no held-out records" : "no records to learn from");
	if (o->minibatches)
		batch = (n + o->minibatches - 1) / o->minibatches;
	t->micro = o->micro ? o->micro : train_micro(tc);
	t->shards = o->shards;
	t->at = calloc(t->shards + 1, sizeof(*t->at));
	t->out = calloc(t->shards, sizeof(*t->out));
	t->share = calloc((size_t)c->size + 1, sizeof(*t->share));
	if (!t->at || !t->out || !t->share)
		return err_nomem(e);
	if (order_new(&t->order, n, batch, o->seed, e) ||
	    net_open(&t->net, tc, c, o->shared ? o->critic : o->model, o->recompute, e) ||
	    (o->critic && !o->shared && net_open(&t->critic, tc, c, o->critic, o->recompute, e)) || check_head(t, e) ||
	    train_fit(t, e) || tc_fits(tc, train_acts_bytes(t), e))
		return e->code;
	return c->rank ? ST_OK : train_check_start(t, plan, e);
}

/* After what may fail on one rank alone. */
static enum status
begin(struct train *t, struct err *e)
{
	const struct train_opt *o = t->r->o;
	enum ckpt_plan plan = t->r->plan;

	if (train_check_ranks(t, e) || train_say_memory(t, e))
		return e->code;
	/* what an earlier attempt wrote is written again; a pass after another goes on in its file */
	if (plan != CKPT_NEXT && t->r->h->cut(t->r->h->ctx, plan == CKPT_RESUME ? t->st->metrics : 0, e))
		return e->code;
	t->st->total = o->steps ? o->steps : o->epochs * order_steps(&t->order);
	return load(t, plan, e);
}

/* Save where the run stands, and end it. */
static enum status
leave(struct train *t, struct err *e)
{
	if (train_save(t, e))
		return e->code;
	if (t->r->stopped)
		*t->r->stopped = true;
	train_tell_stopped(t);
	return ST_OK;
}

/* What rank 0's clock and user want after a step. */
struct wish { bool stop, save; };

static enum status
ask(const struct train *t, struct wish *w, struct err *e)
{
	const struct train_opt *o = t->r->o;

	w->stop = t->r->h->stop(t->r->h->ctx);
	w->save = (o->save_every && t->st->done % o->save_every == 0) ||
	    (o->save_seconds > 0 && clock_now() - t->saved > o->save_seconds);
	return comm_bcast(t->r->comm, 0, w, sizeof(*w), e);
}

static enum status
loop(struct train *t, struct err *e)
{
	struct train_line l;
	struct wish w;

	t->saved = clock_now();
	while (t->st->done < t->st->total && !t->st->stopped) {
		if (step(t, &l, e) == ST_EOF)
			return leave(t, e);
		if (e->code || (eval_due(t) && evaluate(t, &l, e)) || train_tell_step(t, &l, e) || ask(t, &w, e))
			return e->code;
		if (t->st->done == t->st->total || t->st->stopped)
			break;
		if (w.stop)
			return leave(t, e);
		if (w.save) {
			if (train_save(t, e))
				return e->code;
			t->saved = clock_now();
		}
	}
	return train_say_work(t, e) ? e->code : train_finish(t, e);
}

enum status
train_run(const struct train_run *r, struct err *e)
{
	struct train t = { .r = r, .st = r->st, .mb = MICRO_INIT };

	e->code = ST_OK;
	prepare(&t, e);
	if (!comm_agree(r->comm, e) && r->plan != CKPT_DONE) {
		begin(&t, e);
		if (!comm_agree(r->comm, e))
			loop(&t, e);
	}
	net_close(&t.net);
	net_close(&t.critic);
	micro_free(&t.mb);
	order_free(&t.order);
	free(t.x);
	free(t.item);
	free(t.at);
	free(t.out);
	free(t.share);
	return e->code;
}
