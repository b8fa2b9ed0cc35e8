/* fg-vocab: train a tokenizer on text. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "common/app.h"
#include "json/write.h"
#include "token/train.h"

static struct {
	int model, ties;
	uint64_t size, min_count;
	const char *out, *bos, *eos;
	struct opt_list field, special;
	bool text;
} a = { .min_count = 2 };

static const struct opt rows[] = {
	OPT_ENUM("model", &a.model, "kind of tokenizer", OPT_WORDS({ "bpe", false }, { "unigram", true })),
	OPT_UINT("size", "N", &a.size, 1, INT32_MAX, "number of tokens"),
	OPT_STR("output", "FILE", &a.out, "the tokenizer, or a folder for it", .key = 'o', .outside = true),
	OPT_LIST("field", "FIELD", &a.field, "text field of the records (default: text, else all text fields)",
	    .key = 'f'),
	OPT_FLAG("text", &a.text, "the input is plain text, not records"),
	OPT_LIST("special", "TOKEN", &a.special, "special token (default: <|endoftext|>)"),
	OPT_STR("bos", "TOKEN", &a.bos, "special token that begins a text (default: the first)"),
	OPT_STR("eos", "TOKEN", &a.eos, "special token that ends a text (default: the first)"),
	OPT_UINT("min-count", "N", &a.min_count, 1, 9007199254740992.0,
	    "bpe: least occurrences of a pair that is merged"),
	OPT_ENUM("ties", &a.ties, "bpe: of equally frequent pairs take the smaller ids or the greater text",
	    OPT_WORDS({ "id", TRAIN_TIES_ID }, { "text", TRAIN_TIES_TEXT })),
	OPT_END
};

static const struct prog prog = {
	.name = "fg-vocab", .synopsis = "--size N -o tokenizer.json [file ...]",
	.about = "Train a byte-level BPE or a Unigram tokenizer on text",
	.rows = rows
};

static enum status
read_text(int fd, const char *name, void *words, struct err *e)
{
	*e = (struct err){0};
	err_file(e, name);
	return train_words_read(words, fd, e);
}

/* The texts of one record: the fields that are named, or what there is. */
static enum status
add_record(struct train_words *w, struct record *r, struct err *e)
{
	static const char *const usual[] = { "text", "prompt", "response", "chosen", "rejected" };
	size_t i, n, used = 0, nfield = a.field.n ? a.field.n : sizeof(usual) / sizeof(*usual);
	const char *s, *key;

	for (i = 0; i < nfield; i++) {
		key = a.field.n ? a.field.v[i] : usual[i];
		if (!a.field.n && !record_has(r, key))
			continue;
		if (record_str(r, key, &s, &n, e) || train_words_add(w, s, n, e))
			return e->code;
		used++;
		if (!a.field.n && !i)
			break;
	}
	return used ? ST_OK : record_bad(r, "text", e, "no text field; name one with -f");
}

static enum status
read_records(struct train_words *w, struct err *e)
{
	struct record *r;
	enum status st;

	if (record_new(&r, e))
		return e->code;
	while (!(st = files_next(app_files, r, e)))
		if ((st = add_record(w, r, e)) && (st != ST_INPUT || (st = files_reject(app_files, r, e))))
			break;
	record_free(r);
	return st == ST_EOF ? ST_OK : st;
}

/* Where tok_open looks for the tokens that begin and end a text. */
static enum status
write_config(const char *path, struct err *e)
{
	struct buf b = BUF_INIT, p = BUF_INIT;
	const char *slash = strrchr(path, '/');
	enum status st;

	if (strcmp(slash ? slash + 1 : path, "tokenizer.json"))
		return ST_OK;
	buf_add(&p, path, slash ? (size_t)(slash + 1 - path) : 0);
	buf_add(&p, "tokenizer_config.json", sizeof("tokenizer_config.json"));
	buf_adds(&b, "{\n  \"bos_token\": ");
	json_put_str(&b, a.bos, strlen(a.bos));
	buf_adds(&b, ",\n  \"clean_up_tokenization_spaces\": false,\n  \"eos_token\": ");
	json_put_str(&b, a.eos, strlen(a.eos));
	buf_adds(&b, ",\n  \"tokenizer_class\": \"PreTrainedTokenizerFast\"\n}\n");
	st = buf_ok(&b) && buf_ok(&p) ? file_write(p.p, b.p, b.n, e) : err_nomem(e);
	buf_free(&b);
	buf_free(&p);
	return st;
}

static bool
is_special(const char *s)
{
	size_t i;

	for (i = 0; i < a.special.n; i++)
		if (!strcmp(a.special.v[i], s))
			return true;
	return false;
}

static void
check_options(void)
{
	static const char *end_of_text[] = { "<|endoftext|>" };
	size_t i, k;

	if (!a.size || !a.out || !*a.out)
		die_usage("--size and -o are needed");
	if (!a.special.n)
		a.special = (struct opt_list){ end_of_text, 1 };
	for (i = 0; i < a.special.n; i++) {
		if (!*a.special.v[i] || strpbrk(a.special.v[i], "\r\n"))
			die_usage("--special: a token is not empty and holds no line end");
		if (a.model && !strcmp(a.special.v[i], TRAIN_UNKNOWN))
			die_usage("--special: %s is there anyway", TRAIN_UNKNOWN);
		for (k = 0; k < i; k++)
			if (!strcmp(a.special.v[i], a.special.v[k]))
				die_usage("--special: %s is given twice", a.special.v[i]);
	}
	if (!a.bos)
		a.bos = a.special.v[0];
	if (!a.eos)
		a.eos = a.special.v[0];
	if (!is_special(a.bos) || !is_special(a.eos))
		die_usage("--bos and --eos name special tokens");
}

static size_t
train_pairs(const struct train_words *w, struct buf *out, struct err *e)
{
	struct train_bpe m;
	size_t n;

	if (train_bpe(&m, w, a.size, a.min_count, (enum train_ties)a.ties, a.special.v, a.special.n, e) ||
	    train_bpe_print(&m, a.special.n, out, e))
		die(e);
	n = m.ntoken;
	train_bpe_free(&m);
	return n;
}

static size_t
train_pieces(const struct train_words *w, struct buf *out, struct err *e)
{
	struct train_unigram m;
	struct pool *pool;
	size_t n, own = a.special.n + 1;

	if (a.size <= own)
		die_usage("--size: %zu are special tokens", own);
	if (pool_open(&pool, (unsigned)app->threads, e) || train_unigram(&m, w, a.size - own, pool, e) ||
	    train_unigram_print(&m, a.special.v, a.special.n, out, e))
		die(e);
	n = m.n + own;
	train_unigram_free(&m);
	pool_close(pool);
	return n;
}

int
main(int argc, char *argv[])
{
	struct train_words w;
	struct buf out = BUF_INIT;
	struct err e = {0};
	char *path;
	size_t n;

	app_parse(argc, argv, &prog);
	check_options();
	if (!(path = file_is_dir(a.out) ? file_join(a.out, "tokenizer.json") : strdup(a.out)))
		die((err_nomem(&e), &e));
	if (train_words_new(&w, a.model ? TRAIN_SPACE : TRAIN_GPT2, a.special.v, a.special.n, &e) ||
	    (a.text ? files_each(app_files, read_text, &w, &e) : read_records(&w, &e)))
		die(&e);
	note("%zu distinct words", w.n);
	/* what is wrong from here on is in no file */
	e = (struct err){0};
	n = a.model ? train_pieces(&w, &out, &e) : train_pairs(&w, &out, &e);
	if (file_write(path, out.p, out.n, &e) || write_config(path, &e))
		die(&e);
	if (n < a.size && !app->quiet)
		warn("the text gives only %zu tokens", n);
	train_words_free(&w);
	buf_free(&out);
	free(path);
	return app_close();
}
