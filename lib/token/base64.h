/* Base64 (RFC 4648, with padding), as .tiktoken files and charsmaps use it. */
#ifndef TOKEN_BASE64_H
#define TOKEN_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* out has room for n / 4 * 3 bytes.  false if s is not base64. */
bool base64_decode(const char *s, size_t n, unsigned char *out, size_t *nout);

#endif
