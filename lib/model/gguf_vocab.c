/* tokenizer.json as the keys of a GGUF file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "json/json.h"
#include "model/gguf_write_int.h"

enum { NORMAL = 1, UNKNOWN, CONTROL, USER, UNUSED, BYTE };

struct vocab {
	struct json j;
	struct arena mem;
	struct gguf_keys *out;
	struct err *e;
	struct gguf_text *text;         /* (n) */
	int32_t *type;
	float *score;
	size_t n, model, unk;
	bool pieces;                    /* SentencePiece */
};

static struct gguf_text
text_at(struct vocab *v, size_t node)
{
	struct gguf_text t = {0};

	t.s = json_str(&v->j, node, &t.n);
	return t;
}

static enum status
bad_id(struct vocab *v, size_t node, int64_t *id)
{
	return json_i64(&v->j, node, "id", 0, (int64_t)v->n - 1, id, v->e);
}

/* ---- tokens and their kinds ---- */

static bool
is_byte(struct gguf_text t)
{
	return t.n == 6 && !memcmp(t.s, "<0x", 3) && t.s[5] == '>';
}

static enum status
get_vocab(struct vocab *v)
{
	size_t at = json_get(&v->j, v->model, "vocab"), k, value;
	int64_t id;

	if (!at || json_type(&v->j, at) != JSON_OBJECT)
		return json_bad(&v->j, at, v->e, "model.vocab: expected an object");
	for (k = json_first(&v->j, at); k; k = json_next(&v->j, at, value)) {
		value = json_next(&v->j, at, k);
		if (bad_id(v, value, &id))
			return v->e->code;
		if (!(v->text[id] = text_at(v, k)).s)
			return err_nomem(v->e);
		v->type[id] = v->pieces && is_byte(v->text[id]) ? BYTE : NORMAL;
	}
	return ST_OK;
}

static enum status
get_added(struct vocab *v)
{
	size_t at = json_get(&v->j, 0, "added_tokens"), k, node, special;
	int64_t id;

	for (k = at ? json_first(&v->j, at) : 0; k; k = json_next(&v->j, at, k)) {
		if (!(node = json_get(&v->j, k, "id")) || bad_id(v, node, &id))
			return node ? v->e->code : json_bad(&v->j, k, v->e, "added_tokens: expected an id");
		if (!(node = json_get(&v->j, k, "content")) || !(v->text[id] = text_at(v, node)).s)
			return json_bad(&v->j, k, v->e, "added_tokens: expected a content");
		special = json_get(&v->j, k, "special");
		v->type[id] = special && json_type(&v->j, special) == JSON_TRUE ? CONTROL : USER;
	}
	return ST_OK;
}

/* A name for each id that the tokenizer leaves out, as llama.cpp has it. */
static enum status
fill_gaps(struct vocab *v)
{
	for (size_t i = 0; i < v->n; i++) {
		char name[32];

		if (v->text[i].s)
			continue;
		v->text[i].n = (size_t)snprintf(name, sizeof(name), "[PAD%zu]", i);
		if (!(v->text[i].s = arena_str(&v->mem, name, v->text[i].n)))
			return err_nomem(v->e);
		v->type[i] = UNUSED;
	}
	return ST_OK;
}

/* ---- merges: as they are, or as scores of what they make ---- */

/* "left right" of merge k, in room */
static enum status
merge_text(struct vocab *v, size_t k, struct buf *room)
{
	size_t half = k, i;
	struct gguf_text t;

	buf_clear(room);
	if (json_type(&v->j, k) == JSON_ARRAY && v->j.node[k].count == 2) {
		for (i = 0, half = json_first(&v->j, k); i < 2; i++, half = json_next(&v->j, k, half)) {
			if (!(t = text_at(v, half)).s)
				return json_bad(&v->j, half, v->e, "model.merges: expected texts");
			buf_adds(room, i ? " " : "");
			buf_add(room, t.s, t.n);
		}
	} else if ((t = text_at(v, k)).s) {
		buf_add(room, t.s, t.n);
	} else {
		return json_bad(&v->j, k, v->e, "model.merges: expected pairs of texts");
	}
	return buf_ok(room) ? ST_OK : err_nomem(v->e);
}

struct name { struct gguf_text text; size_t id; };

static int
by_text(const void *a, const void *b)
{
	return gguf_compare(((const struct name *)a)->text, ((const struct name *)b)->text);
}

/* The piece that merge number rank makes has minus its rank as score, if no merge before made it. */
static void
score_one(struct vocab *v, const struct name *sorted, const struct buf *merge, size_t rank)
{
	const char *space = memchr(merge->p, ' ', merge->n);
	size_t left = space ? (size_t)(space - merge->p) : merge->n;
	struct name key = { .text = { merge->p, merge->n - 1 } }, *found;

	if (!space)
		return;
	memmove(merge->p + left, space + 1, merge->n - left - 1);
	found = bsearch(&key, sorted, v->n, sizeof(key), by_text);
	if (found && v->score[found->id] > 0)
		v->score[found->id] = -(float)rank;
}

static enum status
put_scores(struct vocab *v, size_t at)
{
	struct name *sorted = arena_array(&v->mem, v->n, sizeof(*sorted));
	struct buf room = BUF_INIT;
	size_t i, k, rank = 0;

	if (!sorted)
		return err_nomem(v->e);
	for (i = 0; i < v->n; i++) {
		sorted[i] = (struct name){ v->text[i], i };
		v->score[i] = v->type[i] == NORMAL ? 1 : 0;     /* above 0: not made yet */
	}
	qsort(sorted, v->n, sizeof(*sorted), by_text);
	v->e->code = ST_OK;
	for (k = json_first(&v->j, at); k && !merge_text(v, k, &room); k = json_next(&v->j, at, k))
		score_one(v, sorted, &room, rank++);
	buf_free(&room);
	/* letters, which no merge makes */
	for (i = 0; i < v->n; i++)
		if (v->score[i] > 0)
			v->score[i] = -(float)rank++;
	gguf_put_array(v->out, "tokenizer.ggml.scores", GGUF_F32, v->score, v->n, sizeof(*v->score));
	return v->e->code;
}

static enum status
put_merges(struct vocab *v)
{
	size_t at = json_get(&v->j, v->model, "merges"), k;
	struct buf room = BUF_INIT;

	if (!at || json_type(&v->j, at) != JSON_ARRAY)
		return json_bad(&v->j, at, v->e, "model.merges: expected an array");
	if (v->pieces)
		return put_scores(v, at);
	v->e->code = ST_OK;
	gguf_begin_texts(v->out, "tokenizer.ggml.merges", v->j.node[at].count);
	for (k = json_first(&v->j, at); k && !merge_text(v, k, &room); k = json_next(&v->j, at, k))
		gguf_put_text(v->out, (struct gguf_text){ room.p, room.n });
	buf_free(&room);
	return v->e->code;
}

/* ---- how a text is cut ---- */

/* What matters of a pre-tokenizer, in a line. */
static void
print_cut(const struct json *j, size_t node, struct buf *b)
{
	static const char *const key[] = { "type", "Regex", "behavior", "individual_digits", "use_regex" };
	size_t list = json_get(j, node, "pretokenizers"), pattern = json_get(j, node, "pattern"), k, i;

	for (k = list ? json_first(j, list) : 0; k; k = json_next(j, list, k))
		print_cut(j, k, b);
	for (i = 0; !list && i < sizeof(key) / sizeof(*key); i++) {
		size_t at = json_get(j, i == 1 && pattern ? pattern : node, key[i]), n;
		const char *s = at ? json_str(j, at, &n) : NULL;

		if (s)
			buf_addf(b, "%s=%s;", key[i], s);
		else if (at)
			buf_addf(b, "%s=%d;", key[i], json_type(j, at) == JSON_TRUE);
	}
	buf_addc(b, '\n');
}

static bool
same_cut(struct vocab *v, const struct gguf_pre *p, const struct buf *own)
{
	struct buf b = BUF_INIT;
	struct json j;
	struct err e = {0};
	bool same;

	if (!json_parse(&j, p->json, strlen(p->json), &v->mem, &e))
		print_cut(&j, 0, &b);
	same = buf_ok(&b) && b.n == own->n && !memcmp(b.p, own->p, b.n);
	buf_free(&b);
	return same;
}

static bool
is_true(const struct json *j, size_t object, const char *key)
{
	size_t k = json_get(j, object, key);

	return k && json_type(j, k) == JSON_TRUE;
}

static enum status
put_pre(struct vocab *v)
{
	size_t at = json_get(&v->j, 0, "pre_tokenizer");
	bool whole = is_true(&v->j, v->model, "ignore_merges");
	const struct gguf_pre *p = gguf_pres;
	struct buf own = BUF_INIT;

	if (at && json_type(&v->j, at) == JSON_OBJECT)
		print_cut(&v->j, at, &own);
	while (p->name && (p->whole != whole || !same_cut(v, p, &own)))
		p++;
	buf_free(&own);
	if (!p->name)
		return json_bad(&v->j, at, v->e, "pre_tokenizer: llama.cpp has no name for it that is known here");
	gguf_put_str(v->out, "tokenizer.ggml.pre", p->name);
	return ST_OK;
}

/* Does the post-processor begin a text (end it) with a token? */
static bool
adds(const struct json *j, size_t node, bool end)
{
	size_t list = node ? json_get(j, node, "processors") : 0, at = node ? json_get(j, node, "single") : 0, k, piece = 0;

	for (k = list ? json_first(j, list) : 0; k; k = json_next(j, list, k))
		if (adds(j, k, end))
			return true;
	if (!at || json_type(j, at) != JSON_ARRAY)
		return false;
	for (k = json_first(j, at); k; k = end ? json_next(j, at, k) : 0)
		piece = k;
	return piece && json_get(j, piece, "SpecialToken");
}

/* Does a piece of a text begin with a space that it did not have? */
static bool
has_prefix(struct vocab *v)
{
	size_t norm = json_get(&v->j, 0, "normalizer"), list = norm ? json_get(&v->j, norm, "normalizers") : 0, k;
	size_t pre = json_get(&v->j, 0, "pre_tokenizer"), scheme = pre ? json_get(&v->j, pre, "prepend_scheme") : 0;

	for (k = list ? json_first(&v->j, list) : 0; k; k = json_next(&v->j, list, k))
		if (json_get(&v->j, k, "prepend"))
			return true;
	return scheme && !json_is(&v->j, scheme, "never");
}

/* ---- all of it ---- */

static enum status
open_model(struct vocab *v, size_t n)
{
	size_t type;

	v->n = n;
	if (json_type(&v->j, 0) != JSON_OBJECT || !(v->model = json_get(&v->j, 0, "model")))
		return json_bad(&v->j, 0, v->e, "model: missing");
	type = json_get(&v->j, v->model, "type");
	if (type ? !json_is(&v->j, type, "BPE") : !json_get(&v->j, v->model, "merges"))
		return json_bad(&v->j, v->model, v->e, "model: only BPE goes into GGUF");
	v->pieces = is_true(&v->j, v->model, "byte_fallback");
	v->text = arena_array(&v->mem, n, sizeof(*v->text));
	v->type = arena_array(&v->mem, n, sizeof(*v->type));
	v->score = arena_array(&v->mem, n, sizeof(*v->score));
	if (!v->text || !v->type || !v->score)
		return err_nomem(v->e);
	memset(v->text, 0, n * sizeof(*v->text));
	return ST_OK;
}

static enum status
put_all(struct vocab *v)
{
	size_t post = json_get(&v->j, 0, "post_processor"), unk = json_get(&v->j, v->model, "unk_token"), i;
	struct gguf_text t = unk ? text_at(v, unk) : (struct gguf_text){0};

	gguf_put_str(v->out, "tokenizer.ggml.model", v->pieces ? "llama" : "gpt2");
	if (!v->pieces && put_pre(v))
		return v->e->code;
	for (i = 0; i < v->n; i++)
		if (t.s && v->text[i].n == t.n && !memcmp(v->text[i].s, t.s, t.n)) {
			v->type[i] = v->pieces ? UNKNOWN : v->type[i];
			gguf_put_u32(v->out, "tokenizer.ggml.unknown_token_id", i);
			break;
		}
	gguf_begin_texts(v->out, "tokenizer.ggml.tokens", v->n);
	for (i = 0; i < v->n; i++)
		gguf_put_text(v->out, v->text[i]);
	gguf_put_array(v->out, "tokenizer.ggml.token_type", GGUF_I32, v->type, v->n, sizeof(*v->type));
	if (put_merges(v))
		return v->e->code;
	gguf_put_bool(v->out, "tokenizer.ggml.add_bos_token", adds(&v->j, post, false));
	gguf_put_bool(v->out, "tokenizer.ggml.add_eos_token", adds(&v->j, post, true));
	gguf_put_bool(v->out, "tokenizer.ggml.add_space_prefix", v->pieces && has_prefix(v));
	return ST_OK;
}

enum status
gguf_put_tokens(struct gguf_keys *out, const char *dir, size_t vocab, struct err *e)
{
	struct vocab v = { .out = out, .e = e, .mem = ARENA_INIT };
	struct file_map map = {0};
	char *path = file_join(dir, "tokenizer.json");

	e->code = ST_OK;
	if (!path)
		err_nomem(e);
	else if (!file_map(&map, path, e) && !json_parse(&v.j, map.p, map.n, &v.mem, e) && !open_model(&v, vocab) &&
	    !get_vocab(&v) && !get_added(&v) && !fill_gaps(&v))
		put_all(&v);
	if (e->code && path)
		err_file(e, path);
	file_unmap(&map);
	arena_free(&v.mem);
	free(path);
	return e->code;
}

/* The template as the folder has it: a file of its own, or a member of tokenizer_config.json. */
enum status
gguf_put_template(struct gguf_keys *out, const char *dir, struct err *e)
{
	char *own = file_join(dir, "chat_template.jinja"), *config = file_join(dir, "tokenizer_config.json");
	struct arena mem = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct gguf_text t = {0};
	struct json j;
	size_t k;

	e->code = ST_OK;
	if (!own || !config) {
		err_nomem(e);
	} else if (file_exists(own)) {
		if (!file_read(&b, own, e))
			t = (struct gguf_text){ b.p ? b.p : "", b.n };
	} else if (file_exists(config) && !file_read(&b, config, e)) {
		if (json_parse(&j, b.p ? b.p : "", b.n, &mem, e))
			err_file(e, config);
		else if (json_type(&j, 0) == JSON_OBJECT && (k = json_get(&j, 0, "chat_template")))
			t.s = json_str(&j, k, &t.n);
	}
	if (t.s)
		gguf_put_string(out, "tokenizer.chat_template", t);
	arena_free(&mem);
	buf_free(&b);
	free(own);
	free(config);
	return e->code;
}
