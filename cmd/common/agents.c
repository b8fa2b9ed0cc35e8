#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/agents.h"

#define KIND(name) &agent_##name,
static const struct agent_kind *const kinds[] = { AGENT_KINDS(KIND) };
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };
_Static_assert((int)KINDS <= (int)AGENTS_KINDS, "room for every kind");

static bool
can(const struct agent_kind *k, const struct agents *a)
{
	return k->tasks >> a->o.agent.task & 1;
}

static struct opt
kind_row(const struct agent_kind *k, struct agents *a, size_t i)
{
	if (!k->arg)
		return (struct opt)OPT_FLAG(k->option, &a->chosen[i].flag, k->help, .key = k->key);
	return (struct opt)OPT_STR(k->option, k->arg, &a->chosen[i].arg, k->help, .key = k->key, .may = k->may);
}

const struct prog *
agents_prog(const struct prog *p, struct agents *a)
{
	struct agent_opt *o = &a->o.agent;
	const struct opt shared[] = {
		OPT_HEADING("Of agents"),
		OPT_STR("model", "NAME", &o->model, "the endpoint's model"),
		OPT_STR("system", "TEXT", &o->system, "the system prompt"),
		OPT_REAL("temperature", "T", &o->temperature, 0, 10, "the endpoint's temperature"),
		OPT_UINT("jobs", "N", &o->jobs, 1, 256, "requests at a time", .outside = true),
		OPT_REAL("timeout", "S", &o->timeout, 0.01, 1e5,
		    "seconds to wait for an answer (default: 60 with --url, else for ever)", .outside = true),
		OPT_UINT("retries", "N", &o->retries, 0, 100, "requests again after 429, 5xx or a cut connection",
		    .outside = true),
		OPT_REAL("retry-delay", "S", &o->delay, 0, 60, "seconds before the first of them", .outside = true),
		OPT_STR("cache", "FILE", &a->o.cache, "remember answers here and ask for none of them again",
		    .outside = true),
		OPT_HEADING("Of people"),
		OPT_STR("annotator", "NAME", &o->annotator, "whose answers these are, with --editor"),
		OPT_UINT("each", "K", &a->o.each, 1, 1000, "how many people are to answer each question"),
		OPT_END
	};
	enum { SHARED = sizeof(shared) / sizeof(*shared), OWN = 32 };
	static struct opt rows[KINDS + OWN + SHARED];
	static struct prog with;
	size_t n = 0, i;

	for (i = 0; p->rows[i].type != OPT_TYPE_END; i++)
		;
	assert(i <= OWN);
	with = *p;
	with.rows = rows;
	for (i = 0; i < KINDS; i++)
		if (can(kinds[i], a))
			rows[n++] = kind_row(kinds[i], a, i);
	for (i = 0; p->rows[i].type != OPT_TYPE_END; i++)
		rows[n++] = p->rows[i];
	memcpy(rows + n, shared, sizeof(shared));
	return &with;
}

/* The agent that the options name. */
static void
choose(struct agents *a)
{
	char names[256] = "";
	size_t i, found = 0;

	for (i = 0; i < KINDS; i++) {
		if (!can(kinds[i], a))
			continue;
		strncat(names, *names ? ", --" : "--", sizeof(names) - strlen(names) - 1);
		strncat(names, kinds[i]->option, sizeof(names) - strlen(names) - 1);
		if (!a->chosen[i].arg && !a->chosen[i].flag)
			continue;
		a->o.kind = kinds[i];
		a->o.agent.arg = a->chosen[i].arg;
		found++;
	}
	if (found != 1)
		die_usage("one of %s is needed", names);
}

static void
say(const char *text)
{
	warn("%s", text);
}

void
agents_open(struct agents *a)
{
	struct err e = { 0 };

	choose(a);
	a->o.agent.key = getenv("FG_API_KEY");
	a->o.agent.threads = app->threads;
	a->o.agent.say = say;
	if (backend_open(&a->backend, &a->o, &e))
		die(&e);
}

static void
summary(const struct agents *a, const struct ask_count *c)
{
	if (app->quiet)
		return;
	if (c->open)
		warn("%ju %s, %ju unchanged, %ju skipped, %ju without an answer", (uintmax_t)c->done, a->done,
		    (uintmax_t)c->unchanged, (uintmax_t)c->skipped, (uintmax_t)c->open);
	else if (c->unchanged || c->skipped)
		warn("%ju %s, %ju unchanged, %ju skipped", (uintmax_t)c->done, a->done, (uintmax_t)c->unchanged,
		    (uintmax_t)c->skipped);
	else
		note("%ju %s", (uintmax_t)c->done, a->done);
}

void
agents_run(struct agents *a, const struct ask *how)
{
	struct ask_count count;
	struct err e = { 0 };

	if (ask_run(a->backend, how, app_stream, &count, &e))
		die(&e);
	summary(a, &count);
	/* what was answered is written before an agent that does not end is waited for */
	if (sink_flush(app_out, &e) || backend_close(a->backend, &e))
		die(&e);
}
