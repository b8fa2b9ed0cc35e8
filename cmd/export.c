/* fg-export: records to the layouts of tools in which people annotate. */
#include "common/app.h"
#include "record/export.h"

static struct { int to; struct opt_list field; } a = { .to = -1 };

static const struct opt rows[] = {
	OPT_ENUM("to", &a.to, "layout of the output", OPT_WORDS({ "label-studio", EXPORT_LABEL_STUDIO },
	    { "argilla", EXPORT_ARGILLA }, { "csv", EXPORT_CSV })),
	OPT_LIST("field", "FIELD", &a.field, "csv: a column (default: the usual fields)", .key = 'f'),
	OPT_END
};

static const struct prog prog = {
	.name = "fg-export", .synopsis = "--to LAYOUT [file ...]",
	.about = "Records to the layouts of tools in which people annotate", .rows = rows
};

/* A record's bytes go out together. */
static enum status
flush(struct buf *b, struct err *e)
{
	enum status st = sink_add(app_out, b->p, b->n, e);

	buf_clear(b);
	return st;
}

int
main(int argc, char *argv[])
{
	struct export_opt o;
	struct buf b = BUF_INIT;
	struct err e = {0};
	struct export *x;
	struct record *r;
	enum status st;

	app_parse(argc, argv, &prog);
	if (a.to < 0)
		die_usage("--to is needed");
	if (a.field.n && a.to != EXPORT_CSV)
		die_usage("fields are named for --to csv alone");
	o = (struct export_opt){ (enum export_to)a.to, a.field.v, a.field.n };
	if (export_new(&x, &o, &e) || record_new(&r, &e) || export_begin(x, &b, &e) || flush(&b, &e))
		die(&e);
	while (!(st = files_next(app_files, r, &e))) {
		if ((st = export_record(x, r, &b, &e)) == ST_INPUT)
			st = files_reject(app_files, r, &e);
		if (st || flush(&b, &e))
			die(&e);
	}
	if (st != ST_EOF || export_end(x, &b, &e) || flush(&b, &e))
		die(&e);
	record_free(r);
	export_free(x);
	buf_free(&b);
	return app_close();
}
