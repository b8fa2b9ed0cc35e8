#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/agent.h"

extern char **environ;

struct agent {
	const char *command;
	double timeout;         /* seconds; 0: none */
	pid_t pid;              /* 0: not running */
	int fd;                 /* our end of its standard input and output */
	struct buf in;          /* read and not yet handed out */
};

enum status
agent_open(struct agent **a, const char *command, double timeout, struct err *e)
{
	if (!(*a = calloc(1, sizeof(**a))))
		return err_nomem(e);
	(*a)->command = command;
	(*a)->timeout = timeout;
	return ST_OK;
}

static void
stop(struct agent *a)
{
	if (!a->pid)
		return;
	shutdown(a->fd, SHUT_WR);
	close(a->fd);
	while (waitpid(a->pid, NULL, 0) < 0 && errno == EINTR)
		;
	a->pid = 0;
	buf_clear(&a->in);
}

/* A socket, not two pipes: writing to a dead reader can then go without SIGPIPE. */
static enum status
start(struct agent *a, struct err *e)
{
	char sh[] = "sh", c[] = "-c";
	char *argv[] = { sh, c, (char *)(uintptr_t)a->command, NULL };
	posix_spawn_file_actions_t fa;
	struct timeval t = { .tv_sec = (time_t)a->timeout };
	int sv[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv))
		return err_errno(e, "socketpair");
	if ((rc = posix_spawn_file_actions_init(&fa)))
		goto out;
	if (!(rc = posix_spawn_file_actions_adddup2(&fa, sv[1], 0)) &&
	    !(rc = posix_spawn_file_actions_adddup2(&fa, sv[1], 1)))
		rc = posix_spawn(&a->pid, "/bin/sh", &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
out:
	close(sv[1]);
	if (rc) {
		close(sv[0]);
		a->pid = 0;
		errno = rc;
		return err_errno(e, "%s", a->command);
	}
	a->fd = sv[0];
	t.tv_usec = (suseconds_t)(1e6 * (a->timeout - (double)t.tv_sec));
	if (setsockopt(a->fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)) ||
	    setsockopt(a->fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)))
		return err_errno(e, "setsockopt");
	return ST_OK;
}

/* errno says that the time is over. */
static bool
late(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK;
}

static enum status
give_up(struct agent *a, struct err *e)
{
	kill(a->pid, SIGKILL);
	stop(a);
	return err_set(e, ST_IO, "no answer within %g seconds: %s", a->timeout, a->command);
}

static bool
send_all(int fd, const char *p, size_t n)
{
	ssize_t k;

	while (n) {
		k = send(fd, p, n, MSG_NOSIGNAL);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

/* ST_EOF when it went away before a whole line came. */
static enum status
read_line(struct agent *a, struct buf *reply, struct err *e)
{
	size_t seen = 0, len;
	ssize_t n;
	char *nl, *p;

	for (;;) {
		nl = a->in.n > seen ? memchr(a->in.p + seen, '\n', a->in.n - seen) : NULL;
		if (nl)
			break;
		seen = a->in.n;
		if (!(p = buf_reserve(&a->in, 1 << 16)))
			return err_nomem(e);
		n = recv(a->fd, p, 1 << 16, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && late())
			return give_up(a, e);
		if (n <= 0)
			return ST_EOF;
		a->in.n += (size_t)n;
	}
	len = (size_t)(nl - a->in.p);
	buf_add(reply, a->in.p, len);
	memmove(a->in.p, nl + 1, a->in.n - len - 1);
	a->in.n -= len + 1;
	return buf_ok(reply) ? ST_OK : err_nomem(e);
}

enum status
agent_ask(struct agent *a, const char *line, size_t n, struct buf *reply, struct err *e)
{
	enum status st;
	int try;

	for (try = 0; try < 2; try++) {
		if (!a->pid && (st = start(a, e)))
			return st;
		errno = 0;
		if (send_all(a->fd, line, n) && send_all(a->fd, "\n", 1)) {
			if ((st = read_line(a, reply, e)) != ST_EOF)
				return st;
		} else if (late()) {
			return give_up(a, e);
		}
		stop(a);
	}
	return err_set(e, ST_IO, "the command ended without an answer, twice: %s", a->command);
}

void
agent_close(struct agent *a)
{
	if (!a)
		return;
	stop(a);
	buf_free(&a->in);
	free(a);
}
