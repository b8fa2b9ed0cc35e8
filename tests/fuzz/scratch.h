/* Files in a scratch folder that targets of readers of files fill anew each time. */
#ifndef TESTS_FUZZ_SCRATCH_H
#define TESTS_FUZZ_SCRATCH_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/folder.h"

static char scratch_dir[4096], scratch_path[4200];

static void
scratch_end(void)
{
	struct err e = { 0 };

	folder_remove(scratch_dir, &e);
}

/* The path of name in the scratch folder. */
static inline const char *
scratch_at(const char *name)
{
	const char *tmp = getenv("TMPDIR");

	if (!*scratch_dir) {
		snprintf(scratch_dir, sizeof(scratch_dir), "%s/fg-fuzz.XXXXXX", tmp && *tmp ? tmp : "/tmp");
		if (!mkdtemp(scratch_dir))
			exit(3);
		atexit(scratch_end);
	}
	snprintf(scratch_path, sizeof(scratch_path), "%s/%.96s", scratch_dir, name);
	return scratch_path;
}

/* The path of file name, which holds p[0..n). */
static inline const char *
scratch(const char *name, const void *p, size_t n)
{
	const char *path = scratch_at(name);
	int fd;

	if ((fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600)) < 0)
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
	return path;
}

#endif
