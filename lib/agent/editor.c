#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/editor.h"
#include "base/file.h"

extern char **environ;

static enum status
write_file(char *path, const char *help, size_t hn, const char *text, size_t n, struct err *e)
{
	struct buf b = BUF_INIT;
	const char *nl, *end = help + hn;
	int fd;

	while (help < end) {
		nl = memchr(help, '\n', (size_t)(end - help));
		buf_adds(&b, "# ");
		buf_add(&b, help, (size_t)((nl ? nl : end) - help));
		buf_addc(&b, '\n');
		help = nl ? nl + 1 : end;
	}
	buf_add(&b, text, n);
	buf_addc(&b, '\n');
	e->code = ST_OK;
	if (!buf_ok(&b))
		err_nomem(e);
	else if ((fd = mkstemps(path, 4)) < 0)
		err_errno(e, "%s", path);
	else {
		file_write_all(fd, b.p, b.n, e);
		if (close(fd) && !e->code)
			err_errno(e, "%s", path);
	}
	buf_free(&b);
	return e->code;
}

/* The editor's exit status in *rc. */
static enum status
run(const char *editor, const char *path, int *rc, struct err *e)
{
	char *argv[] = { (char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c", NULL, (char *)(uintptr_t)editor,
		(char *)(uintptr_t)path, NULL };
	posix_spawn_file_actions_t fa;
	struct buf b = BUF_INIT;
	bool tty;
	pid_t pid;
	int err, fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	tty = fd >= 0;
	buf_addf(&b, "%s \"$1\"", editor);
	buf_addc(&b, 0);
	if (!buf_ok(&b) || posix_spawn_file_actions_init(&fa)) {
		buf_free(&b);
		if (tty)
			close(fd);
		return err_nomem(e);
	}
	argv[2] = b.p;
	/* standard output carries records: an editor must not write there */
	if (tty) {
		posix_spawn_file_actions_adddup2(&fa, fd, 0);
		posix_spawn_file_actions_adddup2(&fa, fd, 1);
	} else {
		posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
		posix_spawn_file_actions_adddup2(&fa, 2, 1);
	}
	err = posix_spawn(&pid, "/bin/sh", &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	buf_free(&b);
	if (tty)
		close(fd);
	if (err) {
		errno = err;
		return err_errno(e, "%s", editor);
	}
	while (waitpid(pid, rc, 0) < 0)
		if (errno != EINTR)
			return err_errno(e, "%s", editor);
	return ST_OK;
}

/* Without the help in front and white space behind. */
static void
take_text(const struct buf *file, struct buf *out, enum editor_end *end)
{
	const char *s = file->p ? file->p : "", *stop = s + file->n, *nl;

	*end = EDITOR_DONE;
	while (s < stop && *s == '#') {
		nl = memchr(s, '\n', (size_t)(stop - s));
		if ((size_t)(stop - s) >= 5 && !strncmp(s, "#quit", 5))
			*end = EDITOR_QUIT;
		s = nl ? nl + 1 : stop;
	}
	while (stop > s && strchr(" \t\r\n", stop[-1]))
		stop--;
	if (*end == EDITOR_DONE && s == stop)
		*end = EDITOR_SKIP;
	buf_add(out, s, (size_t)(stop - s));
}

enum status
editor_run(const char *editor, const char *help, size_t hn, const char *text, size_t n, struct buf *out,
    enum editor_end *end, struct err *e)
{
	const char *dir = getenv("TMPDIR");
	char *path = file_join(dir && *dir ? dir : "/tmp", "fg-edit.XXXXXX.txt");
	struct buf file = BUF_INIT;
	int rc = 0;

	if (!path)
		return err_nomem(e);
	if (!write_file(path, help, hn, text, n, e)) {
		if (!run(editor, path, &rc, e) && !file_read(&file, path, e)) {
			take_text(&file, out, end);
			if (rc)
				*end = EDITOR_QUIT;
			if (!buf_ok(out))
				err_nomem(e);
		}
		unlink(path);
	}
	buf_free(&file);
	free(path);
	return e->code;
}
