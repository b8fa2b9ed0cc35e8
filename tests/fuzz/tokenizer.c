/* tokenizer.json: any file is opened or refused; what opens gives ids in range with ends
 * that ascend within the text, and takes ids back. */
#include "scratch.h"

#include "base/buf.h"
#include "token/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(const struct tokenizer *t, struct tok_scratch *s, const char *text, size_t n)
{
	struct tok_ids ids = { 0 };
	struct buf b = BUF_INIT;
	struct err e = { 0 };
	enum status st = tok_encode(t, s, text, n, TOK_POST, &ids, &e);

	if (st && st != ST_INPUT)
		abort();
	for (size_t i = 0; !st && i < ids.n; i++)
		if (ids.id[i] < 0 || (size_t)ids.id[i] >= tok_vocab_size(t) || ids.end[i] > n ||
		    (i && ids.end[i] < ids.end[i - 1]))
			abort();
	if (!st && tok_decode(t, ids.id, ids.n, true, &b, NULL, &e))
		abort();
	buf_free(&b);
	tok_ids_free(&ids);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char text[] = "Hello, world's 12 \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n\n  ab  abc\t<end> A\xcc\x81 \xef\xac\x81";
	const char *path = scratch("tokenizer.json", data, n);
	struct tokenizer *t;
	struct tok_scratch *s;
	struct err e = { 0 };

	if (tok_open(&t, path, &e)) {
		if (e.code != ST_INPUT || !e.msg[0])
			abort();
		return 0;
	}
	if (tok_scratch_new(&s, &e))
		abort();
	check(t, s, text, sizeof(text) - 1);
	check(t, s, "", 0);
	check(t, s, (const char *)data, n < 300 ? n : 300);
	tok_scratch_free(s);
	tok_close(t);
	return 0;
}
