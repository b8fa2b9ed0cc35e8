/* A file in a scratch folder that targets of readers of files fill anew each time. */
#ifndef TESTS_FUZZ_SCRATCH_H
#define TESTS_FUZZ_SCRATCH_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch_dir[4096], scratch_path[4200];

static void
scratch_end(void)
{
	unlink(scratch_path);
	rmdir(scratch_dir);
}

/* The path of file name, which holds p[0..n). */
static inline const char *
scratch(const char *name, const void *p, size_t n)
{
	const char *tmp = getenv("TMPDIR");
	int fd;

	if (!*scratch_dir) {
		snprintf(scratch_dir, sizeof(scratch_dir), "%s/fg-fuzz.XXXXXX", tmp && *tmp ? tmp : "/tmp");
		if (!mkdtemp(scratch_dir))
			exit(3);
		snprintf(scratch_path, sizeof(scratch_path), "%s/%s", scratch_dir, name);
		atexit(scratch_end);
	}
	if ((fd = open(scratch_path, O_RDWR | O_CREAT | O_TRUNC, 0600)) < 0)
		exit(3);
	while (n) {
		ssize_t k = write(fd, p, n);

		if (k <= 0)
			exit(3);
		p = (const char *)p + k;
		n -= (size_t)k;
	}
	if (close(fd))
		exit(3);
	return scratch_path;
}

#endif
