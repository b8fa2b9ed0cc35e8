#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model/config.h"
#include "model/find.h"
#include "record/tokens.h"
#include "stage/ids.h"

struct ids {
	const char *dir;        /* as it was named */
	char *at;               /* where it is */
	struct tokenizer *t;
	struct model_config c;
	size_t longest;
	size_t token;           /* bytes of the tokenizer's longest token, at least 1 */
	unsigned workers;
	struct ids_worker {
		struct tok_scratch *s;
		struct tok_ids prompt, reply;
		uint64_t bos, eos;      /* sequences that begin, end with two */
	} *w;
};

static enum status
open_tokenizer(struct ids *d, struct err *e)
{
	char *path = file_join(d->at, "tokenizer.json"), *base = NULL;
	const char *dir = d->at;
	unsigned i;

	e->code = ST_OK;
	if (!path)
		return err_nomem(e);
	/* an adapter may come without: its base has one */
	if (!file_exists(path) && !model_base(d->at, &base, e)) {
		dir = base;
		free(path);
		if (!(path = file_join(dir, "tokenizer.json")))
			err_nomem(e);
	}
	if (!e->code && file_exists(path) && !tok_open(&d->t, dir, e))
		for (i = 0; i < d->workers && !e->code; i++)
			tok_scratch_new(&d->w[i].s, e);
	free(path);
	free(base);
	return e->code;
}

enum status
ids_open(struct ids **out, const char *dir, uint64_t longest, unsigned workers, struct err *e)
{
	struct ids *d = calloc(1, sizeof(*d));

	if (!d || !(d->w = calloc(workers, sizeof(*d->w)))) {
		free(d);
		return err_nomem(e);
	}
	d->dir = dir;
	d->workers = workers;
	if (model_find(&d->at, dir, e) || model_peek(&d->c, d->at, e) || open_tokenizer(d, e)) {
		ids_close(d);
		return e->code;
	}
	if (longest > (uint64_t)config_limit(&d->c)) {
		err_set(e, ST_USAGE, "--max-length %zu: beyond %zu tokens the rotation of %s depends on a sequence's length, which "
		    "is not supported", (size_t)longest, config_limit(&d->c), dir);
		ids_close(d);
		return e->code;
	}
	d->longest = longest ? longest : config_longest(&d->c);
	d->token = 1;
	for (size_t i = 0, n; d->t && i < tok_vocab_size(d->t); i++)
		if (tok_bytes(d->t, (int32_t)i, &n) && n > d->token)
			d->token = n;
	*out = d;
	return ST_OK;
}

void
ids_close(struct ids *d)
{
	unsigned i;

	if (!d)
		return;
	for (i = 0; i < d->workers; i++) {
		if (d->w[i].s)
			tok_scratch_free(d->w[i].s);
		tok_ids_free(&d->w[i].prompt);
		tok_ids_free(&d->w[i].reply);
	}
	if (d->t)
		tok_close(d->t);
	free(d->w);
	free(d->at);
	free(d);
}

void
ids_twice(const struct ids *d, uint64_t *bos, uint64_t *eos)
{
	unsigned i;

	*bos = *eos = 0;
	for (i = 0; d && i < d->workers; i++) {
		*bos += d->w[i].bos;
		*eos += d->w[i].eos;
	}
}

size_t
ids_longest(const struct ids *d)
{
	return d->longest;
}

const struct model_config *
ids_config(const struct ids *d)
{
	return &d->c;
}

const struct tokenizer *
ids_tokenizer(const struct ids *d)
{
	return d->t;
}

static enum status
is_foreign(const struct ids *d, struct record *r, bool *foreign, struct err *e)
{
	*foreign = false;
	return d->t ? record_other_tokenizer(r, tok_fingerprint(d->t), foreign, e) : ST_OK;
}

static enum status
no_tokenizer(const struct ids *d, const struct record *r, const char *field, struct err *e)
{
	static const char *const other[] = { "tokenizer.model", "tekken.json", "vocab.txt", "spiece.model" };
	const char *there = NULL;

	for (size_t i = 0; i < sizeof(other) / sizeof(*other) && !there; i++) {
		char *path = file_join(d->at, other[i]);

		there = path && file_exists(path) ? other[i] : NULL;
		free(path);
	}
	if (there)
		return record_bad(r, field, e, "no ids, and %.300s has no tokenizer.json (%s is not read)", d->dir, there);
	return record_bad(r, field, e, "no ids, and %.300s has no tokenizer", d->dir);
}

/* Do not make gigabytes of tokens to count them: refuse a text before it is tokenized when it is many
 * times longer than the longest sequence of the longest tokens.  (White space and such, which a
 * tokenizer may drop, is rarely more than the rest.) */
static enum status
check_length(const struct ids *d, struct record *r, const char *field, size_t len, struct err *e)
{
	enum { SLACK = 16 };

	if (len / SLACK / d->token <= d->longest)
		return ST_OK;
	return record_bad(r, field, e, "%zu bytes, far more than the longest sequence of %zu tokens of at most %zu bytes",
	    len, d->longest, d->token);
}

static enum status
read_prompt(struct ids *d, struct record *r, unsigned worker, bool foreign, const int32_t **id,
    size_t *n, bool *made, struct err *e)
{
	struct ids_worker *w = &d->w[worker];
	const char *s;
	size_t len;

	*made = false;
	*n = 0;
	if (!foreign && record_has(r, "prompt_ids"))
		return record_i32s(r, "prompt_ids", 0, (int32_t)d->c.vocab - 1, id, n, e);
	if (!record_has(r, "prompt"))
		return ST_OK;
	if (!d->t)
		return no_tokenizer(d, r, "prompt", e);
	if (record_str(r, "prompt", &s, &len, e) || check_length(d, r, "prompt", len, e))
		return e->code;
	w->prompt.n = 0;
	if (tok_prompt(d->t, w->s, s, len, &w->prompt, e))
		return record_complain(r, "prompt", e);
	*id = w->prompt.id;
	*n = w->prompt.n;
	*made = true;
	return ST_OK;
}

static enum status
read_reply(struct ids *d, struct record *r, const char *field, unsigned worker, bool foreign,
    int32_t last, const int32_t **id, size_t *n, bool *made, struct err *e)
{
	struct ids_worker *w = &d->w[worker];
	const char *key = record_companion(r, field, "ids"), *s;
	bool complete = true;
	size_t len;

	if (!key)
		return err_nomem(e);
	if ((*made = foreign || !record_has(r, key))) {
		if (!d->t)
			return no_tokenizer(d, r, field, e);
		if (record_has(r, "finish") && !strcmp(field, "response")) {
			if (record_str(r, "finish", &s, &len, e))
				return e->code;
			complete = strcmp(s, "length");
		}
		if (record_str(r, field, &s, &len, e) || check_length(d, r, field, len, e))
			return e->code;
		w->reply.n = 0;
		if (tok_reply(d->t, w->s, s, len, last, complete, &w->reply, e))
			return record_complain(r, field, e);
		*id = w->reply.id;
		*n = w->reply.n;
		return ST_OK;
	}
	return record_i32s(r, key, 0, (int32_t)d->c.vocab - 1, id, n, e);
}

static enum status
join(struct ids *d, struct record *r, const char *field, struct ids_seq *s, const int32_t *prompt,
    size_t np, const int32_t *reply, size_t n, struct err *e)
{
	int32_t *id;
	size_t i;

	if (!np) {
		prompt = &d->c.bos;
		np = 1;
		if (d->c.bos < 0)
			return record_bad(r, field, e, "the prompt is empty and the model has no bos");
	}
	if (np + n > d->longest)
		return record_bad(r, field, e, "%zu tokens with the prompt, the longest sequence has %zu",
		    np + n, d->longest);
	if (!(id = arena_array(record_arena(r), np + n, sizeof(*id))))
		return err_nomem(e);
	memcpy(id, prompt, np * sizeof(*id));
	if (n)
		memcpy(id + np, reply, n * sizeof(*id));
	/* a tokenizer may know more tokens than the model */
	for (i = 0; i < np + n; i++)
		if ((size_t)id[i] >= d->c.vocab)
			return record_bad(r, field, e, "token %ld is outside the model's vocabulary of %zu",
			    (long)id[i], d->c.vocab);
	s->id = id;
	s->n = np + n;
	s->prompt = np;
	return ST_OK;
}

enum status
ids_read(struct ids *d, struct record *r, const char *field, unsigned worker, struct ids_seq *s,
    struct err *e)
{
	const int32_t *prompt = NULL, *reply = NULL;
	bool foreign, made_prompt, made = false;
	size_t np, n, *end, len = 0;
	const char *text;

	*s = (struct ids_seq){0};
	if (!strcmp(field, "prompt"))
		return err_set(e, ST_USAGE, "prompt: other text follows it; it cannot be the field that is read");
	if (is_foreign(d, r, &foreign, e) ||
	    read_prompt(d, r, worker, foreign, &prompt, &np, &made_prompt, e))
		return e->code;
	/* a prompt may be all BOS and still have no text */
	if (!record_has(r, "prompt"))
		len = np;
	else if (record_str(r, "prompt", &text, &len, e))
		return e->code;
	if (read_reply(d, r, field, worker, foreign, len && np ? prompt[np - 1] : -1, &reply, &n, &made, e))
		return e->code;
	if (!n)
		return record_bad(r, field, e, "no tokens");
	if (join(d, r, field, s, prompt, np, reply, n, e))
		return e->code;
	if (d->t) {
		d->w[worker].bos += tok_twice(d->t, prompt, np, false);
		d->w[worker].eos += tok_twice(d->t, reply, n, true);
	}
	s->foreign = foreign;
	/* the bos in place of an empty prompt is what was read, too */
	s->made = made_prompt || !np ? s->prompt : 0;
	if (made) {
		if (!(end = arena_array(record_arena(r), n, sizeof(*end))))
			return err_nomem(e);
		memcpy(end, d->w[worker].reply.end, n * sizeof(*end));
		s->end = end;
	}
	return ST_OK;
}

enum status
ids_read_prompt(struct ids *d, struct record *r, unsigned worker, struct ids_seq *s, struct err *e)
{
	const int32_t *prompt = NULL;
	bool foreign, made;
	size_t np;

	*s = (struct ids_seq){0};
	if (!record_has(r, "prompt") && !record_has(r, "prompt_ids"))
		return record_bad(r, "prompt", e, "missing; an empty one asks for a text from its beginning");
	if (is_foreign(d, r, &foreign, e) || read_prompt(d, r, worker, foreign, &prompt, &np, &made, e) ||
	    join(d, r, "prompt", s, prompt, np, NULL, 0, e))
		return e->code;
	if (d->t)
		d->w[worker].bos += tok_twice(d->t, prompt, np, false);
	s->foreign = foreign;
	s->made = made || !np ? s->prompt : 0;
	return ST_OK;
}

enum status
ids_store(const struct ids *d, struct record *r, const char *field, const struct ids_seq *s, struct err *e)
{
	const char *print;

	if (s->made && record_set_i32s(r, "prompt_ids", s->id, s->prompt, e))
		return e->code;
	if (!s->end)
		return ST_OK;
	print = tok_fingerprint(d->t);
	if (record_set_tokens(r, field, s->id + s->prompt, s->end, s->n - s->prompt, e))
		return e->code;
	return record_set_str(r, "tokenizer", print, strlen(print), e);
}

enum status
ids_floats(struct record *r, const char *field, const char *suffix, size_t n, const float **v,
    struct err *e)
{
	const char *key = record_companion(r, field, suffix);
	size_t got;

	if (!key)
		return err_nomem(e);
	if (record_f32s(r, key, v, &got, e))
		return e->code;
	if (got != n)
		return record_bad(r, key, e, "%zu numbers for %zu tokens", got, n);
	return ST_OK;
}
