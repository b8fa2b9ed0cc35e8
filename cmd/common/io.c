/* The operands' records, standard output, --bad and --metrics. */
#include <string.h>

#include "common/app_int.h"

static struct sink out = { .fd = 1, .name = "standard output", .guard = &signals_guard };
static struct sink bad = { .fd = -1, .guard = &signals_guard }, metrics = { .fd = -1, .guard = &signals_guard };
static struct files files = { .out = &out, .bad = &bad };
static struct stream stream;

struct files *const app_files = &files;
const struct stream *const app_stream = &stream;
struct sink *const app_out = &out;

static enum status
idle(struct err *e)
{
	return sink_flush(&out, e);
}

static void
empty(void)
{
	if (!app->quiet)
		warn("the input is empty");
}

static void
tick(void)
{
	uint64_t done = 0, total = 0;

	lines_size(files.in, &done, &total);
	progress("read", "B", done, total);
}

void
io_begin(void)
{
	files.file = app->file;
	files.n = app->nfile;
	files.longest = app->longest;
	files.threads = (unsigned)app->threads;
	files.keep = app->bad;
	files.begin = app_sides;
	files.idle = idle;
	files.tick = tick;
	files.empty = empty;
	stream = files_stream(&files);
}

enum status
filter_run(filter_fn *fn, void *arg, struct err *e)
{
	return files_filter(&files, NULL, fn, arg, e);
}

/* ---- side files ---- */

static bool
is_sink(const char *path, const void *sink)
{
	return sink_is(sink, -1, path);
}

/* Before anything is written: s is not another file of this run, too. */
static enum status
side_check(const struct sink *s, const char *option, struct err *e)
{
	const struct opt *other;

	for (size_t i = 0; i < files.n; i++)
		if (sink_is(s, 0, strcmp(files.file[i], "-") ? files.file[i] : NULL))
			return err_set(e, ST_USAGE, "--%s: %s is read, too", option, s->name);
	if (sink_is(s, 0, NULL))
		return err_set(e, ST_USAGE, "--%s: %s is standard input, too", option, s->name);
	if (sink_is(s, 1, NULL))
		return err_set(e, ST_USAGE, "--%s: %s is standard output, too", option, s->name);
	/* both are of the common options */
	if (bad.fd >= 0 && s != &bad && sink_is(s, bad.fd, NULL))
		return err_set(e, ST_USAGE, "--bad: %s is that of --metrics, too", bad.name);
	if ((other = opt_with_file(app->prog->rows, is_sink, s)) || (app->config && is_sink(app->config, s)))
		return err_set(e, ST_USAGE, "--%s: %s is that of --%s, too", option, s->name, other ? other->name : "config");
	return ST_OK;
}

enum status
app_sides(struct err *e)
{
	e->code = ST_OK;
	if (app->bad && bad.fd < 0 && !sink_open(&bad, app->bad, false, e))
		side_check(&bad, "bad", e);
	if (!e->code && app->metrics && metrics.fd < 0 && !sink_open(&metrics, app->metrics, true, e))
		side_check(&metrics, "metrics", e);
	if (e->code) {
		/* nothing of them is emptied at the end */
		sink_forget(&bad);
		sink_forget(&metrics);
	}
	return e->code;
}

enum status
metrics_line(const char *json, size_t n, struct err *e)
{
	if (!app->metrics)
		return ST_OK;
	if (metrics.fd < 0 && app_sides(e))
		return e->code;
	buf_add(&metrics.buf, json, n);
	return sink_add(&metrics, "\n", 1, e) ? e->code : sink_flush(&metrics, e);
}

enum status
io_close(struct err *e)
{
	struct err other = { 0 };

	sink_close(&out, e);
	if (!files.rejected && sink_empty(&bad, &other) && !e->code)
		*e = other;
	if (sink_close(&bad, &other) && !e->code)
		*e = other;
	if (sink_close(&metrics, &other) && !e->code)
		*e = other;
	if (files.rejected && !app->quiet)
		warn("%llu record%s rejected, see %s", (unsigned long long)files.rejected, files.rejected == 1 ? "" : "s",
		    app->bad);
	files.rejected = 0;
	files_close(&files);
	return e->code;
}
