/* Just enough JSON for filters of flat records: find a string member of a one-line
 * object, print a string.  Anything that is no object of members is refused. */
#ifndef WORLD_LINE_H
#define WORLD_LINE_H

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Behind the string that opens at s, or NULL. */
static inline const char *
line_string_end(const char *s)
{
	for (s++; *s && *s != '"'; s++)
		if (*s == '\\' && !*++s)
			return NULL;
	return *s ? s + 1 : NULL;
}

/* Behind any value at s, or NULL; brackets are counted, never recursed into. */
static inline const char *
line_value_end(const char *s)
{
	size_t depth = 0;

	for (;;) {
		if (*s == '"') {
			if (!(s = line_string_end(s)))
				return NULL;
		} else if (*s == '{' || *s == '[') {
			depth++;
			s++;
		} else if ((*s == '}' || *s == ']') && depth) {
			depth--;
			s++;
		} else if (*s && (depth || !strchr(",}] \t\r\n", *s))) {
			s++;
			continue;
		} else {
			return NULL;
		}
		if (!depth)
			return s;
		while (*s && *s != '"' && !strchr("{}[]", *s))
			s++;
	}
}

static inline const char *
line_bare_end(const char *s)
{
	while (*s && !strchr(",}] \t\r\n", *s))
		s++;
	return s;
}

static inline const char *
line_skip(const char *s)
{
	while (*s == ' ' || *s == '\t' || *s == '\r' || *s == '\n')
		s++;
	return s;
}

/* The raw value of a member: its start, with its length in *n; NULL if absent. */
static inline const char *
line_get(const char *line, const char *key, size_t *n)
{
	const char *s = line_skip(line), *k, *v, *end;
	size_t nk;

	if (*s++ != '{')
		return NULL;
	while (*(s = line_skip(s)) == '"') {
		k = s + 1;
		if (!(end = line_string_end(s)))
			return NULL;
		nk = (size_t)(end - k) - 1;
		s = line_skip(end);
		if (*s++ != ':')
			return NULL;
		v = line_skip(s);
		end = strchr("\"{[", *v) && *v ? line_value_end(v) : line_bare_end(v);
		if (!end)
			return NULL;
		if (nk == strlen(key) && !memcmp(k, key, nk)) {
			*n = (size_t)(end - v);
			return v;
		}
		s = line_skip(end);
		if (*s == ',')
			s++;
	}
	return NULL;
}

static inline unsigned
line_hex4(const char *s)
{
	unsigned v = 0;
	int i, c;

	for (i = 0; i < 4; i++) {
		c = tolower((unsigned char)s[i]);
		if (!isxdigit(c))
			return 0xfffd;
		v = v * 16 + (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return v;
}

static inline char *
line_utf8(char *o, unsigned c)
{
	if (c < 0x80) {
		*o++ = (char)c;
	} else if (c < 0x800) {
		*o++ = (char)(0xc0 | c >> 6);
		*o++ = (char)(0x80 | (c & 63));
	} else {
		*o++ = (char)(0xe0 | c >> 12);
		*o++ = (char)(0x80 | (c >> 6 & 63));
		*o++ = (char)(0x80 | (c & 63));
	}
	return o;
}

/* A string member decoded (owned; characters outside the basic plane and NUL become
 * U+FFFD, which no sentence of this world holds); NULL if absent or no string. */
static inline char *
line_str(const char *line, const char *key)
{
	size_t n;
	const char *s = line_get(line, key, &n), *end;
	char *out, *o;
	unsigned c;

	if (!s || *s != '"' || !(out = malloc(n + 1)))
		return NULL;
	o = out;
	for (end = s + n - 1, s++; s < end; s++) {
		if (*s != '\\') {
			*o++ = *s;
			continue;
		}
		switch (*++s) {
		case 'n': *o++ = '\n'; break;
		case 't': *o++ = '\t'; break;
		case 'r': *o++ = '\r'; break;
		case 'b': *o++ = '\b'; break;
		case 'f': *o++ = '\f'; break;
		case 'u':
			c = end - s > 4 ? line_hex4(s + 1) : 0xfffd;
			if (end - s > 4)
				s += 4;
			o = line_utf8(o, !c || (c >= 0xd800 && c < 0xe000) ? 0xfffd : c);
			break;
		default: *o++ = *s;
		}
	}
	*o = 0;
	return out;
}

static inline void
line_put(FILE *f, const char *s)
{
	putc('"', f);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(f, "\\%c", *s);
		else if (*s == '\n')
			fputs("\\n", f);
		else if ((unsigned char)*s < 0x20)
			fprintf(f, "\\u%04x", (unsigned)*s);
		else
			putc(*s, f);
	}
	putc('"', f);
}

#endif
