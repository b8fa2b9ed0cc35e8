/* Bytes of any kind as a source of text: plain, compressed, cut, or something else. */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/source.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum { MOST = 1 << 22 };
	struct err e = {0};
	struct source *s;
	char text[256];
	size_t got, all = 0;
	int fd = memfd_create("f", 0);

	if (fd < 0)
		return 0;
	must(write(fd, data, n) == (ssize_t)n && !lseek(fd, 0, SEEK_SET));
	if (!source_open(&s, fd, "f", &e)) {
		/* a little makes a lot: not all of it is read here */
		do {
			if (source_read(s, text, sizeof(text), &got, &e))
				break;
			must(got <= sizeof(text));
			all += got;
		} while (got && all < MOST);
		must(e.code ? e.code == ST_INPUT && e.msg[0] : all >= MOST || source_taken(s) == n);
		source_close(s);
	}
	close(fd);
	return 0;
}
