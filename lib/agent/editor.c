#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/editor.h"
#include "base/file.h"

extern char **environ;

static const char scissors[] = "# ------------------------ 8< ------------------------\n";

/* ---- the file ---- */

static void
put_file(struct buf *b, const char *help, size_t hn, const char *text, size_t n)
{
	const char *nl, *end = help + hn;

	for (; help < end; help = nl ? nl + 1 : end) {
		nl = memchr(help, '\n', (size_t)(end - help));
		buf_adds(b, nl == help ? "#" : "# ");
		buf_add(b, help, (size_t)((nl ? nl : end) - help));
		buf_addc(b, '\n');
	}
	buf_adds(b, scissors);
	buf_add(b, text, n);
	if (n && text[n - 1] != '\n')
		buf_addc(b, '\n');
}

static enum status
write_file(char *path, const struct buf *b, struct err *e)
{
	int fd;

	if (!buf_ok(b))
		return err_nomem(e);
	if ((fd = mkstemps(path, 4)) < 0)
		return err_io(e, path, NULL);
	e->code = ST_OK;
	file_write_all(fd, b->p, b->n, e);
	if (close(fd) && !e->code)
		err_io(e, path, NULL);
	return e->code;
}

/* The rest of a line after a word, without white space around. */
static void
rest(const char *s, const char *end, struct buf *to)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	while (end > s && memchr(" \t\r", end[-1], 3))
		end--;
	buf_clear(to);
	buf_add(to, s, (size_t)(end - s));
}

/* A line of the help that the user wrote. */
static void
command(const char *s, const char *end, struct editor_said *said)
{
	static const struct { const char *word; enum editor_end end; } words[] = {
		{ "#skip", EDITOR_SKIP }, { "#back", EDITOR_BACK }, { "#quit", EDITOR_QUIT }
	};
	size_t i, n = (size_t)(end - s);

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (n >= 5 && !memcmp(s, words[i].word, 5) && (n == 5 || strchr(" \t\r", s[5]))) {
			said->end = words[i].end;
			rest(s + 5, end, &said->reason);
		}
	if (n > 5 && !memcmp(s, "#note ", 6))
		rest(s + 6, end, &said->note);
}

void
editor_read(const char *file, size_t n, struct editor_said *s)
{
	const char *cut = n ? memmem(file, n, scissors, sizeof(scissors) - 1) : NULL, *p, *nl;

	s->end = EDITOR_DONE;
	buf_clear(&s->text);
	buf_clear(&s->reason);
	buf_clear(&s->note);
	s->torn = !cut && n;
	if (s->torn) {
		buf_add(&s->text, file, n);
		return;
	}
	for (p = file; cut && p < cut; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(file + n - p));
		command(p, nl, s);
	}
	if (cut) {
		cut += sizeof(scissors) - 1;
		buf_add(&s->text, cut, (size_t)(file + n - cut));
	}
	if (s->text.n && s->text.p[s->text.n - 1] == '\n')
		s->text.n--;
	for (p = s->text.p; p < s->text.p + s->text.n && strchr(" \t\r\n", *p); p++)
		;
	if (s->end == EDITOR_DONE && p == s->text.p + s->text.n)
		s->end = EDITOR_SKIP;
}

/* ---- the editor ---- */

static int
spawn(const char *command_line, const char *path, const char *editor, const sigset_t *mask, pid_t *pid)
{
	char *argv[] = { (char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c", (char *)(uintptr_t)command_line,
		(char *)(uintptr_t)editor, (char *)(uintptr_t)path, NULL };
	int rc, fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;

	if ((rc = posix_spawn_file_actions_init(&fa)))
		goto out;
	if ((rc = posix_spawnattr_init(&at))) {
		posix_spawn_file_actions_destroy(&fa);
		goto out;
	}
	/* standard output carries records: an editor must not write there */
	if (fd >= 0) {
		rc = posix_spawn_file_actions_adddup2(&fa, fd, 0);
		rc = rc ? rc : posix_spawn_file_actions_adddup2(&fa, fd, 1);
	} else {
		rc = posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
		rc = rc ? rc : posix_spawn_file_actions_adddup2(&fa, 2, 1);
	}
	if (!rc && !(rc = posix_spawnattr_setsigmask(&at, mask)) &&
	    !(rc = posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGMASK)))
		rc = posix_spawn(pid, "/bin/sh", &fa, &at, argv, environ);
	posix_spawnattr_destroy(&at);
	posix_spawn_file_actions_destroy(&fa);
out:
	if (fd >= 0)
		close(fd);
	return rc;
}

/* Its exit status.  ^C is the editor's own; TERM and HUP are passed on to it, and stay pending
 * for us: *ended. */
static int
await(pid_t pid, const sigset_t *held, int *ended)
{
	struct timespec nap = { 0, 100000000 };
	int sig, rc = 0;

	while (waitpid(pid, &rc, WNOHANG) == 0) {
		sig = sigtimedwait(held, NULL, &nap);
		if (sig == SIGTERM || sig == SIGHUP) {
			*ended = sig;
			kill(pid, sig);
		}
	}
	return rc;
}

static enum status
run(const char *editor, const char *path, const sigset_t *mask, const sigset_t *held, int *rc, int *ended,
    struct err *e)
{
	struct buf b = BUF_INIT;
	pid_t pid;
	int fault;

	buf_addf(&b, "%s \"$1\"", editor);
	buf_addc(&b, 0);
	if (!buf_ok(&b)) {
		buf_free(&b);
		return err_nomem(e);
	}
	fault = spawn(b.p, path, editor, mask, &pid);
	buf_free(&b);
	if (fault) {
		errno = fault;
		return err_io(e, editor, NULL);
	}
	*rc = await(pid, held, ended);
	if (WIFEXITED(*rc) && (WEXITSTATUS(*rc) == 127 || WEXITSTATUS(*rc) == 126))
		return err_set(e, ST_USAGE, "the editor cannot be run: %s", editor);
	return ST_OK;
}

enum status
editor_run(const char *editor, const char *help, size_t hn, const char *text, size_t n, struct editor_said *s,
    struct err *e)
{
	char *path = file_join(file_temp_dir(), "fg-edit.XXXXXX.txt");
	struct buf file = BUF_INIT;
	sigset_t held, before;
	int rc = 0, ended = 0;

	if (!path)
		return err_nomem(e);
	sigemptyset(&held);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGHUP);
	sigaddset(&held, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &held, &before);
	put_file(&file, help, hn, text, n);
	if (!write_file(path, &file, e)) {
		buf_clear(&file);
		if (!run(editor, path, &before, &held, &rc, &ended, e) && !file_read(&file, path, e)) {
			editor_read(file.p, file.n, s);
			if (rc)
				s->end = EDITOR_QUIT;
			if (!buf_ok(&s->text) || !buf_ok(&s->reason) || !buf_ok(&s->note))
				err_nomem(e);
		}
		unlink(path);
	}
	buf_free(&file);
	free(path);
	if (ended)
		kill(getpid(), ended);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return e->code;
}
