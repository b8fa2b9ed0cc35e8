/* tok_open: what kind of file it is, its parts, and the files beside it. */
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/kind.h"
#include "base/suffix.h"
#include "token/token_int.h"
#include "token/utf8.h"

enum { TOKENIZER_MAX = 1 << 30 };

static enum status
load_json(struct tokenizer *t, const char *text, size_t n, const char *dir, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct json j;
	size_t model;
	enum status st;

	if (!(st = json_parse(&j, text, n, &a, e))) {
		if (json_type(&j, 0) != JSON_OBJECT)
			st = json_bad(&j, 0, e, "expected an object: no tokenizer.json");
		else if (!json_get(&j, 0, "model") && json_get(&j, 0, "config") && json_get(&j, 0, "vocab"))
			st = err_set(e, ST_INPUT, "not a tokenizer.json, but Mistral's tekken.json; transformers saves a tokenizer.json of it");
		else if (!(model = json_get(&j, 0, "model")) || json_type(&j, model) != JSON_OBJECT)
			st = json_bad(&j, 0, e, "model: expected an object");
		/* the steps say whether the vocabulary is bytes */
		else if (!(st = load_norm(t, &j, json_get(&j, 0, "normalizer"), e)) &&
		    !(st = load_pre(t, &j, json_get(&j, 0, "pre_tokenizer"), e)) &&
		    !(st = load_model(t, &j, model, e)) &&
		    !(st = load_added(t, &j, json_get(&j, 0, "added_tokens"), e)) &&
		    !(st = load_declared(t, dir, e)) && !(st = added_index(t, e)) && !(st = added_tries(t, e)) &&
		    !(st = load_dec(t, &j, json_get(&j, 0, "decoder"), e)))
			st = load_post(t, &j, json_get(&j, 0, "post_processor"), e);
	}
	arena_free(&a);
	return st;
}

/* Is it SentencePiece's protocol buffer?  It begins with the first piece. */
static bool
is_sentencepiece(const struct file_map *m)
{
	return m->n >= 9 && !memcmp(m->p, "\n\x0e\n\5<", 5) && m->p[8] == '>';
}

/* A folder without tokenizer.json: what it has in place of it. */
static enum status
no_tokenizer(const char *dir, struct err *e)
{
	static const char *const name[] = { "tokenizer.model", "tekken.json", "vocab.json", "vocab.txt" };
	bool there = false;
	size_t i;
	char *path;

	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		if (!(path = file_join(dir, name[i])))
			return err_nomem(e);
		there = file_exists(path);
		free(path);
		if (there)
			return err_at(e, ST_INPUT, dir, 0, 0, "there is %s, but no tokenizer.json; transformers saves one", name[i]);
	}
	return ST_OK;
}

enum status
tok_open(struct tokenizer **out, const char *path, struct err *e)
{
	struct tokenizer *t = calloc(1, sizeof(*t));
	struct file_map m = {0};
	char *name = NULL, *copy = NULL, *dir;
	const char *kind;
	enum status st;

	*out = NULL;
	e->file[0] = 0;
	e->line = e->byte = 0;
	if (!t)
		return err_nomem(e);
	t->bos = t->eos_set = -1;
	t->longest = TOK_TEXT_USUAL;
	name = file_is_dir(path) ? file_join(path, "tokenizer.json") : strdup(path);
	copy = strdup(path);
	if (!name || !copy) {
		st = err_nomem(e);
		goto out;
	}
	dir = file_is_dir(path) ? copy : dirname(copy);
	if (file_is_dir(path) && !file_exists(name) && (st = no_tokenizer(path, e)))
		goto out;
	if ((st = file_map(&m, name, e)))
		goto out;
	if (m.n > TOKENIZER_MAX) {
		st = err_at(e, ST_INPUT, name, 0, 0, "longer than the %d bytes that a tokenizer may have", TOKENIZER_MAX);
		goto out;
	}
	if ((kind = kind_of(m.p, m.n)) || is_sentencepiece(&m)) {
		st = err_at(e, ST_INPUT, name, 0, 0, "not a tokenizer, but %s", kind ? kind :
		    "a SentencePiece model; transformers saves a tokenizer.json of it");
		goto out;
	}
	st = ends_with(name, ".tiktoken") ? load_tiktoken(t, name, m.p, m.n, e) :
	    load_json(t, m.p, m.n, dir, e);
	if (!st && !(st = fingerprint(t, e)))
		st = decode_tables(t, e);
	if (st) {
		err_file(e, name);
		goto out;
	}
	st = load_config(t, dir, e);
out:
	file_unmap(&m);
	free(name);
	free(copy);
	if (st)
		tok_close(t);
	else
		*out = t;
	return st;
}
