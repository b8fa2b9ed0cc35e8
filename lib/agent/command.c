/* A command as agent: a coprocess that answers a line of JSON with a line of JSON. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/kinds.h"
#include "base/clock.h"
#include "base/quote.h"
#include "json/json.h"

extern char **environ;

enum {
	LINE_MAX_BYTES = 64 << 20,      /* of an answer */
	QUOTED = 160,                   /* bytes of a line in a message */
	GRACE = 10                      /* seconds for its end, where no timeout is given */
};

struct command {
	const struct agent_opt *o;
	pid_t pid;              /* 0: not running; also its process group */
	int fd;                 /* our end of its standard input and output */
	struct buf in;          /* read and not yet handed out */
	struct buf out;         /* the question as a line */
	struct buf last;        /* id of the question before this one */
};

static enum status
command_open(void **self, const struct agent_opt *o, struct err *e)
{
	struct command *c = calloc(1, sizeof(*c));

	if (!c)
		return err_nomem(e);
	c->o = o;
	*self = c;
	return ST_OK;
}

/* ---- its start and its end ---- */

/* Wait for its end; those that it started in its process group end with it. */
static void
reap(struct command *c, double deadline)
{
	struct timespec nap = { 0, 1000000 };
	pid_t got;

	while (!(got = waitpid(c->pid, NULL, WNOHANG)) || (got < 0 && errno == EINTR)) {
		if (clock_now() >= deadline)
			break;
		nanosleep(&nap, NULL);
		if (nap.tv_nsec < 50000000)
			nap.tv_nsec *= 2;
	}
	kill(-c->pid, SIGKILL);
	while (!got && waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void
stop(struct command *c, double deadline)
{
	if (!c->pid)
		return;
	close(c->fd);
	reap(c, deadline);
	c->pid = 0;
	buf_clear(&c->in);
}

static double
patience(const struct command *c)
{
	return c->o->timeout > 0 ? c->o->timeout : GRACE;
}

static int
spawn(struct command *c, int fd)
{
	char sh[] = "sh", flag[] = "-c";
	char *argv[] = { sh, flag, (char *)(uintptr_t)c->o->arg, NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	int rc;

	if ((rc = posix_spawn_file_actions_init(&fa)))
		return rc;
	if ((rc = posix_spawnattr_init(&at))) {
		posix_spawn_file_actions_destroy(&fa);
		return rc;
	}
	if (!(rc = posix_spawn_file_actions_adddup2(&fa, fd, 0)) &&
	    !(rc = posix_spawn_file_actions_adddup2(&fa, fd, 1)) &&
	    !(rc = posix_spawnattr_setflags(&at, POSIX_SPAWN_SETPGROUP)) &&
	    !(rc = posix_spawnattr_setpgroup(&at, 0)))
		rc = posix_spawn(&c->pid, "/bin/sh", &fa, &at, argv, environ);
	posix_spawnattr_destroy(&at);
	posix_spawn_file_actions_destroy(&fa);
	return rc;
}

/* A socket, not two pipes: writing to a dead reader can then do without SIGPIPE. */
static enum status
start(struct command *c, struct err *e)
{
	int sv[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv))
		return err_errno(e, "socketpair");
	rc = spawn(c, sv[1]);
	close(sv[1]);
	if (!rc && fcntl(sv[0], F_SETFL, O_NONBLOCK) < 0)
		rc = errno;
	c->fd = sv[0];
	if (rc) {
		if (c->pid)
			stop(c, 0);
		else
			close(sv[0]);
		errno = rc;
		return err_io(e, c->o->arg, NULL);
	}
	return ST_OK;
}

/* ---- its lines ---- */

static enum status
no_answer(struct err *e, const char *what, const char *s, size_t n)
{
	char text[QUOTED];

	return err_set(e, ST_IO, "the command printed %s: %s", what, quote_into(text, sizeof(text), s, n));
}

/* Read what is there; ST_EOF at its end. */
static enum status
fill(struct command *c, struct err *e)
{
	ssize_t n;
	char *p;

	if (c->in.n >= LINE_MAX_BYTES)
		return err_set(e, ST_IO, "the command printed a line of more than %d bytes: %s", LINE_MAX_BYTES, c->o->arg);
	if (!(p = buf_reserve(&c->in, 1 << 16)))
		return err_nomem(e);
	do
		n = recv(c->fd, p, 1 << 16, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return ST_OK;
	if (n <= 0)
		return ST_EOF;
	c->in.n += (size_t)n;
	return ST_OK;
}

static enum status
give_up(struct command *c, struct err *e)
{
	stop(c, 0);
	return err_set(e, ST_IO, "no answer within %g seconds: %s", c->o->timeout, c->o->arg);
}

/* Send out[0..n) and read until a whole line is in c->in, its length in *len; both at a time,
 * as it may write before it has read all.  ST_EOF when it went away. */
static enum status
exchange(struct command *c, const char *out, size_t n, size_t *len, struct err *e)
{
	double deadline = c->o->timeout > 0 ? clock_now() + c->o->timeout : 0, left;
	size_t seen = 0;
	enum status st;
	ssize_t k;
	char *nl;

	for (;;) {
		struct pollfd p = { c->fd, (short)(POLLIN | (n ? POLLOUT : 0)), 0 };

		if ((nl = c->in.n > seen ? memchr(c->in.p + seen, '\n', c->in.n - seen) : NULL) && !n) {
			*len = (size_t)(nl - c->in.p);
			return ST_OK;
		}
		seen = nl ? seen : c->in.n;
		left = deadline > 0 ? deadline - clock_now() : 0;
		if (deadline > 0 && left <= 0)
			return give_up(c, e);
		if (poll(&p, 1, deadline > 0 ? (int)fmin(ceil(left * 1e3), 1e9) : -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_errno(e, "poll");
		}
		if (p.revents & POLLOUT) {
			k = send(c->fd, out, n, MSG_NOSIGNAL);
			if (k < 0 && errno != EINTR && errno != EAGAIN)
				return ST_EOF;
			out += k > 0 ? k : 0;
			n -= k > 0 ? (size_t)k : 0;
		}
		if ((p.revents & ~POLLOUT) && (st = fill(c, e)))
			return st;
	}
}

/* Does the answer name this id, another (false), or none? */
static bool
has_id(const struct json *j, struct agent_text id, bool *named)
{
	size_t at = json_get(j, 0, "id"), n;
	const char *s;

	*named = at && json_type(j, at) != JSON_NULL;
	if (!*named)
		return true;
	if (json_type(j, at) == JSON_STRING)
		return (s = json_str(j, at, &n)) && n == id.n && !memcmp(s, id.s, n);
	return j->node[at].len == id.n && !memcmp(j->text + j->node[at].at, id.s, id.n);
}

/* The line s[0..n): an answer to q; *other: to the question before it, which has one. */
static enum status
look(struct command *c, const struct agent_question *q, const char *s, size_t n, bool *other, struct err *e)
{
	struct arena mem = ARENA_INIT;
	struct err bad = {0};
	struct json j;
	bool named;

	e->code = ST_OK;
	*other = false;
	if (json_parse(&j, s, n, &mem, &bad) || json_type(&j, 0) != JSON_OBJECT) {
		no_answer(e, "a line that is no answer", s, n);
	} else if (!has_id(&j, q->id, &named)) {
		*other = has_id(&j, (struct agent_text){ c->last.p, c->last.n }, &named);
		if (!*other)
			no_answer(e, "an answer to a question that was not asked", s, n);
	}
	arena_free(&mem);
	return e->code;
}

/* Take len bytes and a newline out of what was read. */
static void
take(struct command *c, size_t len, struct buf *to)
{
	if (to)
		buf_add(to, c->in.p, len);
	memmove(c->in.p, c->in.p + len + 1, c->in.n - len - 1);
	c->in.n -= len + 1;
}

/* Lines that came without a question: all right only when they repeat, by id, the last answer. */
static enum status
no_strays(struct command *c, struct err *e)
{
	struct agent_question last = { .id = { c->last.p ? c->last.p : "", c->last.n } };
	struct arena mem = ARENA_INIT;
	struct err bad = {0};
	struct json j;
	bool named = false, same;
	char *nl;

	while ((nl = c->in.n ? memchr(c->in.p, '\n', c->in.n) : NULL)) {
		size_t n = (size_t)(nl - c->in.p);

		same = !json_parse(&j, c->in.p, n, &mem, &bad) && json_type(&j, 0) == JSON_OBJECT &&
		    has_id(&j, last.id, &named) && named;
		arena_free(&mem);
		if (!same)
			return no_answer(e, "more lines than it was asked for", c->in.p, n);
		take(c, n, NULL);
	}
	return ST_OK;
}

static enum status
ask_once(struct command *c, const struct agent_question *q, struct buf *answer, struct err *e)
{
	size_t len, before = answer->n;
	bool other = false, gone;
	enum status st;

	/* one that went away after its last answer is started again */
	st = c->pid ? fill(c, e) : ST_OK;
	if (st && st != ST_EOF)
		return st;
	gone = st == ST_EOF;
	if ((st = no_strays(c, e)))
		return st;
	if (c->in.n)
		return no_answer(e, "more lines than it was asked for", c->in.p, c->in.n);
	if (gone)
		stop(c, clock_now() + patience(c));
	if (!c->pid && (st = start(c, e)))
		return st;
	if ((st = exchange(c, c->out.p, c->out.n, &len, e)))
		return st;
	while (!(st = look(c, q, c->in.p, len, &other, e)) && other) {
		take(c, len, NULL);
		if ((st = exchange(c, NULL, 0, &len, e)))
			return st;
	}
	if (st)
		return st;
	take(c, len, answer);
	buf_clear(&c->last);
	buf_add(&c->last, q->id.s, q->id.n);
	if (!buf_ok(answer) || !buf_ok(&c->last)) {
		answer->n = before;
		return err_nomem(e);
	}
	return ST_OK;
}

static enum status
command_ask(void *self, unsigned worker, const struct agent_question *q, struct buf *answer, struct err *e)
{
	struct command *c = self;
	enum status st;
	int try;

	(void)worker;
	buf_clear(&c->out);
	agent_put_line(&c->out, q);
	buf_addc(&c->out, '\n');
	if (!buf_ok(&c->out))
		return err_nomem(e);
	for (try = 0; try < 2; try++) {
		if ((st = ask_once(c, q, answer, e)) != ST_EOF)
			return st;
		stop(c, clock_now() + patience(c));
	}
	return err_set(e, ST_IO, "the command ended without an answer, twice: %s", c->o->arg);
}

/* The end of its input is said, its end awaited; lines that it still prints are too many. */
static enum status
finish(struct command *c, struct err *e)
{
	double deadline = clock_now() + patience(c), left;
	enum status st = ST_OK;

	if (!c->pid)
		return ST_OK;
	shutdown(c->fd, SHUT_WR);
	while (!st && (left = deadline - clock_now()) > 0) {
		struct pollfd p = { c->fd, POLLIN, 0 };

		if (poll(&p, 1, (int)fmin(ceil(left * 1e3), 1e9)) > 0)
			st = fill(c, e);
		if (!st)
			st = no_strays(c, e);
	}
	if (st == ST_EOF)
		st = no_strays(c, e);
	if (!st && c->in.n)
		st = no_answer(e, "more lines than it was asked for", c->in.p, c->in.n);
	stop(c, deadline);
	return st;
}

static enum status
command_close(void *self, struct err *e)
{
	struct command *c = self;
	enum status st;

	if (!c)
		return ST_OK;
	st = finish(c, e);
	buf_free(&c->in);
	buf_free(&c->out);
	buf_free(&c->last);
	free(c);
	return st;
}

const struct agent_kind agent_command = {
	.option = "command", .arg = "CMD", .help = "ask a command: a JSON line in, a JSON line out",
	.tasks = 1 << AGENT_EDIT | 1 << AGENT_JUDGE,
	.open = command_open, .ask = command_ask, .close = command_close
};
