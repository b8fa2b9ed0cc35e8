/* What signals do: one that ends the program waits for the end of the line that is being written.  A mapped
 * file that became shorter while it is read has no bytes where the map still has some, and the kernel sends
 * SIGBUS: then the message names the file, and the run ends as for any file that cannot be read. */
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/maps.h"
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
	else if (!atomic_load(&gentle))
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
	(void)sig;      /* the write fails with EFBIG, and the message says so */
}

static void
put(const char *s)
{
	(void)!write(2, s, strlen(s));
}

static void
on_bus(int sig, siginfo_t *info, void *context)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;
	static char line[8192];
	const char *path;

	(void)context;
	if (info->si_code != BUS_ADRERR) {
		end_by(sig);
		return;
	}
	/* several threads may read the file: the first one says it, and ends the others */
	while (atomic_flag_test_and_set(&said))
		pause();
	path = maps_file((uintptr_t)info->si_addr, line, sizeof(line));
	put(app->prog ? app->prog->name : "finegrain");
	put(": ");
	put(path);
	put(": became shorter while it was read\n");
	_exit(3);
}

void
signals_begin(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction end = { .sa_handler = on_signal }, limit = { .sa_handler = on_limit };
	struct sigaction late = { .sa_handler = on_alarm }, bus = { .sa_sigaction = on_bus, .sa_flags = SA_SIGINFO }, old;

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		/* what a parent has us ignore stays ignored */
		if (!sigaction(ends[i], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(ends[i], &end, NULL);
	sigaction(SIGXFSZ, &limit, NULL);
	sigaction(SIGALRM, &late, NULL);
	sigaction(SIGBUS, &bus, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static bool
ending(void)
{
	return atomic_load(&pending) && !atomic_load(&gentle);
}

static void
enter(void)
{
	atomic_store(&writing, 1);
	/* a signal came when nothing was being written: it ends us now */
	while (ending())
		pause();
}

static void
leave(void)
{
	atomic_store(&writing, 0);
	if (ending()) {
		app_end_by_signal();
		for (;;)
			pause();
	}
}

const struct sink_guard signals_guard = { enter, ending, leave };

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
