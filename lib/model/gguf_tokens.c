/* The tokenizer of a GGUF file as tokenizer.json has it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "json/write.h"
#include "model/gguf_int.h"

/* Kinds of tokens, tokenizer.ggml.token_type. */
enum { NORMAL = 1, UNKNOWN, CONTROL, USER, UNUSED, BYTE };
enum { PIECE_MAX = 1024 };      /* longer pieces would make merges costly */

struct tokens {
	const struct gguf *g;
	struct arena *a;
	struct err *e;
	struct gguf_text *text, *merge;
	size_t n, nmerge;
	const struct gguf_key *type, *score;
	const struct gguf_pre *pre;     /* NULL: SentencePiece */
	size_t bos, eos, unk, pad;      /* SIZE_MAX: none */
	bool add_bos, add_eos, prefix;
};

static int
type_of(const struct tokens *t, size_t i)
{
	double v = t->type ? gguf_number(t->type, i) : NORMAL;

	return v >= NORMAL && v <= BYTE ? (int)v : NORMAL;
}

/* ---- what the file says ---- */

static enum status
get_array(const struct tokens *t, const char *name, const struct gguf_key **k)
{
	if ((*k = gguf_find(t->g, name)) && (!(*k)->array || (*k)->kind == GGUF_STR || (*k)->n != t->n))
		return err_set(t->e, ST_INPUT, "%s: expected a number for each of %zu tokens", name, t->n);
	return ST_OK;
}

static enum status
get_id(const struct tokens *t, const char *name, size_t *id)
{
	*id = SIZE_MAX;
	if (gguf_uint(t->g, name, UINT32_MAX, false, id, t->e))
		return t->e->code;
	if (*id == UINT32_MAX)
		*id = SIZE_MAX;
	if (*id != SIZE_MAX && *id >= t->n)
		return err_set(t->e, ST_INPUT, "%s: %zu is not one of %zu tokens", name, *id, t->n);
	return ST_OK;
}

static enum status
get_pre(struct tokens *t)
{
	const struct gguf_pre *p;
	struct gguf_text name = {0};

	if (gguf_str(t->g, "tokenizer.ggml.pre", &name, t->e))
		return t->e->code;
	for (p = gguf_pres; p->name && !gguf_is(name, p->name); p++)
		;
	if (!p->name)
		return err_set(t->e, ST_INPUT, "tokenizer.ggml.pre: \"%.*s\" is not supported; -t gives a tokenizer of your own",
		    (int)(name.n < 32 ? name.n : 32), name.s ? name.s : "");
	t->pre = p;
	t->add_bos = p->bos;
	return ST_OK;
}

static enum status
get_kind(struct tokens *t)
{
	struct gguf_text model = {0};

	if (gguf_str(t->g, "tokenizer.ggml.model", &model, t->e))
		return t->e->code;
	if (gguf_is(model, "gpt2"))
		return get_pre(t);
	if (!gguf_is(model, "llama"))
		return err_set(t->e, ST_INPUT, "tokenizer.ggml.model: \"%.*s\" is not supported; -t gives a tokenizer of your own",
		    (int)(model.n < 32 ? model.n : 32), model.s ? model.s : "");
	t->add_bos = t->prefix = true;
	return ST_OK;
}

static enum status
get_all(struct tokens *t)
{
	if (get_kind(t) || gguf_texts(t->g, "tokenizer.ggml.tokens", t->a, &t->text, &t->n, t->e) ||
	    gguf_texts(t->g, "tokenizer.ggml.merges", t->a, &t->merge, &t->nmerge, t->e))
		return t->e->code;
	if (!t->n)
		return err_set(t->e, ST_INPUT, "tokenizer.ggml.tokens: missing");
	if (get_array(t, "tokenizer.ggml.token_type", &t->type) || get_array(t, "tokenizer.ggml.scores", &t->score) ||
	    get_id(t, "tokenizer.ggml.bos_token_id", &t->bos) || get_id(t, "tokenizer.ggml.eos_token_id", &t->eos) ||
	    get_id(t, "tokenizer.ggml.unknown_token_id", &t->unk) ||
	    get_id(t, "tokenizer.ggml.padding_token_id", &t->pad) ||
	    gguf_bool(t->g, "tokenizer.ggml.add_bos_token", &t->add_bos, t->e) ||
	    gguf_bool(t->g, "tokenizer.ggml.add_eos_token", &t->add_eos, t->e) ||
	    (!t->pre && gguf_bool(t->g, "tokenizer.ggml.add_space_prefix", &t->prefix, t->e)))
		return t->e->code;
	t->add_bos = t->add_bos && t->bos != SIZE_MAX;
	t->add_eos = t->add_eos && t->eos != SIZE_MAX;
	if (!t->pre && !t->score)
		return err_set(t->e, ST_INPUT, "tokenizer.ggml.scores: missing");
	return ST_OK;
}

/* ---- SentencePiece: merges out of scores, as transformers makes them ---- */

struct merge { float score; uint32_t left, right, whole; size_t nleft, nright; };

static size_t
letters(const char *s, size_t n)
{
	size_t k = 0;

	while (n--)
		k += (*s++ & 0xc0) != 0x80;
	return k;
}

/* By score, then by the halves' letters, all falling; then in the vocabulary's order. */
static int
by_rank(const void *x, const void *y)
{
	const struct merge *a = x, *b = y;

	if (a->score != b->score)
		return a->score < b->score ? 1 : -1;
	if (a->nleft != b->nleft)
		return a->nleft < b->nleft ? 1 : -1;
	if (a->nright != b->nright)
		return a->nright < b->nright ? 1 : -1;
	if (a->whole != b->whole)
		return a->whole < b->whole ? -1 : 1;
	if (a->left != b->left)
		return a->left < b->left ? -1 : 1;
	return (a->right > b->right) - (a->right < b->right);
}

/* Tokens by their text: slot[h % size] is a token + 1, or 0. */
struct table { uint32_t *slot; size_t size; };

static size_t
look(const struct tokens *t, const struct table *b, const char *s, size_t n)
{
	size_t h = (size_t)hash64(s, n, 0) & (b->size - 1);

	for (; b->slot[h]; h = (h + 1) & (b->size - 1)) {
		const struct gguf_text *x = &t->text[b->slot[h] - 1];

		if (x->n == n && !memcmp(x->s, s, n))
			break;
	}
	return h;
}

static enum status
fill_table(const struct tokens *t, struct table *b)
{
	size_t i, h;

	for (b->size = 64; b->size < 2 * t->n; b->size *= 2)
		;
	if (!(b->slot = arena_array(t->a, b->size, sizeof(*b->slot))))
		return err_nomem(t->e);
	memset(b->slot, 0, b->size * sizeof(*b->slot));
	for (i = 0; i < t->n; i++) {
		if (type_of(t, i) != NORMAL)
			continue;
		if (t->text[i].n > PIECE_MAX)
			return err_set(t->e, ST_INPUT, "tokenizer.ggml.tokens: a piece of %zu bytes; at most %d are supported",
			    t->text[i].n, PIECE_MAX);
		if (b->slot[h = look(t, b, t->text[i].s, t->text[i].n)])
			return err_set(t->e, ST_INPUT, "tokenizer.ggml.tokens: %zu and %zu are the same", (size_t)b->slot[h] - 1, i);
		b->slot[h] = (uint32_t)i + 1;
	}
	return ST_OK;
}

/* Every way to cut piece i into two pieces, appended to b. */
static enum status
cut(const struct tokens *t, const struct table *at, size_t i, struct buf *b)
{
	const char *s = t->text[i].s;
	size_t n = t->text[i].n, k, all = letters(s, n);
	struct merge m = { .score = (float)gguf_number(t->score, i), .whole = (uint32_t)i };

	if (!isfinite(m.score))
		return err_set(t->e, ST_INPUT, "tokenizer.ggml.scores: that of token %zu is not finite", i);
	for (k = 1; k < n; k++) {
		if ((s[k] & 0xc0) == 0x80 || !(m.left = at->slot[look(t, at, s, k)]) ||
		    !(m.right = at->slot[look(t, at, s + k, n - k)]))
			continue;
		m.left--;
		m.right--;
		m.nleft = letters(s, k);
		m.nright = all - m.nleft;
		buf_add(b, &m, sizeof(m));
	}
	return ST_OK;
}

static void
put_merge(struct buf *b, const struct tokens *t, const struct merge *m)
{
	buf_addc(b, '[');
	json_put_str(b, t->text[m->left].s, t->text[m->left].n);
	buf_addc(b, ',');
	json_put_str(b, t->text[m->right].s, t->text[m->right].n);
	buf_addc(b, ']');
}

static enum status
put_scored(struct buf *b, const struct tokens *t)
{
	struct buf list = BUF_INIT;
	struct table at;
	struct merge *m;
	size_t i, n;

	t->e->code = ST_OK;
	if (!fill_table(t, &at))
		for (i = 0; i < t->n && !t->e->code; i++)
			if (type_of(t, i) == NORMAL)
				cut(t, &at, i, &list);
	m = (void *)list.p;
	n = list.n / sizeof(*m);
	if (!t->e->code && !buf_ok(&list))
		err_nomem(t->e);
	if (!t->e->code && n)
		qsort(m, n, sizeof(*m), by_rank);
	for (i = 0; i < n && !t->e->code; i++) {
		buf_adds(b, i ? ",\n" : "\n");
		put_merge(b, t, &m[i]);
	}
	buf_free(&list);
	return t->e->code;
}

/* ---- tokenizer.json ---- */

static void
put_added(struct buf *b, const struct tokens *t)
{
	bool first = true;

	buf_adds(b, "\"added_tokens\":[");
	for (size_t i = 0; i < t->n; i++) {
		int type = type_of(t, i);

		if (type != UNKNOWN && type != CONTROL && type != USER)
			continue;
		buf_addf(b, "%s\n{\"id\":%zu,\"content\":", first ? "" : ",", i);
		json_put_str(b, t->text[i].s, t->text[i].n);
		buf_addf(b, ",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":%s}",
		    type == USER ? "false" : "true");
		first = false;
	}
	buf_adds(b, "],\n");
}

#define PIECE_SPACE "\342\226\201"

static void
put_steps(struct buf *b, const struct tokens *t)
{
	if (t->pre) {
		buf_addf(b, "\"normalizer\":%s,\n\"pre_tokenizer\":%s,\n", t->pre->nfc ? "{\"type\":\"NFC\"}" : "null", t->pre->json);
		buf_adds(b, "\"decoder\":{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":true},\n");
		return;
	}
	buf_adds(b, "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[");
	if (t->prefix)
		buf_adds(b, "{\"type\":\"Prepend\",\"prepend\":\"" PIECE_SPACE "\"},");
	buf_adds(b, "{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"" PIECE_SPACE "\"}]},\n"
	    "\"pre_tokenizer\":null,\n\"decoder\":{\"type\":\"Sequence\",\"decoders\":["
	    "{\"type\":\"Replace\",\"pattern\":{\"String\":\"" PIECE_SPACE "\"},\"content\":\" \"},"
	    "{\"type\":\"ByteFallback\"},{\"type\":\"Fuse\"}");
	if (t->prefix)
		buf_adds(b, ",{\"type\":\"Strip\",\"content\":\" \",\"start\":1,\"stop\":0}");
	buf_adds(b, "]},\n");
}

static void
put_token(struct buf *b, const struct tokens *t, size_t id)
{
	json_put_str(b, t->text[id].s, t->text[id].n);
}

/* One of the template's pieces: token id, or (SIZE_MAX) text number `text`. */
static void
put_piece(struct buf *b, const struct tokens *t, size_t id, int text, bool *first)
{
	buf_adds(b, *first ? "" : ",");
	*first = false;
	if (id == SIZE_MAX) {
		buf_addf(b, "{\"Sequence\":{\"id\":\"%c\",\"type_id\":%d}}", 'A' + text, text);
		return;
	}
	buf_adds(b, "{\"SpecialToken\":{\"id\":");
	put_token(b, t, id);
	buf_addf(b, ",\"type_id\":%d}}", text);
}

static void
put_template(struct buf *b, const struct tokens *t, const char *name, int texts)
{
	bool first = true;

	buf_addf(b, "\"%s\":[", name);
	for (int i = 0; i < texts; i++) {
		if (t->add_bos)
			put_piece(b, t, t->bos, i, &first);
		put_piece(b, t, SIZE_MAX, i, &first);
		if (t->add_eos)
			put_piece(b, t, t->eos, i, &first);
	}
	buf_adds(b, "],");
}

static void
put_special(struct buf *b, const struct tokens *t, size_t id, bool first)
{
	if (!first)
		buf_addc(b, ',');
	put_token(b, t, id);
	buf_adds(b, ":{\"id\":");
	put_token(b, t, id);
	buf_addf(b, ",\"ids\":[%zu],\"tokens\":[", id);
	put_token(b, t, id);
	buf_adds(b, "]}");
}

static void
put_post(struct buf *b, const struct tokens *t)
{
	buf_adds(b, "\"post_processor\":");
	if (!t->add_bos && !t->add_eos) {
		buf_adds(b, "null,\n");
		return;
	}
	buf_adds(b, "{\"type\":\"TemplateProcessing\",");
	put_template(b, t, "single", 1);
	put_template(b, t, "pair", 2);
	buf_adds(b, "\"special_tokens\":{");
	if (t->add_bos)
		put_special(b, t, t->bos, true);
	if (t->add_eos && !(t->add_bos && t->eos == t->bos))
		put_special(b, t, t->eos, !t->add_bos);
	buf_adds(b, "}},\n");
}

static enum status
put_model(struct buf *b, const struct tokens *t)
{
	bool first = true;

	buf_adds(b, "\"model\":{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":");
	if (t->pre || t->unk == SIZE_MAX)
		buf_adds(b, "null");
	else
		put_token(b, t, t->unk);
	buf_addf(b, ",\"continuing_subword_prefix\":null,\"end_of_word_suffix\":null,\"fuse_unk\":%s,"
	    "\"byte_fallback\":%s,\"ignore_merges\":%s,\"vocab\":{", t->pre ? "false" : "true", t->pre ? "false" : "true",
	    t->pre && t->pre->whole ? "true" : "false");
	for (size_t i = 0; i < t->n; i++) {
		if (type_of(t, i) == UNUSED)
			continue;
		buf_adds(b, first ? "\n" : ",\n");
		first = false;
		put_token(b, t, i);
		buf_addf(b, ":%zu", i);
	}
	buf_adds(b, "},\"merges\":[");
	if (!t->pre && put_scored(b, t))
		return t->e->code;
	for (size_t i = 0; t->pre && i < t->nmerge; i++) {
		buf_adds(b, i ? ",\n" : "\n");
		json_put_str(b, t->merge[i].s, t->merge[i].n);
	}
	buf_adds(b, "]}}\n");
	return ST_OK;
}

/* ---- the files ---- */

static enum status
write_file(struct buf *b, const char *dir, const char *name, struct err *e)
{
	char *path = file_join(dir, name);
	enum status st = !path || !buf_ok(b) ? err_nomem(e) : file_write(path, b->p, b->n, e);

	free(path);
	return st;
}

static void
put_name(struct buf *b, const struct tokens *t, const char *name, size_t id)
{
	if (id == SIZE_MAX)
		return;
	buf_addf(b, "  \"%s\": ", name);
	put_token(b, t, id);
	buf_adds(b, ",\n");
}

static enum status
write_config(const struct tokens *t, const char *dir)
{
	struct buf b = BUF_INIT;
	struct gguf_text chat = {0};
	enum status st = gguf_str(t->g, "tokenizer.chat_template", &chat, t->e);

	buf_adds(&b, "{\n");
	put_name(&b, t, "bos_token", t->bos);
	put_name(&b, t, "eos_token", t->eos);
	put_name(&b, t, "unk_token", t->unk);
	put_name(&b, t, "pad_token", t->pad);
	if (chat.s) {
		buf_adds(&b, "  \"chat_template\": ");
		json_put_str(&b, chat.s, chat.n);
		buf_adds(&b, ",\n");
	}
	buf_addf(&b, "  \"add_bos_token\": %s,\n  \"add_eos_token\": %s,\n  \"clean_up_tokenization_spaces\": false,\n"
	    "  \"tokenizer_class\": \"PreTrainedTokenizerFast\"\n}\n", t->add_bos ? "true" : "false", t->add_eos ? "true" : "false");
	if (!st)
		st = write_file(&b, dir, "tokenizer_config.json", t->e);
	buf_free(&b);
	return st;
}

enum status
gguf_tokens(const struct gguf *g, struct arena *a, const char *dir, struct err *e)
{
	struct tokens t = { .g = g, .a = a, .e = e };
	struct buf b = BUF_INIT;

	e->code = ST_OK;
	if (get_all(&t))
		return e->code;
	buf_adds(&b, "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,");
	put_added(&b, &t);
	put_steps(&b, &t);
	put_post(&b, &t);
	if (!put_model(&b, &t) && !write_file(&b, dir, "tokenizer.json", e))
		write_config(&t, dir);
	buf_free(&b);
	return e->code;
}
