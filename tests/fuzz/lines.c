/* Lines with a bound against the same bytes split in memory, through blocks of any size. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/lines.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* data: the bound, the block, then the text; every second line may be asked for without waiting */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *s = (const char *)data + 2, *end = (const char *)data + n, *nl;
	char path[32], *const file[] = { path };
	struct lines_opt o = { .file = file, .n = 1 };
	struct err e = {0};
	struct lines *l;
	struct line x;
	uint64_t line = 0;
	bool ready;
	int fd;

	/* what begins with a mark is source.c's */
	if (n < 3 || memchr("\x1f\x28\xef\xff\xfe", *s, 5) || memchr(s, 0, n - 2) || (fd = memfd_create("f", 0)) < 0)
		return 0;
	must(write(fd, s, n - 2) == (ssize_t)n - 2);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	o.max = 1 + data[0];
	o.block = 64 + data[1];
	must(!lines_open(&l, &o, &e));
	for (; s < end; s = nl + 1) {
		if (!(nl = memchr(s, '\n', (size_t)(end - s))))
			nl = end;
		ready = lines_ready(l);
		if (!(line++ & 1) || lines_next(l, false, &x, &e)) {
			must(ready);    /* a file never makes one wait */
			must(!lines_next(l, true, &x, &e));
		}
		must(x.line == line && (x.over != 0) == ((size_t)(nl - s) > o.max));
		must(x.over ? x.n > 0 && x.n <= (size_t)(nl - s) && x.n <= LINES_SHOWN : x.n == (size_t)(nl - s));
		must(!memcmp(x.s, s, x.n));
		must(line_whole(&x, &e) == (x.over ? ST_INPUT : ST_OK));
	}
	must(lines_next(l, true, &x, &e) == ST_EOF);
	lines_close(l);
	close(fd);
	return 0;
}
