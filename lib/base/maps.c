#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/maps.h"

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

const char *
maps_file(uintptr_t at, char *s, size_t size)
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
