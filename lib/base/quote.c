#include <stdint.h>
#include <string.h>

#include "base/quote.h"

#define REPLACEMENT "\357\277\275"      /* U+FFFD */

/* The scalar value at s[0..n) and its bytes; 0 bytes when it is not UTF-8. */
static size_t
decode(const unsigned char *s, size_t n, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 :
	    s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0, i;

	if (!len || len > n)
		return 0;
	*c = len == 1 ? s[0] : s[0] & (0x7fu >> len);
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (s[i] & 0x3f);
	}
	return *c < least[len] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000) ? 0 : len;
}

static bool
harmful(uint32_t c)
{
	return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) || c == 0x61c ||
	    c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

size_t
quote_char(const char *s, size_t n, size_t *bad)
{
	uint32_t c = 0;
	size_t len = decode((const unsigned char *)s, n, &c);

	*bad = len ? len : 1;
	return len && !harmful(c) ? len : 0;
}

void
quote_put(struct buf *b, const char *s, size_t n, enum quote how)
{
	size_t i, len, bad;

	for (i = 0; i < n; i += len ? len : bad) {
		len = quote_char(s + i, n - i, &bad);
		if (!len)
			buf_adds(b, REPLACEMENT);
		else if (how == QUOTE_LINE && (s[i] == '\n' || s[i] == '\t'))
			buf_addc(b, ' ');
		else
			buf_add(b, s + i, len);
	}
}

char *
quote_into(char *to, size_t cap, const char *s, size_t n)
{
	size_t i, at = 0, len, bad;
	const char *c;

	for (i = 0; i < n; i += bad) {
		len = quote_char(s + i, n - i, &bad);
		c = len ? s[i] == '\n' || s[i] == '\t' ? " " : s + i : REPLACEMENT;
		len = len ? len : sizeof(REPLACEMENT) - 1;
		if (len >= cap - at)
			break;
		memcpy(to + at, c, len);
		at += len;
	}
	to[at] = 0;
	return to;
}

void
quote_strike(char *text, size_t n, const char *secret, size_t len)
{
	char *p, *end = text + n;

	for (p = text; len && (p = memmem(p, (size_t)(end - p), secret, len)); p += len)
		memset(p, '*', len);
}
