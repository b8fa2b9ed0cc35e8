/* Encoding alone, in memory, one thread: MB/s of a tokenizer on the lines of a text.
 * usage: tokenize TOKENIZER TEXT  (tokenize.sh runs it beside other libraries) */
#include <stdio.h>

#include "base/file.h"
#include "bench.h"
#include "token/token.h"

enum { TRIES = 3 };

int
main(int argc, char *argv[])
{
	struct tokenizer *t;
	struct tok_scratch *s;
	struct tok_ids ids = {0};
	struct file_map m = {0};
	struct err e = {0};
	double took[TRIES];
	const char *end;

	if (argc != 3) {
		printf("a part of tokenize.sh\n");
		return 0;
	}
	if (tok_open(&t, argv[1], &e) || tok_scratch_new(&s, &e) || file_map(&m, argv[2], &e)) {
		fprintf(stderr, "%s: %s\n", e.file, e.msg);
		return 1;
	}
	for (int k = 0; k < TRIES; k++) {
		double from = bench_now(1);

		ids.n = 0;
		for (const char *p = m.p; p < m.p + m.n; p = end + 1) {
			if (!(end = memchr(p, '\n', (size_t)(m.p + m.n - p))))
				end = m.p + m.n;
			if (tok_encode(t, s, p, (size_t)(end - p), TOK_PLAIN, &ids, &e)) {
				fprintf(stderr, "%s\n", e.msg);
				return 1;
			}
		}
		took[k] = bench_now(1) - from;
	}
	printf("%.1f %zu\n", (double)m.n / bench_median(took, TRIES) * 1e-6, ids.n);
	file_unmap(&m);
	tok_ids_free(&ids);
	tok_scratch_free(s);
	tok_close(t);
	return 0;
}
