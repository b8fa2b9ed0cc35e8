/* What the layouts share. */
#include <string.h>

#include "record/import_int.h"
#include "record/record_int.h"
#include "record/tokens.h"

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
import_chat(struct import *im, const char *usual, struct chat **c, struct err *e)
{
	static const char *const names[] = { "alpaca", "chatml", "plain" };
	size_t i;

	*c = im->opt.chat;
	if (*c)
		return ST_OK;
	for (i = 0; strcmp(names[i], usual); i++)
		;
	if (!im->usual[i] && chat_new(&im->usual[i], chat_parts(usual), e))
		return e->code;
	*c = im->usual[i];
	return ST_OK;
}

enum status
import_talk(struct import *im, struct chat *c, const struct chat_talk *talk, struct record *in, const char *key, struct err *e)
{
	im->chat = c;
	im->talk = *talk;
	buf_clear(&im->text);
	buf_reserve(&im->text, 1);
	return chat_prompt(c, talk, &im->text, e) ? record_complain(in, key, e) : ST_OK;
}

enum status
import_single(struct import *im, struct chat *c, struct record *in, const char *key, const char *s, size_t n,
    const char *input, size_t ninput, struct err *e)
{
	struct chat_turn *turn = arena_array(record_arena(in), 1, sizeof(*turn));
	const struct chat_parts *parts = chat_has_parts(c);
	struct chat_talk talk = { .turn = turn, .n = 1, .input = ninput > 0 };

	if (!turn)
		return err_nomem(e);
	*turn = (struct chat_turn){ .role = "user", .text = s, .n = n };
	if (ninput) {
		buf_clear(&im->b);
		buf_add(&im->b, s, n);
		buf_adds(&im->b, parts ? parts->input : "\n\n");
		buf_add(&im->b, input, ninput);
		if (!buf_ok(&im->b) || !(turn->text = arena_str(record_arena(in), im->b.p, im->b.n)))
			return err_nomem(e);
		turn->n = im->b.n;
	}
	return import_talk(im, c, &talk, in, key, e);
}

enum status
import_plain(struct import *im, const char *s, size_t n, struct err *e)
{
	im->chat = NULL;
	buf_clear(&im->text);
	buf_reserve(&im->text, 1);
	buf_add(&im->text, s, n);
	return buf_ok(&im->text) ? ST_OK : err_nomem(e);
}

enum status
import_start(struct import *im, struct err *e)
{
	return record_parse(im->out, "{}", 2, im->file, im->line, e) ? e->code :
	    record_set_str(im->out, "prompt", im->text.p, im->text.n, e);
}

enum status
import_answer_turn(struct import *im, const char *key, struct record *in, const char *from, const struct chat_turn *answer,
    struct err *e)
{
	buf_clear(&im->a);
	buf_reserve(&im->a, 1);
	if (!im->chat)
		return record_set_str(im->out, key, answer->text, answer->n, e);
	if (chat_answer(im->chat, &im->talk, im->text.p, im->text.n, answer, &im->a, e))
		return record_complain(in, from, e);
	return record_set_str(im->out, key, im->a.p, im->a.n, e);
}

enum status
import_answer(struct import *im, const char *key, struct record *in, const char *from, const char *s, size_t n, struct err *e)
{
	const struct chat_turn answer = { .role = "assistant", .text = s, .n = n };

	return import_answer_turn(im, key, in, from, &answer, e);
}

enum status
import_get(struct record *in, const char *key, const char **s, size_t *n, struct err *e)
{
	if (record_str(in, key, s, n, e))
		return e->code;
	return import_blank(*s, *n) ? record_bad(in, key, e, "empty") : ST_OK;
}
