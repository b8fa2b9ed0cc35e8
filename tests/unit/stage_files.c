/* Files as a stream of records, sinks, imports of whole files, and what is mapped where. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "../stage.h"
#include "base/file.h"
#include "base/maps.h"
#include "stage/files.h"
#include "stage/importing.h"

static char dir[32];

static void
path_of(char path[128], const char *name)
{
	snprintf(path, 128, "%s/%s", dir, name);
}

static void
holds(const char *name, const char *text)
{
	struct buf b = BUF_INIT;
	struct err e = { 0 };
	char path[128];

	path_of(path, name);
	assert_int_equal(file_read_any(&b, path, &e), ST_OK);
	assert_string_equal(take(&b), text);
	buf_free(&b);
}

/* ---- sinks ---- */

static int entered, left;
static bool end_now;
static void enter(void) { entered++; }
static void leave(void) { left++; }
static bool ending(void) { return end_now; }
static const struct sink_guard guard = { enter, ending, leave };

static void
test_sink(void **state)
{
	struct sink s = { .fd = -1, .guard = &guard }, other = { .fd = -1 };
	struct err e = { 0 };
	char path[128], text[200];
	int fd;

	(void)state;
	path_of(path, "lines");
	write_text(dir, "lines", "old\n");
	assert_int_equal(sink_open(&s, path, true, &e), ST_OK);
	assert_int_equal(sink_add(&s, "new\n", 4, &e), ST_OK);
	holds("lines", "old\n");
	assert_int_equal(sink_flush(&s, &e), ST_OK);
	assert_true(entered == 1 && left == 1);
	holds("lines", "old\nnew\n");
	assert_int_equal(sink_size(path), 8);
	assert_int_equal(sink_cut(path, 100, &e), ST_OK);
	assert_int_equal(sink_cut(path, 4, &e), ST_OK);
	holds("lines", "old\n");
	assert_true(sink_is(&s, -1, path) && sink_is(&s, s.fd, NULL) && !sink_is(&s, 0, NULL) && !sink_is(&s, -1, dir));
	/* a run that is to end writes nothing more after a whole line */
	end_now = true;
	assert_int_equal(sink_add(&s, "no\n", 3, &e), ST_OK);
	assert_int_equal(sink_flush(&s, &e), ST_OK);
	holds("lines", "old\n");
	end_now = false;
	assert_int_equal(sink_empty(&s, &e), ST_OK);
	assert_int_equal(sink_close(&s, &e), ST_OK);
	holds("lines", "");
	assert_int_equal(s.fd, -1);
	/* neither a file that is not there nor a device has a size, and nothing is cut */
	assert_true(!sink_size(NULL) && !sink_size("/dev/stderr") && !sink_size(dir));
	assert_int_equal(sink_cut("/dev/null", 0, &e), ST_OK);
	assert_int_equal(sink_empty(&other, &e), ST_OK);
	path_of(path, "none/lines");
	assert_int_equal(sink_open(&other, path, false, &e), ST_IO);
	snprintf(text, sizeof(text), "%s: open: No such file or directory", path);
	assert_string_equal(err_text(&e, (char[600]){ 0 }, 600), text);
	/* a full disk */
	if ((fd = open("/dev/full", O_WRONLY)) >= 0) {
		other = (struct sink){ .fd = fd, .name = "full" };
		assert_int_equal(sink_add(&other, "x\n", 2, &e), ST_OK);
		assert_int_equal(sink_close(&other, &e), ST_IO);
		assert_string_equal(err_text(&e, (char[600]){ 0 }, 600), "full: write: No space left on device");
	}
	other = (struct sink){ .fd = open("/dev/null", O_WRONLY) };
	sink_forget(&other);
	assert_int_equal(other.fd, -1);
}

/* In a process of its own, as a limit stays: the end of a file that has reached it. */
static void
test_half(void **state)
{
	struct sink s = { .fd = -1 };
	struct rlimit most = { 10, 10 };
	struct err e = { 0 };
	char path[128];
	int status;
	pid_t pid;

	(void)state;
	path_of(path, "half");
	fflush(NULL);
	if (!(pid = fork())) {
		signal(SIGXFSZ, SIG_IGN);
		if (sink_open(&s, path, false, &e) || setrlimit(RLIMIT_FSIZE, &most) ||
		    sink_add(&s, "one\ntwo\nthree\n", 14, &e))
			_exit(2);
		_exit(sink_flush(&s, &e) == ST_IO && strstr(e.msg, "the half line was cut off") ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	holds("half", "one\ntwo\n");
}

/* ---- files ---- */

static int begun, ticked, emptied;
static enum status begin(struct err *e) { begun++; e->code = ST_OK; return ST_OK; }
static void tick(void) { ticked++; }
static void empty(void) { emptied++; }

static enum status
refuse(struct record *r, void *arg, struct err *e)
{
	++*(int *)arg;
	return record_has(r, "bad") ? record_bad(r, "bad", e, "not wanted") : ST_OK;
}

static enum status
drop(struct record *r, void *arg, unsigned worker, struct err *e)
{
	(void)arg;
	(void)worker;
	(void)e;
	return record_has(r, "bad") ? ST_EOF : ST_OK;
}

static void
test_files(void **state)
{
	char a[128], b[128], out[128], bad[128];
	char *const file[] = { a, b };
	struct sink to = { .fd = -1 }, aside = { .fd = -1 };
	struct files f = { .file = file, .n = 2, .threads = 1, .keep = true, .out = &to, .bad = &aside, .begin = begin,
		.tick = tick, .empty = empty };
	struct stream io = files_stream(&f);
	struct record *r = record_of("{}");
	struct err e = { 0 };
	int n = 0;

	(void)state;
	path_of(a, "a");
	path_of(b, "b");
	path_of(out, "out");
	path_of(bad, "bad");
	write_text(dir, "a", "{\"n\":1}\n{\"n\":\n{\"bad\":2}\n");
	write_text(dir, "b", "{\"n\":3}");
	assert_int_equal(sink_open(&to, out, false, &e) | sink_open(&aside, bad, false, &e), ST_OK);
	assert_true(files_ready(&f));
	while (!(e.code = io.next(io.ctx, r, &e)))
		if (refuse(r, &n, &e) ? io.reject(io.ctx, r, &e) : io.put(io.ctx, r, &e))
			break;
	assert_int_equal(e.code, ST_EOF);
	assert_true(io.ready(io.ctx) && begun == 1 && !emptied && n == 3 && f.rejected == 2);
	e.code = ST_OK;
	assert_int_equal(io.beside(io.ctx, a, r, refuse, &n, &e), ST_OK);
	assert_true(n == 5 && f.rejected == 4);
	files_close(&f);
	assert_int_equal(sink_flush(&to, &e), ST_OK);
	holds("out", "{\"n\":1}\n{\"n\":3}\n");
	/* the loop over lines, from the beginning */
	assert_int_equal(files_filter(&f, NULL, drop, NULL, &e), ST_OK);
	assert_int_equal(sink_close(&to, &e), ST_OK);
	holds("out", "{\"n\":1}\n{\"n\":3}\n{\"n\":1}\n{\"n\":3}\n");
	files_close(&f);
	/* without keep the first bad one ends it */
	f.keep = false;
	assert_int_equal(files_next(&f, r, &e), ST_OK);
	assert_int_equal(files_next(&f, r, &e), ST_INPUT);
	assert_true(e.line == 2 && !strcmp(e.file, a));
	files_close(&f);
	/* a line that is too long is one line */
	f.longest = 8;
	write_text(dir, "a", "{\"long\":\"123456789\"}\n");
	assert_int_equal(files_next(&f, r, &e), ST_INPUT);
	assert_string_equal(e.msg, "a line of more than 8 bytes (--max-line)");
	files_close(&f);
	write_text(dir, "a", "");
	f.n = 1;
	f.any = false;
	assert_int_equal(files_next(&f, r, &e), ST_EOF);
	assert_int_equal(emptied, 1);
	err_set(&e, ST_INPUT, "it stays an error");
	assert_int_equal(files_reject_line(&f, "x", 1, &e), ST_INPUT);
	files_close(&f);
	record_free(r);
	assert_int_equal(sink_close(&aside, &e), ST_OK);
}

/* What an earlier run put aside is removed when this one puts something aside. */
static void
test_aside(void **state)
{
	char bad[128];
	struct sink aside = { .fd = -1 };
	struct files f = { .keep = true, .bad = &aside, .threads = 1 };
	struct err e = { 0 };

	(void)state;
	path_of(bad, "aside");
	write_text(dir, "aside", "{\"error\":\"of an earlier run, and longer than what comes now, which is short\"}\n");
	assert_int_equal(sink_open(&aside, bad, false, &e), ST_OK);
	err_at(&e, ST_INPUT, "in", 7, 0, "no record");
	assert_int_equal(files_reject_line(&f, "a \"line\"", 8, &e), ST_OK);
	assert_int_equal(e.code, ST_OK);
	err_set(&e, ST_IO, "nothing of the line's");
	assert_int_equal(files_reject_line(&f, "b", 1, &e), ST_IO);
	assert_int_equal(sink_close(&aside, &e), ST_OK);
	holds("aside", "{\"line\":\"a \\\"line\\\"\",\"error\":\"in:7: no record\"}\n");
	assert_int_equal(f.rejected, 1);
}

static enum status
count_bytes(int fd, const char *name, void *arg, struct err *e)
{
	char b[64];
	ssize_t n = read(fd, b, sizeof(b));

	(void)name;
	*(ssize_t *)arg += n;
	return n == 3 ? err_set(e, ST_NUMERIC, "three") : ST_OK;
}

static void
test_each_file(void **state)
{
	char a[128], b[128], none[128];
	char *file[] = { a, b, none };
	struct files f = { .file = file, .n = 2 };
	struct err e = { 0 };
	ssize_t n = 0;

	(void)state;
	path_of(a, "a");
	path_of(b, "b");
	path_of(none, "none");
	write_text(dir, "a", "12345");
	write_text(dir, "b", "1234567");
	assert_int_equal(files_each(&f, count_bytes, &n, &e), ST_OK);
	assert_int_equal(n, 12);
	f.n = 3;
	assert_int_equal(files_each(&f, count_bytes, &n, &e), ST_IO);
	assert_string_equal(e.file, none);
	write_text(dir, "a", "123");
	n = 0;
	assert_int_equal(files_each(&f, count_bytes, &n, &e), ST_NUMERIC);
	assert_int_equal(n, 3);
}

/* ---- imports ---- */

static enum status
emit(struct record *out, void *ctx, struct err *e)
{
	return record_print(out, ctx, e);
}

/* What comes of a file with this text; the counts are m's. */
static const char *
import(struct importing *m, const struct import_opt *o, const char *text, struct buf *out, enum status want)
{
	struct err e = { 0 };
	char path[128];
	enum status st;
	int fd;

	path_of(path, "other");
	write_text(dir, "other", text);
	assert_int_equal(import_new(&m->im, o, emit, out, &e), ST_OK);
	m->from = o->from;
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	if (!(st = importing_file(fd, "other", m, &e)))
		st = importing_end(m, &e);
	assert_int_equal(st, want);
	close(fd);
	import_free(m->im);
	importing_free(m);
	return take(out);
}

static void
test_importing(void **state)
{
	struct import_opt pairs = { .from = IMPORT_PAIRS, .rejected = "bad", .chosen = (const char *const[]){ "good" },
		.nchosen = 1 }, hh = { .from = IMPORT_HH }, csv = { .from = IMPORT_CSV }, by = { .from = IMPORT_PAIRS, .by = "id",
		.label = "l", .chosen_is = "1", .text = "t" };
	char bad[128];
	struct sink aside = { .fd = -1 };
	struct files f = { .keep = true, .bad = &aside, .threads = 1 };
	struct importing m = { .io = &f };
	struct buf out = BUF_INIT;
	struct err e = { 0 };
	const char *s;

	(void)state;
	path_of(bad, "imported");
	assert_int_equal(sink_open(&aside, bad, false, &e), ST_OK);
	/* a stray quote costs its line alone */
	s = import(&m, &pairs, "bad,good\na b,a c\n\"x,y\nd,e\n", &out, ST_OK);
	assert_non_null(strstr(s, "\"rejected\":\"a b\""));
	assert_non_null(strstr(s, "\"rejected\":\"d\""));
	assert_true(m.items == 3 && f.rejected == 1 && importing_is_table(&m));
	m = (struct importing){ .io = &f };
	s = import(&m, &csv, "a,b\n1,2\n", &out, ST_OK);
	assert_int_equal(strncmp(s, "{\"a\":\"1\",\"b\":\"2\",\"id\":", 22), 0);
	/* of objects a line each, a broken one is bad line by line */
	m = (struct importing){ .io = &f };
	s = import(&m, &hh, "{\"chosen\":\"\\n\\nHuman: q\\n\\nAssistant: a\",\"rejected\":\"\\n\\nHuman: q\\n\\nAssistant: b\"}\n{\n \"chosen\":1}\n", &out,
	    ST_OK);
	assert_non_null(strstr(s, "\"chosen\":"));
	assert_int_equal(f.rejected, 3);
	/* a row whose partner never comes */
	m = (struct importing){ .io = &f };
	s = import(&m, &by, "id,l,t\n1,1,x\n", &out, ST_OK);
	assert_string_equal(s, "");
	assert_int_equal(f.rejected, 4);
	f.keep = false;
	m = (struct importing){ .io = &f };
	import(&m, &by, "id,l,t\n1,1,x\n", &out, ST_INPUT);
	m = (struct importing){ .io = &f };
	import(&m, &pairs, "other,good\nx,y\n", &out, ST_USAGE);
	buf_free(&out);
	assert_int_equal(sink_close(&aside, &e), ST_OK);
}

/* ---- the rest ---- */

static void
test_maps(void **state)
{
	struct file_map m;
	struct err e = { 0 };
	char path[128], s[4096];

	(void)state;
	path_of(path, "mapped");
	write_text(dir, "mapped", "text");
	assert_int_equal(file_map(&m, path, &e), ST_OK);
	assert_non_null(strstr(maps_file((uintptr_t)m.p, s, sizeof(s)), "/mapped"));
	assert_string_equal(maps_file(1, s, sizeof(s)), "a mapped file");
	file_unmap(&m);
}

static void
test_err_io(void **state)
{
	struct err e = { .line = 3, .byte = 4 };
	char s[600];

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_io(&e, "f", "open"), ST_IO);
	assert_string_equal(err_text(&e, s, sizeof(s)), "f: open: No such file or directory");
	errno = EACCES;
	err_io(&e, "f", NULL);
	assert_string_equal(err_text(&e, s, sizeof(s)), "f: Permission denied");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sink), cmocka_unit_test(test_half), cmocka_unit_test(test_files),
		cmocka_unit_test(test_aside), cmocka_unit_test(test_each_file), cmocka_unit_test(test_importing),
		cmocka_unit_test(test_maps), cmocka_unit_test(test_err_io)
	};
	int rc;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	strcpy(dir, "/tmp/fg-files.XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	remove_folder(dir);
	return rc;
}
