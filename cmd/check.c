/* fg-check: records against fg-record(5), model folders against their own files. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "common/app.h"
#include "json/write.h"
#include "model/verify.h"
#include "record/check.h"
#include "record/tokens.h"
#include "run/state.h"
#include "stage/ids.h"

static struct {
	const char *tokenizer;
	bool strict;
} a;

static const struct opt rows[] = {
	OPT_STR("tokenizer", "FILE|DIR", &a.tokenizer, "compare ids with this vocabulary and with the text",
	    .key = 't'),
	OPT_FLAG("strict", &a.strict, "every record has an id, and with ids a tokenizer"),
	OPT_END
};

static const struct prog prog = {
	.name = "fg-check", .synopsis = "[file | dir ...]",
	.about = "Check records and model folders",
	.rows = rows
};

static uint64_t good, bad;

static enum status
verdict(const char *file, uint64_t line, uint64_t byte, const char *error, struct err *e)
{
	struct buf b = BUF_INIT;

	buf_adds(&b, "{\"file\":");
	json_put_str(&b, file, strlen(file));
	if (line)
		buf_addf(&b, ",\"line\":%ju", (uintmax_t)line);
	if (byte)
		buf_addf(&b, ",\"byte\":%ju", (uintmax_t)byte);
	buf_adds(&b, ",\"error\":");
	json_put_str(&b, error, strlen(error));
	buf_adds(&b, "}\n");
	bad++;
	if (buf_ok(&b))
		sink_add(app_out, b.p, b.n, e);
	else
		err_nomem(e);
	buf_free(&b);
	return e->code;
}

/* The error becomes a verdict, unless it is one of input or memory. */
static enum status
report(const char *file, struct err *e)
{
	struct err why = *e;

	*e = (struct err){0};
	if (why.code != ST_INPUT && why.code != ST_USAGE) {
		*e = why;
		return e->code;
	}
	return verdict(why.file[0] ? why.file : file, why.line, why.byte, why.msg, e);
}

/* ---- folders ---- */

static enum status
check_folder(struct tc *tc, const char *dir, struct err *e)
{
	size_t tensors, summed;
	struct train_state st;
	struct model_config c;
	struct tokenizer *t;
	char *path = file_join(dir, "tokenizer.json");
	bool found;

	if (!path)
		return err_nomem(e);
	e->code = ST_OK;
	if (!model_verify(tc, dir, &c, &tensors, &summed, e) && !state_read(&st, dir, &found, e)) {
		if (found && !st.finished)
			err_at(e, ST_INPUT, dir, 0, 0, "a run that has not finished");
		else if (file_exists(path) && !tok_open(&t, dir, e)) {
			if (tok_vocab_size(t) > c.vocab)
				err_at(e, ST_INPUT, path, 0, 0, "%zu tokens, but the model has %zu", tok_vocab_size(t), c.vocab);
			tok_close(t);
		}
	}
	free(path);
	/* a file that should be there is a fault of the folder */
	if (e->code == ST_IO && e->file[0] && !file_exists(e->file))
		e->code = ST_INPUT;
	if (e->code)
		return report(dir, e);
	good++;
	note("%s: %zu tensors, %zu of them with a sum", dir, tensors, summed);
	return ST_OK;
}

/* ---- records ---- */

/* Are the ids of a field those of its text? */
static enum status
check_text(const struct tokenizer *t, struct tok_scratch *scratch, struct record *r, const char *field, struct err *e)
{
	const char *key = record_companion(r, field, "ids"), *s;
	int32_t top = (int32_t)tok_vocab_size(t) - 1;
	const int32_t *id, *prompt = NULL;
	size_t n, np = 0, len;
	bool same;

	if (!key)
		return err_nomem(e);
	if (!record_has(r, key) || !record_has(r, field))
		return ST_OK;
	if (strcmp(field, "prompt") && record_has(r, "prompt_ids") &&
	    record_i32s(r, "prompt_ids", 0, top, &prompt, &np, e))
		return e->code;
	if (record_i32s(r, key, 0, top, &id, &n, e) || record_str(r, field, &s, &len, e) ||
	    tok_same(t, scratch, prompt, np, id, n, s, len, &same, e))
		return e->code;
	return same ? ST_OK : record_bad(r, key, e, "the ids are not this text");
}

static enum status
check_tokens(const struct tokenizer *t, struct tok_scratch *s, struct record *r, struct err *e)
{
	bool other;
	size_t i;

	if (record_other_tokenizer(r, tok_fingerprint(t), &other, e))
		return e->code;
	if (other)
		return record_bad(r, "tokenizer", e, "the ids are another tokenizer's; this one is %s", tok_fingerprint(t));
	for (i = 0; record_text[i]; i++)
		if (check_text(t, s, r, record_text[i], e))
			return e->code;
	return ST_OK;
}

static enum status
check_records(const struct tokenizer *t, struct err *e)
{
	struct check_opt o = { t ? (int32_t)tok_vocab_size(t) : 0, a.strict };
	struct tok_scratch *s;
	struct record *r;
	enum status st;

	if (record_new(&r, e) || tok_scratch_new(&s, e))
		return e->code;
	for (;;) {
		if (!(st = files_next(app_files, r, e))) {
			*e = (struct err){0};
			if (!(st = check_record(r, &o, e)) && t)
				st = check_tokens(t, s, r, e);
			good += !st;
		}
		if (st == ST_EOF)
			break;
		/* with --bad they are put aside, as everywhere */
		if (st && (app->bad ? files_reject(app_files, r, e) : report("-", e)))
			break;
	}
	record_free(r);
	tok_scratch_free(s);
	return e->code;
}

int
main(int argc, char *argv[])
{
	struct tokenizer *t = NULL;
	struct err e = {0};
	struct tc *tc;
	size_t i, files = 0;

	app_parse(argc, argv, &prog);
	if (a.tokenizer && tok_open(&t, a.tokenizer, &e))
		die(&e);
	/* folders are taken out of the operands; what is left are files */
	for (i = 0; i < app->nfile; i++) {
		if (!file_is_dir(app->file[i])) {
			app->file[files++] = app->file[i];
			continue;
		}
		if (tc_open(&tc, (unsigned)app->threads, &e) || check_folder(tc, app->file[i], &e))
			die(&e);
		tc_close(tc);
	}
	if (files || !app->nfile) {
		app_files->n = files;
		if (check_records(t, &e))
			die(&e);
	}
	if (!app->quiet)
		warn("%ju good, %ju bad", (uintmax_t)good, (uintmax_t)(bad + app_files->rejected));
	if (t)
		tok_close(t);
	return app_close() ? 3 : bad ? 1 : 0;
}
