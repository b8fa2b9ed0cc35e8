#include <stdlib.h>
#include <string.h>

#include "run/comm.h"

/* ---- one process ---- */

static enum status
alone_bcast(struct comm *c, unsigned root, void *p, size_t n, struct err *e)
{
	(void)c;
	(void)root;
	(void)p;
	(void)n;
	(void)e;
	return ST_OK;
}

static enum status
alone_gather(struct comm *c, void *p, const size_t *at, struct err *e)
{
	(void)c;
	(void)p;
	(void)at;
	(void)e;
	return ST_OK;
}

static enum status
alone_exchange(struct comm *c, const void *from, const size_t *to, void *into, const size_t *got,
    struct err *e)
{
	(void)c;
	(void)e;
	if (to[1] > to[0])
		memcpy((char *)into + got[0], (const char *)from + to[0], to[1] - to[0]);
	return ST_OK;
}

static void
alone_abort(struct comm *c, int status)
{
	(void)c;
	(void)status;
}

static void
alone_close(struct comm *c)
{
	free(c);
}

static const struct comm_ops alone = { alone_bcast, alone_gather, alone_exchange, alone_abort, alone_close };

enum status
comm_alone(struct comm **out, struct err *e)
{
	if (!(*out = calloc(1, sizeof(**out))))
		return err_nomem(e);
	(*out)->size = 1;
	(*out)->ops = &alone;
	return ST_OK;
}

void
comm_close(struct comm *c)
{
	if (c)
		c->ops->close(c);
}

void
comm_abort(struct comm *c, int status)
{
	if (c)
		c->ops->stop(c, status);
}

enum status
comm_bcast(struct comm *c, unsigned root, void *p, size_t n, struct err *e)
{
	return c->ops->bcast(c, root, p, n, e);
}

enum status
comm_gather(struct comm *c, void *p, const size_t *at, struct err *e)
{
	return c->ops->gather(c, p, at, e);
}

enum status
comm_exchange(struct comm *c, const void *from, const size_t *to, void *into, const size_t *got, struct err *e)
{
	return c->ops->exchange(c, from, to, into, got, e);
}

/* ---- what is made of them ---- */

enum status
comm_agree(struct comm *c, struct err *e)
{
	struct err later = {0};
	size_t *at;
	int32_t *code;
	unsigned r;

	if (c->size == 1)
		return e->code;
	at = calloc((size_t)c->size + 1, sizeof(*at));
	code = calloc(c->size, sizeof(*code));
	if (!at || !code) {
		err_nomem(e);
		goto out;
	}
	for (r = 0; r <= c->size; r++)
		at[r] = r * sizeof(*code);
	code[c->rank] = (int32_t)e->code;
	if (comm_gather(c, code, at, &later)) {
		*e = e->code ? *e : later;
		goto out;
	}
	for (r = 0; r < c->size && !code[r]; r++)
		;
	if (r < c->size && !comm_bcast(c, r, e, sizeof(*e), &later))
		c->agreed = e->code != ST_EOF;
	else if (r < c->size)
		*e = later;
out:
	free(at);
	free(code);
	return e->code;
}

enum { BLOCK = 1 << 20 };

/* A block of a spool: items one after another, each after its length; n 0: the end. */
struct block { uint64_t n; };

static enum status
send_block(struct comm *c, struct buf *b, struct err *e)
{
	struct block head = { b->n };

	if (!buf_ok(b))
		err_nomem(e);
	if (comm_agree(c, e) || comm_bcast(c, 0, &head, sizeof(head), e) ||
	    (head.n && comm_bcast(c, 0, b->p, b->n, e)))
		return e->code;
	buf_clear(b);
	return ST_OK;
}

static enum status
send_spool(struct comm *c, const struct spool *s, struct err *e)
{
	size_t i, n, count = spool_count(s);
	struct buf b = BUF_INIT;
	const void *item;
	uint64_t len;

	e->code = ST_OK;
	for (i = 0; i < count && !e->code; i++) {
		item = spool_get(s, i, &n);
		len = n;
		buf_add(&b, &len, sizeof(len));
		buf_add(&b, item, n);
		if (b.n >= BLOCK)
			send_block(c, &b, e);
	}
	if (!e->code && b.n)
		send_block(c, &b, e);
	if (!e->code)
		send_block(c, &b, e);
	buf_free(&b);
	return e->code;
}

static enum status
add_block(struct spool *s, const char *p, size_t n, struct err *e)
{
	uint64_t len;

	while (n) {
		memcpy(&len, p, sizeof(len));
		if (spool_add(s, p + sizeof(len), len, e))
			return e->code;
		p += sizeof(len) + len;
		n -= sizeof(len) + len;
	}
	return ST_OK;
}

static enum status
take_spool(struct comm *c, struct spool *s, struct err *e)
{
	struct block head;
	char *p = NULL, *grown;
	size_t cap = 0;

	/* an error here is reported before the next block */
	for (e->code = ST_OK; !comm_agree(c, e) && !comm_bcast(c, 0, &head, sizeof(head), e) && head.n; ) {
		if (head.n > cap) {
			if (!(grown = realloc(p, head.n))) {
				err_nomem(e);
				break;
			}
			p = grown;
			cap = head.n;
		}
		if (comm_bcast(c, 0, p, head.n, e))
			break;
		add_block(s, p, head.n, e);
	}
	free(p);
	return e->code ? e->code : spool_end(s, e);
}

enum status
comm_spool(struct comm *c, struct spool **s, struct err *e)
{
	struct block there = { *s != NULL };

	if (c->size == 1)
		return ST_OK;
	if (comm_bcast(c, 0, &there, sizeof(there), e) || !there.n)
		return e->code;
	e->code = ST_OK;
	if (c->rank && spool_new(s, NULL, e))
		*s = NULL;
	if (comm_agree(c, e))
		return e->code;
	return c->rank ? take_spool(c, *s, e) : send_spool(c, *s, e);
}
