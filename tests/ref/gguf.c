/* Blocks of GGUF against the gguf package. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/gguf_int.h"
#include "gguf_vectors.h"

#define ROW(t, n) { #t, GGUF_TYPE_##t, n##_bytes, sizeof(n##_bytes), n##_numbers, sizeof(n##_numbers) },
static const struct { const char *name; uint32_t type; const unsigned char *p; size_t n; const float *v; size_t size; }
    blocks[] = { GGUF_BLOCKS(ROW) };

static void
test_blocks(void **state)
{
	float v[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
		const struct gguf_block *b = gguf_block(blocks[i].type);

		assert_string_equal(b->name, blocks[i].name);
		assert_int_equal(b->bytes, blocks[i].n);
		assert_int_equal(b->len * sizeof(float), blocks[i].size);
		gguf_get(v, (const char *)blocks[i].p, b->len, b);
		assert_memory_equal(v, blocks[i].v, blocks[i].size);
	}
	assert_null(gguf_block(99));
}

static void
test_q8_0(void **state)
{
	static const float zero[32];
	char to[sizeof(q8_0_to)], none[34];
	float back[32];

	(void)state;
	gguf_put_q8_0(to, q8_0_from, sizeof(q8_0_from) / sizeof(*q8_0_from));
	assert_memory_equal(to, q8_0_to, sizeof(to));
	gguf_put_q8_0(none, zero, 32);
	gguf_get(back, none, 32, gguf_block(GGUF_TYPE_Q8_0));
	assert_memory_equal(back, zero, sizeof(zero));
}

/* The two orders of a head's rows are each other's inverse over a whole head. */
static void
test_rows(void **state)
{
	static const size_t want[] = { 0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11 };

	(void)state;
	for (size_t i = 0; i < 12; i++)
		assert_int_equal(gguf_row(i, 6), want[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks), cmocka_unit_test(test_q8_0), cmocka_unit_test(test_rows)
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
