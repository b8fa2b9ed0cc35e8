/* Record lines: what is taken must print as it was read, and read again after a
 * field is set. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"
#include "record/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(int sound)
{
	if (!sound)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *line = (const char *)data, *s, *key, *raw;
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct err e = { 0 };
	struct record *r;
	struct json j;
	const int32_t *i32;
	const float *f32;
	size_t k, len;
	int64_t i64;
	double f64;

	if (memchr(line, '\n', n) || record_new(&r, &e))
		return 0;
	if (!record_parse(r, line, n, "f", 1, &e)) {
		check(!record_print(r, &b, &e) && b.n == n + 1 && !memcmp(b.p, line, n));
		for (k = 0; record_member(r, k, &key, &raw, &len); k++) {
			check(!json_parse(&j, raw, len, &a, &e) || strstr(e.msg, "twice"));
			/* a key with a NUL inside cannot be asked for */
			if (!record_has(r, key))
				continue;
			record_str(r, key, &s, &len, &e);
			record_i64(r, key, INT64_MIN, INT64_MAX, &i64, &e);
			record_f64(r, key, &f64, &e);
			record_i32s(r, key, INT32_MIN, INT32_MAX, &i32, &len, &e);
			record_f32s(r, key, &f32, &len, &e);
		}
		check(!record_set_str(r, "response", "a\n\xff", 3, &e));
		record_remove(r, "prompt");
		record_id(r, &s, NULL, &e);
		buf_clear(&b);
		check(!record_print(r, &b, &e));
		check(!record_parse(r, b.p, b.n - 1, "f", 1, &e));
		check(!record_str(r, "response", &s, &len, &e) && len == 5);
		check(!record_has(r, "prompt"));
	} else {
		check(e.code == ST_INPUT && e.byte >= 1 && e.byte <= n + 1);
		/* both readers must agree, but for keys that repeat below the top */
		check(json_parse(&j, line, n, &a, &e) == ST_INPUT || j.node[0].type != JSON_OBJECT);
	}
	record_free(r);
	arena_free(&a);
	buf_free(&b);
	return 0;
}
