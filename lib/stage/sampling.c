#include <stdlib.h>
#include <string.h>

#include "record/tokens.h"
#include "stage/sampling.h"

/* A record whose responses are in hand. */
struct sampling_record {
	struct record *r;
	struct rollout_job *job;        /* (samples) */
	size_t added, printed, bytes;
	struct sampling_record *next;
};

void
sampling_init(struct sampling *s)
{
	s->last = &s->first;
}

/* ---- records in ---- */

static void
give(struct sampling *s, struct sampling_record *p)
{
	p->next = s->spare;
	s->spare = p;
}

/* NULL when memory is out */
static struct sampling_record *
take(struct sampling *s)
{
	struct sampling_record *p = s->spare;
	struct err e;

	if (p)
		s->spare = p->next;
	else if (!(p = calloc(1, sizeof(*p))))
		return NULL;
	else if (record_new(&p->r, &e) || !(p->job = calloc(s->samples, sizeof(*p->job)))) {
		give(s, p);
		return NULL;
	}
	p->added = p->printed = 0;
	p->next = NULL;
	return p;
}

static enum status
read_prompt(struct sampling *s, struct sampling_record *p, struct err *e)
{
	struct ids_seq q;
	struct hash128 key;
	const char *id;
	size_t room, k;

	if (ids_read_prompt(s->ids, p->r, 0, &q, e))
		return e->code;
	if (!(room = s->longest - q.n))
		return record_bad(p->r, "prompt", e, "%zu tokens leave no room for a response", q.n);
	if (record_id(p->r, &id, &key, e))
		return e->code;
	for (k = 0; k < s->samples; k++)
		p->job[k] = (struct rollout_job){ .prompt = q.id, .np = q.n, .group = s->records,
			.max = s->max_tokens < room ? s->max_tokens : room, .name = id,
			.key = { s->seed, { key.hi, key.lo }, k } };
	s->records++;
	return ST_OK;
}

/* The next record with a prompt, after those in hand. */
static enum status
read_record(struct sampling *s, struct err *e)
{
	struct sampling_record *p = take(s);
	enum status st;

	if (!p)
		return err_nomem(e);
	while (!(st = s->io->next(s->io->ctx, p->r, e)) && (st = read_prompt(s, p, e)))
		if ((st = s->io->reject(s->io->ctx, p->r, e)))
			break;
	if (!st && !s->roll)
		st = s->open(s, e);
	if (st) {
		give(s, p);
		return st;
	}
	*s->last = s->next = p;
	s->last = &p->next;
	s->held += p->bytes = arena_bytes(record_arena(p->r));
	return ST_OK;
}

enum status
sampling_feed(struct sampling *s, struct err *e)
{
	enum status st;

	while (!s->roll || rollout_wants(s->roll)) {
		if (!s->next) {
			if (s->eof || (s->in_hand && (s->held >= s->room || !s->io->ready(s->io->ctx))))
				return ST_OK;
			if ((st = read_record(s, e))) {
				s->eof = true;
				return st == ST_EOF ? ST_OK : st;
			}
		}
		rollout_add(s->roll, &s->next->job[s->next->added++]);
		s->in_hand++;
		if (s->next->added == s->samples)
			s->next = NULL;
	}
	return ST_OK;
}

/* ---- responses out ---- */

static enum status
set_text(struct sampling *s, struct record *r, const struct rollout_job *j, struct err *e)
{
	const struct tokenizer *t = ids_tokenizer(s->ids);
	size_t *end = arena_array(record_arena(r), j->n, sizeof(*end));

	if (!end)
		return err_nomem(e);
	buf_clear(&s->text);
	if (tok_decode_reply(t, j->prompt, j->np, j->id, j->n, false, &s->text, end, e))
		return e->code;
	if (record_set_str(r, "response", s->text.p ? s->text.p : "", s->text.n, e) ||
	    record_set_tokens(r, "response", j->id, end, j->n, e))
		return e->code;
	return record_set_str(r, "tokenizer", tok_fingerprint(t), strlen(tok_fingerprint(t)), e);
}

static enum status
print_job(struct sampling *s, struct record *r, const struct rollout_job *j, struct err *e)
{
	const char *end = j->end == ROLLOUT_EOS ? "eos" : "length";

	if (!j->key.sample) {
		record_forget(r, "response");
		if (ids_tokenizer(s->ids) && record_drop_other(r, tok_fingerprint(ids_tokenizer(s->ids)), e))
			return e->code;
	}
	if (record_set_i32s(r, "prompt_ids", j->prompt, j->np, e))
		return e->code;
	if (ids_tokenizer(s->ids) ? set_text(s, r, j, e) : record_set_i32s(r, "response_ids", j->id, j->n, e))
		return e->code;
	if (record_set_f32s(r, "response_logprob", j->logprob, j->n, e) ||
	    (j->value && record_set_f32s(r, "response_value", j->value, j->n, e)) ||
	    record_set_i64(r, "sample", (int64_t)j->key.sample, e) ||
	    record_set_f32(r, "temperature", s->temperature, e) ||
	    record_set_str(r, "policy", s->policy, strlen(s->policy), e) ||
	    record_set_str(r, "finish", end, strlen(end), e))
		return e->code;
	return s->io->put(s->io->ctx, r, e);
}

enum status
sampling_drain(struct sampling *s, struct err *e)
{
	struct sampling_record *p;
	struct rollout_job *j;

	while ((p = s->first)) {
		for (; p->printed < p->added && (j = &p->job[p->printed])->end; p->printed++) {
			if (print_job(s, p->r, j, e))
				return e->code;
			rollout_job_free(j);
			s->in_hand--;
			s->done++;
		}
		if (p->printed < s->samples)
			break;
		if (!(s->first = p->next))
			s->last = &s->first;
		s->held -= p->bytes;
		give(s, p);
	}
	return ST_OK;
}

void
sampling_free(struct sampling *s)
{
	struct sampling_record *p;

	while ((p = s->spare)) {
		s->spare = p->next;
		record_free(p->r);
		free(p->job);
		free(p);
	}
	buf_free(&s->text);
}
