#include <stdio.h>
#include <string.h>

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
