/* Stands in for a fuzzer: every file or folder of files named is fed once to
 * LLVMFuzzerTestOneInput.  With --random N each is also fed mutated,
 * N times, always in the same ways. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static uint64_t state = 1;
static unsigned long rounds, inputs;

static uint64_t
draw(void)
{
	/* splitmix64 */
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* an exact copy, so that sanitizers see a read beyond its end */
static void
feed(const char *p, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		exit(3);
	if (n)
		memcpy(copy, p, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	inputs++;
}

static void
mutate(struct buf *b)
{
	static const char tokens[] = "{}[]\",:\\-+.eE0123456789 \t\r\n\xff\xc2\xed\xf4truefalsn#&*|>'%";
	size_t edits = 1 + draw() % 4, at, len;

	for (; edits; edits--) {
		at = b->n ? draw() % b->n : 0;
		switch (draw() % 5) {
		case 0:         /* a bit */
			if (b->n)
				b->p[at] = (char)(b->p[at] ^ 1 << draw() % 8);
			break;
		case 1:         /* a byte that means something */
			if (b->n)
				b->p[at] = tokens[draw() % (sizeof(tokens) - 1)];
			break;
		case 2:         /* out with a piece */
			len = b->n ? draw() % (b->n - at < 16 ? b->n - at + 1 : 16) : 0;
			memmove(b->p + at, b->p + at + len, b->n - at - len);
			b->n -= len;
			break;
		case 3:         /* the same piece twice */
			len = b->n ? draw() % (b->n - at < 64 ? b->n - at + 1 : 64) : 0;
			if (!buf_reserve(b, len))
				exit(3);
			memmove(b->p + at + len, b->p + at, b->n - at);
			b->n += len;
			break;
		default:        /* in with a byte */
			buf_addc(b, 0);
			memmove(b->p + at + 1, b->p + at, b->n - at - 1);
			b->p[at] = tokens[draw() % (sizeof(tokens) - 1)];
		}
	}
}

static void
file(const char *path)
{
	struct buf b = BUF_INIT, m = BUF_INIT;
	struct err e = { 0 };
	unsigned long i;

	if (file_read(&b, path, &e)) {
		fprintf(stderr, "%s: %s\n", path, e.msg);
		exit(3);
	}
	feed(b.p, b.n);
	for (i = 0; i < rounds; i++) {
		buf_clear(&m);
		buf_reserve(&m, 1);
		buf_add(&m, b.p, b.n);
		mutate(&m);
		feed(m.p, m.n);
	}
	buf_free(&b);
	buf_free(&m);
}

int
main(int argc, char *argv[])
{
	struct dirent **list;
	char *path;
	int i, k, n;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--random") && i + 1 < argc) {
			rounds = strtoul(argv[++i], NULL, 10);
		} else if (file_is_dir(argv[i])) {
			if ((n = scandir(argv[i], &list, NULL, alphasort)) < 0)
				return 3;
			for (k = 0; k < n; k++) {
				if (list[k]->d_name[0] != '.' && (path = file_join(argv[i], list[k]->d_name))) {
					file(path);
					free(path);
				}
				free(list[k]);
			}
			free(list);
		} else {
			file(argv[i]);
		}
	}
	printf("%lu inputs\n", inputs);
	return inputs ? 0 : 1;
}
