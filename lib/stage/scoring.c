#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "edit/project.h"
#include "stage/scoring.h"

/* One text of a record. */
struct scoring_part {
	size_t record;
	const char *field;
	struct ids_seq s;
	const int32_t *end;     /* (nend) ends of the record's own tokens, if another tokenizer's */
	size_t nend;
};

enum status
scoring_next(struct scoring *s, struct record **r, struct err *e)
{
	size_t cap = s->cap;

	if (grow(&s->record, &s->cap, s->n + 1, sizeof(*s->record), e))
		return e->code;
	if (cap < s->cap)
		memset(s->record + cap, 0, (s->cap - cap) * sizeof(*s->record));
	if (!s->record[s->n] && record_new(&s->record[s->n], e))
		return e->code;
	*r = s->record[s->n];
	return ST_OK;
}

/* Where the record's own tokens end, to map back to them. */
static enum status
read_ends(const struct scoring_model *m, struct record *r, struct scoring_part *p, struct err *e)
{
	const char *ids = record_companion(r, p->field, "ids"), *ends = record_companion(r, p->field, "ends");
	const int32_t *id;
	size_t n, i;

	if (!ids || !ends)
		return err_nomem(e);
	if (ids_config(m->ids)->head == HEAD_VALUE)
		return record_bad(r, "tokenizer", e, "values need ids of the model's own tokenizer");
	if (record_i32s(r, ids, 0, INT32_MAX, &id, &n, e) ||
	    record_i32s(r, ends, 0, INT32_MAX, &p->end, &p->nend, e))
		return e->code;
	if (!n || n != p->nend)
		return record_bad(r, ends, e, "%zu ends for %zu tokens", p->nend, n);
	for (i = 1; i < n; i++)
		if (p->end[i] < p->end[i - 1])
			return record_bad(r, ends, e, "ends never decrease");
	return ST_OK;
}

static enum status
add_part(struct scoring *s, const struct scoring_model *m, size_t record, const char *field, float invtemp, struct err *e)
{
	struct record *r = s->record[record];
	struct arena *mem = record_arena(r);
	size_t cap = s->cappart, n;
	struct scoring_part *p;
	struct score_seq *q;

	if (grow(&s->part, &cap, s->parts + 1, sizeof(*s->part), e) ||
	    grow(&s->seq, &s->cappart, s->parts + 1, sizeof(*s->seq), e))
		return e->code;
	p = &s->part[s->parts];
	q = &s->seq[s->parts];
	*p = (struct scoring_part){ .record = record, .field = field };
	if (ids_read(m->ids, r, field, 0, &p->s, e) ||
	    (p->s.foreign && ids_config(m->ids)->head != HEAD_SEQUENCE && read_ends(m, r, p, e)))
		return e->code;
	n = p->s.n - p->s.prompt;
	*q = (struct score_seq){ .id = p->s.id, .n = p->s.n, .prompt = p->s.prompt, .invtemp = invtemp,
		.out = arena_array(mem, n, sizeof(float)),
		.entropy = m->entropy ? arena_array(mem, n, sizeof(float)) : NULL,
		.kl = m->kl ? arena_array(mem, n, sizeof(float)) : NULL };
	if (!q->out || (m->entropy && !q->entropy) || (m->kl && !q->kl))
		return err_nomem(e);
	s->parts++;
	s->tokens += p->s.n;
	return ST_OK;
}

/* The texts of a record as m reads them: all of them, or none. */
static enum status
add_record(struct scoring *s, const struct scoring_model *m, size_t record, struct err *e)
{
	static const char *const response[] = { "response" }, *const pair[] = { "chosen", "rejected" };
	struct record *r = s->record[record];
	bool single = record_has(r, *response) || record_has(r, "response_ids");
	const char *const *f = s->nfield ? s->field : single ? response : pair;
	size_t n = s->nfield ? s->nfield : single ? 1 : 2, parts = s->parts, tokens = s->tokens, i;
	double t = 1;

	if (s->temperature > 0)
		t = s->temperature;
	else if (record_has(r, "temperature") && record_f64(r, "temperature", &t, e))
		return e->code;
	if (!s->nfield && !single && !record_has(r, "chosen") && !record_has(r, "chosen_ids"))
		return record_bad(r, "response", e, "missing, and so is chosen; name a field with -f");
	if (!(t >= 1e-4 && t <= 1e4))
		return record_bad(r, "temperature", e, "expected a number in 0.0001..10000");
	for (i = 0; i < n; i++)
		if (add_part(s, m, record, f[i], (float)(1 / t), e)) {
			s->parts = parts;
			s->tokens = tokens;
			return e->code;
		}
	return ST_OK;
}

enum status
scoring_add(struct scoring *s, struct err *e)
{
	if (!add_record(s, s->model, s->n, e))
		s->n++;
	return e->code;
}

/* F_name: a number for each of the record's tokens. */
static enum status
set_numbers(struct record *r, const struct scoring_part *p, const char *name, const float *v, struct err *e)
{
	const char *key = record_companion(r, p->field, name);
	size_t n = p->s.n - p->s.prompt;
	float *own;

	if (!key)
		return err_nomem(e);
	if (!p->end)
		return record_set_f32s(r, key, v, n, e);
	if (!(own = arena_array(record_arena(r), p->nend, sizeof(*own))))
		return err_nomem(e);
	edit_project(own, p->end, p->nend, v, p->s.end, n);
	return record_set_f32s(r, key, own, p->nend, e);
}

static enum status
set_part(const struct scoring_model *m, struct record *r, const struct scoring_part *p, const struct score_seq *q,
    struct err *e)
{
	static const char *const usual[] = { "logprob", "reward", "score", "value" };
	enum model_head head = ids_config(m->ids)->head;
	const char *name = m->as ? m->as : usual[head], *key;

	if (head == HEAD_SEQUENCE) {
		if (!(key = record_companion(r, p->field, name)))
			return err_nomem(e);
		return record_set_f32(r, key, *q->out, e);
	}
	if ((!p->s.foreign && ids_store(m->ids, r, p->field, &p->s, e)) ||
	    set_numbers(r, p, name, q->out, e) ||
	    (q->entropy && set_numbers(r, p, "entropy", q->entropy, e)) ||
	    (q->kl && set_numbers(r, p, "kl", q->kl, e)))
		return e->code;
	return ST_OK;
}

/* Compute the parts and set their results.  When something fails, *n is how many records come before it. */
static enum status
compute(struct scoring *s, const struct scoring_model *m, size_t *n, struct err *e)
{
	size_t k = 0;

	if (!s->parts)
		return ST_OK;
	if (scorer_run(m->scorer, s->seq, s->parts, e))
		*n = s->part[0].record;
	for (; !e->code && k < s->parts; k++)
		if (set_part(m, s->record[s->part[k].record], &s->part[k], &s->seq[k], e))
			*n = s->part[k].record;
	s->sequences += s->parts;
	s->computed += s->tokens;
	s->parts = s->tokens = 0;
	return e->code;
}

/* A later model over the *n records of the batch: those that it rejects leave it. */
static enum status
pass(struct scoring *s, const struct scoring_model *m, size_t *n, struct err *e)
{
	struct record *r;
	size_t all = *n, kept = 0, i;
	struct err why = { 0 };

	*e = why;
	for (i = 0; i < all && !why.code; i++) {
		r = s->record[i];
		s->record[i] = s->record[kept];
		s->record[kept] = r;
		if (!add_record(s, m, kept, &why))
			kept++;
		else if (why.code == ST_INPUT)
			s->io->reject(s->io->ctx, r, &why);
		if (s->tokens >= s->limit && compute(s, m, &kept, e)) {
			*n = kept;
			return e->code;
		}
	}
	*n = kept;
	/* what came before a bad record is still wanted */
	if (compute(s, m, n, e))
		return e->code;
	if (why.code)
		*e = why;
	return why.code;
}

enum status
scoring_run(struct scoring *s, struct err *e)
{
	struct err why = { 0 }, later = { 0 };
	size_t n = s->n, i;

	compute(s, s->model, &n, &why);
	/* a failure of a later model is about a record that comes before */
	for (i = 1; i < s->nmodel; i++)
		if (pass(s, &s->model[i], &n, &later))
			why = later;
	later = (struct err){ 0 };
	for (i = 0; i < n; i++) {
		if (s->io->put(s->io->ctx, s->record[i], &later)) {
			why = later;
			break;
		}
		s->records++;
	}
	s->n = s->parts = s->tokens = 0;
	if (why.code)
		*e = why;
	return why.code;
}

void
scoring_free(struct scoring *s)
{
	size_t i;

	for (i = 0; i < s->cap; i++)
		record_free(s->record[i]);
	free(s->record);
	free(s->part);
	free(s->seq);
}
