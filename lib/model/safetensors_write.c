#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"
#include "json/write.h"
#include "model/safetensors.h"

static void
put_meta(struct buf *b, const char *key, const char *value)
{
	if (b->p && b->p[b->n - 1] != '{')
		buf_addc(b, ',');
	json_put_str(b, key, strlen(key));
	buf_addc(b, ':');
	json_put_str(b, value, strlen(value));
}

static void
put_sum(struct buf *b, const struct st_tensor *t, const struct st_source *from)
{
	struct buf key = BUF_INIT;
	char hex[HASH_HEX];

	buf_adds(&key, "xxh3:");
	buf_add(&key, t->name, strlen(t->name) + 1);
	if (buf_ok(&key))
		put_meta(b, key.p, hash_hex(hash128(from->read(from->ctx, t), t->bytes), hex));
	else
		b->failed = true;
	buf_free(&key);
}

static void
put_header(struct buf *b, const struct st_tensor *t, size_t n, const char *const (*meta)[2],
    size_t nmeta, const struct st_source *from)
{
	size_t i, k, at = 0;

	buf_adds(b, "{\"__metadata__\":{");
	for (i = 0; i < nmeta; i++)
		put_meta(b, meta[i][0], meta[i][1]);
	for (i = 0; i < n; i++)
		put_sum(b, &t[i], from);
	buf_addc(b, '}');
	for (i = 0; i < n; i++) {
		buf_addc(b, ',');
		json_put_str(b, t[i].name, strlen(t[i].name));
		buf_addf(b, ":{\"dtype\":\"%s\",\"shape\":[", t[i].dtype);
		for (k = 0; k < t[i].dims; k++)
			buf_addf(b, "%s%zu", k ? "," : "", t[i].dim[k]);
		buf_addf(b, "],\"data_offsets\":[%zu,%zu]}", at, at + t[i].bytes);
		at += t[i].bytes;
	}
	buf_addc(b, '}');
	/* the data begin on a cache line */
	while (buf_ok(b) && (b->n + 8) % 64)
		buf_addc(b, ' ');
}

static enum status
write_all(int fd, const struct buf *h, const struct st_tensor *t, size_t n, const struct st_source *from,
    struct err *e)
{
	unsigned char len[8];
	size_t i;

	for (i = 0; i < 8; i++)
		len[i] = (unsigned char)((uint64_t)h->n >> (8 * i));
	if (file_write_all(fd, len, sizeof(len), e) || file_write_all(fd, h->p, h->n, e))
		return e->code;
	for (i = 0; i < n; i++)
		if (file_write_all(fd, from->read(from->ctx, &t[i]), t[i].bytes, e))
			return e->code;
	return fsync(fd) ? err_errno(e, "fsync") : ST_OK;
}

enum status
st_write(const char *path, const struct st_tensor *t, size_t n, const char *const (*meta)[2],
    size_t nmeta, const struct st_source *from, struct err *e)
{
	struct buf h = BUF_INIT;
	enum status st;
	int fd;

	put_header(&h, t, n, meta, nmeta, from);
	if (!buf_ok(&h)) {
		buf_free(&h);
		return err_nomem(e);
	}
	if ((fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) < 0) {
		st = err_errno(e, "open");
	} else {
		st = write_all(fd, &h, t, n, from, e);
		if (close(fd) && !st)
			st = err_errno(e, "close");
	}
	if (st)
		err_file(e, path);
	buf_free(&h);
	return st;
}
