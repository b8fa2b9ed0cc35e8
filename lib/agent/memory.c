#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "agent/memory.h"
#include "base/file.h"

/* A line is 32 hexadecimal digits, a space and the answer. */
enum { KEY = HASH_HEX - 1 };

struct entry { size_t at, len; };

struct memory {
	int fd;                 /* -1: no file */
	struct buf text;        /* the file */
	struct entry *slot;     /* (mask + 1), len 0 is empty */
	size_t n, mask;
};

static size_t
place(const struct memory *m, const char *key)
{
	size_t i = (size_t)hash64(key, KEY, 0) & m->mask;

	while (m->slot[i].len && memcmp(m->text.p + m->slot[i].at, key, KEY))
		i = (i + 1) & m->mask;
	return i;
}

static enum status
enter(struct memory *m, size_t at, size_t len, struct err *e)
{
	struct entry *old = m->slot;
	size_t i, n = old ? m->mask + 1 : 0, p;

	if (2 * (m->n + 1) > n) {
		m->mask = n ? 2 * n - 1 : 255;
		if (!(m->slot = calloc(m->mask + 1, sizeof(*m->slot)))) {
			m->slot = old;
			m->mask = n ? n - 1 : 0;
			return err_nomem(e);
		}
		for (i = 0; i < n; i++)
			if (old[i].len)
				m->slot[place(m, m->text.p + old[i].at)] = old[i];
		free(old);
	}
	p = place(m, m->text.p + at);
	m->n += !m->slot[p].len;
	m->slot[p] = (struct entry){ at, len };
	return ST_OK;
}

/* Far more than people and endpoints answer. */
#define MEMORY_MAX ((size_t)1 << 36)

static enum status
load(struct memory *m, const char *path, struct err *e)
{
	size_t at, len;
	char *nl;
	enum status st;

	if ((st = file_read_max(&m->text, path, MEMORY_MAX, e)))
		return st;
	for (at = 0; at < m->text.n; at += len + 1) {
		if (!(nl = memchr(m->text.p + at, '\n', m->text.n - at))) {
			m->text.n = at;
			if (ftruncate(m->fd, (off_t)at))
				return err_io(e, path, NULL);
			break;
		}
		len = (size_t)(nl - (m->text.p + at));
		if (len <= KEY || m->text.p[at + KEY] != ' ')
			return err_set(e, ST_INPUT, "%s: byte %zu: no remembered answer", path, at + 1);
		if ((st = enter(m, at, len, e)))
			return st;
	}
	return ST_OK;
}

enum status
memory_open(struct memory **mp, const char *path, bool secret, struct err *e)
{
	struct memory *m = calloc(1, sizeof(*m));
	enum status st = ST_OK;

	if (!m)
		return err_nomem(e);
	m->fd = -1;
	if (path && (m->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, secret ? 0600 : 0666)) < 0)
		st = err_io(e, path, NULL);
	else if (path && flock(m->fd, LOCK_EX | LOCK_NB))
		st = err_set(e, ST_USAGE, "%s: another run has it open", path);
	else if (path)
		st = load(m, path, e);
	if (st)
		memory_close(m);
	else
		*mp = m;
	return st;
}

const char *
memory_get(const struct memory *m, struct hash128 key, size_t *n)
{
	char hex[HASH_HEX];
	const struct entry *x;

	if (!m->slot)
		return NULL;
	x = &m->slot[place(m, hash_hex(key, hex))];
	if (!x->len)
		return NULL;
	*n = x->len - KEY - 1;
	return m->text.p + x->at + KEY + 1;
}

/* The line from at on could not be written whole: not in memory and, where it can be cut
 * off, not in the file. */
static enum status
forget(struct memory *m, size_t at, enum status st)
{
	m->text.n = at;
	(void)!ftruncate(m->fd, (off_t)at);
	return st;
}

enum status
memory_put(struct memory *m, struct hash128 key, const char *text, size_t n, bool durable, struct err *e)
{
	char hex[HASH_HEX];
	size_t at = m->text.n;
	enum status st;

	if (m->fd < 0)
		return ST_OK;
	if (memchr(text, '\n', n))
		return err_set(e, ST_INPUT, "an answer of more than one line");
	buf_adds(&m->text, hash_hex(key, hex));
	buf_addc(&m->text, ' ');
	buf_add(&m->text, text, n);
	buf_addc(&m->text, '\n');
	if (!buf_ok(&m->text))
		return err_nomem(e);
	if ((st = file_write_all(m->fd, m->text.p + at, m->text.n - at, e)))
		return forget(m, at, st);
	if (durable && fsync(m->fd))
		return forget(m, at, err_errno(e, "fsync"));
	return enter(m, at, m->text.n - at - 1, e);
}

bool
memory_next(const struct memory *m, size_t *at, struct hash128 *key, const char **text, size_t *n)
{
	const char *s = m->text.p ? m->text.p + *at : NULL, *nl;
	char half[17];

	if (*at >= m->text.n || !(nl = memchr(s, '\n', m->text.n - *at)))
		return false;
	memcpy(half, s, 16);
	half[16] = 0;
	key->hi = strtoull(half, NULL, 16);
	memcpy(half, s + 16, 16);
	key->lo = strtoull(half, NULL, 16);
	*text = s + KEY + 1;
	*n = (size_t)(nl - *text);
	*at = (size_t)(nl - m->text.p) + 1;
	return true;
}

void
memory_close(struct memory *m)
{
	if (!m)
		return;
	if (m->fd >= 0)
		close(m->fd);
	buf_free(&m->text);
	free(m->slot);
	free(m);
}
