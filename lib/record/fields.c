#include <stdint.h>
#include <string.h>

#include "base/hash.h"
#include "record/fields.h"

#define TOKENS(word, ...) { .name = word, .of = FIELD_TOKENS, __VA_ARGS__ }
#define RECORD(word, ...) { .name = word, .of = FIELD_RECORD, __VA_ARGS__ }

const struct record_field record_fields[] = {
	TOKENS("label", .is = FIELD_WHOLE, .lo = -1, .hi = 1, .painted = true),
	TOKENS("cost", .painted = true),
	TOKENS("logprob", .painted = true),
	TOKENS("ref_logprob", .is = FIELD_REAL),
	TOKENS("reward", .painted = true),
	TOKENS("value", .painted = true),
	TOKENS("advantage", .painted = true),
	TOKENS("return", .is = FIELD_REAL),
	TOKENS("kl", .painted = true),
	TOKENS("entropy", .painted = true),
	{ .name = "score", .of = FIELD_TEXT },
	RECORD("tokenizer", .is = FIELD_PRINT),
	RECORD("policy", .is = FIELD_PRINT),
	RECORD("sample", .is = FIELD_WHOLE, .lo = 0, .hi = 9e15),
	RECORD("temperature", .lo = 0, .hi = 1e9),
	RECORD("finish", .is = FIELD_WORD, .words = "eos|length"),
	RECORD("beta", .lo = 0, .hi = 1e9),
	RECORD("edit_ratio", .lo = 0, .hi = 1),
	RECORD("edit", .is = FIELD_WORD, .words = "edited|unchanged|skipped"),
	RECORD("win", .lo = 0, .hi = 1),
	RECORD("verdict", .is = FIELD_WORD, .words = "skipped"),
	RECORD("annotator", .is = FIELD_STRING),
	RECORD("seconds", .lo = 0, .hi = 1e9),
	RECORD("note", .is = FIELD_STRING),
	RECORD("reason", .is = FIELD_STRING),
	RECORD("dup", .is = FIELD_NAME),
	RECORD("overlap", .is = FIELD_ARRAY),
	{ .name = NULL }
};

/* Does key end with "_" and the word? */
static bool
is_companion(const char *key, const char *word)
{
	size_t n = strlen(key), m = strlen(word);

	return n > m + 1 && key[n - m - 1] == '_' && !strcmp(key + n - m, word);
}

bool
record_in_tokens(const char *key)
{
	const struct record_field *f;

	if (is_companion(key, "ids") || is_companion(key, "ends"))
		return true;
	for (f = record_fields; f->name; f++)
		if (f->of == FIELD_TOKENS && is_companion(key, f->name))
			return true;
	return false;
}

static enum status
check_tokens(struct record *r, const struct record_field *f, const char *key, size_t n, struct err *e)
{
	bool whole = f->is == FIELD_WHOLE;
	const int32_t *i32;
	const float *f32;
	size_t m;

	if (whole ? record_i32s(r, key, (int32_t)f->lo, (int32_t)f->hi, &i32, &m, e) : record_f32s(r, key, &f32, &m, e))
		return e->code;
	return n == SIZE_MAX || m == n ? ST_OK :
	    record_bad(r, key, e, "%zu %ss for %zu tokens", m, whole ? f->name : "number", n);
}

static enum status
check_real(struct record *r, const struct record_field *f, const char *key, struct err *e)
{
	double v;

	if (record_f64(r, key, &v, e))
		return e->code;
	return f->lo == f->hi || (v >= f->lo && v <= f->hi) ? ST_OK :
	    record_bad(r, key, e, "expected a number from %g to %g", f->lo, f->hi);
}

/* "edited, unchanged or skipped" */
static enum status
expected(struct record *r, const struct record_field *f, const char *key, struct err *e)
{
	char list[128] = "";
	size_t len, n = 0;
	const char *w;

	for (w = f->words; *w; w += len + (w[len] == '|')) {
		len = strcspn(w, "|");
		if (n + len + 5 > sizeof(list))
			break;
		n = (size_t)(stpcpy(list + n, !n ? "" : w[len] ? ", " : " or ") - list);
		memcpy(list + n, w, len);
		list[n += len] = 0;
	}
	return record_bad(r, key, e, "expected %s", list);
}

static enum status
check_word(struct record *r, const struct record_field *f, const char *key, struct err *e)
{
	const char *s, *w;
	size_t n, len;

	if (record_str(r, key, &s, &n, e))
		return e->code;
	for (w = f->words; *w; w += len + (w[len] == '|')) {
		len = strcspn(w, "|");
		if (n == len && !memcmp(s, w, n))
			return ST_OK;
	}
	return expected(r, f, key, e);
}

static enum status
check_print(struct record *r, const char *key, struct err *e)
{
	const char *s;
	size_t n;

	if (record_str(r, key, &s, &n, e))
		return e->code;
	return n == HASH_HEX - 1 && strspn(s, "0123456789abcdef") == n ? ST_OK :
	    record_bad(r, key, e, "expected 32 hexadecimal digits");
}

enum status
record_check_field(struct record *r, const struct record_field *f, const char *key, size_t n, struct err *e)
{
	const char *s;
	int64_t whole;
	size_t len;

	if (!record_has(r, key))
		return ST_OK;
	if (f->of == FIELD_TOKENS)
		return check_tokens(r, f, key, n, e);
	switch (f->is) {
	case FIELD_REAL:
		return check_real(r, f, key, e);
	case FIELD_WHOLE:
		return record_i64(r, key, (int64_t)f->lo, (int64_t)f->hi, &whole, e);
	case FIELD_WORD:
		return check_word(r, f, key, e);
	case FIELD_PRINT:
		return check_print(r, key, e);
	case FIELD_STRING:
		return record_str(r, key, &s, &len, e);
	case FIELD_NAME:
		return !record_raw(r, key, &s, &len) || *s == '"' || *s == '-' || (*s >= '0' && *s <= '9') ? ST_OK :
		    record_bad(r, key, e, "expected an id");
	case FIELD_ARRAY:
		break;
	}
	return !record_raw(r, key, &s, &len) || *s == '[' ? ST_OK : record_bad(r, key, e, "expected an array");
}
