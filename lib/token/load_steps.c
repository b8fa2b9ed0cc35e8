/* Normalizer, pre-tokenizer, decoder and post-processor of a tokenizer.json.  A
 * Sequence is laid flat into the table of steps. */
#include <stdio.h>
#include <string.h>

#include "token/token_int.h"
#include "token/utf8.h"

static enum status
unsupported(const struct json *j, size_t node, const char *part, struct err *e)
{
	size_t type = json_get(j, node, "type"), n = 0;
	const char *s = type ? get_text(j, type, &n) : NULL;

	return json_bad(j, type ? type : node, e, "%s: %.*s: not supported", part,
	    s ? (int)(n < 64 ? n : 64) : 7, s ? s : "no type");
}

static bool
is(const struct json *j, size_t node, const char *type)
{
	size_t k = json_get(j, node, "type");

	return k && json_is(j, k, type);
}

/* Call one for the object, or for every element of its Sequence, in order. JSON_DEPTH
 * bounds the nesting. */
static enum status
each(struct tokenizer *t, const struct json *j, size_t node, const char *list, const char *part,
    enum status (*one)(struct tokenizer *, const struct json *, size_t, struct err *),
    struct err *e)
{
	size_t k, s;

	if (!node || json_type(j, node) == JSON_NULL)
		return ST_OK;
	if (json_type(j, node) != JSON_OBJECT)
		return json_bad(j, node, e, "%s: expected an object", part);
	if (!is(j, node, "Sequence"))
		return one(t, j, node, e);
	if (!(s = json_get(j, node, list)) || json_type(j, s) != JSON_ARRAY)
		return json_bad(j, node, e, "%s: %s: expected an array", part, list);
	for (k = json_first(j, s); k; k = json_next(j, s, k))
		if (each(t, j, k, list, part, one, e))
			return e->code;
	return ST_OK;
}

/* {"String": s} or {"Regex": s} */
static enum status
load_pattern(struct tokenizer *t, const struct json *j, size_t node, const char **s, size_t *n,
    struct regex **re, scan_fn **scan, struct err *e)
{
	size_t p = json_get(j, node, "pattern");
	char why[256];

	if (!p || json_type(j, p) != JSON_OBJECT)
		return json_bad(j, p ? p : node, e, "pattern: expected an object");
	if (get_str(t, j, p, "String", s, n, e))
		return e->code;
	if (*s)
		return *n ? ST_OK : json_bad(j, p, e, "pattern: empty");
	if (get_str(t, j, p, "Regex", s, n, e))
		return e->code;
	if (!*s)
		return json_bad(j, p, e, "pattern: expected String or Regex");
	if (scan && (*scan = scan_known(*s, *n)))
		return ST_OK;
	if (regex_open(re, *s, *n, false, e)) {
		if (e->code != ST_INPUT)
			return e->code;
		snprintf(why, sizeof(why), "%.250s", e->msg);
		return json_bad(j, p, e, "pattern: %s", why);
	}
	return ST_OK;
}

/* ---- normalizer ---- */

static enum status
norm_add(struct tokenizer *t, const struct json *j, size_t node, enum norm_type type,
    struct norm **s, struct err *e)
{
	if (t->nnorm == STEPS_MAX)
		return json_bad(j, node, e, "normalizer: more than %d steps", STEPS_MAX);
	if (norm_is_bytes(t))
		return json_bad(j, node, e, "normalizer: a step after ByteLevel: not supported");
	*s = &t->norm[t->nnorm++];
	(*s)->type = type;
	return ST_OK;
}

static enum status
norm_bert(struct tokenizer *t, const struct json *j, size_t node, struct err *e)
{
	bool clean = true, chinese = true, lower = true, strip;
	struct norm *s;

	if (get_bool(j, node, "clean_text", &clean, e) ||
	    get_bool(j, node, "handle_chinese_chars", &chinese, e) ||
	    get_bool(j, node, "lowercase", &lower, e))
		return e->code;
	strip = lower;
	if (get_bool(j, node, "strip_accents", &strip, e))
		return e->code;
	if ((clean && norm_add(t, j, node, NORM_CLEAN, &s, e)) ||
	    (chinese && norm_add(t, j, node, NORM_CHINESE, &s, e)) ||
	    (strip && norm_add(t, j, node, NORM_NFD, &s, e)) ||
	    (strip && norm_add(t, j, node, NORM_STRIP_MN, &s, e)) ||
	    (lower && norm_add(t, j, node, NORM_LOWERCASE, &s, e)))
		return e->code;
	return ST_OK;
}

static enum status
norm_one(struct tokenizer *t, const struct json *j, size_t node, struct err *e)
{
	static const struct { const char *name; enum norm_type type; } plain[] = {
		{"NFC", NORM_NFC}, {"NFD", NORM_NFD}, {"NFKC", NORM_NFKC}, {"NFKD", NORM_NFKD},
		{"Lowercase", NORM_LOWERCASE}, {"StripAccents", NORM_STRIP_ACCENTS}, {"Nmt", NORM_NMT},
		{"ByteLevel", NORM_BYTES}
	};
	struct norm *s = NULL;
	size_t i, k;
	const char *p;

	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (is(j, node, plain[i].name))
			return norm_add(t, j, node, plain[i].type, &s, e);
	if (is(j, node, "BertNormalizer"))
		return norm_bert(t, j, node, e);
	if (is(j, node, "Strip")) {
		if (norm_add(t, j, node, NORM_STRIP, &s, e))
			return e->code;
		s->left = s->right = true;
		if (get_bool(j, node, "strip_left", &s->left, e))
			return e->code;
		return get_bool(j, node, "strip_right", &s->right, e);
	}
	if (is(j, node, "Prepend")) {
		if (norm_add(t, j, node, NORM_PREPEND, &s, e) ||
		    get_str(t, j, node, "prepend", &s->a, &s->an, e))
			return e->code;
		return s->a ? ST_OK : json_bad(j, node, e, "normalizer: prepend: missing");
	}
	if (is(j, node, "Replace")) {
		if (norm_add(t, j, node, NORM_REPLACE, &s, e) ||
		    load_pattern(t, j, node, &s->a, &s->an, &s->re, NULL, e) ||
		    get_str(t, j, node, "content", &s->b, &s->bn, e))
			return e->code;
		return s->b ? ST_OK : json_bad(j, node, e, "normalizer: content: missing");
	}
	if (is(j, node, "Precompiled")) {
		if (!(k = json_get(j, node, "precompiled_charsmap")) || json_type(j, k) == JSON_NULL)
			return ST_OK;
		if (norm_add(t, j, node, NORM_CHARSMAP, &s, e))
			return e->code;
		if (!(p = get_text(j, k, &i)))
			return json_bad(j, k, e, "precompiled_charsmap: expected a string");
		s->bn = hash64(p, i, 0);        /* for the fingerprint */
		if (charsmap_open(&s->map, p, i, e))
			return e->code == ST_INPUT ?
			    json_bad(j, k, e, "precompiled_charsmap: not a valid table") : e->code;
		return ST_OK;
	}
	return unsupported(j, node, "normalizer", e);
}

enum status
load_norm(struct tokenizer *t, const struct json *j, size_t node, struct err *e)
{
	return each(t, j, node, "normalizers", "normalizer", norm_one, e);
}

/* ---- pre-tokenizer ---- */

static enum status
load_behavior(const struct json *j, size_t node, enum behavior *b, struct err *e)
{
	static const char *const name[] = {
		"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"
	};
	size_t k = json_get(j, node, "behavior"), i;

	if (!k)
		return ST_OK;
	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		if (json_is(j, k, name[i])) {
			*b = (enum behavior)i;
			return ST_OK;
		}
	}
	return json_bad(j, k, e, "behavior: unknown");
}

static enum status
pre_metaspace(struct tokenizer *t, const struct json *j, size_t node, struct pre *p, struct err *e)
{
	size_t k = json_get(j, node, "prepend_scheme"), n;
	bool add = true;

	p->type = PRE_METASPACE;
	p->split = true;
	p->scheme = SCHEME_ALWAYS;
	if (get_str(t, j, node, "replacement", &p->a, &p->an, e) ||
	    get_bool(j, node, "add_prefix_space", &add, e) ||
	    get_bool(j, node, "split", &p->split, e))
		return e->code;
	if (!p->a || !p->an || (utf8_get(p->a, &n), n != p->an))
		return json_bad(j, node, e, "replacement: expected one character");
	if (k && json_is(j, k, "first"))
		p->scheme = SCHEME_FIRST;
	else if (k && json_is(j, k, "never"))
		p->scheme = SCHEME_NEVER;
	else if (k && !json_is(j, k, "always"))
		return json_bad(j, k, e, "prepend_scheme: expected always, first or never");
	if (!add)
		p->scheme = SCHEME_NEVER;
	return ST_OK;
}

static enum status
pre_split(struct tokenizer *t, const struct json *j, size_t node, struct pre *p, struct err *e)
{
	if (load_behavior(j, node, &p->behavior, e) || get_bool(j, node, "invert", &p->invert, e) ||
	    load_pattern(t, j, node, &p->a, &p->an, &p->re, &p->scan, e))
		return e->code;
	p->type = p->re || p->scan ? PRE_SPLIT : PRE_LITERAL;
	if (!p->scan)
		return ST_OK;
	/* the scanner gives matches alone, which cover the text */
	if ((p->behavior == B_ISOLATED) || (p->behavior == B_REMOVED && p->invert))
		return ST_OK;
	p->scan = NULL;
	return regex_open(&p->re, p->a, p->an, false, e);
}

static enum status
pre_one(struct tokenizer *t, const struct json *j, size_t node, struct err *e)
{
	bool mapped = norm_is_bytes(t), each_digit = false;
	struct pre *p;
	size_t i;

	if (t->npre == STEPS_MAX)
		return json_bad(j, node, e, "pre_tokenizer: more than %d steps", STEPS_MAX);
	p = &t->pre[t->npre++];
	for (i = 0; i + 1 < t->npre; i++)
		mapped |= t->pre[i].type == PRE_BYTES;
	p->behavior = B_ISOLATED;
	if (is(j, node, "ByteLevel")) {
		p->type = PRE_BYTES;
		p->use_regex = p->prefix_space = true;
		if (mapped)
			return json_bad(j, node, e, "pre_tokenizer: ByteLevel twice: not supported");
		if (get_bool(j, node, "add_prefix_space", &p->prefix_space, e))
			return e->code;
		return get_bool(j, node, "use_regex", &p->use_regex, e);
	}
	if (is(j, node, "Split")) {
		if (pre_split(t, j, node, p, e))
			return e->code;
		/* after ByteLevel a pattern sees the byte alphabet: no scanner for that */
		if (mapped && p->scan) {
			p->scan = NULL;
			return regex_open(&p->re, p->a, p->an, false, e);
		}
		if (mapped && p->type == PRE_LITERAL)
			return json_bad(j, node, e, "pre_tokenizer: Split by a string after ByteLevel: not supported");
		return ST_OK;
	}
	if (is(j, node, "Punctuation")) {
		p->type = PRE_PUNCTUATION;
		return load_behavior(j, node, &p->behavior, e);
	}
	if (is(j, node, "Digits")) {
		p->type = PRE_DIGITS;
		if (get_bool(j, node, "individual_digits", &each_digit, e))
			return e->code;
		p->behavior = each_digit ? B_ISOLATED : B_CONTIGUOUS;
		return ST_OK;
	}
	if (mapped)
		return json_bad(j, node, e, "pre_tokenizer: this step after ByteLevel: not supported");
	if (is(j, node, "Metaspace"))
		return pre_metaspace(t, j, node, p, e);
	if (is(j, node, "Whitespace"))
		p->type = PRE_WHITESPACE;
	else if (is(j, node, "WhitespaceSplit"))
		p->type = PRE_SPACE_SPLIT;
	else if (is(j, node, "BertPreTokenizer"))
		p->type = PRE_BERT;
	else
		return unsupported(j, node, "pre_tokenizer", e);
	return ST_OK;
}

enum status
load_pre(struct tokenizer *t, const struct json *j, size_t node, struct err *e)
{
	if (each(t, j, node, "pretokenizers", "pre_tokenizer", pre_one, e))
		return e->code;
	pre_tables(t->pre, t->npre, norm_is_bytes(t));
	return ST_OK;
}

/* ---- decoder ---- */

static enum status
dec_strip(struct tokenizer *t, const struct json *j, size_t node, struct dec *d, struct err *e)
{
	size_t k, n;
	int64_t v = 0;

	d->type = DEC_STRIP;
	if (get_str(t, j, node, "content", &d->a, &d->an, e))
		return e->code;
	if (!d->a || !d->an || (utf8_get(d->a, &n), n != d->an))
		return json_bad(j, node, e, "decoder: content: expected one character");
	if ((k = json_get(j, node, "start")) && json_i64(j, k, "start", 0, INT32_MAX, &v, e))
		return e->code;
	d->start = (size_t)v;
	v = 0;
	if ((k = json_get(j, node, "stop")) && json_i64(j, k, "stop", 0, INT32_MAX, &v, e))
		return e->code;
	d->stop = (size_t)v;
	return ST_OK;
}

static enum status
dec_one(struct tokenizer *t, const struct json *j, size_t node, struct err *e)
{
	struct pre p = {0};
	struct dec *d;
	size_t k;

	if (t->ndec == STEPS_MAX)
		return json_bad(j, node, e, "decoder: more than %d steps", STEPS_MAX);
	d = &t->dec[t->ndec++];
	if (is(j, node, "ByteLevel")) {
		d->type = DEC_BYTES;
		return t->ndec == 1 ? ST_OK :
		    json_bad(j, node, e, "decoder: ByteLevel after another step: not supported");
	}
	if (is(j, node, "ByteFallback")) {
		d->type = DEC_FALLBACK;
		return ST_OK;
	}
	if (is(j, node, "Fuse")) {
		d->type = DEC_FUSE;
		return ST_OK;
	}
	if (is(j, node, "Strip"))
		return dec_strip(t, j, node, d, e);
	if (is(j, node, "Replace")) {
		d->type = DEC_REPLACE;
		if ((k = json_get(j, node, "pattern")) && json_type(j, k) == JSON_OBJECT &&
		    get_str(t, j, k, "String", &d->a, &d->an, e))
			return e->code;
		if (!d->a || !d->an)
			return json_bad(j, node, e, "decoder: Replace: only a String pattern is supported");
		if (get_str(t, j, node, "content", &d->b, &d->bn, e))
			return e->code;
		return d->b ? ST_OK : json_bad(j, node, e, "decoder: content: missing");
	}
	if (is(j, node, "Metaspace")) {
		d->type = DEC_METASPACE;
		if (pre_metaspace(t, j, node, &p, e))
			return e->code;
		d->a = p.a;
		d->an = p.an;
		d->flag = p.scheme != SCHEME_NEVER;
		return ST_OK;
	}
	if (is(j, node, "WordPiece")) {
		d->type = DEC_WORDPIECE;
		d->flag = true;
		if (get_str(t, j, node, "prefix", &d->a, &d->an, e))
			return e->code;
		if (!d->a) {
			d->a = "##";
			d->an = 2;
		}
		return get_bool(j, node, "cleanup", &d->flag, e);
	}
	if (is(j, node, "BPEDecoder")) {
		d->type = DEC_BPE;
		if (get_str(t, j, node, "suffix", &d->a, &d->an, e))
			return e->code;
		if (!d->a) {
			d->a = "</w>";
			d->an = 4;
		}
		return ST_OK;
	}
	return unsupported(j, node, "decoder", e);
}

enum status
load_dec(struct tokenizer *t, const struct json *j, size_t node, struct err *e)
{
	t->has_dec = node && json_type(j, node) != JSON_NULL;
	return each(t, j, node, "decoders", "decoder", dec_one, e);
}

/* ---- post-processor ---- */

/* Add an id before (front) or after all that are there. */
static enum status
around(struct tokenizer *t, const struct json *j, size_t node, const int32_t *id, size_t n,
    bool front, struct err *e)
{
	int32_t **list = front ? &t->before : &t->after, *p;
	size_t *count = front ? &t->nbefore : &t->nafter, i;

	for (i = 0; i < n; i++)
		if (!has_id(t, id[i]))
			return json_bad(j, node, e, "post_processor: id %d is not in the vocabulary",
			    (int)id[i]);
	if (!n)
		return ST_OK;
	if (n + *count > 4096)
		return json_bad(j, node, e, "post_processor: more than 4096 ids");
	if (!(p = arena_array(&t->arena, *count + n, sizeof(*p))))
		return err_nomem(e);
	memcpy(front ? p : p + *count, id, n * sizeof(*p));
	if (*count)
		memcpy(front ? p + n : p, *list, *count * sizeof(*p));
	*list = p;
	*count += n;
	return ST_OK;
}

/* ["</s>", 2] */
static enum status
post_pair(const struct json *j, size_t node, const char *key, int32_t *id, struct err *e)
{
	size_t k = json_get(j, node, key), a;
	int64_t v;

	if (!k || json_type(j, k) != JSON_ARRAY || j->node[k].count != 2)
		return json_bad(j, k ? k : node, e, "post_processor: %s: expected [token, id]", key);
	a = json_first(j, k);
	if (json_i64(j, json_next(j, k, a), key, 0, INT32_MAX, &v, e))
		return e->code;
	*id = (int32_t)v;
	return ST_OK;
}

static enum status
post_token(struct tokenizer *t, const struct json *j, size_t node, size_t special,
    int32_t *id, size_t *n, struct err *e)
{
	size_t name = json_get(j, node, "id"), k, ids;
	const char *s;
	size_t len;
	int64_t v;

	(void)t;
	if (!name || !(s = get_text(j, name, &len)) || memchr(s, 0, len))
		return json_bad(j, node, e, "post_processor: SpecialToken: expected an id");
	if (!(s = json_str(j, name, &len)))
		return err_nomem(e);
	if (!special || !(k = json_get(j, special, s)) || !(ids = json_get(j, k, "ids")) ||
	    json_type(j, ids) != JSON_ARRAY)
		return json_bad(j, name, e, "post_processor: the token is not in special_tokens");
	*n = 0;
	for (k = json_first(j, ids); k; k = json_next(j, ids, k)) {
		if (*n == 16)
			return json_bad(j, k, e, "post_processor: more than 16 ids");
		if (json_i64(j, k, "ids", 0, INT32_MAX, &v, e))
			return e->code;
		id[(*n)++] = (int32_t)v;
	}
	return ST_OK;
}

/* The pieces before A are put at the front in reverse, so they keep their order. */
static enum status
post_template(struct tokenizer *t, const struct json *j, size_t node, struct err *e)
{
	size_t list = json_get(j, node, "single"), special = json_get(j, node, "special_tokens");
	size_t k, s, n = 0, nfront = 0, nback = 0;
	int32_t id[16], front[256], back[256];
	bool seen = false;

	if (!list || json_type(j, list) != JSON_ARRAY)
		return json_bad(j, node, e, "post_processor: single: expected an array");
	for (k = json_first(j, list); k; k = json_next(j, list, k)) {
		if (json_type(j, k) == JSON_OBJECT && (s = json_get(j, k, "SpecialToken"))) {
			if (post_token(t, j, s, special, id, &n, e))
				return e->code;
			if (n > 256 - nfront || n > 256 - nback)
				return json_bad(j, k, e, "post_processor: more than 256 ids");
			memcpy(seen ? back + nback : front + nfront, id, n * sizeof(*id));
			*(seen ? &nback : &nfront) += n;
		} else if (json_type(j, k) == JSON_OBJECT && (s = json_get(j, k, "Sequence")) && !seen &&
		    json_get(j, s, "id") && json_is(j, json_get(j, s, "id"), "A")) {
			seen = true;
		} else {
			return json_bad(j, k, e, "post_processor: expected a SpecialToken or sequence A once");
		}
	}
	if (!seen)
		return json_bad(j, list, e, "post_processor: single: sequence A is missing");
	if (around(t, j, list, front, nfront, true, e))
		return e->code;
	return around(t, j, list, back, nback, false, e);
}

static enum status
post_one(struct tokenizer *t, const struct json *j, size_t node, struct err *e)
{
	int32_t cls, sep;

	if (is(j, node, "ByteLevel"))
		return ST_OK;           /* trims offsets, which F_ends does not */
	if (is(j, node, "TemplateProcessing"))
		return post_template(t, j, node, e);
	if (is(j, node, "BertProcessing") || is(j, node, "RobertaProcessing")) {
		if (post_pair(j, node, "cls", &cls, e) || post_pair(j, node, "sep", &sep, e) ||
		    around(t, j, node, &cls, 1, true, e))
			return e->code;
		return around(t, j, node, &sep, 1, false, e);
	}
	return unsupported(j, node, "post_processor", e);
}

enum status
load_post(struct tokenizer *t, const struct json *j, size_t node, struct err *e)
{
	return each(t, j, node, "processors", "post_processor", post_one, e);
}
