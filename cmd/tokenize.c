/* fg-tokenize: text to token ids with byte offsets, and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "common/app.h"
#include "record/tokens.h"
#include "token/token.h"

static struct {
	const char *path;
	struct opt_list field;
	bool special, no_eos, decode, keep, text;
	int64_t eos;
	uint64_t longest;
} a = { .eos = -1, .longest = TOK_TEXT_USUAL };

static const struct opt rows[] = {
	OPT_STR("tokenizer", "FILE|DIR", &a.path, "tokenizer.json, .tiktoken file, or a folder with tokenizer.json",
	    .key = 't'),
	OPT_LIST("field", "FIELD", &a.field,
	    "text field (default: prompt, response, chosen, rejected where present)", .key = 'f'),
	OPT_FLAG("special", &a.special, "the sequences a model reads: BOS before the prompt, EOS after the others"),
	OPT_FLAG("no-eos", &a.no_eos, "with --special: leave EOS out"),
	OPT_INT("eos", "ID", &a.eos, 0, INT32_MAX - 1, "the end-of-sequence id"),
	OPT_FLAG("decode", &a.decode, "ids back to text", .key = 'd'),
	OPT_FLAG("keep-special", &a.keep, "with -d: special tokens are text too"),
	OPT_FLAG("text", &a.text, "lines of plain text in, records with a field text out"),
	OPT_UINT("max-text", "BYTES", &a.longest, 1, TOK_TEXT_MAX, "the longest text that is tokenized"),
	OPT_END
};

static const struct prog prog = {
	.name = "fg-tokenize", .synopsis = "-t FILE|DIR [file ...]",
	.about = "Turn the text of records into token ids with byte offsets, or ids into text",
	.rows = rows
};

static const char *const usual[] = { "prompt", "response", "chosen", "rejected" };

struct worker {
	struct tok_scratch *s;
	struct tok_ids ids;
	uint64_t bos, eos;      /* sequences that begin, end with two */
	uint64_t inside;        /* special tokens inside of texts, which are not decoded */
	struct buf text;
	size_t *end;            /* owned, nend long */
	size_t nend;
};

struct ctx {
	struct tokenizer *t;
	struct worker *w;
};

/* The last id of the record's prompt, -1 if there is no text before a field. */
static enum status
last_of_prompt(struct record *r, const struct ctx *c, struct worker *w, int32_t *last, struct err *e)
{
	const char *s;
	size_t n;

	*last = -1;
	if (!record_has(r, "prompt"))
		return ST_OK;
	if (record_str(r, "prompt", &s, &n, e))
		return e->code;
	if (!n)
		return ST_OK;
	/* any id does where it makes no difference */
	*last = 0;
	if (!tok_minds_last(c->t))
		return ST_OK;
	w->ids.n = 0;
	if (tok_prompt(c->t, w->s, s, n, &w->ids, e))
		return record_complain(r, "prompt", e);
	*last = w->ids.n ? w->ids.id[w->ids.n - 1] : -1;
	return ST_OK;
}

/* Does F end with EOS?  A response that was cut does not. */
static enum status
is_complete(struct record *r, const char *field, bool *complete, struct err *e)
{
	const char *s;
	size_t n;

	*complete = !a.no_eos;
	if (strcmp(field, "response") || !record_has(r, "finish"))
		return ST_OK;
	if (record_str(r, "finish", &s, &n, e))
		return e->code;
	*complete &= strcmp(s, "length") != 0;
	return ST_OK;
}

static enum status
encode_field(struct record *r, const struct ctx *c, struct worker *w, const char *field,
    struct err *e)
{
	bool prompt = !strcmp(field, "prompt"), complete = false;
	int32_t last = -1;
	const char *s;
	size_t n;
	enum status st;

	if (record_str(r, field, &s, &n, e))
		return e->code;
	if (a.special && !prompt && (last_of_prompt(r, c, w, &last, e) || is_complete(r, field, &complete, e)))
		return e->code;
	w->ids.n = 0;
	if (!a.special)
		st = tok_encode(c->t, w->s, s, n, TOK_PLAIN, &w->ids, e);
	else if (prompt)
		st = tok_prompt(c->t, w->s, s, n, &w->ids, e);
	else
		st = tok_reply(c->t, w->s, s, n, last, complete, &w->ids, e);
	if (st)
		return record_complain(r, field, e);
	if (a.special)
		*(prompt ? &w->bos : &w->eos) += tok_twice(c->t, w->ids.id, w->ids.n, !prompt);
	return record_set_tokens(r, field, w->ids.id, w->ids.end, w->ids.n, e);
}

static enum status
decode_field(struct record *r, const struct ctx *c, struct worker *w, const char *field,
    struct err *e)
{
	int32_t top = (int32_t)tok_vocab_size(c->t) - 1;
	const char *key = record_companion(r, field, "ids");
	const int32_t *id, *prompt = NULL;
	size_t n, np = 0, i;

	if (!key)
		return err_nomem(e);
	if (record_i32s(r, key, 0, top, &id, &n, e))
		return e->code;
	if (strcmp(field, "prompt") && record_has(r, "prompt_ids") &&
	    record_i32s(r, "prompt_ids", 0, top, &prompt, &np, e))
		return e->code;
	if (grow(&w->end, &w->nend, n, sizeof(*w->end), e))
		return e->code;
	buf_clear(&w->text);
	for (i = 0; i < n && !a.keep; i++)
		w->inside += tok_is_special(c->t, id[i]) && !(!i && id[i] == tok_bos(c->t)) &&
		    !(i + 1 == n && tok_is_eos(c->t, id[i]));
	if (tok_decode_reply(c->t, prompt, np, id, n, a.keep, &w->text, w->end, e) ||
	    record_set_str(r, field, w->text.p ? w->text.p : "", w->text.n, e))
		return e->code;
	return record_set_ends(r, field, w->end, n, e);
}

static enum status
one(struct record *r, void *ctx, unsigned worker, struct err *e)
{
	const struct ctx *c = ctx;
	struct worker *w = &c->w[worker];
	const char *print = tok_fingerprint(c->t);
	bool other;
	size_t i, n = a.field.n ? a.field.n : sizeof(usual) / sizeof(*usual), done = 0;
	const char *field, *key;

	if (a.decode && record_other_tokenizer(r, print, &other, e))
		return e->code;
	if (a.decode && other)
		return record_bad(r, "tokenizer", e, "the ids are another tokenizer's; %s is %s", a.path, print);
	if (record_drop_other(r, print, e))
		return e->code;
	for (i = 0; i < n; i++) {
		field = a.field.n ? a.field.v[i] : usual[i];
		key = a.decode ? record_companion(r, field, "ids") : field;
		if (!key)
			return err_nomem(e);
		if (!a.field.n && !record_has(r, key))
			continue;
		if (a.decode ? decode_field(r, c, w, field, e) : encode_field(r, c, w, field, e))
			return e->code;
		done++;
	}
	if (!done)
		return record_bad(r, usual[0], e, a.decode ? "no field of ids; name one with -f" :
		    "no text field; name one with -f");
	return record_set_str(r, "tokenizer", print, strlen(print), e);
}

int
main(int argc, char *argv[])
{
	static const char *text = "text";
	struct ctx c = {0};
	struct err e = {0};
	uint64_t bos = 0, eos = 0, inside = 0;
	size_t i;

	app_parse(argc, argv, &prog);
	if (!a.path)
		die_usage("-t is needed");
	if (!a.special && (a.no_eos || a.eos >= 0))
		die_usage("--eos and --no-eos go with --special");
	if (a.keep && !a.decode)
		die_usage("--keep-special goes with -d");
	if (a.text && (a.decode || a.field.n))
		die_usage("--text goes with neither -d nor -f");
	if (a.text)
		a.field = (struct opt_list){ &text, 1 };
	if (tok_open(&c.t, a.path, &e))
		die(&e);
	if (a.eos >= (int64_t)tok_vocab_size(c.t))
		die_usage("--eos %lld: the vocabulary has %zu ids", (long long)a.eos,
		    tok_vocab_size(c.t));
	tok_set_longest(c.t, (size_t)a.longest);
	if (a.eos >= 0)
		tok_set_eos(c.t, (int32_t)a.eos);
	if (!(c.w = calloc(app->threads, sizeof(*c.w)))) {
		err_nomem(&e);
		die(&e);
	}
	for (i = 0; i < app->threads; i++)
		if (tok_scratch_new(&c.w[i].s, &e))
			die(&e);
	if (a.text ? files_filter(app_files, text, one, &c, &e) : filter_run(one, &c, &e))
		die(&e);
	for (i = 0; i < app->threads; i++) {
		bos += c.w[i].bos;
		eos += c.w[i].eos;
		inside += c.w[i].inside;
		tok_scratch_free(c.w[i].s);
		tok_ids_free(&c.w[i].ids);
		buf_free(&c.w[i].text);
		free(c.w[i].end);
	}
	warn_twice(bos, eos);
	if (inside && !app->quiet)
		warn("special tokens inside of texts, which were left out: %ju (--keep-special)", (uintmax_t)inside);
	free(c.w);
	tok_close(c.t);
	return app_close();
}
