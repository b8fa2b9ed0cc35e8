#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<zlib.h>)
#include <zlib.h>
#define HAVE_ZLIB
#endif
#if __has_include(<zstd.h>)
#include <zstd.h>
#define HAVE_ZSTD
#endif
#endif

#include "base/kind.h"
#include "base/source.h"

enum { RAW = 1 << 17 };

enum kind { UNKNOWN, PLAIN, GZIP, ZSTD };

struct source {
	int fd;
	const char *name;
	enum kind kind;
	uint64_t taken;
	bool eof, whole;        /* whole: the compressed stream ended where it may */
	unsigned char *raw;     /* compressed bytes, raw[at .. n) */
	size_t at, n;
#ifdef HAVE_ZLIB
	z_stream z;
	int (*inflate)(z_streamp, int), (*inflate_reset)(z_streamp), (*inflate_end)(z_streamp);
#endif
#ifdef HAVE_ZSTD
	ZSTD_DStream *zstd;
	size_t (*decompress)(ZSTD_DStream *, ZSTD_outBuffer *, ZSTD_inBuffer *), (*zstd_free)(ZSTD_DStream *);
	unsigned (*is_error)(size_t);
#endif
};

enum status
source_open(struct source **out, int fd, const char *name, struct err *e)
{
	struct source *s = calloc(1, sizeof(*s));

	if (!s)
		return err_nomem(e);
	s->fd = fd;
	s->name = name;
	s->whole = true;
	*out = s;
	return ST_OK;
}

void
source_close(struct source *s)
{
	if (!s)
		return;
#ifdef HAVE_ZLIB
	if (s->inflate_end)
		s->inflate_end(&s->z);
#endif
#ifdef HAVE_ZSTD
	if (s->zstd)
		s->zstd_free(s->zstd);
#endif
	free(s->raw);
	free(s);
}

uint64_t
source_taken(const struct source *s)
{
	return s->taken;
}

static enum status
take(struct source *s, void *to, size_t n, size_t *got, struct err *e)
{
	ssize_t k;

	do
		k = read(s->fd, to, n);
	while (k < 0 && errno == EINTR);
	if (k < 0)
		return err_io(e, s->name, "read");
	*got = (size_t)k;
	s->taken += (uint64_t)k;
	s->eof = !k;
	return ST_OK;
}

static enum status
bad(const struct source *s, const char *what, struct err *e)
{
	return err_at(e, ST_INPUT, s->name, 0, 0, "%s", what);
}

#if defined(HAVE_ZLIB) || defined(HAVE_ZSTD)
/* Functions of a library, which stays loaded; names[] and to[] end with NULL. */
static bool
load(const char *lib, const char *const *names, void *const *to)
{
	void *h = dlopen(lib, RTLD_NOW), *f;

	for (; h && *names; names++, to++) {
		if (!(f = dlsym(h, *names)))
			return false;
		/* POSIX has functions and objects with pointers of one size */
		memcpy(*to, &f, sizeof(f));
	}
	return h != NULL;
}
#endif

static enum status
open_gzip(struct source *s, struct err *e)
{
#ifdef HAVE_ZLIB
	int (*init)(z_streamp, int, const char *, int);
	static const char *const names[] = { "inflateInit2_", "inflate", "inflateReset", "inflateEnd", NULL };
	int (*end)(z_streamp);
	void *const to[] = { &init, &s->inflate, &s->inflate_reset, &end };

	if (load("libz.so.1", names, to) && init(&s->z, 15 + 16, ZLIB_VERSION, (int)sizeof(s->z)) == Z_OK) {
		s->inflate_end = end;
		return ST_OK;
	}
#endif
	return bad(s, "gzip, and zlib is not here: gzip -dc makes text of it", e);
}

static enum status
open_zstd(struct source *s, struct err *e)
{
#ifdef HAVE_ZSTD
	ZSTD_DStream *(*create)(void);
	static const char *const names[] = { "ZSTD_createDStream", "ZSTD_decompressStream", "ZSTD_freeDStream", "ZSTD_isError", NULL };
	void *const to[] = { &create, &s->decompress, &s->zstd_free, &s->is_error };

	if (load("libzstd.so.1", names, to) && (s->zstd = create()))
		return ST_OK;
#endif
	return bad(s, "zstd, and libzstd is not here: zstd -dc makes text of it", e);
}

/* What the first bytes say. */
static enum status
look(struct source *s, unsigned char *p, size_t *n, struct err *e)
{
	const char *kind = kind_of(p, *n);

	s->kind = PLAIN;
	if (*n >= 2 && !memcmp(p, "\x1f\x8b", 2))
		s->kind = GZIP;
	else if (*n >= 4 && !memcmp(p, "\x28\xb5\x2f\xfd", 4))
		s->kind = ZSTD;
	if (s->kind == PLAIN && *n >= 3 && !memcmp(p, "\xef\xbb\xbf", 3)) {
		memmove(p, p + 3, *n -= 3);
		return ST_OK;
	}
	/* a mark of letters may also begin a text, but a text has no NUL */
	if (s->kind == PLAIN)
		return kind && memchr(p, 0, *n) ? bad(s, kind, e) : ST_OK;
	if (!(s->raw = malloc(*n > RAW ? *n : RAW)))
		return err_nomem(e);
	memcpy(s->raw, p, *n);
	s->n = *n;
	return s->kind == GZIP ? open_gzip(s, e) : open_zstd(s, e);
}

/* Decompress raw[at .. n) into to[0..n); *got may be 0 when more raw bytes are needed. */
static enum status
decompress(struct source *s, void *to, size_t n, size_t *got, struct err *e)
{
	*got = 0;
#ifdef HAVE_ZLIB
	if (s->kind == GZIP) {
		int st;

		if (s->whole)   /* the next member begins */
			s->inflate_reset(&s->z);
		s->z.next_in = s->raw + s->at;
		s->z.avail_in = (uInt)(s->n - s->at);
		s->z.next_out = to;
		s->z.avail_out = (uInt)(n < RAW ? n : RAW);
		*got = s->z.avail_out;
		st = s->inflate(&s->z, Z_NO_FLUSH);
		*got -= s->z.avail_out;
		s->at = s->n - s->z.avail_in;
		s->whole = st == Z_STREAM_END;
		if (st != Z_OK && st != Z_STREAM_END && st != Z_BUF_ERROR)
			return bad(s, "its gzip data is broken", e);
	}
#endif
#ifdef HAVE_ZSTD
	if (s->kind == ZSTD) {
		ZSTD_outBuffer out = { to, n, 0 };
		ZSTD_inBuffer in = { s->raw, s->n, s->at };
		size_t left = s->decompress(s->zstd, &out, &in);

		if (s->is_error(left))
			return bad(s, "its zstd data is broken", e);
		*got = out.pos;
		s->at = in.pos;
		s->whole = !left;
	}
#endif
	(void)to;
	(void)n;
	(void)e;
	return ST_OK;
}

enum status
source_read(struct source *s, void *to, size_t n, size_t *got, struct err *e)
{
	size_t more;

	*got = 0;
	if (s->kind == UNKNOWN) {
		/* after a byte that begins no mark, do not wait for more */
		if (take(s, to, n, got, e))
			return e->code;
		while (!s->eof && *got && *got < 4 && memchr("\x1f\x28\xef\xff\xfe", *(unsigned char *)to, 5)) {
			if (take(s, (char *)to + *got, n - *got, &more, e))
				return e->code;
			*got += more;
		}
		if (look(s, to, got, e))
			return e->code;
		/* a mark alone is the end of the text only if nothing comes after it */
		if (s->kind == PLAIN)
			return *got || s->eof ? ST_OK : take(s, to, n, got, e);
		*got = 0;
	}
	if (s->kind == PLAIN)
		return take(s, to, n, got, e);
	while (!*got) {
		/* bytes that the last call had no room for come without new input */
		if (s->at < s->n || !s->whole) {
			if (decompress(s, to, n, got, e))
				return e->code;
			if (*got)
				break;
		}
		if (s->at < s->n)
			continue;
		s->at = s->n = 0;
		if (take(s, s->raw, RAW, &s->n, e))
			return e->code;
		if (s->eof)
			return s->whole ? ST_OK : bad(s, s->kind == GZIP ? "its gzip data ends too early" : "its zstd data ends too early", e);
	}
	return ST_OK;
}
