#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "json/json.h"
#include "stage/spans.h"

struct span { size_t from, to; };

/* Member key of a span: a byte from 0 to most. */
static bool
read_byte(const struct json *j, size_t at, const char *key, size_t most, size_t *v)
{
	size_t k = json_get(j, at, key);
	struct err bad = {0};
	int64_t x;

	if (!k || json_i64(j, k, key, 0, (int64_t)most, &x, &bad))
		return false;
	*v = (size_t)x;
	return true;
}

const char *
spans_fault(const char *answer, size_t n, size_t a, size_t b)
{
	static const char why[] = "a span is not within its text";
	struct arena mem = ARENA_INIT;
	const char *reason = NULL;
	struct err bad = {0};
	struct json j;
	size_t list = 0, k, text, from, to;
	bool first;

	if (json_parse(&j, answer, n, &mem, &bad) == ST_NOMEM)
		reason = agent_no_memory;
	else if (!bad.code && json_type(&j, 0) == JSON_OBJECT)
		list = json_get(&j, 0, "spans");
	if (list && !reason && json_type(&j, list) != JSON_ARRAY)
		reason = why;
	for (k = list && !reason ? json_first(&j, list) : 0; k && !reason; k = json_next(&j, list, k)) {
		text = json_type(&j, k) == JSON_OBJECT ? json_get(&j, k, "text") : 0;
		first = text && json_is(&j, text, "A");
		if (!text || (!first && !json_is(&j, text, "B")) || !read_byte(&j, k, "from", first ? a : b, &from) ||
		    !read_byte(&j, k, "to", first ? a : b, &to) || from >= to)
			reason = why;
	}
	arena_free(&mem);
	return reason;
}

static int
by_start(const void *x, const void *y)
{
	const struct span *a = x, *b = y;

	return a->from < b->from ? -1 : a->from > b->from;
}

/* The spans of one text, sorted and joined where they overlap. */
static size_t
gather(const struct json *j, size_t list, const char *letter, struct span *s)
{
	size_t n = 0, k, i, at, text;

	for (k = json_first(j, list); k; k = json_next(j, list, k))
		if ((text = json_get(j, k, "text")) && json_is(j, text, letter) &&
		    read_byte(j, k, "from", SIZE_MAX / 2, &s[n].from) && read_byte(j, k, "to", SIZE_MAX / 2, &s[n].to))
			n++;
	qsort(s, n, sizeof(*s), by_start);
	for (at = i = 0; i < n; i++)
		if (at && s[i].from <= s[at - 1].to)
			s[at - 1].to = s[i].to > s[at - 1].to ? s[i].to : s[at - 1].to;
		else
			s[at++] = s[i];
	return at;
}

static enum status
set_labels(struct record *r, const char *field, const struct span *s, size_t ns, struct err *e)
{
	const char *ends = record_companion(r, field, "ends"), *label = record_companion(r, field, "label");
	const int32_t *end;
	int32_t *v;
	size_t n, i, k = 0, from;

	if (!ends || !label)
		return err_nomem(e);
	if (!record_has(r, ends))
		return ST_OK;
	if (record_i32s(r, ends, 0, INT32_MAX, &end, &n, e))
		return e->code;
	if (!(v = arena_array(record_arena(r), n, sizeof(*v))))
		return err_nomem(e);
	for (i = 0; i < n; i++) {
		from = i ? (size_t)end[i - 1] : 0;
		while (k < ns && s[k].to <= from)
			k++;
		v[i] = k < ns && s[k].from < (size_t)end[i] && (size_t)end[i] > from ? -1 : 0;
	}
	return record_set_i32s(r, label, v, n, e);
}

static enum status
set_spans(struct record *r, const char *field, const struct span *s, size_t n, struct err *e)
{
	const char *key = record_companion(r, field, "spans");
	struct buf b = BUF_INIT;
	size_t i;

	for (i = 0; i < n; i++)
		buf_addf(&b, "%s[%zu,%zu]", i ? "," : "[", s[i].from, s[i].to);
	buf_adds(&b, n ? "]" : "[]");
	if (!key || !buf_ok(&b))
		err_nomem(e);
	else
		record_set_raw(r, key, b.p, b.n, e);
	buf_free(&b);
	return e->code;
}

enum status
spans_set(struct record *r, const char *const field[2], const char *answer, size_t n, struct err *e)
{
	static const char *const letter[] = { "A", "B" };
	struct span *s;
	struct json j;
	size_t list, i, k;
	enum status st;

	if ((st = json_parse(&j, answer, n, record_arena(r), e)) || !(list = json_get(&j, 0, "spans")))
		return st;
	if (!(s = arena_array(record_arena(r), j.node[list].count, sizeof(*s))))
		return err_nomem(e);
	for (i = 0; i < 2; i++) {
		k = gather(&j, list, letter[i], s);
		if ((st = set_spans(r, field[i], s, k, e)) || (st = set_labels(r, field[i], s, k, e)))
			return st;
	}
	return ST_OK;
}
