/* fg-dedup: exact duplicates, and stretches of text that other records have too. */
#include "common/app.h"
#include "stage/dedup.h"

static struct {
	struct opt_list field;
	const char *against;
	uint64_t min;
	bool drop;
} a = { .min = 200 };

static const struct opt rows[] = {
	OPT_LIST("field", "FIELD", &a.field,
	    "text field (default: prompt, response, chosen, rejected, text, those that are there)",
	    .key = 'f'),
	OPT_STR("against", "FILE", &a.against, "compare with these records in place of earlier ones"),
	OPT_UINT("min-bytes", "N", &a.min, 0, 1e9, "shortest stretch that counts; 0: exact duplicates alone"),
	OPT_FLAG("drop", &a.drop, "leave such records out"),
	OPT_END
};

static const struct prog prog = {
	.name = "fg-dedup", .synopsis = "[file ...]",
	.about = "Find duplicate records, and text that records share",
	.rows = rows
};

int
main(int argc, char *argv[])
{
	struct dedup_opt o;
	struct dedup_count n;
	struct err e = {0};

	app_parse(argc, argv, &prog);
	if (a.field.n > DEDUP_FIELDS)
		die_usage("at most %d fields", DEDUP_FIELDS);
	o = (struct dedup_opt){ .field = a.field.v, .nfield = a.field.n, .against = a.against, .min = a.min, .drop = a.drop };
	if (dedup_run(&o, app_stream, &n, &e))
		die(&e);
	if (!app->quiet)
		warn("%ju records, %ju duplicates, %ju that share text%s", (uintmax_t)n.records, (uintmax_t)n.dups,
		    (uintmax_t)n.overlaps, a.drop ? "; both left out" : "");
	return app_close();
}
