/* .tiktoken files: a line for each token, its bytes in base64 and its rank.  The file
 * does not say its pattern or special tokens: its name does. */
#include <string.h>

#include "json/number.h"
#include "token/base64.h"
#include "token/token_int.h"

static const char CL100K[] = "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+|"
    " ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s";
static const char O200K[] =
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*"
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    "\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
static const char GPT2[] =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

struct special { const char *s; int32_t id; };
static const struct special CL100K_SPECIAL[] = {
	{"<|endoftext|>", 100257}, {"<|fim_prefix|>", 100258}, {"<|fim_middle|>", 100259},
	{"<|fim_suffix|>", 100260}, {"<|endofprompt|>", 100276}, {0}
};
static const struct special O200K_SPECIAL[] = {
	{"<|endoftext|>", 199999}, {"<|endofprompt|>", 200018}, {0}
};
static const struct special GPT2_SPECIAL[] = {{"<|endoftext|>", 50256}, {0}};

static const struct encoding {
	const char *name, *pattern;
	size_t ranks;           /* lines of a whole file */
	const struct special *special;
} encodings[] = {
	{"cl100k_base", CL100K, 100256, CL100K_SPECIAL}, {"o200k_base", O200K, 199998, O200K_SPECIAL},
	{"r50k_base", GPT2, 50256, GPT2_SPECIAL}, {"gpt2", GPT2, 50256, GPT2_SPECIAL}
};

static enum status
read_lines(struct tokenizer *t, const char *text, size_t n, bool add, size_t *count, size_t *ids,
    struct err *e)
{
	const char *p = text, *end = text + n, *nl, *sp;
	unsigned char raw[4096];
	uint64_t line = 0;
	int64_t rank;
	int32_t other;
	size_t k;

	*count = *ids = 0;
	for (; p < end; p = nl + 1) {
		line++;
		if (!(nl = memchr(p, '\n', (size_t)(end - p))))
			nl = end;
		if (nl == p)
			continue;
		sp = memchr(p, ' ', (size_t)(nl - p));
		if (!sp || !number_parse_i64(sp + 1, (size_t)(nl - sp - 1), &rank) ||
		    number_parse_i64(sp + 1, (size_t)(nl - sp - 1), &rank) != (size_t)(nl - sp - 1) ||
		    rank < 0 || (uint64_t)rank > 2 * n)
			return err_at(e, ST_INPUT, NULL, line, 0, "expected base64 and a rank");
		++*count;
		if ((size_t)rank >= *ids)
			*ids = (size_t)rank + 1;
		if (!add)
			continue;
		if ((size_t)(sp - p) > sizeof(raw) || !base64_decode(p, (size_t)(sp - p), raw, &k) || !k)
			return err_at(e, ST_INPUT, NULL, line, 0, "expected a token in base64");
		if (!vocab_add(&t->model.v, (char *)raw, k, (uint32_t)rank, true, &other))
			return err_at(e, ST_INPUT, NULL, line, 0, "the token or its rank is given twice");
	}
	return ST_OK;
}

static enum status
add_special(struct tokenizer *t, const struct special *s, struct err *e)
{
	struct added *a;
	size_t n = 0, i;

	while (s[n].s)
		n++;
	if (!(t->added = arena_array(&t->arena, n, sizeof(*t->added))))
		return err_nomem(e);
	for (i = 0; i < n; i++) {
		a = &t->added[t->nadded++];
		*a = (struct added){.s = s[i].s, .n = strlen(s[i].s), .id = s[i].id, .special = true};
		if ((uint32_t)a->id < t->model.v.n && t->model.v.len[a->id] != VOCAB_HOLE)
			return err_set(e, ST_INPUT, "id %d is a token, but must be %s", (int)a->id, a->s);
		if (trie_add(&t->split, a->s, a->n, (int32_t)i, e))
			return e->code;
	}
	return added_index(t, e);
}

enum status
load_tiktoken(struct tokenizer *t, const char *path, const char *text, size_t n, struct err *e)
{
	const char *name = strrchr(path, '/');
	const struct encoding *c = NULL;
	size_t count, ids, i;
	struct pre *p = &t->pre[0];

	name = name ? name + 1 : path;
	for (i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
		if (!strncmp(name, encodings[i].name, strlen(encodings[i].name)) &&
		    !strcmp(name + strlen(encodings[i].name), ".tiktoken"))
			c = &encodings[i];
	if (!c)
		return err_set(e, ST_INPUT, "the name tells the pattern: expected cl100k_base.tiktoken, "
		    "o200k_base.tiktoken, r50k_base.tiktoken or gpt2.tiktoken");
	if (read_lines(t, text, n, false, &count, &ids, e) ||
	    vocab_init(&t->model.v, count, ids, n, true, e) ||
	    read_lines(t, text, n, true, &count, &ids, e))
		return e->code;
	/* a file that was cut still has a token for every text, but other ones */
	if (count != c->ranks || ids != count)
		return err_set(e, ST_INPUT, "%zu tokens with ranks up to %zu; %s has %zu and no gap: the file was cut, "
		    "or is another", count, ids ? ids - 1 : 0, c->name, c->ranks);
	t->model.unk = -1;
	t->model.by_rank = true;
	if (bpe_finish(&t->model, e))
		return e->code;
	for (i = 0; i < 256; i++)
		if (t->model.byte_id[i] < 0)
			return err_set(e, ST_INPUT, "byte %zu is no token", i);
	/* the words as they are: raw bytes, no byte alphabet to pass through */
	*p = (struct pre){.type = PRE_SPLIT, .behavior = B_ISOLATED, .a = c->pattern,
	    .an = strlen(c->pattern)};
	t->npre = 1;
	if (!(p->scan = scan_known(p->a, p->an)) && regex_open(&p->re, p->a, p->an, true, e))
		return e->code;
	t->ndec = 1;
	t->dec[0].type = DEC_BYTES;
	t->has_dec = true;
	return add_special(t, c->special, e);
}
