/* .tiktoken files: what opens gives back the bytes of any text.  A file has to be whole: data is
 * tried as it is, and with the ranks that it lacks. */
#include "scratch.h"

#include "base/buf.h"
#include "token/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { RANKS = 50256 };

/* A line for each rank, of a token that no other has: where they start, and their text. */
static struct buf filler;
static size_t line[RANKS + 1];

static void
base64(struct buf *b, const unsigned char *p, size_t n)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (; n; n -= 3, p += 3) {
		buf_addc(b, digit[p[0] >> 2]);
		buf_addc(b, digit[(p[0] & 3) << 4 | p[1] >> 4]);
		buf_addc(b, digit[(p[1] & 15) << 2 | p[2] >> 6]);
		buf_addc(b, digit[p[2] & 63]);
	}
}

static void
fill(void)
{
	for (unsigned i = 0; i < RANKS; i++) {
		unsigned char token[6] = { 0xfe, 0xff, 0xfe, 0xff, (unsigned char)(i >> 8), (unsigned char)i };

		line[i] = filler.n;
		base64(&filler, token, sizeof(token));
		buf_addf(&filler, " %u\n", i);
	}
	line[RANKS] = filler.n;
}

static void
try(const void *data, size_t n)
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
		return;
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
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf whole = BUF_INIT;
	size_t lines = n && data[n - 1] != '\n';

	if (!filler.n)
		fill();
	try(data, n);
	for (size_t i = 0; i < n; i++)
		lines += data[i] == '\n';
	if (lines >= RANKS)
		return 0;
	buf_add(&whole, data, n);
	if (n && data[n - 1] != '\n')
		buf_addc(&whole, '\n');
	buf_add(&whole, filler.p + line[lines], filler.n - line[lines]);
	if (!buf_ok(&whole))
		exit(3);
	try(whole.p, whole.n);
	buf_free(&whole);
	return 0;
}
