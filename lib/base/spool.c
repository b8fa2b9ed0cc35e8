#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/grow.h"
#include "base/spool.h"

enum { FLUSH = 1 << 20 };

struct spool {
	int fd;
	struct buf pending;     /* bytes not yet in the file */
	struct hasher *sum;
	uint64_t *at;           /* at[i] is where item i begins; at[count] the end */
	size_t count, cap;
	uint64_t size;
	const char *map;
};

/* Items begin at multiples of 8; the length comes before. */
struct head { uint64_t n; };

enum status
spool_new(struct spool **out, const char *dir, struct err *e)
{
	struct spool *s = calloc(1, sizeof(*s));

	if (!s)
		return err_nomem(e);
	dir = dir ? dir : file_temp_dir();
	s->fd = -1;
	if (!(s->sum = hash_open())) {
		spool_free(s);
		return err_nomem(e);
	}
	if ((s->fd = file_nameless(dir)) < 0) {
		err_errno(e, "cannot make a temporary file in %s", dir);
		spool_free(s);
		return e->code;
	}
	*out = s;
	return ST_OK;
}

void
spool_free(struct spool *s)
{
	if (!s)
		return;
	if (s->map && s->size)
		munmap((void *)(uintptr_t)s->map, s->size);
	if (s->fd >= 0)
		close(s->fd);
	if (s->sum)
		hash_close(s->sum);
	buf_free(&s->pending);
	free(s->at);
	free(s);
}

static enum status
flush(struct spool *s, struct err *e)
{
	if (file_write_all(s->fd, s->pending.p, s->pending.n, e))
		return e->code;
	buf_clear(&s->pending);
	return ST_OK;
}

void
spool_pack(struct buf *b, const void *part, size_t n)
{
	static const char zero[8];

	buf_add(b, part, n);
	buf_add(b, zero, -n & 7);
}

const void *
spool_unpack(const char **p, size_t n)
{
	const char *at = *p;

	*p += n + (-n & 7);
	return at;
}

enum status
spool_add(struct spool *s, const void *p, size_t n, struct err *e)
{
	struct head h = { n };

	if (grow(&s->at, &s->cap, s->count + 1, sizeof(*s->at), e))
		return e->code;
	buf_add(&s->pending, &h, sizeof(h));
	spool_pack(&s->pending, p, n);
	if (!buf_ok(&s->pending))
		return err_nomem(e);
	hash_add_field(s->sum, p, n);
	s->at[s->count++] = s->size;
	s->size += sizeof(h) + n + (-n & 7);
	return s->pending.n >= FLUSH ? flush(s, e) : ST_OK;
}

enum status
spool_end(struct spool *s, struct err *e)
{
	void *p;

	if (s->pending.n && flush(s, e))
		return e->code;
	buf_free(&s->pending);
	if (!s->size) {
		s->map = "";
		return ST_OK;
	}
	p = mmap(NULL, s->size, PROT_READ, MAP_SHARED, s->fd, 0);
	if (p == MAP_FAILED)
		return err_errno(e, "cannot map the spool");
	s->map = p;
	return ST_OK;
}

size_t
spool_count(const struct spool *s)
{
	return s->count;
}

const void *
spool_get(const struct spool *s, size_t i, size_t *n)
{
	struct head h;

	memcpy(&h, s->map + s->at[i], sizeof(h));
	*n = h.n;
	return s->map + s->at[i] + sizeof(h);
}

struct hash128
spool_digest(const struct spool *s)
{
	return hash_sum(s->sum);
}
