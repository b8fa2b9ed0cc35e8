/* UTF-8, one code point at a time, and validation of a whole text. */
#ifndef TOKEN_UTF8_H
#define TOKEN_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the sequence that a lead byte of valid UTF-8 starts. */
static inline size_t
utf8_len(unsigned char c)
{
	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Decode one code point of valid UTF-8 at s; *n is its length. */
static inline uint32_t
utf8_get(const char *s, size_t *n)
{
	const unsigned char *p = (const unsigned char *)s;

	if (p[0] < 0x80) {
		*n = 1;
		return p[0];
	}
	if (p[0] < 0xe0) {
		*n = 2;
		return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
	}
	if (p[0] < 0xf0) {
		*n = 3;
		return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
	}
	*n = 4;
	return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 |
	    (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
}

/* The code point that ends before s[n], n > 0. */
static inline uint32_t
utf8_last(const char *s, size_t n, size_t *len)
{
	size_t i = n - 1;

	while (i && ((unsigned char)s[i] & 0xc0) == 0x80)
		i--;
	return utf8_get(s + i, len);
}

/* Encode c; returns its length. */
static inline size_t
utf8_put(char out[4], uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* The length of the valid sequence at s (at most n bytes), 0 if there is none; *bad
 * is then how many bytes one U+FFFD stands for (Unicode's maximal subpart). */
size_t utf8_check(const char *s, size_t n, size_t *bad);

/* The offset of the first byte that is not UTF-8, n if there is none. */
size_t utf8_invalid(const char *s, size_t n);

#endif
