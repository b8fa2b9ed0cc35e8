#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/grow.h"
#include "base/hash.h"
#include "token/train.h"
#include "token/train_int.h"

enum { BLOCK = 1 << 20 };

enum status
train_words_new(struct train_words *w, enum train_split split, const char *const *special,
    size_t nspecial, struct err *e)
{
	*w = (struct train_words){0};
	w->nslot = 1 << 12;
	w->slot = calloc(w->nslot, sizeof(*w->slot));
	if (!w->slot)
		return err_nomem(e);
	if (train_cut_new(&w->cut, split, special, nspecial, e)) {
		train_words_free(w);
		return e->code;
	}
	return ST_OK;
}

void
train_words_free(struct train_words *w)
{
	train_cut_free(w->cut);
	free(w->text);
	free(w->word);
	free(w->slot);
	*w = (struct train_words){0};
}

enum status
train_words_add(struct train_words *w, const char *text, size_t n, struct err *e)
{
	return train_cut(w->cut, w, text, n, e);
}

/* Where the text may be cut so that both parts split alone as they do together: before
 * a line end that follows a printable ASCII byte, as no word goes on from such a
 * byte into white space and special tokens hold no line ends. */
static size_t
last_border(const char *p, size_t from, size_t n)
{
	size_t i;

	for (i = n; i-- > from + 1; )
		if ((p[i] == '\n' || p[i] == '\r') && p[i - 1] > ' ' && p[i - 1] < 127)
			return i;
	return 0;
}

/* An error's byte counts from the block: make it line and byte of the whole. */
static void
place(struct err *e, uint64_t line, uint64_t column, const char *p)
{
	uint64_t i, at = e->byte;

	if (!at)
		return;
	for (i = 0; i + 1 < at; i++) {
		column++;
		if (p[i] == '\n') {
			line++;
			column = 0;
		}
	}
	e->line = line;
	e->byte = column + 1;
}

static void
advance(const char *p, size_t n, uint64_t *line, uint64_t *column)
{
	size_t i;

	for (i = 0; i < n; i++) {
		++*column;
		if (p[i] == '\n') {
			++*line;
			*column = 0;
		}
	}
}

enum status
train_words_read(struct train_words *w, int fd, struct err *e)
{
	struct buf b = BUF_INIT;
	uint64_t line = 1, column = 0;
	size_t cut, from;
	ssize_t k;
	enum status st = ST_OK;

	for (;;) {
		if (!buf_reserve(&b, BLOCK)) {
			st = err_nomem(e);
			break;
		}
		if ((k = read(fd, b.p + b.n, BLOCK)) < 0) {
			if (errno == EINTR)
				continue;
			st = err_errno(e, "read");
			break;
		}
		from = b.n;
		b.n += (size_t)k;
		cut = k ? last_border(b.p, from ? from - 1 : 0, b.n) : b.n;
		if (cut) {
			e->byte = 0;
			if ((st = train_words_add(w, b.p, cut, e))) {
				place(e, line, column, b.p);
				break;
			}
			advance(b.p, cut, &line, &column);
			memmove(b.p, b.p + cut, b.n - cut);
			b.n -= cut;
		}
		if (!k)
			break;
	}
	buf_free(&b);
	return st;
}
