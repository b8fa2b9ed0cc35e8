/* The model of a tokenizer.json. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/number.h"
#include "token/token_int.h"

enum { POW_MAX = 308 };         /* 1e308 is the last power of ten */

/* Characters of a word of WordPiece's, and bytes of a piece of Unigram's, which are looked for at every place of
 * a text. */
enum { WORD_MAX = 4096, PIECE_MAX = 1024 };

static enum status
load_vocab(struct tokenizer *t, const struct json *j, size_t vocab, bool bytes, struct err *e)
{
	struct model *m = &t->model;
	size_t node, count, total = 0, ids = 0, n, value;
	int64_t id;
	int32_t other;
	const char *s;

	if (!vocab || json_type(j, vocab) != JSON_OBJECT)
		return json_bad(j, vocab, e, "vocab: expected an object");
	count = j->node[vocab].count;
	for (node = json_first(j, vocab); node; node = json_next(j, vocab, value)) {
		value = json_next(j, vocab, node);
		total += j->node[node].len;
		if (json_i64(j, value, "vocab", 0, (int64_t)(2 * count + ID_SLACK), &id, e))
			return e->code;
		if ((size_t)id >= ids)
			ids = (size_t)id + 1;
	}
	if (vocab_init(&m->v, count, ids, total, bytes, e))
		return e->code;
	for (node = json_first(j, vocab); node; node = json_next(j, vocab, value)) {
		value = json_next(j, vocab, node);
		if (json_i64(j, value, "vocab", 0, INT32_MAX - 1, &id, e))
			return e->code;
		if (!(s = get_text(j, node, &n)))
			return err_nomem(e);
		if (!vocab_add(&m->v, s, n, (uint32_t)id, false, &other))
			return json_bad(j, node, e, "vocab: id %lld is given twice", (long long)id);
	}
	return ST_OK;
}

/* A score as the tokenizers package reads it (serde_json), which decides between tokenizations
 * that are equally good: of the digits what fits into 64 bits, times or over a power of ten, each
 * rounded.  The number nearest to the text can differ from it in the last bit. */
static double
read_score(const double pow10[POW_MAX + 1], const char *s, size_t n)
{
	const char *end = s + n;
	bool negative = *s == '-', point = false, full = false;
	uint64_t digits = 0, sign;
	int64_t exponent = 0, e = 0;
	double v;

	for (s += negative; s < end && (*s | 32) != 'e'; s++) {
		if (*s == '.') {
			point = true;
			continue;
		}
		sign = (uint64_t)(*s - '0');
		full |= digits > (UINT64_MAX - sign) / 10;
		if (!full)
			digits = 10 * digits + sign;
		/* digits that do not fit count only before the point */
		exponent += full ? !point : -(int64_t)point;
	}
	if (s < end) {
		bool down = s[1] == '-';

		for (s += 1 + (s[1] == '-' || s[1] == '+'); s < end; s++)
			e = e < INT32_MAX ? 10 * e + (*s - '0') : e;
		exponent += down ? -e : e;
	}
	v = (double)digits;
	for (; exponent < -POW_MAX && v != 0; exponent += POW_MAX)
		v /= pow10[POW_MAX];
	if (v != 0)
		v = exponent < 0 ? v / pow10[-exponent] : v * pow10[exponent < POW_MAX ? exponent : POW_MAX];
	return negative ? -v : v;
}

static enum status
load_pieces(struct tokenizer *t, const struct json *j, size_t vocab, struct err *e)
{
	struct model *m = &t->model;
	size_t node, count, total = 0, n, value, name;
	uint32_t id = 0;
	int32_t other;
	double low = 0, pow10[POW_MAX + 1];
	char text[16];
	const char *s;

	for (n = 0; n <= POW_MAX; n++)
		number_parse_f64(text, (size_t)snprintf(text, sizeof(text), "1e%zu", n), &pow10[n]);
	if (!vocab || json_type(j, vocab) != JSON_ARRAY)
		return json_bad(j, vocab, e, "vocab: expected an array");
	count = j->node[vocab].count;
	for (node = json_first(j, vocab); node; node = json_next(j, vocab, node))
		total += j->node[node].len;
	if (vocab_init(&m->v, count, count, total, false, e))
		return e->code;
	if (!(m->score = malloc((count + 1) * sizeof(*m->score))))
		return err_nomem(e);
	for (node = json_first(j, vocab); node; node = json_next(j, vocab, node), id++) {
		if (json_type(j, node) != JSON_ARRAY || j->node[node].count != 2)
			return json_bad(j, node, e, "vocab: expected [token, score]");
		name = json_first(j, node);
		value = json_next(j, node, name);
		if (!(s = get_text(j, name, &n)))
			return json_bad(j, name, e, "vocab: expected a string");
		if (n > PIECE_MAX)
			return json_bad(j, name, e, "vocab: a token of more than %d bytes", PIECE_MAX);
		if (json_f64(j, value, "vocab", &m->score[id], e))
			return e->code;
		if (!(m->score[id] >= -1e30 && m->score[id] <= 1e30))
			return json_bad(j, value, e, "vocab: expected a finite score");
		m->score[id] = read_score(pow10, j->text + j->node[value].at, j->node[value].len);
		if (!id || m->score[id] < low)
			low = m->score[id];
		if (!vocab_add(&m->v, s, n, id, false, &other))
			return json_bad(j, name, e, "vocab: the token has id %d already", (int)other);
	}
	m->unk_score = low - 10;        /* SentencePiece's kUnkPenalty */
	return ST_OK;
}

static enum status
load_unk(struct tokenizer *t, const struct json *j, size_t node, bool demand, struct err *e)
{
	struct model *m = &t->model;
	const char *s;
	size_t n;

	m->unk = -1;
	if (get_str(t, j, node, "unk_token", &s, &n, e))
		return e->code;
	if (s && (m->unk = vocab_find_text(&m->v, s, n)) < 0 && demand)
		return json_bad(j, json_get(j, node, "unk_token"), e, "unk_token: not in the vocabulary");
	if (!s && demand)
		return json_bad(j, node, e, "unk_token: missing");
	return ST_OK;
}

static enum status
load_bpe(struct tokenizer *t, const struct json *j, size_t node, bool bytes, struct err *e)
{
	struct model *m = &t->model;
	size_t k;
	double dropout;

	if ((k = json_get(j, node, "dropout")) && json_type(j, k) != JSON_NULL) {
		if (json_f64(j, k, "dropout", &dropout, e))
			return e->code;
		if (dropout != 0)
			return json_bad(j, k, e, "dropout: not supported, encoding must not be random");
	}
	if (load_vocab(t, j, json_get(j, node, "vocab"), bytes, e) ||
	    load_unk(t, j, node, false, e) ||
	    get_str(t, j, node, "continuing_subword_prefix", &m->prefix, &m->nprefix, e) ||
	    get_str(t, j, node, "end_of_word_suffix", &m->suffix, &m->nsuffix, e) ||
	    get_bool(j, node, "fuse_unk", &m->fuse_unk, e) ||
	    get_bool(j, node, "byte_fallback", &m->fallback, e) ||
	    get_bool(j, node, "ignore_merges", &m->ignore_merges, e))
		return e->code;
	if (bytes && m->nprefix)
		return json_bad(j, node, e, "continuing_subword_prefix: not supported with ByteLevel");
	if ((k = json_get(j, node, "unk_token")) && json_type(j, k) == JSON_STRING && m->unk < 0)
		return json_bad(j, k, e, "unk_token: not in the vocabulary");
	if (!(k = json_get(j, node, "merges")))
		return json_bad(j, node, e, "merges: missing");
	if (bpe_merges(m, j, k, e))
		return e->code;
	return bpe_finish(m, e);
}

static enum status
load_unigram(struct tokenizer *t, const struct json *j, size_t node, struct err *e)
{
	struct model *m = &t->model;
	size_t k;
	int64_t unk = -1;

	if (load_pieces(t, j, json_get(j, node, "vocab"), e) ||
	    get_bool(j, node, "byte_fallback", &m->fallback, e))
		return e->code;
	if ((k = json_get(j, node, "unk_id")) && json_type(j, k) != JSON_NULL &&
	    json_i64(j, k, "unk_id", 0, (int64_t)m->v.n - 1, &unk, e))
		return e->code;
	m->unk = (int32_t)unk;
	m->fuse_unk = true;
	if (bpe_finish(m, e))
		return e->code;
	return unigram_finish(m, e);
}

static enum status
load_wordpiece(struct tokenizer *t, const struct json *j, size_t node, struct err *e)
{
	struct model *m = &t->model;
	size_t k;
	int64_t max = 100;

	if (load_vocab(t, j, json_get(j, node, "vocab"), false, e) || load_unk(t, j, node, true, e) ||
	    get_str(t, j, node, "continuing_subword_prefix", &m->prefix, &m->nprefix, e))
		return e->code;
	if (!m->prefix) {
		m->prefix = "##";
		m->nprefix = 2;
	}
	/* a word takes the square of its characters at the worst */
	if ((k = json_get(j, node, "max_input_chars_per_word")) &&
	    json_i64(j, k, "max_input_chars_per_word", 0, WORD_MAX, &max, e))
		return e->code;
	m->max_chars = (size_t)max;
	return unigram_finish(m, e);
}

enum status
load_model(struct tokenizer *t, const struct json *j, size_t node, struct err *e)
{
	struct model *m = &t->model;
	size_t type = json_get(j, node, "type"), i;
	bool bytes = norm_is_bytes(t);

	for (i = 0; i < t->npre; i++)
		bytes |= t->pre[i].type == PRE_BYTES;
	/* older files do not name the type: their members do */
	if (type ? json_is(j, type, "BPE") : json_get(j, node, "merges") != 0)
		m->type = MODEL_BPE;
	else if (type ? json_is(j, type, "Unigram") :
	    json_type(j, json_get(j, node, "vocab")) == JSON_ARRAY)
		m->type = MODEL_UNIGRAM;
	else if (type ? json_is(j, type, "WordPiece") :
	    json_get(j, node, "max_input_chars_per_word") != 0)
		m->type = MODEL_WORDPIECE;
	else if (!type || json_is(j, type, "WordLevel"))
		m->type = MODEL_WORDLEVEL;
	else
		return json_bad(j, type, e, "model.type: expected BPE, Unigram, WordPiece or WordLevel");
	if (bytes && m->type != MODEL_BPE)
		return json_bad(j, node, e, "ByteLevel: supported with BPE only");
	switch (m->type) {
	case MODEL_BPE:
		return load_bpe(t, j, node, bytes, e);
	case MODEL_UNIGRAM:
		return load_unigram(t, j, node, e);
	case MODEL_WORDPIECE:
		return load_wordpiece(t, j, node, e);
	case MODEL_WORDLEVEL:
		break;
	}
	if (load_vocab(t, j, json_get(j, node, "vocab"), false, e))
		return e->code;
	return load_unk(t, j, node, false, e);
}
