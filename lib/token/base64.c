#include <stdint.h>

#include "token/base64.h"

static int
digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool
base64_decode(const char *s, size_t n, unsigned char *out, size_t *nout)
{
	size_t i, o = 0, k, pad;
	uint32_t v;
	int d;

	if (n % 4)
		return false;
	for (i = 0; i < n; i += 4) {
		pad = i + 4 == n ? (s[i + 3] == '=') + (size_t)(s[i + 3] == '=' && s[i + 2] == '=') : 0;
		v = 0;
		for (k = 0; k < 4 - pad; k++) {
			if ((d = digit(s[i + k])) < 0)
				return false;
			v = v << 6 | (uint32_t)d;
		}
		v <<= 6 * pad;
		out[o++] = (unsigned char)(v >> 16);
		if (pad < 2)
			out[o++] = (unsigned char)(v >> 8);
		if (pad < 1)
			out[o++] = (unsigned char)v;
	}
	*nout = o;
	return true;
}
