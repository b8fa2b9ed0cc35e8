/* Several ranks of a run as threads: what is agreed on, what is shared, and a pass of training with
 * the bytes of one rank. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../tiny.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/pool.h"
#include "run/pass.h"

enum { RANKS = 5, SHARDS = 5, EXAMPLES = 13 };

/* ---- ranks that are threads ---- */

static struct {
	pthread_barrier_t barrier;
	const void *p[RANKS];
	const size_t *at[RANKS];
} world;

static void
meet(const struct comm *c, const void *p, const size_t *at)
{
	world.p[c->rank] = p;
	world.at[c->rank] = at;
	pthread_barrier_wait(&world.barrier);
}

static enum status
thread_bcast(struct comm *c, unsigned root, void *p, size_t n, struct err *e)
{
	(void)e;
	meet(c, p, NULL);
	if (c->rank != root)
		memcpy(p, world.p[root], n);
	pthread_barrier_wait(&world.barrier);
	return ST_OK;
}

static enum status
thread_gather(struct comm *c, void *p, const size_t *at, struct err *e)
{
	unsigned r;

	(void)e;
	meet(c, p, at);
	for (r = 0; r < c->size; r++)
		if (r != c->rank)
			memcpy((char *)p + at[r], (const char *)world.p[r] + at[r], at[r + 1] - at[r]);
	pthread_barrier_wait(&world.barrier);
	return ST_OK;
}

static enum status
thread_exchange(struct comm *c, const void *from, const size_t *to, void *into, const size_t *got, struct err *e)
{
	unsigned r;

	(void)e;
	meet(c, from, to);
	for (r = 0; r < c->size; r++) {
		size_t n = got[r + 1] - got[r], at = world.at[r][c->rank];

		tiny_must(world.at[r][c->rank + 1] - at == n, "what is sent is what is taken");
		if (n)
			memcpy((char *)into + got[r], (const char *)world.p[r] + at, n);
	}
	pthread_barrier_wait(&world.barrier);
	return ST_OK;
}

static void
thread_stop(struct comm *c, int status)
{
	(void)c;
	(void)status;
}

static void
thread_close(struct comm *c)
{
	(void)c;
}

static const struct comm_ops ops = { thread_bcast, thread_gather, thread_exchange, thread_stop, thread_close };

struct rank { struct comm c; pthread_t thread; void (*fn)(struct rank *r); struct err e; };

static void *
start(void *arg)
{
	struct rank *r = arg;

	r->fn(r);
	return NULL;
}

static void
together(struct rank *rank, unsigned n, void (*fn)(struct rank *r))
{
	unsigned i;

	assert_int_equal(pthread_barrier_init(&world.barrier, NULL, n), 0);
	for (i = 0; i < n; i++) {
		rank[i] = (struct rank){ .c = { .rank = i, .size = n, .ops = &ops }, .fn = fn };
		assert_int_equal(pthread_create(&rank[i].thread, NULL, start, &rank[i]), 0);
	}
	for (i = 0; i < n; i++)
		pthread_join(rank[i].thread, NULL);
	pthread_barrier_destroy(&world.barrier);
}

/* ---- agreement ---- */

static enum status codes[RANKS];

static void
agree(struct rank *r)
{
	if (codes[r->c.rank])
		err_set(&r->e, codes[r->c.rank], "said by rank %u", r->c.rank);
	comm_agree(&r->c, &r->e);
}

static void
test_agree(void **state)
{
	struct rank rank[RANKS];
	unsigned i;

	(void)state;
	together(rank, RANKS, agree);
	for (i = 0; i < RANKS; i++)
		assert_true(!rank[i].e.code && !rank[i].c.agreed);
	codes[2] = ST_NUMERIC;
	codes[4] = ST_INPUT;
	together(rank, RANKS, agree);
	for (i = 0; i < RANKS; i++) {
		assert_int_equal(rank[i].e.code, ST_NUMERIC);
		assert_string_equal(rank[i].e.msg, "said by rank 2");
		assert_true(rank[i].c.agreed);
	}
	/* the end of something is no failure */
	codes[2] = ST_EOF;
	codes[4] = ST_OK;
	together(rank, RANKS, agree);
	for (i = 0; i < RANKS; i++)
		assert_true(rank[i].e.code == ST_EOF && !rank[i].c.agreed);
}

/* ---- a spool ---- */

static struct spool *items;

static void
share(struct rank *r)
{
	struct spool *s = r->c.rank ? NULL : items, *none = NULL;
	size_t i, n, m;
	const void *p, *q;

	if (comm_spool(&r->c, &s, &r->e) || comm_spool(&r->c, &none, &r->e))
		return;
	tiny_must(!none, "no spool stays none");
	tiny_must(spool_count(s) == spool_count(items), "as many items");
	for (i = 0; i < spool_count(s); i++) {
		p = spool_get(s, i, &n);
		q = spool_get(items, i, &m);
		tiny_must(n == m && !memcmp(p, q, n), "the same item");
	}
	if (r->c.rank)
		spool_free(s);
}

static void
test_spool(void **state)
{
	static const size_t size[] = { 0, 1, 5000, 3 << 20, 8, 0, 1 << 20 };
	struct rank rank[RANKS];
	struct err e = {0};
	char *p = tiny_mem(3 << 20);
	unsigned i, n;
	size_t k;

	(void)state;
	for (k = 0; k < 3 << 20; k++)
		p[k] = (char)(k * 2654435761u >> 7);
	tiny_must(!spool_new(&items, NULL, &e), e.msg);
	for (k = 0; k < sizeof(size) / sizeof(*size); k++)
		tiny_must(!spool_add(items, p + k, size[k] > k ? size[k] - k : 0, &e), e.msg);
	tiny_must(!spool_end(items, &e), e.msg);
	for (n = 1; n <= RANKS; n++) {
		together(rank, n, share);
		for (i = 0; i < n; i++)
			assert_int_equal(rank[i].e.code, ST_OK);
	}
	spool_free(items);
	free(p);
}

/* ---- a pass ---- */

static char folder[] = "/tmp/fg-ranks.XXXXXX", model[64], other[64], out[64];
static unsigned odd;    /* the rank that finds another model; 0: none */

static void
train(struct rank *r)
{
	struct train_opt o = { .objective = { .type = objective_find("sft", NULL) }, .epochs = 2, .batch = 6, .micro = 20,
		.shards = SHARDS, .save_every = 2, .adam = ADAMW_DEFAULT, .clip = 1, .kl_horizon = 1, .schedule = { .lr = 1e-2 } };
	struct spool *s = r->c.rank ? NULL : items;
	struct pass p = { .o = &o, .comm = &r->c, .out = out, .digest = "0123", .kind = "sft", .h = &train_no_hooks };

	o.model = odd && r->c.rank == odd ? other : model;
	tiny_must(!tc_open(&p.tc, 1, &r->e), r->e.msg);
	tiny_must(!comm_spool(&r->c, &s, &r->e), r->e.msg);
	p.data = s;
	pass_run(&p, &r->e);
	if (r->c.rank)
		spool_free(s);
	tc_close(p.tc);
}

static struct hash128
sum(const char *dir, const char *name)
{
	char path[128];
	struct hash128 h;
	struct file_map m;
	struct err e = {0};

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	tiny_must(!file_map(&m, path, &e), e.msg);
	h = hash128(m.p, m.n);
	file_unmap(&m);
	return h;
}

static void
make(const char *dir, uint64_t seed)
{
	struct err e = {0};
	struct tc *tc = NULL;

	tiny_must(!mkdir(dir, 0777) && !tc_open(&tc, 1, &e) && !make_new(tc, &tiny[0], seed, dir, &e), e.msg);
	tc_close(tc);
}

static void
draw_examples(void)
{
	struct rng_key key = { .seed = 5 };
	int32_t id[32];
	struct buf b = BUF_INIT;
	struct err e = {0};
	char name[16];
	size_t i, k;

	tiny_must(!spool_new(&items, NULL, &e), e.msg);
	for (i = 0; i < EXAMPLES; i++) {
		struct example x = { .name = name, .invtemp = 1, .nside = 1,
			.side = { { .id = id, .n = 3 + rng_u64(&key, i, 0) % 12, .prompt = 1 } } };

		snprintf(name, sizeof(name), "%zu", i);
		for (k = 0; k < x.side[0].n; k++)
			id[k] = (int32_t)(rng_u64(&key, i, k + 1) % 75);
		buf_clear(&b);
		example_pack(&x, &b);
		tiny_must(!spool_add(items, b.p, b.n, &e), e.msg);
	}
	buf_free(&b);
	tiny_must(!spool_end(items, &e), e.msg);
}

static void
test_pass(void **state)
{
	struct rank rank[RANKS];
	struct hash128 want[2] = {{0}}, got[2];
	struct err e = {0};
	char text[256];
	unsigned n, i;

	(void)state;
	tiny_must(mkdtemp(folder), "mkdtemp");
	snprintf(model, sizeof(model), "%s/model", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	make(model, 1);
	make(other, 2);
	draw_examples();
	for (n = 1; n <= RANKS; n++) {
		snprintf(out, sizeof(out), "%s/out%u", folder, n);
		together(rank, n, train);
		for (i = 0; i < n; i++)
			tiny_must(!rank[i].e.code, rank[i].e.msg);
		got[0] = sum(out, "model.safetensors");
		got[1] = sum(out, "optimizer.safetensors");
		if (n == 1)
			memcpy(want, got, sizeof(want));
		assert_memory_equal(got, want, sizeof(want));
	}
	odd = 2;
	snprintf(out, sizeof(out), "%s/odd", folder);
	together(rank, 3, train);
	snprintf(text, sizeof(text), "%s: rank 2 has other weights there than rank 0: folders must be the same on every machine",
	    other);
	for (i = 0; i < 3; i++) {
		assert_int_equal(rank[i].e.code, ST_USAGE);
		assert_string_equal(rank[i].e.msg, text);
	}
	spool_free(items);
	tiny_must(!folder_remove(folder, &e), e.msg);
}

/* A launcher binds ranks that share a machine to parts of it. */
static void
test_processors(void **state)
{
#ifdef CPU_COUNT
	cpu_set_t all, one;
	struct pool *p;
	struct err e;
	size_t cpu = 0;

	(void)state;
	if (sched_getaffinity(0, sizeof(all), &all))
		skip();
	assert_int_equal(pool_processors(), CPU_COUNT(&all));
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_int_equal(pool_processors(), 1);
	assert_int_equal(pool_open(&p, 0, &e), ST_OK);
	assert_int_equal(pool_threads(p), 1);
	pool_close(p);
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
#else
	(void)state;
	skip();
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agree), cmocka_unit_test(test_spool), cmocka_unit_test(test_pass),
		cmocka_unit_test(test_processors)
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
