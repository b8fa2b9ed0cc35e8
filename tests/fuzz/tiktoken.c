/* .tiktoken files: what opens gives back the bytes of any text. */
#include "scratch.h"

#include "base/buf.h"
#include "token/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char text[] = "Hello, world's 12 \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n\n  ab  abc\t<|endoftext|> \xff";
	struct tokenizer *t;
	struct tok_scratch *s;
	struct tok_ids ids = { 0 };
	struct buf b = BUF_INIT;
	struct err e = { 0 };

	if (tok_open(&t, scratch("gpt2.tiktoken", data, n), &e)) {
		if (e.code != ST_INPUT || !e.msg[0])
			abort();
		return 0;
	}
	if (tok_scratch_new(&s, &e) || tok_encode(t, s, text, sizeof(text) - 2, TOK_POST, &ids, &e) ||
	    tok_decode(t, ids.id, ids.n, true, &b, NULL, &e))
		abort();
	if (b.n != sizeof(text) - 2 || memcmp(b.p, text, b.n))
		abort();
	buf_free(&b);
	tok_ids_free(&ids);
	tok_scratch_free(s);
	tok_close(t);
	return 0;
}
