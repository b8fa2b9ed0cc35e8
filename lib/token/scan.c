/* Splitting patterns that many tokenizers share, by hand.  tests/prop/scan.c holds
 * them against PCRE2. */
#include <string.h>

#include "token/token_int.h"
#include "token/uniclass.h"
#include "token/utf8.h"

static inline uint8_t
class_at(const char *s, size_t i, size_t *len)
{
	unsigned char c = (unsigned char)s[i];

	if (c < 0x80) {
		*len = 1;
		return uniclass_ascii[c];
	}
	return uniclass_other(utf8_get(s + i, len));
}

/* Behind the run of characters whose class meets want, from i. */
static inline size_t
run_of(const char *s, size_t i, size_t n, uint8_t want)
{
	size_t k;

	for (; i < n && (class_at(s, i, &k) & want); i += k)
		;
	return i;
}

/* Behind the run of characters whose class meets none of deny. */
static inline size_t
run_not(const char *s, size_t i, size_t n, uint8_t deny)
{
	size_t k;

	for (; i < n && !(class_at(s, i, &k) & deny); i += k)
		;
	return i;
}

/* \s+(?!\S)|\s+ from i, where a space stands */
static size_t
spaces(const char *s, size_t i, size_t n)
{
	size_t k, last = i, e = i;

	while (e < n && (class_at(s, e, &k) & UC_SPACE)) {
		last = e;
		e += k;
	}
	return e == n || last == i ? e : last;
}

/* 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ */
size_t
scan_gpt2(const char *s, size_t i, size_t n)
{
	size_t at = i, k;
	uint8_t c;

	if (s[i] == '\'' && i + 1 < n) {
		switch (s[i + 1]) {
		case 's': case 't': case 'm': case 'd':
			return i + 2;
		case 'r': case 'v':
			if (i + 2 < n && s[i + 2] == 'e')
				return i + 3;
			break;
		case 'l':
			if (i + 2 < n && s[i + 2] == 'l')
				return i + 3;
			break;
		}
	}
	if (s[i] == ' ' && i + 1 < n)
		at = i + 1;
	c = class_at(s, at, &k);
	if (c & UC_LETTER)
		return run_of(s, at + k, n, UC_LETTER);
	if (c & UC_NUMBER)
		return run_of(s, at + k, n, UC_NUMBER);
	if (!(c & UC_SPACE))
		return run_not(s, at + k, n, UC_LETTER | UC_NUMBER | UC_SPACE);
	return spaces(s, i, n);
}

scan_fn *
scan_known(const char *pattern, size_t n)
{
	static const struct { const char *pattern; scan_fn *fn; } known[] = {
		{"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
		    scan_gpt2},
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i].pattern) == n && !memcmp(known[i].pattern, pattern, n))
			return known[i].fn;
	return NULL;
}
