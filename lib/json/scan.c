#include <stdint.h>
#include <string.h>

#include "json/block.h"
#include "json/json.h"
#include "json/scan.h"

static const char *
fault(struct json_fault *f, const char *at, const char *what)
{
	f->at = at;
	f->what = what;
	return NULL;
}

const char *
json_scan_space(const char *s, const char *end)
{
	/* mostly there is none */
	if (s < end && (unsigned char)*s > ' ')
		return s;
	while (s < end && (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\r'))
		s++;
	return s;
}

size_t
json_utf8(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;

	/* Unicode 15, table 3-7: well-formed UTF-8 byte sequences */
	if (!n)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2)
		return 0;
	if (p[0] < 0xe0)
		return n >= 2 && (p[1] & 0xc0) == 0x80 ? 2 : 0;
	if (p[0] < 0xf0) {
		if (n < 3 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80 ||
		    (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0))
			return 0;
		return 3;
	}
	if (p[0] > 0xf4 || n < 4 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80 ||
	    (p[3] & 0xc0) != 0x80 || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] >= 0x90))
		return 0;
	return 4;
}

bool
json_is_utf8(const char *s, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i += k)
		if (!(k = json_utf8(s + i, n - i)))
			return false;
	return true;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* four hexadecimal digits, or -1 */
static int32_t
hex4(const char *s, const char *end)
{
	int32_t v = 0;
	int i, d;

	if (end - s < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		if ((d = hex_digit(s[i])) < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

/* s at the backslash */
static const char *
scan_escape(const char *s, const char *end, struct json_fault *f)
{
	int32_t u;

	if (end - s < 2)
		return fault(f, end, "the text ends in a string");
	switch (s[1]) {
	case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
		return s + 2;
	case 'u':
		if ((u = hex4(s + 2, end)) < 0)
			return fault(f, s, "\\u needs four hexadecimal digits");
		if (u < 0xd800 || u > 0xdfff)
			return s + 6;
		if (u > 0xdbff || end - s < 12 || s[6] != '\\' || s[7] != 'u' ||
		    (u = hex4(s + 8, end)) < 0xdc00 || u > 0xdfff)
			return fault(f, s, "a lone surrogate");
		return s + 12;
	}
	return fault(f, s, "an escape that is not JSON");
}

/* s at a letter of several bytes: step over it and those after it, which come in words. */
static const char *
scan_letters(const char *s, const char *end, struct json_fault *f)
{
	unsigned char c = (unsigned char)*s;
	size_t n;

	do {
		if (c >= 0xc2 && c < 0xe0 && end - s >= 2 && (s[1] & 0xc0) == 0x80)
			n = 2;
		else if (c >= 0xe1 && c < 0xed && end - s >= 3 && (s[1] & 0xc0) == 0x80 && (s[2] & 0xc0) == 0x80)
			n = 3;
		else if (!(n = json_utf8(s, (size_t)(end - s))))
			return fault(f, s, "invalid UTF-8");
		s += n;
		c = s < end ? (unsigned char)*s : 0;
	} while (c >= 0x80);
	return s;
}

/* s at a byte that block_plain does not step over, but not a quote: step over it. */
static const char *
scan_odd(const char *s, const char *end, bool *escaped, struct json_fault *f)
{
	unsigned char c = (unsigned char)*s;

	if (c == '\\') {
		*escaped = true;
		return scan_escape(s, end, f);
	}
	if (c < 0x20)
		return fault(f, s, "a control character in a string");
	return c < 0x80 ? s + 1 : scan_letters(s, end, f);
}

const char *
json_scan_string(const char *s, const char *end, bool *escaped, struct json_fault *f)
{
	*escaped = false;
	s++;
#ifdef BLOCK_WIDE
	/* long strings; one look at a block, however many escapes are in it */
	while (end - s >= 64) {
		const char *block = s;
		uint64_t odd = block_odd(s);

		s += 64;
		while (odd) {
			const char *p = block + __builtin_ctzll(odd);

			if (*p == '"')
				return p + 1;
			if (!(p = scan_odd(p, end, escaped, f)))
				return NULL;
			if (p - block >= 64) {
				s = p;
				break;
			}
			odd &= ~UINT64_C(0) << (p - block);
		}
	}
#endif
	while ((s = block_plain(s, end)) < end) {
		if (*s == '"')
			return s + 1;
		if (!(s = scan_odd(s, end, escaped, f)))
			return NULL;
	}
	return fault(f, end, "the text ends in a string");
}

static bool
is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

const char *
json_scan_number(const char *s, const char *end, struct json_fault *f)
{
	if (s < end && *s == '-')
		s++;
	if (s >= end || !is_digit(*s))
		return fault(f, s, "expected a digit");
	if (*s == '0') {
		s++;
		if (s < end && is_digit(*s))
			return fault(f, s, "a number with a leading zero");
	} else {
		while (s < end && is_digit(*s))
			s++;
	}
	if (s < end && *s == '.') {
		s++;
		if (s >= end || !is_digit(*s))
			return fault(f, s, "expected a digit");
		while (s < end && is_digit(*s))
			s++;
	}
	if (s < end && (*s | 0x20) == 'e') {
		s++;
		if (s < end && (*s == '+' || *s == '-'))
			s++;
		if (s >= end || !is_digit(*s))
			return fault(f, s, "expected a digit");
		while (s < end && is_digit(*s))
			s++;
	}
	return s;
}

const char *
json_scan_word(const char *s, const char *end, struct json_fault *f)
{
	const char *w = *s == 't' ? "true" : *s == 'f' ? "false" : "null";
	size_t n = strlen(w);

	if ((size_t)(end - s) < n || memcmp(s, w, n))
		return fault(f, s, "expected a value");
	return s + n;
}

const char *
json_scan_value(const char *s, const char *end, unsigned depth, struct json_fault *f)
{
	uint64_t object[(JSON_DEPTH + 63) / 64];        /* a bit a level: it is an object */
	unsigned base = depth;
	bool in_object = false, escaped;

	for (;;) {
		/* a value starts at s */
		if (s >= end)
			return fault(f, end, "the text ends where a value should be");
		switch (*s) {
		case '{':
		case '[':
			if (depth >= JSON_DEPTH)
				return fault(f, s, "nested more than 512 levels deep");
			in_object = *s == '{';
			if (in_object)
				object[depth / 64] |= (uint64_t)1 << depth % 64;
			else
				object[depth / 64] &= ~((uint64_t)1 << depth % 64);
			depth++;
			s = json_scan_space(s + 1, end);
			if (s < end && *s == (in_object ? '}' : ']'))
				goto close;
			if (in_object)
				goto key;
			if (s < end && (unsigned char)*s <= '9')
				s = json_scan_space(block_elements(s, end), end);
			continue;
		case '"':
			s = json_scan_string(s, end, &escaped, f);
			break;
		case 't': case 'f': case 'n':
			s = json_scan_word(s, end, f);
			break;
		case '-': case '0': case '1': case '2': case '3': case '4':
		case '5': case '6': case '7': case '8': case '9':
			s = json_scan_number(s, end, f);
			break;
		default:
			return fault(f, s, "expected a value");
		}
		if (!s)
			return NULL;
after_value:
		if (depth == base)
			return s;
		s = json_scan_space(s, end);
		if (s >= end)
			return fault(f, end, in_object ? "the text ends in an object" :
			    "the text ends in an array");
		if (*s == ',') {
			s = json_scan_space(s + 1, end);
			if (in_object)
				goto key;
			if (s < end && (unsigned char)*s <= '9')
				s = json_scan_space(block_elements(s, end), end);
			continue;
		}
		if (*s != (in_object ? '}' : ']'))
			return fault(f, s, in_object ? "expected ',' or '}'" : "expected ',' or ']'");
close:
		s++;
		depth--;
		if (depth > base)
			in_object = object[(depth - 1) / 64] >> (depth - 1) % 64 & 1;
		goto after_value;
key:
		if (s >= end || *s != '"')
			return fault(f, s, "expected a key");
		if (!(s = json_scan_string(s, end, &escaped, f)))
			return NULL;
		s = json_scan_space(s, end);
		if (s >= end || *s != ':')
			return fault(f, s, "expected ':'");
		s = json_scan_space(s + 1, end);
	}
}

static size_t
put_utf8(char *out, uint32_t u)
{
	if (u < 0x80) {
		out[0] = (char)u;
		return 1;
	}
	if (u < 0x800) {
		out[0] = (char)(0xc0 | u >> 6);
		out[1] = (char)(0x80 | (u & 0x3f));
		return 2;
	}
	if (u < 0x10000) {
		out[0] = (char)(0xe0 | u >> 12);
		out[1] = (char)(0x80 | (u >> 6 & 0x3f));
		out[2] = (char)(0x80 | (u & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | u >> 18);
	out[1] = (char)(0x80 | (u >> 12 & 0x3f));
	out[2] = (char)(0x80 | (u >> 6 & 0x3f));
	out[3] = (char)(0x80 | (u & 0x3f));
	return 4;
}

size_t
json_unescape(char *out, const char *s, size_t n)
{
	const char *end = s + n, *p;
	uint32_t u;
	char *o = out;

	while (s < end) {
		if (!(p = memchr(s, '\\', (size_t)(end - s))))
			p = end;
		memcpy(o, s, (size_t)(p - s));
		o += p - s;
		if ((s = p) == end)
			break;
		switch (s[1]) {
		case 'b': *o++ = '\b'; break;
		case 'f': *o++ = '\f'; break;
		case 'n': *o++ = '\n'; break;
		case 'r': *o++ = '\r'; break;
		case 't': *o++ = '\t'; break;
		case 'u':
			u = (uint32_t)hex4(s + 2, end);
			if (u >= 0xd800 && u <= 0xdbff) {
				u = 0x10000 + ((u - 0xd800) << 10) + ((uint32_t)hex4(s + 8, end) - 0xdc00);
				s += 6;
			}
			o += put_utf8(o, u);
			s += 4;
			break;
		default: *o++ = s[1]; break;
		}
		s += 2;
	}
	return (size_t)(o - out);
}
