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
read_ends(const struct scoring *s, struct record *r, struct scoring_part *p, struct err *e)
{
	const char *ids = record_companion(r, p->field, "ids"), *ends = record_companion(r, p->field, "ends");
	const int32_t *id;
	size_t n, i;

	if (!ids || !ends)
		return err_nomem(e);
	if (ids_config(s->ids)->head == HEAD_VALUE)
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
add_part(struct scoring *s, struct record *r, const char *field, float invtemp, struct err *e)
{
	struct arena *mem = record_arena(r);
	size_t cap = s->cappart, n;
	struct scoring_part *p;
	struct score_seq *q;

	if (grow(&s->part, &cap, s->parts + 1, sizeof(*s->part), e) ||
	    grow(&s->seq, &s->cappart, s->parts + 1, sizeof(*s->seq), e))
		return e->code;
	p = &s->part[s->parts];
	q = &s->seq[s->parts];
	*p = (struct scoring_part){ .record = s->n, .field = field };
	if (ids_read(s->ids, r, field, 0, &p->s, e) ||
	    (p->s.foreign && ids_config(s->ids)->head != HEAD_SEQUENCE && read_ends(s, r, p, e)))
		return e->code;
	n = p->s.n - p->s.prompt;
	*q = (struct score_seq){ .id = p->s.id, .n = p->s.n, .prompt = p->s.prompt, .invtemp = invtemp,
		.out = arena_array(mem, n, sizeof(float)),
		.entropy = s->entropy ? arena_array(mem, n, sizeof(float)) : NULL,
		.kl = s->kl ? arena_array(mem, n, sizeof(float)) : NULL };
	if (!q->out || (s->entropy && !q->entropy) || (s->kl && !q->kl))
		return err_nomem(e);
	s->parts++;
	s->tokens += p->s.n;
	return ST_OK;
}

enum status
scoring_add(struct scoring *s, struct err *e)
{
	static const char *const response[] = { "response" }, *const pair[] = { "chosen", "rejected" };
	struct record *r = s->record[s->n];
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
		if (add_part(s, r, f[i], (float)(1 / t), e)) {
			s->parts = parts;
			s->tokens = tokens;
			return e->code;
		}
	s->n++;
	return ST_OK;
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
set_part(const struct scoring *s, struct record *r, const struct scoring_part *p,
    const struct score_seq *q, struct err *e)
{
	static const char *const usual[] = { "logprob", "reward", "score", "value" };
	enum model_head head = ids_config(s->ids)->head;
	const char *name = s->as ? s->as : usual[head], *key;

	if (head == HEAD_SEQUENCE) {
		if (!(key = record_companion(r, p->field, name)))
			return err_nomem(e);
		return record_set_f32(r, key, *q->out, e);
	}
	if ((!p->s.foreign && ids_store(s->ids, r, p->field, &p->s, e)) ||
	    set_numbers(r, p, name, q->out, e) ||
	    (q->entropy && set_numbers(r, p, "entropy", q->entropy, e)) ||
	    (q->kl && set_numbers(r, p, "kl", q->kl, e)))
		return e->code;
	return ST_OK;
}

enum status
scoring_run(struct scoring *s, struct scorer *scorer, struct err *e)
{
	size_t i, k = 0;

	if (scorer_run(scorer, s->seq, s->parts, e))
		return e->code;
	for (i = 0; i < s->n; i++) {
		for (; k < s->parts && s->part[k].record == i; k++)
			if (set_part(s, s->record[i], &s->part[k], &s->seq[k], e))
				return e->code;
		if (s->io->put(s->io->ctx, s->record[i], e))
			return e->code;
	}
	s->n = s->parts = s->tokens = 0;
	return ST_OK;
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
