/* What ranks tell each other beside the work: that they have the same models, and what each needs,
 * sends and waits for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/train_int.h"

enum status
train_check_ranks(const struct train *t, struct err *e)
{
	char mine[STATE_NETS][HASH_HEX] = { "" }, first[STATE_NETS][HASH_HEX];
	struct comm *c = t->r->comm;
	struct err late = {0};

	e->code = ST_OK;
	if (c->size == 1)
		return ST_OK;
	train_prints(t, mine, e);
	memcpy(first, mine, sizeof(first));
	if (comm_bcast(c, 0, first, sizeof(first), &late))
		*e = late;
	else if (!e->code && memcmp(mine, first, sizeof(mine)))
		err_set(e, ST_USAGE, "%s: rank %u has other weights there than rank 0: folders must be the same on every machine",
		    strcmp(mine[0], first[0]) ? t->r->o->model : t->r->o->critic, c->rank);
	return comm_agree(c, e);
}

/* A number of every rank's to all: all[0..ranks). */
static enum status
tell(struct train *t, double *all, double mine, struct err *e)
{
	struct comm *c = t->r->comm;
	size_t r;

	for (r = 0; r <= c->size; r++)
		t->share[r] = r * sizeof(*all);
	all[c->rank] = mine;
	return comm_gather(c, all, t->share, e);
}

/* n numbers of every rank to all, ones of a kind together. */
static enum status
tell_all(struct train *t, const double *mine, size_t n, double **all, struct err *e)
{
	struct comm *c = t->r->comm;
	size_t i;

	e->code = ST_OK;
	if (!(*all = calloc(n * c->size, sizeof(**all))))
		err_nomem(e);
	if (comm_agree(c, e))
		return e->code;
	for (i = 0; i < n; i++)
		if (tell(t, *all + i * c->size, mine[i], e))
			return e->code;
	return ST_OK;
}

static void
name_rank(const struct train *t, char s[40], size_t r)
{
	s[0] = 0;
	if (t->r->comm->size > 1)
		snprintf(s, 40, " of rank %zu", r);
}

/* What a layer computes of a thousand tokens stays in a processor's last cache until the next product
 * reads it, and more threads want more rows to share. */
uint64_t
train_micro(struct tc *tc)
{
	enum { A_THREAD = 512, LEAST = 1024, MOST = 4096 };
	uint64_t n = (uint64_t)A_THREAD * pool_threads(tc_pool(tc));

	if (!tc_is_host(tc) || n > MOST)
		return MOST;
	return n < LEAST ? LEAST : n;
}

size_t
train_acts_bytes(const struct train *t)
{
	size_t n = net_acts_bytes(&t->net, t->recompute, t->micro);

	return t->critic.m ? n + net_acts_bytes(&t->critic, t->recompute, t->micro) : n;
}

/* Bytes of this machine, or 0 where that is not known. */
static double
memory(const struct train *t)
{
	double have = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);

	return tc_is_host(t->r->tc) && have > 0 ? have : 0;
}

enum status
train_fit(struct train *t, struct err *e)
{
	double have = memory(t), nets = (double)net_bytes(&t->net), acts;
	char text[300];

	e->code = ST_OK;
	t->recompute = t->r->o->recompute;
	acts = (double)train_acts_bytes(t);
	if (t->critic.m)
		nets += (double)net_bytes(&t->critic);
	if (t->recompute || have <= 0 || nets + acts <= have)
		return ST_OK;
	t->recompute = true;
	snprintf(text, sizeof(text), "activations are computed twice: all of them would take %.0f MB, and this machine has %.0f",
	    acts / 1e6, have / 1e6);
	if (!t->r->comm->rank)
		t->r->h->say(t->r->h->ctx, TRAIN_NOTE, text);
	if (!net_recompute(&t->net, e) && t->critic.m)
		net_recompute(&t->critic, e);
	return e->code;
}

/* Report a lack of memory now, not after hours of paging. */
static void
check_memory(const struct train *t, double nets, double acts)
{
	double have = memory(t);
	char text[300];

	if (have <= 0 || nets + acts <= have)
		return;
	snprintf(text, sizeof(text), "%.0f MB of memory are needed, and this machine has %.0f%s",
	    (nets + acts) / 1e6, have / 1e6, nets < have ? "; a smaller --micro-batch needs less" : "; an adapter needs less (fg-init --lora-rank)");
	t->r->h->say(t->r->h->ctx, TRAIN_ALERT, text);
}

enum status
train_say_memory(struct train *t, struct err *e)
{
	struct net *net[] = { &t->net, t->critic.m ? &t->critic : NULL };
	size_t size = t->r->comm->size, r, i;
	double mine[3] = {0}, *all;
	char text[300], who[40];

	for (i = 0; i < 2 && net[i]; i++) {
		mine[0] += (double)net_bytes(net[i]);
		mine[1] += (double)net_sum_bytes(net[i], t->shards);
	}
	mine[2] = (double)train_acts_bytes(t);
	if (!tell_all(t, mine, 3, &all, e))
		for (r = 0; r < size; r++) {
			name_rank(t, who, r);
			snprintf(text, sizeof(text), "memory%s: %.0f MB of weights, gradients and moments, %.0f MB of sums of shards, "
			    "%.0f MB of activations for %ju tokens", who, all[r] / 1e6, all[size + r] / 1e6,
			    all[2 * size + r] / 1e6, (uintmax_t)t->micro);
			t->r->h->say(t->r->h->ctx, TRAIN_NOTE, text);
			check_memory(t, all[r] + all[size + r], all[2 * size + r]);
		}
	free(all);
	return e->code;
}

void
train_note_step(struct train *t, const struct comm *before, double seconds)
{
	t->work.steps++;
	t->work.sent += t->r->comm->sent - before->sent;
	t->work.waited += t->r->comm->waited - before->waited;
	t->work.seconds += seconds;
}

/* Each rank sends to others at least what it has of their shares, and as much of the weights. */
static double
least(const struct train *t)
{
	const struct net *n = &t->net, *c = &t->critic;

	return 2.0 * sizeof(float) * (double)(n->size - (n->hi - n->lo) + (c->m ? c->size - (c->hi - c->lo) : 0));
}

enum status
train_say_work(struct train *t, struct err *e)
{
	double steps = t->work.steps ? (double)t->work.steps : 1, *all;
	double mine[] = { (double)t->work.sent / steps, least(t), t->work.waited / steps, t->work.seconds / steps };
	size_t n = t->r->comm->size, r;
	char text[300], who[40];

	e->code = ST_OK;
	if (n == 1)
		return ST_OK;
	if (!tell_all(t, mine, 4, &all, e))
		for (r = 0; r < n; r++) {
			name_rank(t, who, r);
			snprintf(text, sizeof(text), "a step%s: %.0f bytes sent, %.0f are needed; waited %.4f of %.4f seconds", who,
			    all[r], all[n + r], all[2 * n + r], all[3 * n + r]);
			t->r->h->say(t->r->h->ctx, TRAIN_NOTE, text);
		}
	free(all);
	return e->code;
}
