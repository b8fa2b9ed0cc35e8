/* The cut of a step into shards, and the tree that adds them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "run/comm.h"
#include "run/shard.h"

static void
test_cut(void **state)
{
	static const uint64_t tokens[] = { 10, 10, 10, 10, 40, 10, 10, 10 };
	uint64_t many[97];
	size_t at[66], s, i;

	(void)state;
	shard_cut(tokens, 8, 2, at);
	assert_int_equal(at[0], 0);
	/* the first record that has half of 110 tokens before it */
	assert_int_equal(at[1], 5);
	assert_int_equal(at[2], 8);
	shard_cut(tokens, 8, 1, at);
	assert_int_equal(at[0], 0);
	assert_int_equal(at[1], 8);
	/* more shards than records: some are empty, none is lost */
	shard_cut(tokens, 3, 8, at);
	assert_int_equal(at[0], 0);
	assert_int_equal(at[8], 3);
	for (s = 0; s < 8; s++)
		assert_true(at[s] <= at[s + 1]);
	shard_cut(NULL, 0, 4, at);
	for (s = 0; s <= 4; s++)
		assert_int_equal(at[s], 0);
	/* equal records: shares differ by one */
	for (i = 0; i < 97; i++)
		many[i] = 7;
	for (s = 1; s <= 64; s++) {
		shard_cut(many, 97, s, at);
		assert_int_equal(at[s], 97);
		for (i = 0; i < s; i++)
			assert_in_range(at[i + 1] - at[i], 97 / s, 97 / s + 1);
	}
}

static void
test_split(void **state)
{
	(void)state;
	assert_int_equal(shard_split(0, 2), 1);
	assert_int_equal(shard_split(0, 3), 2);
	assert_int_equal(shard_split(0, 8), 4);
	assert_int_equal(shard_split(0, 9), 8);
	assert_int_equal(shard_split(8, 13), 12);
}

/* The nodes of any ranks, one after another, are the leaves, each once; and of aligned shares
 * each rank has one. */
static void
test_nodes(void **state)
{
	struct shard_node node[SHARD_NODES];
	struct comm c = { .size = 1 };
	size_t shards, n, k, at, r;

	(void)state;
	for (shards = 1; shards <= 70; shards++)
		for (c.size = 1; c.size <= shards; c.size++) {
			for (at = r = 0; r < c.size; r++) {
				n = shard_nodes(shards, comm_share(&c, shards, 1, r), comm_share(&c, shards, 1, r + 1), node);
				assert_in_range(n, 1, SHARD_NODES);
				for (k = 0; k < n; k++) {
					assert_int_equal(node[k].lo, at);
					at = node[k].hi;
				}
				if (shards == 64 && !(c.size & (c.size - 1)))
					assert_int_equal(n, 1);
			}
			assert_int_equal(at, shards);
		}
	assert_int_equal(shard_nodes(8, 3, 3, node), 0);
}

static void
test_share(void **state)
{
	struct comm c = { .size = 3 };

	(void)state;
	assert_int_equal(comm_share(&c, 1000, 16, 0), 0);
	assert_int_equal(comm_share(&c, 1000, 16, 3), 1000);
	assert_int_equal(comm_share(&c, 1000, 16, 1) % 16, 0);
	assert_in_range(comm_share(&c, 1000, 16, 1), 320, 336);
	/* fewer elements than ranks */
	assert_int_equal(comm_share(&c, 5, 16, 1), 0);
	assert_int_equal(comm_share(&c, 5, 16, 2), 0);
	assert_int_equal(comm_share(&c, 5, 16, 3), 5);
}

/* One process: everything is there already. */
static void
test_alone(void **state)
{
	struct err e = {0};
	struct comm *c;
	size_t at[] = { 0, 4 };
	int v = 7, w = 0;

	(void)state;
	assert_int_equal(comm_alone(&c, &e), ST_OK);
	assert_int_equal(c->size, 1);
	assert_int_equal(comm_bcast(c, 0, &v, sizeof(v), &e), ST_OK);
	assert_int_equal(comm_gather(c, &v, at, &e), ST_OK);
	assert_int_equal(comm_exchange(c, &v, at, &w, at, &e), ST_OK);
	assert_int_equal(w, 7);
	assert_int_equal(comm_agree(c, &e), ST_OK);
	err_set(&e, ST_NUMERIC, "no");
	assert_int_equal(comm_agree(c, &e), ST_NUMERIC);
	comm_abort(c, 3);
	comm_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut), cmocka_unit_test(test_split), cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_share), cmocka_unit_test(test_alone)
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
