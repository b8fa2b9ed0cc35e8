/* What a command costs: spent COMMAND... prints its seconds of processor time, its most
 * memory in MB and its seconds of the clock; its output goes nowhere. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

int
main(int argc, char *argv[])
{
	struct rusage u;
	double from = bench_now(0);
	int status, null;
	pid_t pid;

	if (argc < 2) {
		printf("spent COMMAND...: for the scripts beside it\n");
		return 0;
	}
	if (!(pid = fork())) {
		if ((null = open("/dev/null", O_WRONLY)) < 0 || dup2(null, 1) < 0)
			_exit(126);
		execvp(argv[1], argv + 1);
		perror(argv[1]);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &u) != pid) {
		perror("spent");
		return 3;
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return 1;
	printf("%.4f %.1f %.4f\n", seconds(u.ru_utime) + seconds(u.ru_stime), (double)u.ru_maxrss / 1024,
	    bench_now(0) - from);
	return 0;
}
