/* fg-judge: pairwise verdicts of responses against references. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "common/backend.h"
#include "json/json.h"
#include "json/write.h"
#include "run/score.h"
#include "stage/ids.h"

static const char *model;

static struct backend to = BACKEND_DEFAULT(
    "You compare two responses to a prompt. Answer with the letter A if response A is better, B if "
    "response B is better, or C if they are equally good, and with nothing else.");

static const struct opt rows[] = {
	BACKEND_ROWS(to),
	OPT_STR("reward", "DIR", &model, "let a reward model decide", .key = 'm'),
	OPT_END
};
static const struct prog prog = {
	.name = "fg-judge", .synopsis = "--command CMD | --url URL | -m DIR [file ...]",
	.about = "Pairwise verdicts of responses against references",
	.rows = rows
};

static struct ids *ids;
static struct scorer *scorer;
static struct hash128 who;      /* decides: another judge's verdicts are not remembered */
static struct worker { struct buf q, text, reply; } *worker;

static const char *const pair[2][2] = { { "response", "reference" }, { "reference", "response" } };

/* Which text stands first is a coin keyed by the prompt (or the id), so that a judge
 * who favours one place favours neither side. */
static enum status
question(struct record *r, struct buf *q, bool *swap, struct err *e)
{
	const char *field[4] = { "id", "prompt" };
	static const char *const name[] = { "id", "prompt", "response", "reference" };
	struct rng_key key = { .seed = app->seed };
	struct hash128 h;
	const char *raw, *s;
	size_t i, n;
	enum status st;

	if ((st = record_id(r, &s, &h, e)) || (st = record_str(r, "response", &raw, &n, e)) ||
	    (st = record_str(r, "reference", &raw, &n, e)))
		return st;
	if (record_has(r, "prompt")) {
		if ((st = record_str(r, "prompt", &s, &n, e)))
			return st;
		h = hash128(s, n);
	}
	key.id[0] = h.hi;
	key.id[1] = h.lo;
	*swap = rng_u64(&key, 0, 0) & 1;
	field[2] = pair[*swap][0];
	field[3] = pair[*swap][1];
	buf_clear(q);
	for (i = 0; i < 4; i++)
		if (record_raw(r, field[i], &raw, &n)) {
			buf_addf(q, "%s\"%s\":", q->n ? "," : "{", name[i]);
			buf_add(q, raw, n);
		}
	buf_addc(q, '}');
	return buf_ok(q) ? ST_OK : err_nomem(e);
}

/* A model of language: two texts, one letter. */
static enum status
ask_url(struct record *r, struct worker *w, bool swap, struct err *e)
{
	const char *field[] = { "prompt", pair[swap][0], pair[swap][1] }, *s;
	static const char *const title[] = { "Prompt:\n", "\n\nResponse A:\n", "\n\nResponse B:\n" };
	struct buf letter = BUF_INIT;
	size_t i, n, at = 0;
	char c;

	buf_clear(&w->text);
	for (i = 0; i < 3; i++) {
		if (!record_has(r, field[i]))
			continue;
		if (record_str(r, field[i], &s, &n, e))
			return e->code;
		buf_adds(&w->text, title[i]);
		buf_add(&w->text, s, n);
	}
	if (!buf_ok(&w->text))
		return err_nomem(e);
	if (!http_chat(to.conn[w - worker], w->text.p, w->text.n, &letter, e)) {
		while (at < letter.n && !isalnum((unsigned char)letter.p[at]))
			at++;
		c = at < letter.n && (at + 1 == letter.n || !isalnum((unsigned char)letter.p[at + 1])) ? letter.p[at] : 0;
		if (c == 'A' || c == 'B' || c == 'C')
			buf_addf(&w->reply, "{\"win\":%s}", c == 'A' ? "1" : c == 'B' ? "0" : "0.5");
		else
			record_bad(r, "win", e, "the judge answered neither A, B nor C");
	}
	buf_free(&letter);
	return e->code;
}

/* A reward model: the higher score, or the higher sum of token rewards. */
static enum status
ask_model(struct record *r, struct worker *w, bool swap, struct err *e)
{
	struct score_seq q[2];
	struct ids_seq s;
	double score[2] = {0};
	size_t i, k, n;

	for (i = 0; i < 2; i++) {
		if (ids_read(ids, r, pair[swap][i], 0, &s, e))
			return e->code;
		q[i] = (struct score_seq){ .id = s.id, .n = s.n, .prompt = s.prompt, .invtemp = 1 };
		if (!(q[i].out = arena_array(record_arena(r), s.n, sizeof(float))))
			return err_nomem(e);
	}
	if (scorer_run(scorer, q, 2, e))
		return e->code;
	for (i = 0; i < 2; i++) {
		n = ids_config(ids)->head == HEAD_SEQUENCE ? 1 : q[i].n - q[i].prompt;
		for (k = 0; k < n; k++)
			score[i] += (double)q[i].out[k];
	}
	buf_addf(&w->reply, "{\"win\":%s}", score[0] > score[1] ? "1" : score[0] < score[1] ? "0" : "0.5");
	return ST_OK;
}

static enum status
judge(struct record *r, unsigned id, struct err *e)
{
	struct worker *w = &worker[id];
	struct json j;
	struct err bad = {0};
	struct hash128 key;
	double win = -1;
	size_t n;
	bool swap, known;
	enum status st;

	if ((st = question(r, &w->q, &swap, e)))
		return st;
	key = hash128(w->q.p, w->q.n);
	key.hi ^= who.hi;
	key.lo ^= who.lo;
	buf_clear(&w->reply);
	if (!(known = kept_get(to.kept, key, &w->reply))) {
		st = model ? ask_model(r, w, swap, e) : to.http.url ? ask_url(r, w, swap, e) :
		    agent_ask(to.agent, w->q.p, w->q.n, &w->reply, e);
		if (st)
			return st;
	}
	if (!buf_ok(&w->reply))
		return err_nomem(e);
	if (json_parse(&j, w->reply.p, w->reply.n, record_arena(r), &bad) || json_type(&j, 0) != JSON_OBJECT ||
	    !(n = json_get(&j, 0, "win")) || json_f64(&j, n, "win", &win, &bad) || !(win >= 0 && win <= 1))
		return record_bad(r, "win", e, "the judge's answer has no win from 0 to 1");
	if (!known && (st = kept_put(to.kept, key, w->reply.p, w->reply.n, e)))
		return st;
	return record_set_f64(r, "win", swap ? 1 - win : win, e);
}

static void
open_model(struct tc **tc, struct err *e)
{
	if (tc_open(tc, (unsigned)app->threads, e) || ids_open(&ids, model, 0, 1, e) ||
	    scorer_open(&scorer, *tc, model, NULL, SCORE_PROB, e))
		die(e);
	if (ids_config(ids)->head != HEAD_TOKEN && ids_config(ids)->head != HEAD_SEQUENCE)
		die_usage("%s is no reward model", model);
}

/* The sum of what tells judges apart. */
static enum status
name_judge(struct err *e)
{
	const char *const part[] = { to.command, to.http.url, to.http.url ? to.http.model : NULL,
		to.http.url ? to.http.system : NULL, scorer ? scorer_fingerprint(scorer) : NULL };
	struct hasher *h = hash_open();

	if (!h || (scorer && !part[4])) {
		hash_close(h);
		return err_nomem(e);
	}
	for (size_t i = 0; i < sizeof(part) / sizeof(*part); i++)
		hash_add_field(h, part[i] ? part[i] : "", part[i] ? strlen(part[i]) : 0);
	who = hash_sum(h);
	hash_close(h);
	return ST_OK;
}

int
main(int argc, char *argv[])
{
	static const bool never;
	struct tc *tc = NULL;
	struct err e = {0};
	uint64_t bos, eos;
	uint64_t i;

	app_parse(argc, argv, &prog);
	if (!!to.command + !!to.http.url + !!model != 1)
		die_usage("one of --command, --url and -m is needed");
	if (backend_open(&to, &e))
		die(&e);
	if (!(worker = calloc(to.jobs, sizeof(*worker)))) {
		err_nomem(&e);
		die(&e);
	}
	if (model)
		open_model(&tc, &e);
	if (to.cache && name_judge(&e))
		die(&e);
	if (ask_run(judge, (unsigned)to.jobs, &never, &e))
		die(&e);
	for (i = 0; i < to.jobs; i++) {
		buf_free(&worker[i].q);
		buf_free(&worker[i].text);
		buf_free(&worker[i].reply);
	}
	free(worker);
	backend_close(&to);
	if (model) {
		scorer_close(scorer);
		ids_twice(ids, &bos, &eos);
		warn_twice(bos, eos);
		ids_close(ids);
		tc_close(tc);
	}
	return app_close();
}
