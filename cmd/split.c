/* fg-split: a deterministic part, sample or shuffle of records, by hash of their ids. */
#include "base/buf.h"
#include "base/extsort.h"
#include "base/rng.h"
#include "common/app.h"

enum { PART_ALL, PART_TRAIN, PART_VALID, PART_TEST };
/* positions in the key's space: the three choices do not depend on each other */
enum { DRAW_PART, DRAW_SAMPLE, DRAW_SHUFFLE };

static int part = PART_ALL;
static double train = 0.9, valid = 0;
static uint64_t sample, memory = 256 << 20;
static bool shuffle;

static const struct opt rows[] = {
	OPT_ENUM("part", &part, "keep this part",
	    OPT_WORDS({ "all", PART_ALL }, { "train", PART_TRAIN }, { "valid", PART_VALID },
	        { "test", PART_TEST }), .key = 'p'),
	OPT_REAL("train", "X", &train, 0, 1, "the fraction that is train"),
	OPT_REAL("valid", "X", &valid, 0, 1, "the fraction that is valid; the rest is test"),
	OPT_UINT("sample", "N", &sample, 1, 1e15, "keep N records of the part, or all if fewer", .key = 'n'),
	OPT_FLAG("shuffle", &shuffle, "put them into a random order"),
	OPT_SIZE("memory", "SIZE", &memory, 0, 0, "what a shuffle or sample holds before it uses files",
	    .outside = true),
	OPT_END
};
static const struct prog prog = {
	.name = "fg-split", .synopsis = "[file ...]",
	.about = "Keep a part, a sample or a shuffle of records, chosen by their ids",
	.rows = rows
};

static enum status
key_of(struct record *r, struct rng_key *k, struct err *e)
{
	struct hash128 h;
	const char *id;

	if (record_id(r, &id, &h, e))
		return e->code;
	*k = (struct rng_key){ .seed = app->seed, .id = { h.hi, h.lo } };
	return ST_OK;
}

static bool
wanted(const struct rng_key *k)
{
	double u = rng_unit(k, DRAW_PART, 0);
	int mine = u < train ? PART_TRAIN : u < train + valid ? PART_VALID : PART_TEST;

	return part == PART_ALL || part == mine;
}

static enum status
select_record(struct record *r, void *ctx, unsigned worker, struct err *e)
{
	struct rng_key k;

	(void)ctx;
	(void)worker;
	if (key_of(r, &k, e))
		return e->code;
	return wanted(&k) ? ST_OK : ST_EOF;
}

static enum status
add(struct extsort *x, struct record *r, struct buf *line, struct err *e)
{
	struct rng_key k;
	int64_t s = 0;

	if (key_of(r, &k, e))
		return e->code;
	if (!wanted(&k))
		return ST_OK;
	/* samples of one prompt are in one part, but not next to each other */
	if (record_has(r, "sample") && record_i64(r, "sample", 0, INT64_MAX, &s, e))
		return e->code;
	k.sample = (uint64_t)s;
	buf_clear(line);
	if (record_print(r, line, e))
		return e->code;
	return extsort_add(x, rng_u64(&k, sample ? DRAW_SAMPLE : DRAW_SHUFFLE, 0), line->p, line->n, e);
}

/* Sorting by a random key shuffles; the first N of that order are a sample. */
static enum status
sort_records(struct err *e)
{
	struct extsort *x = NULL;
	struct record *r = NULL;
	struct buf line = BUF_INIT;
	uint64_t done;
	enum status st;
	const char *s;
	size_t n;

	if (!(st = extsort_new(&x, (size_t)memory, e)))
		st = record_new(&r, e);
	while (!st && !(st = files_next(app_files, r, e)))
		if ((st = add(x, r, &line, e)))
			st = files_reject(app_files, r, e);
	if (st == ST_EOF)
		st = ST_OK;
	for (done = 0; !st && (!sample || done < sample); done++)
		if (!(st = extsort_next(x, &s, &n, e)))
			st = sink_add(app_out, s, n, e);
	buf_free(&line);
	record_free(r);
	extsort_free(x);
	return st == ST_EOF ? ST_OK : st;
}

int
main(int argc, char *argv[])
{
	struct err e = { 0 };

	app_parse(argc, argv, &prog);
	if (train + valid > 1)
		die_usage("--train and --valid are more than everything together");
	if (shuffle || sample ? sort_records(&e) : filter_run(select_record, NULL, &e))
		die(&e);
	return app_close();
}
