#include <stdlib.h>
#include <string.h>

#include "record/import_int.h"
#include "record/record_int.h"

enum status
import_new(struct import **out, const struct import_opt *opt,
    enum status (*emit)(struct record *, void *, struct err *), void *ctx, struct err *e)
{
	struct import *im = calloc(1, sizeof(*im));

	if (!im)
		return err_nomem(e);
	*out = im;
	im->opt = im->named = *opt;
	im->emit = emit;
	im->ctx = ctx;
	im->nslot = 1024;
	if (!(im->slot = calloc(im->nslot, sizeof(*im->slot))))
		err_nomem(e);
	else if (!record_new(&im->out, e))
		record_new(&im->other, e);
	if (!im->other) {
		import_free(im);
		*out = NULL;
		return e->code;
	}
	return ST_OK;
}

void
import_free(struct import *im)
{
	size_t i;

	if (!im)
		return;
	for (i = 0; i < im->nrow; i++) {
		free(im->row[i].line);
		free(im->row[i].key);
	}
	free(im->row);
	free(im->slot);
	if (im->out)
		record_free(im->out);
	if (im->other)
		record_free(im->other);
	buf_free(&im->text);
	buf_free(&im->a);
	buf_free(&im->b);
	free(im);
}

bool
import_blank(const char *s, size_t n)
{
	while (n && strchr(" \t\r\n", *s) && *s)
		s++, n--;
	return !n;
}

void
import_trim(const char **s, size_t *n)
{
	while (*n && **s && strchr(" \t\r\n", **s))
		++*s, --*n;
	while (*n && (*s)[*n - 1] && strchr(" \t\r\n", (*s)[*n - 1]))
		--*n;
}

static bool
named(const char *key, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (list[i] && !strcmp(list[i], key))
			return true;
	return false;
}

/* Add what a converted record keeps of its source, give it an id, hand it on. */
enum status
import_finish(struct import *im, struct record *in, const char *const *used, size_t nused,
    struct err *e)
{
	const char *key, *raw, *id;
	struct hash128 h;
	size_t i, n;

	for (i = 0; record_member(in, i, &key, &raw, &n); i++)
		if (!named(key, used, nused) && !record_has(im->out, key) &&
		    record_set_raw(im->out, key, raw, n, e))
			return e->code;
	if (record_id(im->out, &id, &h, e))
		return e->code;
	return im->emit(im->out, im->ctx, e);
}

enum status
import_start(struct import *im, const char *prompt, size_t n, struct err *e)
{
	return record_parse(im->out, "{}", 2, im->file, im->line, e) ? e->code :
	    record_set_str(im->out, "prompt", prompt, n, e);
}

/* Set an answer; a template may want something in front of it. */
enum status
import_answer(struct import *im, const char *key, const char *s, size_t n,
    const struct chat_template *t, struct err *e)
{
	if (t) {
		import_trim(&s, &n);
		buf_clear(&im->a);
		buf_adds(&im->a, t->reply);
		buf_add(&im->a, s, n);
		if (!buf_ok(&im->a))
			return err_nomem(e);
		s = im->a.p;
		n = im->a.n;
	}
	return record_set_str(im->out, key, s, n, e);
}

enum status
import_get(struct record *in, const char *key, const char **s, size_t *n, struct err *e)
{
	if (record_str(in, key, s, n, e))
		return e->code;
	return import_blank(*s, *n) ? record_bad(in, key, e, "empty") : ST_OK;
}

/* A prompt of one user turn (and an input), by t, into im->text. */
enum status
import_single(struct import *im, const struct chat_template *t, const char *s, size_t n,
    const char *input, size_t ninput, struct err *e)
{
	struct chat_turn turn = { CHAT_USER, s, n };

	if (ninput) {
		buf_clear(&im->b);
		buf_add(&im->b, s, n);
		buf_adds(&im->b, t->input);
		buf_add(&im->b, input, ninput);
		turn.text = im->b.p;
		turn.n = im->b.n;
	}
	buf_clear(&im->text);
	if (buf_ok(&im->b))
		chat_prompt(t, &turn, 1, ninput > 0, &im->text);
	return buf_ok(&im->b) && buf_ok(&im->text) ? ST_OK : err_nomem(e);
}

enum status
import_record(struct import *im, struct record *in, struct err *e)
{
	static enum status (*const from[])(struct import *, struct record *, struct err *) = {
		import_hh, import_trl, import_alpacafarm, import_ultrafeedback, import_qa_feedback,
		import_pairs, import_alpaca, import_m2
	};

	for (size_t i = 0; i < in->n; i++)
		if (memchr(in->field[i].key, 0, in->field[i].nkey))
			return record_bad(in, in->field[i].key, e, "a NUL is in this key");
	im->file = in->file;
	im->line = in->lineno;
	return from[im->opt.from](im, in, e);
}
