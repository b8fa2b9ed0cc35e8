#include <stdlib.h>
#include <string.h>

#include "token/token_int.h"
#include "token/utf8.h"

uint32_t
byte_char(unsigned char b)
{
	if ((b >= '!' && b <= '~') || (b >= 0xa1 && b != 0xad))
		return b;
	if (b <= ' ')
		return 256u + b;
	if (b == 0xad)
		return 256 + 67;
	return 256u + 33 + (b - 127u);  /* 127 ... 160 */
}

int
byte_of_char(uint32_t c)
{
	if (c < 256)
		return byte_char((unsigned char)c) == c ? (int)c : -1;
	if (c < 256 + 33)
		return (int)(c - 256);
	if (c < 256 + 67)
		return (int)(c - 256 - 33 + 127);
	return c == 256 + 67 ? 0xad : -1;
}

bool
bytes_from_text(const char *s, size_t n, char *out, size_t *nout)
{
	size_t i, k, o = 0;
	int b;

	for (i = 0; i < n; i += k) {
		if ((b = byte_of_char(utf8_get(s + i, &k))) < 0)
			return false;
		out[o++] = (char)b;
	}
	*nout = o;
	return true;
}

void
bytes_to_text(const char *s, size_t n, struct buf *b)
{
	char c[4];
	size_t i;

	for (i = 0; i < n; i++)
		buf_add(b, c, utf8_put(c, byte_char((unsigned char)s[i])));
}

enum status
vocab_init(struct vocab *v, size_t count, size_t ids, size_t total, bool bytes, struct err *e)
{
	size_t slots = 64, i;

	*v = (struct vocab){.bytes = bytes};
	if (count >= UINT32_MAX / 4 || ids >= INT32_MAX || total >= UINT32_MAX)
		return err_set(e, ST_INPUT, "the vocabulary is too large");
	while (slots < 2 * count)
		slots *= 2;
	v->cap = total + 1;
	v->blob = malloc(v->cap);
	v->off = malloc((ids + 1) * sizeof(*v->off));
	v->len = malloc((ids + 1) * sizeof(*v->len));
	v->plain = calloc(ids + 1, 1);
	v->slot = calloc(slots, sizeof(*v->slot));
	v->plain_slot = calloc(bytes ? slots : 1, sizeof(*v->plain_slot));
	v->mask = (uint32_t)slots - 1;
	v->n = (uint32_t)ids;
	if (!v->blob || !v->off || !v->len || !v->plain || !v->slot || !v->plain_slot)
		return err_nomem(e);
	for (i = 0; i <= ids; i++) {
		v->off[i] = 0;
		v->len[i] = VOCAB_HOLE;
	}
	return ST_OK;
}

void
vocab_free(struct vocab *v)
{
	free(v->blob);
	free(v->off);
	free(v->len);
	free(v->plain);
	free(v->slot);
	free(v->plain_slot);
	*v = (struct vocab){0};
}

static inline uint64_t
mix(uint64_t h, uint64_t w)
{
	h = (h ^ w) * UINT64_C(0x9fb21c651e98df25);
	return h ^ h >> 32;
}

static inline uint32_t
vocab_hash(const char *s, size_t n)
{
	uint64_t h = n * UINT64_C(0x9e3779b97f4a7c15), w;
	size_t left = n;
	uint32_t a, b;

	for (; left > 8; s += 8, left -= 8) {
		memcpy(&w, s, 8);
		h = mix(h, w);
	}
	/* the last eight bytes, or what there is, read so that nothing lies outside */
	if (n >= 8) {
		memcpy(&w, s + left - 8, 8);
		h = mix(h, w);
	} else if (n >= 4) {
		memcpy(&a, s, 4);
		memcpy(&b, s + n - 4, 4);
		h = mix(h, (uint64_t)b << 32 | a);
	} else if (n) {
		h = mix(h, (uint64_t)(unsigned char)s[0] | (uint64_t)(unsigned char)s[n / 2] << 8 |
		    (uint64_t)(unsigned char)s[n - 1] << 16);
	}
	h *= UINT64_C(0xd6e8feb86659fd93);
	return (uint32_t)(h >> 32);
}

bool
vocab_add(struct vocab *v, const char *s, size_t n, uint32_t id, bool raw, int32_t *other)
{
	char *at = v->blob + v->nblob;
	size_t len = n;
	uint32_t i, k, *slot;

	*other = -1;
	if (id >= v->n || v->len[id] != VOCAB_HOLE || n >= v->cap - v->nblob)
		return false;
	if (v->bytes && !raw && !bytes_from_text(s, n, at, &len)) {
		v->plain[id] = 1;
		len = n;
	}
	if (!v->bytes || raw || v->plain[id])
		memcpy(at, s, n);
	slot = v->plain[id] ? v->plain_slot : v->slot;
	for (i = vocab_hash(at, len) & v->mask; (k = slot[i]); i = (i + 1) & v->mask) {
		if (v->len[k - 1] == len && !memcmp(v->blob + v->off[k - 1], at, len)) {
			*other = (int32_t)(k - 1);
			return false;
		}
	}
	slot[i] = id + 1;
	v->off[id] = (uint32_t)v->nblob;
	v->len[id] = (uint32_t)len;
	v->nblob += len;
	v->count++;
	return true;
}

static inline int32_t
find_in(const struct vocab *v, const uint32_t *slot, const char *s, size_t n)
{
	uint32_t i, k;

	for (i = vocab_hash(s, n) & v->mask; (k = slot[i]); i = (i + 1) & v->mask)
		if (v->len[k - 1] == n && !memcmp(v->blob + v->off[k - 1], s, n))
			return (int32_t)(k - 1);
	return -1;
}

int32_t
vocab_find(const struct vocab *v, const char *s, size_t n)
{
	return find_in(v, v->slot, s, n);
}

int32_t
vocab_find_text(const struct vocab *v, const char *s, size_t n)
{
	char small[256], *raw = small;
	size_t len;
	int32_t id = -1;

	if (!v->bytes)
		return vocab_find(v, s, n);
	if (n > sizeof(small) && !(raw = malloc(n)))
		return -1;
	if (bytes_from_text(s, n, raw, &len))
		id = vocab_find(v, raw, len);
	else
		id = find_in(v, v->plain_slot, s, n);
	if (raw != small)
		free(raw);
	return id;
}

const char *
vocab_get(const struct vocab *v, int32_t id, size_t *n)
{
	if (id < 0 || (uint32_t)id >= v->n || v->len[id] == VOCAB_HOLE) {
		*n = 0;
		return NULL;
	}
	*n = v->len[id];
	return v->blob + v->off[id];
}
