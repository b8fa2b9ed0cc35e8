/* Single characters of a regular expression. */
#include <ctype.h>
#include <string.h>

#include "token/regex_int.h"
#include "token/uniclass.h"
#include "token/utf8.h"

enum status
regex_bad(const struct regex_trans *t, size_t at, const char *what)
{
	return err_set(t->e, ST_INPUT, "at character %zu of the regular expression: %s: not supported", at + 1, what);
}

void
regex_put_char(struct buf *b, uint32_t c)
{
	if (c < 0x80 && isalnum((int)c))
		buf_addc(b, (char)c);
	else
		buf_addf(b, "\\x{%x}", (unsigned)c);
}

bool
regex_folds_wide(uint32_t c)
{
	return (uniclass(c) & (UC_UPPER | UC_LOWER | UC_MARK)) || c == 0x2bc || c == 0x2be;
}

/* \xHH, \x{H...} or \uHHHH; *k is its length. */
static enum status
hex_char(const struct regex_trans *t, uint32_t *c, size_t *k)
{
	bool braces = regex_peek(t, 1) == 'x' && regex_peek(t, 2) == '{';
	size_t i = braces ? 3 : 2, most = braces ? 9 : regex_peek(t, 1) == 'u' ? 6 : 4;
	char d;

	for (*c = 0; i < most && isxdigit((unsigned char)(d = regex_peek(t, i))); i++)
		*c = *c << 4 | (uint32_t)(isdigit((unsigned char)d) ? d - '0' : (d | 32) - 'a' + 10);
	if (braces ? i == 3 || regex_peek(t, i) != '}' : regex_peek(t, 1) == 'u' ? i != 6 : i == 2)
		return regex_bad(t, t->i, "this escape");
	/* \xHH is a byte there */
	if (*c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000) || (*c >= 0x80 && !braces && regex_peek(t, 1) == 'x'))
		return regex_bad(t, t->i, "this character");
	*k = i + braces;
	return ST_OK;
}

enum status
regex_char(const struct regex_trans *t, bool in_class, uint32_t *c, size_t *k)
{
	static const char named[] = "ntrfvae", value[] = "\n\t\r\f\v\a\033";
	const char *q;
	char d;

	if (t->s[t->i] != '\\') {
		*c = utf8_get(t->s + t->i, k);
		return ST_OK;
	}
	if (t->i + 1 == t->n)
		return regex_bad(t, t->i, "a final backslash");
	d = regex_peek(t, 1);
	*k = 2;
	if (d && (q = strchr(named, d)))
		*c = (uint32_t)value[q - named];
	else if (d == 'b' && in_class)
		*c = 8;
	else if (d == 'x' || d == 'u')
		return hex_char(t, c, k);
	else if (d == 'p' || d == 'P')
		*c = (uint32_t)d;       /* without braces a letter */
	else if (isalnum((unsigned char)d) || !d)
		return regex_bad(t, t->i, "this escape");
	else {
		*c = utf8_get(t->s + t->i + 1, k);
		++*k;
	}
	return ST_OK;
}
