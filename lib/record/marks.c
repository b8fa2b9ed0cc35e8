#include <stdio.h>
#include <string.h>

#include "json/json.h"
#include "record/marks.h"

static const char spans[] = "_spans";

enum mark
mark_of(const char *key)
{
	static const struct { const char *key; enum mark mark; } list[] = {
		{ "chosen", MARK_TEXT }, { "reason", MARK_TEXT }, { "note", MARK_TEXT }, { "edit", MARK_CHOICE },
		{ "verdict", MARK_CHOICE }, { "win", MARK_WIN }, { "annotator", MARK_WHO }, { "seconds", MARK_TIME }
	};
	size_t n = strlen(key), m = sizeof(spans) - 1, i;

	for (i = 0; i < sizeof(list) / sizeof(*list); i++)
		if (!strcmp(list[i].key, key))
			return list[i].mark;
	return n > m && !strcmp(key + n - m, spans) ? MARK_SPANS : MARK_NONE;
}

const char *
mark_field(const char *key, char *field, size_t cap)
{
	if (mark_of(key) == MARK_SPANS)
		snprintf(field, cap, "%.*s", (int)(strlen(key) - (sizeof(spans) - 1)), key);
	else
		snprintf(field, cap, "%s", !strcmp(key, "win") || !strcmp(key, "verdict") ? "response" : "rejected");
	return field;
}

const char *
mark_win(double win)
{
	return win >= 1 ? "response" : win <= 0 ? "reference" : win >= 0.5 && win <= 0.5 ? "tie" : NULL;
}

double
mark_win_value(const char *word, size_t n)
{
	static const struct { const char *word; double win; } list[] = { { "response", 1 }, { "reference", 0 }, { "tie", 0.5 } };

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		if (strlen(list[i].word) == n && !memcmp(list[i].word, word, n))
			return list[i].win;
	return -1;
}

size_t
mark_chars(const char *s, size_t n, size_t at)
{
	size_t i, k = 0;

	for (i = 0; i < n && i < at; i++)
		k += ((unsigned char)s[i] & 0xc0) != 0x80;
	return k;
}

size_t
mark_bytes(const char *s, size_t n, size_t at)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80 && !at--)
			break;
	return i;
}

enum status
mark_spans(struct record *r, const char *key, const char **s, size_t *n,
    void (*each)(void *ctx, size_t from, size_t to, const char *label, size_t nlabel), void *ctx, struct err *e)
{
	char field[256];
	struct err bad = {0};
	struct json j;
	size_t k, at, len;
	int64_t v[2];
	const char *label;

	if (record_str(r, mark_field(key, field, sizeof(field)), s, n, e) || record_json(r, key, &j, e))
		return e->code;
	if (json_type(&j, 0) != JSON_ARRAY)
		return record_bad(r, key, e, "expected a list of spans");
	for (k = json_first(&j, 0); k; k = json_next(&j, 0, k)) {
		label = NULL;
		len = 0;
		at = json_type(&j, k) == JSON_ARRAY && j.node[k].count >= 2 ? json_first(&j, k) : 0;
		if (!at || json_i64(&j, at, key, 0, (int64_t)*n, &v[0], &bad) || !(at = json_next(&j, k, at)) ||
		    json_i64(&j, at, key, v[0], (int64_t)*n, &v[1], &bad) ||
		    ((at = json_next(&j, k, at)) && !(label = json_str(&j, at, &len))))
			return record_bad(r, key, e, "expected [from, to] within the text, and maybe a name");
		each(ctx, (size_t)v[0], (size_t)v[1], label, len);
	}
	return ST_OK;
}
