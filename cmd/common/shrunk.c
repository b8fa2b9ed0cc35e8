/* A mapped file that becomes shorter while it is read has no bytes where the map still has some: the
 * kernel says so by SIGBUS.  It is said which file it was, and the run ends as for any file that
 * cannot be read. */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "common/app_int.h"

/* "start-end perms offset device inode   path": whether at lies in it. */
static bool
holds(const char *line, uintptr_t at)
{
	uintptr_t v[2] = { 0, 0 };

	for (int i = 0; i < 2; i++, line++)
		for (; *line && *line != '-' && *line != ' '; line++)
			v[i] = v[i] * 16 + (uintptr_t)(*line <= '9' ? *line - '0' : *line - 'a' + 10);
	return at >= v[0] && at < v[1];
}

/* The file that is mapped at this address, in s; what a handler may do. */
static const char *
file_at(uintptr_t at, char *s, size_t size)
{
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	const char *path = NULL;
	size_t n = 0;
	char c;

	while (fd >= 0 && !path && read(fd, &c, 1) == 1) {
		if (c != '\n') {
			if (n + 1 < size)
				s[n++] = c;
			continue;
		}
		s[n] = 0;
		n = 0;
		if (holds(s, at))
			path = strchr(s, '/');
	}
	if (fd >= 0)
		close(fd);
	return path ? path : "a mapped file";
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
		signal(sig, SIG_DFL);
		raise(sig);
		return;
	}
	/* several threads may read the file: the first one says it, and ends the others */
	while (atomic_flag_test_and_set(&said))
		pause();
	path = file_at((uintptr_t)info->si_addr, line, sizeof(line));
	put(app->prog ? app->prog->name : "finegrain");
	put(": ");
	put(path);
	put(": became shorter while it was read\n");
	_exit(3);
}

void
shrunk_begin(void)
{
	struct sigaction bus = { .sa_sigaction = on_bus, .sa_flags = SA_SIGINFO };

	sigaction(SIGBUS, &bus, NULL);
}
