#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/backend.h"

#define KIND(name) &agent_##name,
static const struct agent_kind *const kinds[] = { AGENT_KINDS(KIND) };
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };
_Static_assert((int)KINDS <= (int)BACKEND_KINDS, "room for every kind");

static bool
can(const struct agent_kind *k, const struct backend *b)
{
	return k->tasks >> b->o.task & 1;
}

static struct opt
kind_row(const struct agent_kind *k, struct backend *b, size_t i)
{
	if (!k->arg)
		return (struct opt)OPT_FLAG(k->option, &b->chosen[i].flag, k->help, .key = k->key);
	return (struct opt)OPT_STR(k->option, k->arg, &b->chosen[i].arg, k->help, .key = k->key, .may = k->may);
}

const struct prog *
backend_prog(const struct prog *p, struct backend *b)
{
	const struct opt shared[] = {
		OPT_HEADING("Of agents"),
		OPT_STR("model", "NAME", &b->o.model, "the endpoint's model"),
		OPT_STR("system", "TEXT", &b->o.system, "the system prompt"),
		OPT_REAL("temperature", "T", &b->o.temperature, 0, 10, "the endpoint's temperature"),
		OPT_UINT("jobs", "N", &b->o.jobs, 1, 256, "requests at a time", .outside = true),
		OPT_REAL("timeout", "S", &b->o.timeout, 0.01, 1e5,
		    "seconds to wait for an answer (default: 60 with --url, else for ever)", .outside = true),
		OPT_UINT("retries", "N", &b->o.retries, 0, 100, "requests again after 429, 5xx or a cut connection",
		    .outside = true),
		OPT_REAL("retry-delay", "S", &b->o.delay, 0, 60, "seconds before the first of them", .outside = true),
		OPT_STR("cache", "FILE", &b->cache, "remember answers here and ask for none of them again",
		    .outside = true),
		OPT_HEADING("Of people"),
		OPT_STR("annotator", "NAME", &b->o.annotator, "whose answers these are, with --editor"),
		OPT_UINT("each", "K", &b->each, 1, 1000, "how many people are to answer each question"),
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
		if (can(kinds[i], b))
			rows[n++] = kind_row(kinds[i], b, i);
	for (i = 0; p->rows[i].type != OPT_TYPE_END; i++)
		rows[n++] = p->rows[i];
	memcpy(rows + n, shared, sizeof(shared));
	return &with;
}

/* The agent that the options name. */
static void
choose(struct backend *b)
{
	char names[256] = "";
	size_t i, found = 0;

	for (i = 0; i < KINDS; i++) {
		if (!can(kinds[i], b))
			continue;
		strncat(names, *names ? ", --" : "--", sizeof(names) - strlen(names) - 1);
		strncat(names, kinds[i]->option, sizeof(names) - strlen(names) - 1);
		if (!b->chosen[i].arg && !b->chosen[i].flag)
			continue;
		b->kind = kinds[i];
		b->o.arg = b->chosen[i].arg;
		found++;
	}
	if (found != 1)
		die_usage("one of %s is needed", names);
}

/* The sum of what tells judges apart; an edit is as good whoever made it. */
static enum status
name_agent(struct backend *b, struct err *e)
{
	const char *name = b->kind->name ? b->kind->name(b->self) : "";
	const char *const part[] = { b->kind->option, b->o.arg ? b->o.arg : "", name, b->kind->several ? b->o.system : "" };
	struct hasher *h;

	if (b->o.task != AGENT_JUDGE || b->kind->serve)
		return ST_OK;
	if (!(h = hash_open()) || !name) {
		hash_close(h);
		return err_nomem(e);
	}
	for (size_t i = 0; i < sizeof(part) / sizeof(*part); i++)
		hash_add_field(h, part[i] ? part[i] : "", part[i] ? strlen(part[i]) : 0);
	b->who = hash_sum(h);
	hash_close(h);
	return ST_OK;
}

static void
say(const char *text)
{
	warn("%s", text);
}

enum status
backend_open(struct backend *b, struct err *e)
{
	choose(b);
	b->o.key = getenv("FG_API_KEY");
	b->o.threads = app->threads;
	b->o.say = say;
	if (!b->kind->several)
		b->o.jobs = 1;
	if (b->kind == &agent_page && !b->cache)
		die_usage("--page needs --cache: a file for what people write");
	pthread_mutex_init(&b->lock, NULL);
	if (memory_open(&b->memory, b->cache, b->kind == &agent_page, e) || b->kind->open(&b->self, &b->o, e) || name_agent(b, e))
		return e->code;
	return ST_OK;
}

enum status
backend_close(struct backend *b, struct err *e)
{
	enum status st = b->kind->close(b->self, e);

	memory_close(b->memory);
	pthread_mutex_destroy(&b->lock);
	return st;
}

static struct hash128
mix(const struct backend *b, struct hash128 key)
{
	return (struct hash128){ key.hi ^ b->who.hi, key.lo ^ b->who.lo };
}

bool
backend_recall(struct backend *b, struct hash128 key, struct buf *answer)
{
	const char *s;
	size_t n;

	pthread_mutex_lock(&b->lock);
	buf_clear(answer);
	if ((s = memory_get(b->memory, mix(b, key), &n)))
		buf_add(answer, s, n);
	pthread_mutex_unlock(&b->lock);
	return s;
}

enum status
backend_keep(struct backend *b, struct hash128 key, const struct buf *answer, struct err *e)
{
	enum status st;

	pthread_mutex_lock(&b->lock);
	st = memory_put(b->memory, mix(b, key), answer->p, answer->n, false, e);
	pthread_mutex_unlock(&b->lock);
	return st;
}
