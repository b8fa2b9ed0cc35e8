/* The codec in memory: scanning strings and numbers, reading and printing numbers. */
#include <stdio.h>

#include "base/rng.h"
#include "bench.h"
#include "json/number.h"
#include "json/scan.h"
#include "json/write.h"
#include "record/record.h"

enum { TRIES = 11, LINES = 400 };

static struct buf text[3];      /* lines of prose, of prose with other letters, of numbers */
static size_t end[3][LINES];

static void
die(const struct err *e)
{
	fprintf(stderr, "json: %s\n", e->msg);
	exit(1);
}

static void
make(void)
{
	static const char *const prose[] = {
		"It was a bright cold day in the village, and the clocks had been wrong for a week; nobody said \\\"why\\\".\\n",
		"\xc3\x84pfel und Birnen \xe2\x80\x94 na\xc3\xafve caf\xc3\xa9s, \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e \xd0\xb8 \xd1\x82\xd0\xb0\xd0\xba \xd0\xb4\xd0\xb0\xd0\xbb\xd0\xb5\xd0\xb5. ",
	};
	struct rng_key k = { .seed = 3 };
	struct err e = {0};
	float v[300];
	int32_t id[300];

	for (uint64_t i = 0; i < LINES; i++) {
		for (int t = 0; t < 2; t++) {
			buf_addf(&text[t], "{\"id\":\"%d\",\"response\":\"", (int)i);
			for (int j = 0; j < 20; j++)
				buf_adds(&text[t], prose[t]);
			buf_adds(&text[t], "\"}");
			end[t][i] = text[t].n;
		}
		for (uint64_t j = 0; j < 300; j++) {
			v[j] = (float)(-8 * rng_unit(&k, i, j));
			id[j] = (int32_t)(50000 * rng_unit(&k, i, 1000 + j));
		}
		buf_addf(&text[2], "{\"id\":\"%d\",\"response_logprob\":", (int)i);
		if (json_put_f32s(&text[2], v, 300, &e))
			die(&e);
		buf_adds(&text[2], ",\"response_ids\":");
		json_put_i32s(&text[2], id, 300);
		buf_adds(&text[2], "}");
		end[2][i] = text[2].n;
	}
}

static double
parse(int t, bool numbers)
{
	struct record *r;
	struct err e = {0};
	double s[TRIES], from;
	const int32_t *id;
	const float *v;
	size_t n;

	if (record_new(&r, &e))
		die(&e);
	for (int i = 0; i < TRIES; i++) {
		from = bench_now(1);
		for (size_t k = 0; k < LINES; k++) {
			size_t at = k ? end[t][k - 1] : 0;

			if (record_parse(r, text[t].p + at, end[t][k] - at, NULL, k, &e) || (numbers &&
			    (record_f32s(r, "response_logprob", &v, &n, &e) ||
			    record_i32s(r, "response_ids", 0, 100000, &id, &n, &e))))
				die(&e);
		}
		s[i] = bench_now(1) - from;
	}
	record_free(r);
	return (double)text[t].n / bench_median(s, TRIES) * 1e-6;
}

static void
print_numbers(void)
{
	enum { N = 100000 };
	struct rng_key k = { .seed = 4 };
	char out[NUMBER_MAX];
	static float v[N];
	double s[TRIES], from, t;
	size_t bytes = 0;

	for (uint64_t i = 0; i < N; i++)
		v[i] = (float)(-8 * rng_unit(&k, i, 0));
	for (int i = 0; i < TRIES; i++) {
		from = bench_now(1);
		for (bytes = 0, t = 0; t < N; t++)
			bytes += number_print_f32(out, v[(size_t)t]);
		s[i] = bench_now(1) - from;
	}
	t = bench_median(s, TRIES);
	printf("print float32      %8.0f MB/s, %.1f ns a number\n", (double)bytes / t * 1e-6, t / N * 1e9);
}

int
main(void)
{
	make();
	printf("record of text     %8.0f MB/s\n", parse(0, false));
	printf("  other letters    %8.0f MB/s\n", parse(1, false));
	printf("record of numbers  %8.0f MB/s\n", parse(2, false));
	printf("  and read them    %8.0f MB/s\n", parse(2, true));
	print_numbers();
	for (int t = 0; t < 3; t++)
		buf_free(&text[t]);
	return 0;
}
