/* Replies of chat endpoints: a text, or a reason. */
#include <stdint.h>
#include <stdlib.h>

#include "agent/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf b = BUF_INIT;
	struct err e = { 0 };

	if (http_content((const char *)data, n, &b, &e) && ((e.code != ST_INPUT && e.code != ST_IO) || !e.msg[0] || b.n))
		abort();
	buf_free(&b);
	return 0;
}
