#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "common/app_int.h"

enum { BLOCK = 1 << 18 };

static struct app_file out = { .fd = 1, .name = "standard output" };
static struct app_file bad = { .fd = -1 }, metrics = { .fd = -1 };
static uint64_t nbad;

static enum status
flush(struct app_file *f, struct err *e)
{
	size_t n = f->buf.n;

	if (!n)
		return ST_OK;
	if (!f->ready)
		file_widen_pipe(f->fd);
	f->ready = true;
	f->buf.n = 0;
	if (!whole_write(f, f->buf.p, n, e))
		return ST_OK;
	e->line = e->byte = 0;
	e->file[0] = 0;
	err_file(e, f->name);
	return ST_IO;
}

enum status
output_flush(struct err *e)
{
	return flush(&out, e);
}

struct buf *
output_buffer(void)
{
	return &out.buf;
}

enum status
output_bytes(const void *p, size_t n, struct err *e)
{
	buf_add(&out.buf, p, n);
	if (!buf_ok(&out.buf))
		return err_nomem(e);
	return out.buf.n >= BLOCK ? flush(&out, e) : ST_OK;
}

enum status
output_record(const struct record *r, struct err *e)
{
	size_t before = out.buf.n;

	if (record_print(r, &out.buf, e)) {
		/* what was whole before is still good */
		out.buf.n = before;
		out.buf.failed = false;
		return e->code;
	}
	return out.buf.n >= BLOCK ? flush(&out, e) : ST_OK;
}

static enum status
side_open(struct app_file *f, const char *name, int flags, struct err *e)
{
	if (f->fd >= 0)
		return ST_OK;
	f->name = name;
	f->fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
	if (f->fd >= 0)
		return ST_OK;
	err_at(e, ST_IO, name, 0, 0, "%s", "");
	return err_errno(e, "open");
}

enum status
metrics_line(const char *json, size_t n, struct err *e)
{
	if (!app->metrics)
		return ST_OK;
	if (metrics.fd < 0 && output_sides(e))
		return e->code;
	buf_add(&metrics.buf, json, n);
	buf_addc(&metrics.buf, '\n');
	if (!buf_ok(&metrics.buf))
		return err_nomem(e);
	return flush(&metrics, e);
}

uint64_t
metrics_size(void *unused)
{
	struct stat sb;

	(void)unused;
	/* what /dev/stderr leads to has other things in it, and is not ours to cut */
	if (!app->metrics || !strncmp(app->metrics, "/dev/", 5) || stat(app->metrics, &sb) || !S_ISREG(sb.st_mode))
		return 0;
	return (uint64_t)sb.st_size;
}

enum status
metrics_cut(void *unused, uint64_t n, struct err *e)
{
	(void)unused;
	if (metrics_size(NULL) <= n || !truncate(app->metrics, (off_t)n))
		return ST_OK;
	err_at(e, ST_IO, app->metrics, 0, 0, "%s", "");
	return err_errno(e, "truncate");
}

uint64_t
input_rejected(void)
{
	return nbad;
}

/* What an earlier run rejected is removed when this one rejects something, or ends without. */
static enum status
bad_empty(struct err *e)
{
	struct stat sb;

	if (bad.fd < 0 || fstat(bad.fd, &sb) || !S_ISREG(sb.st_mode) || !ftruncate(bad.fd, 0))
		return ST_OK;
	err_at(e, ST_IO, bad.name, 0, 0, "%s", "");
	return err_errno(e, "truncate");
}

/* ---- side files that are something else, too ---- */

static bool
is_file(int fd, const char *name, const struct stat *it)
{
	struct stat sb;

	return !(name ? stat(name, &sb) : fstat(fd, &sb)) && S_ISREG(sb.st_mode) && sb.st_ino == it->st_ino &&
	    sb.st_dev == it->st_dev;
}

/* The option (but for the side files' own) whose file it is, or NULL. */
static const char *
option_with(const struct stat *it)
{
	const struct opt *o;
	const char *const *v;
	size_t i;

	for (size_t k = 0; (o = app_row(k)); k++) {
		if (!o->arg || !strstr(o->arg, "FILE"))
			continue;
		if (o->type == OPT_TYPE_STR && o->to.str != &app->bad && o->to.str != &app->metrics && *o->to.str &&
		    is_file(-1, *o->to.str, it))
			return o->name;
		if (o->type != OPT_TYPE_LIST)
			continue;
		for (v = o->to.list->v, i = 0; i < o->to.list->n; i++)
			if (is_file(-1, v[i], it))
				return o->name;
	}
	return NULL;
}

/* Before anything is written: f's file is not another file of this run. */
static enum status
side_check(const struct app_file *f, const char *option, struct err *e)
{
	const char *other;
	struct stat sb;

	if (fstat(f->fd, &sb))
		return err_errno(e, "%s: stat", f->name);
	if (!S_ISREG(sb.st_mode))
		return ST_OK;
	for (size_t i = 0; i < app->nfile; i++)
		if (is_file(0, strcmp(app->file[i], "-") ? app->file[i] : NULL, &sb))
			return err_set(e, ST_USAGE, "--%s: %s is read, too", option, f->name);
	if (is_file(0, NULL, &sb))
		return err_set(e, ST_USAGE, "--%s: %s is standard input, too", option, f->name);
	if (is_file(1, NULL, &sb))
		return err_set(e, ST_USAGE, "--%s: %s is standard output, too", option, f->name);
	if ((other = option_with(&sb)))
		return err_set(e, ST_USAGE, "--%s: %s is that of --%s, too", option, f->name, other);
	return ST_OK;
}

static void
side_forget(struct app_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

enum status
output_sides(struct err *e)
{
	bool new = (app->bad && bad.fd < 0) || (app->metrics && metrics.fd < 0);
	struct stat sb;

	e->code = ST_OK;
	if (!new)
		return ST_OK;
	if (app->bad && !side_open(&bad, app->bad, 0, e))
		side_check(&bad, "bad", e);
	if (!e->code && app->metrics && !side_open(&metrics, app->metrics, O_APPEND, e))
		side_check(&metrics, "metrics", e);
	if (!e->code && app->bad && app->metrics && !fstat(bad.fd, &sb) && S_ISREG(sb.st_mode) &&
	    is_file(metrics.fd, NULL, &sb))
		err_set(e, ST_USAGE, "--bad: %s is that of --metrics, too", app->bad);
	if (e->code) {
		/* nothing of them is emptied at the end */
		side_forget(&bad);
		side_forget(&metrics);
	}
	return e->code;
}

enum status
bad_write(const struct buf *b, uint64_t records, struct err *e)
{
	if (bad.fd < 0 && output_sides(e))
		return e->code;
	if (!nbad && bad_empty(e))
		return e->code;
	nbad += records;
	buf_add(&bad.buf, b->p, b->n);
	if (!buf_ok(&bad.buf))
		return err_nomem(e);
	return flush(&bad, e);
}

static enum status
side_close(struct app_file *f, struct err *e)
{
	enum status st = flush(f, e);

	if (f->fd >= 0 && close(f->fd) && !st) {
		err_at(e, ST_IO, f->name, 0, 0, "%s", "");
		st = err_errno(e, "close");
	}
	f->fd = -1;
	buf_free(&f->buf);
	return st;
}

enum status
output_close(struct err *e)
{
	struct err other = { 0 };

	side_close(&out, e);
	if (!nbad && bad_empty(&other) && !e->code)
		*e = other;
	if (side_close(&bad, &other) && !e->code)
		*e = other;
	if (side_close(&metrics, &other) && !e->code)
		*e = other;
	if (nbad && !app->quiet)
		warn("%llu record%s rejected, see %s", (unsigned long long)nbad, nbad == 1 ? "" : "s",
		    app->bad);
	nbad = 0;
	return e->code;
}
