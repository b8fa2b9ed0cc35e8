/* Whole lines on a descriptor, whatever ends the run: a signal waits for the end of the line that is
 * being written; where a disk is full or a file has reached its limit, a half line is cut off
 * again. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/app_int.h"

static atomic_int writing, pending, gentle;

static void
end_by(int sig)
{
	signal(sig, SIG_DFL);
	raise(sig);
}

enum { PATIENCE = 2 };  /* seconds that a line may take to its end */

/* In whatever thread: either this one sees that nothing is being written, or the writer sees the
 * signal.  A second signal does not wait. */
static void
on_signal(int sig)
{
	if (atomic_exchange(&pending, sig) || (!atomic_load(&writing) && !atomic_load(&gentle)))
		end_by(sig);
	else if (atomic_load(&gentle))
		return;
	else
		alarm(PATIENCE);
}

static void
on_alarm(int sig)
{
	(void)sig;
	end_by(atomic_load(&pending));
}

static void
on_limit(int sig)
{
	(void)sig;      /* the write fails with EFBIG, which is said */
}

void
whole_begin(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction end = { .sa_handler = on_signal }, limit = { .sa_handler = on_limit };
	struct sigaction late = { .sa_handler = on_alarm }, old;

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		/* what a parent has us ignore stays ignored */
		if (!sigaction(ends[i], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(ends[i], &end, NULL);
	sigaction(SIGXFSZ, &limit, NULL);
	sigaction(SIGALRM, &late, NULL);
}

static void
enter(void)
{
	atomic_store(&writing, 1);
	/* a signal came when nothing was being written: it ends us now */
	while (atomic_load(&pending) && !atomic_load(&gentle))
		pause();
}

static void
leave(void)
{
	int sig;

	atomic_store(&writing, 0);
	if ((sig = atomic_load(&pending)) && !atomic_load(&gentle)) {
		end_by(sig);
		for (;;)
			pause();
	}
}

/* Cut the bytes of a half line off a file that ends with them. */
static bool
cut_back(int fd, size_t half)
{
	off_t at = lseek(fd, 0, SEEK_CUR), to = at - (off_t)half;
	struct stat sb;

	return half && at >= 0 && to >= 0 && !fstat(fd, &sb) && S_ISREG(sb.st_mode) && sb.st_size == at &&
	    !ftruncate(fd, to) && lseek(fd, to, SEEK_SET) == to;
}

static void
failed(struct app_file *f, struct err *e)
{
	size_t n;

	err_errno(e, "write");
	if (!cut_back(f->fd, f->half))
		return;
	f->half = 0;
	n = strlen(e->msg);
	snprintf(e->msg + n, sizeof(e->msg) - n, "; the half line was cut off");
}

void
app_stop_gently(void)
{
	atomic_store(&gentle, 1);
}

bool
app_stopping(void)
{
	return atomic_load(&gentle) && atomic_load(&pending);
}

void
app_end_by_signal(void)
{
	end_by(atomic_load(&pending));
}

enum status
whole_write(struct app_file *f, const char *p, size_t n, struct err *e)
{
	const char *end = p + n, *nl;
	ssize_t k;

	e->code = ST_OK;
	enter();
	while (p < end) {
		if (atomic_load(&pending) && !atomic_load(&gentle)) {
			if (!f->half)
				break;
			if ((nl = memchr(p, '\n', (size_t)(end - p))))
				end = nl + 1;
		}
		if ((k = write(f->fd, p, (size_t)(end - p))) < 0) {
			if (errno == EINTR)
				continue;
			failed(f, e);
			break;
		}
		nl = memrchr(p, '\n', (size_t)k);
		f->half = nl ? (size_t)(p + k - nl - 1) : f->half + (size_t)k;
		p += k;
	}
	leave();
	return e->code;
}
