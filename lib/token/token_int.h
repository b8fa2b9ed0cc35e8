/* The inside of lib/token: the parsed tokenizer and the stages of encoding. */
#ifndef TOKEN_TOKEN_INT_H
#define TOKEN_TOKEN_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/status.h"
#include "json/json.h"
#include "token/token.h"

/* ---- strings and ids (vocab.c) ---- */

struct vocab {
	char *blob;             /* owned; every token's bytes, in the order of adding */
	size_t nblob, cap;
	uint32_t *off, *len;    /* by id; len is VOCAB_HOLE where an id has no token */
	uint8_t *plain;         /* by id: byte-level text outside the byte alphabet, kept as it is */
	uint32_t n;             /* largest id + 1 */
	uint32_t count;
	uint32_t *slot;         /* id + 1, 0 is free; not the plain ones in a byte-level vocabulary */
	uint32_t *plain_slot;   /* the plain ones of such a vocabulary */
	uint32_t mask;
	bool bytes;             /* tokens are stored as the raw bytes that they stand for */
};
#define VOCAB_HOLE UINT32_MAX

/* Room for count tokens with ids below ids and total bytes of text. */
enum status vocab_init(struct vocab *v, size_t count, size_t ids, size_t total, bool bytes,
    struct err *e);
void vocab_free(struct vocab *v);
/* false: the id or the string is taken, or the id is too large; *other is set to
 * the id that has the string (-1 if the id is what is taken).  raw: s is bytes
 * already (a .tiktoken file). */
bool vocab_add(struct vocab *v, const char *s, size_t n, uint32_t id, bool raw, int32_t *other);
/* The id of raw bytes (as stored), -1 if there is none. */
int32_t vocab_find(const struct vocab *v, const char *s, size_t n);
/* The id of a token's text as the file writes it. */
int32_t vocab_find_text(const struct vocab *v, const char *s, size_t n);
const char *vocab_get(const struct vocab *v, int32_t id, size_t *n);

/* GPT-2's byte alphabet: the code point that stands for a byte, and back (-1). */
uint32_t byte_char(unsigned char b);
int byte_of_char(uint32_t c);
/* Text in the byte alphabet to bytes; false (out half-written) if a character is
 * outside it.  out has room for n bytes. */
bool bytes_from_text(const char *s, size_t n, char *out, size_t *nout);
void bytes_to_text(const char *s, size_t n, struct buf *b);

/* ---- text under way ---- */

/* A piece of text.  end[i] is the offset in the original text after byte i; NULL:
 * base + i + 1. */
struct piece {
	const char *p;
	size_t n;
	const size_t *end;
	size_t base;            /* original offset of the piece's start */
	bool mapped;            /* raw bytes that stand for characters of the byte alphabet */
};

static inline size_t
piece_end(const struct piece *w, size_t n)      /* original end of the first n bytes */
{
	return w->end && n ? w->end[n - 1] : w->base + n;
}

static inline struct piece
piece_sub(const struct piece *w, size_t from, size_t to)
{
	struct piece s = *w;

	s.p += from;
	s.n = to - from;
	if (s.end)
		s.end += from;
	s.base = piece_end(w, from);
	return s;
}

/* A text being built with the original ends of its bytes. */
struct text {
	char *p;                /* owned */
	size_t *end;            /* owned */
	size_t n, cap, max;     /* max: bytes it may have; 0: no bound */
};
/* Room for n more bytes; ST_INPUT beyond max. */
enum status text_room(struct text *t, size_t n, struct err *e);
/* Append n bytes that all end at end. */
enum status text_put(struct text *t, const char *s, size_t n, size_t end, struct err *e);
/* Append a part of a piece with its ends. */
enum status text_copy(struct text *t, const struct piece *w, size_t from, size_t to, struct err *e);
void text_free(struct text *t);

/* What comes before a text that is encoded: it decides where a prefix space is put. */
enum tok_before {
	BEFORE_NOTHING,
	BEFORE_ADDED,           /* an added token, found in the text as it is */
	BEFORE_ADDED_NORMAL,    /* an added token, found in the normal form */
	BEFORE_TEXT
};

/* One encoding in progress. */
struct run {
	const struct tokenizer *t;
	struct tok_scratch *s;
	struct tok_ids *out;
	struct err *e;
	enum tok_before before;
	size_t start;           /* offset of the text's first byte */
	size_t room;            /* bytes that normalization may still make of it */
};

/* ids.c */
enum status tok_ids_grow(struct tok_ids *o, size_t n, struct err *e);

static inline enum status
ids_room(struct tok_ids *o, size_t n, struct err *e)
{
	return o->cap - o->n >= n ? ST_OK : tok_ids_grow(o, n, e);
}

static inline void
ids_put(struct tok_ids *o, int32_t id, size_t end)
{
	o->id[o->n] = id;
	o->end[o->n++] = end;
}

/* ---- regular expressions (regex.c) ---- */

struct regex;
/* pattern is Oniguruma's (as tokenizer.json uses it), or Rust's when rust.  The
 * reason of a refusal is put into e as ST_INPUT without place. */
enum status regex_open(struct regex **r, const char *pattern, size_t n, bool rust, struct err *e);
void regex_close(struct regex *r);
struct regex_scratch;
void regex_scratch_free(struct regex_scratch *s);
/* The first match that starts at from or later; *found is false if there is none.  It may be
 * empty; again: a match ended at from, and an empty one is not wanted there.  *s is made at the
 * first call.  *left (at first regex_steps of the text's bytes) counts down; what would take
 * more is ST_INPUT. */
enum status regex_find(const struct regex *r, struct regex_scratch **s, uint64_t *left, const char *text, size_t n,
    size_t from, bool again, bool *found, size_t *start, size_t *end, struct err *e);
uint64_t regex_steps(size_t n);

/* ---- well-known patterns by hand (scan.c) ---- */

/* Where the match at text[i] ends; every such pattern matches at every position. */
typedef size_t scan_fn(const char *text, size_t i, size_t n);
/* The scanner that does what pattern does, NULL if there is none. */
scan_fn *scan_known(const char *pattern, size_t n);
scan_fn scan_gpt2;

/* ---- added tokens (added.c) ---- */

struct added {
	const char *s;          /* arena */
	size_t n;
	int32_t id;
	bool single_word, lstrip, rstrip, normalized, special;
};

struct trie_node { int32_t value; uint32_t child, sibling; unsigned char c; };
struct trie {
	struct trie_node *node; /* owned; node[0] is not used */
	uint32_t n, cap;
	uint32_t root[256];
};
enum status trie_add(struct trie *t, const char *s, size_t n, int32_t value, struct err *e);
void trie_free(struct trie *t);

/* Cut the piece at its added tokens: fn for what is between, the token's id to the
 * output for the others. */
enum status added_split(struct run *r, const struct trie *t, const struct piece *w,
    enum status (*fn)(struct run *r, const struct piece *w));

/* ---- normalizers (norm*.c) ---- */

enum norm_type {
	NORM_NFC, NORM_NFD, NORM_NFKC, NORM_NFKD, NORM_LOWERCASE, NORM_STRIP, NORM_STRIP_ACCENTS,
	NORM_REPLACE, NORM_PREPEND, NORM_CHARSMAP, NORM_CLEAN, NORM_CHINESE, NORM_STRIP_MN, NORM_NMT,
	NORM_BYTES              /* the last one: the text's bytes stand for the byte alphabet */
};
struct charsmap;
struct norm {
	enum norm_type type;
	const char *a, *b;      /* REPLACE: pattern and content; PREPEND: a; arena */
	size_t an, bn;
	struct regex *re;       /* owned */
	struct charsmap *map;   /* owned */
	bool left, right;
};
/* *w becomes its normal form; the result lives in r's scratch until the next call. */
enum status norm_run(struct run *r, struct piece *w);
/* One of the four normal forms (normform.c). */
enum status norm_form(struct run *r, enum norm_type form, const struct piece *w, struct text *t);

enum status charsmap_open(struct charsmap **m, const char *base64, size_t n, struct err *e);
void charsmap_close(struct charsmap *m);
enum status charsmap_run(const struct charsmap *m, const struct piece *in, struct text *out,
    struct err *e);

/* ---- pre-tokenizers (pre*.c) ---- */

enum pre_type {
	PRE_BYTES, PRE_SPLIT, PRE_METASPACE, PRE_WHITESPACE, PRE_SPACE_SPLIT, PRE_PUNCTUATION,
	PRE_DIGITS, PRE_BERT, PRE_LITERAL
};
enum behavior { B_REMOVED, B_ISOLATED, B_PREVIOUS, B_NEXT, B_CONTIGUOUS };
enum scheme { SCHEME_ALWAYS, SCHEME_FIRST, SCHEME_NEVER };
struct pre {
	enum pre_type type;
	enum behavior behavior;
	enum scheme scheme;
	bool invert, use_regex, prefix_space, split;
	const char *a;          /* pattern or replacement; arena */
	size_t an;
	struct regex *re;       /* owned; NULL when scan does it */
	scan_fn *scan;
	bool hit[256];          /* what a step by class hits: ASCII, or bytes of the byte alphabet */
};
enum { STEPS_MAX = 32 };
/* Cut the piece into words by the steps from i on, each given to the model. */
enum status pre_run(struct run *r, size_t i, const struct piece *w);
/* Fill in the steps' tables when all of them are known; mapped: the text is the byte alphabet. */
void pre_tables(struct pre *p, size_t n, bool mapped);

/* ---- models ---- */

enum model_type { MODEL_BPE, MODEL_UNIGRAM, MODEL_WORDPIECE, MODEL_WORDLEVEL };

struct cell;
struct merge { uint32_t left, right, rank, id; };      /* id + 1; 0 is a free slot */

struct model {
	enum model_type type;
	struct vocab v;
	int32_t unk;            /* -1: none */
	bool fallback;          /* unknown bytes become <0xXX> tokens */
	bool fuse_unk, ignore_merges;
	int32_t byte_id[256];   /* of a raw byte, or of <0xXX>; -1: none */
	const char *prefix, *suffix;    /* continuing_subword_prefix, end_of_word_suffix; arena */
	size_t nprefix, nsuffix;
	/* BPE */
	bool by_rank;           /* .tiktoken: a pair merges if its bytes are a token, ranked by id */
	struct merge *merge;    /* owned hash table */
	uint32_t merge_mask, nmerge;
	bool words;             /* no merge crosses from another character into a U+2581 */
	/* Unigram */
	double *score;          /* owned, by id */
	double unk_score;
	struct cell *da;        /* owned double array of the vocabulary (unigram.c); WordPiece's too */
	uint32_t nda;
	/* WordPiece */
	size_t max_chars;
};

enum status bpe_piece(struct run *r, const struct piece *w);
enum status bpe_merges(struct model *m, const struct json *j, size_t merges, struct err *e);
enum status bpe_finish(struct model *m, struct err *e);
enum status unigram_finish(struct model *m, struct err *e);
/* The longest token that is before followed by the first bytes of p[0..n), at least one: their number, 0
 * if there is none. */
size_t unigram_longest(const struct model *m, const char *before, size_t nbefore, const char *p, size_t n, int32_t *id);
enum status unigram_piece(struct run *r, const struct piece *w);
enum status wordpiece_piece(struct run *r, const struct piece *w);
enum status wordlevel_piece(struct run *r, const struct piece *w);
enum status model_piece(struct run *r, const struct piece *w);

/* ---- decoders (decode.c) ---- */

enum dec_type {
	DEC_BYTES, DEC_REPLACE, DEC_FALLBACK, DEC_FUSE, DEC_STRIP, DEC_METASPACE, DEC_WORDPIECE,
	DEC_BPE
};
struct dec {
	enum dec_type type;
	const char *a, *b;      /* arena */
	size_t an, bn;
	size_t start, stop;
	bool flag;              /* METASPACE: the first mark is dropped; WORDPIECE: clean up */
};

/* ---- the tokenizer ---- */

struct tokenizer {
	struct arena arena;
	struct model model;
	struct added *added;    /* arena */
	size_t nadded;
	int32_t *added_at;      /* owned: index of the added token with an id, -1; vocab_size long */
	size_t nvocab;
	struct trie split, split_norm;
	struct norm norm[STEPS_MAX];
	size_t nnorm;
	struct pre pre[STEPS_MAX];
	size_t npre;
	struct dec dec[STEPS_MAX];
	size_t ndec;
	bool has_dec;
	int32_t *before, *after;        /* arena: ids that the post-processor puts around a text */
	size_t nbefore, nafter;
	int32_t bos;
	int32_t *eos;           /* arena */
	size_t neos;
	int32_t eos_set;        /* --eos; -1: none */
	size_t longest;         /* bytes of a text */
	char *dec_blob;         /* owned: what tok_bytes returns */
	size_t *dec_off;        /* owned: nvocab + 1 */
	char print[HASH_HEX];
};

/* Is the normal form written in the byte alphabet? */
static inline bool
norm_is_bytes(const struct tokenizer *t)
{
	return t->nnorm && t->norm[t->nnorm - 1].type == NORM_BYTES;
}

/* The ids of a vocabulary lie within twice its size and a million: a file must not
 * ask for more memory than its own length earns. */
enum { ID_SLACK = 1 << 20 };

/* Parse the parts of a tokenizer.json, the normalizer first; errors carry their place. */
enum status load_norm(struct tokenizer *t, const struct json *j, size_t node, struct err *e);
enum status load_pre(struct tokenizer *t, const struct json *j, size_t node, struct err *e);
enum status load_dec(struct tokenizer *t, const struct json *j, size_t node, struct err *e);
enum status load_post(struct tokenizer *t, const struct json *j, size_t node, struct err *e);
enum status load_model(struct tokenizer *t, const struct json *j, size_t node, struct err *e);
enum status load_added(struct tokenizer *t, const struct json *j, size_t node, struct err *e);
enum status load_tiktoken(struct tokenizer *t, const char *path, const char *text, size_t n,
    struct err *e);
/* A token's text and how it is found, without its id. */
enum status added_read(struct tokenizer *t, const struct json *j, size_t node, struct added *a, struct err *e);
/* Added tokens that only the files beside the tokenizer have (added_tokens_decoder,
 * added_tokens.json).  ST_INPUT: an id that the token cannot get. */
enum status load_declared(struct tokenizer *t, const char *dir, struct err *e);
/* nvocab and added_at from the model and the added tokens; ST_INPUT: an id twice. */
enum status added_index(struct tokenizer *t, struct err *e);
/* The tries of added tokens. */
enum status added_tries(struct tokenizer *t, struct err *e);
/* eos and bos from the files in a folder. */
enum status load_config(struct tokenizer *t, const char *dir, struct err *e);
enum status fingerprint(struct tokenizer *t, struct err *e);
enum status decode_tables(struct tokenizer *t, struct err *e);

/* member.c: the decoded bytes of a string (no NUL after them), borrowed; NULL: no string or no
 * memory. */
const char *get_text(const struct json *j, size_t node, size_t *n);
/* Readers of optional members: *v stays when absent or null. */
enum status get_bool(const struct json *j, size_t object, const char *key, bool *v, struct err *e);
/* The string, decoded and copied to the tokenizer's arena; absent: *s NULL. */
enum status get_str(struct tokenizer *t, const struct json *j, size_t object, const char *key,
    const char **s, size_t *n, struct err *e);

/* Words of few bytes with their tokens, remembered by hash. */
enum { CACHE_KEY = 32, CACHE_IDS = 6 };
struct cache_line {
	uint8_t nkey, nids;     /* nkey 0: free */
	uint8_t end[CACHE_IDS]; /* bytes of the word up to each token's end */
	int32_t id[CACHE_IDS];
	uint64_t key[4];
};
enum { CACHE_BITS = 15 };
/* scratch.c: an empty cache of t's words.  Memory is taken where they fall. */
enum status scratch_cache(struct tok_scratch *s, const struct tokenizer *t, struct err *e);

struct symbol { int32_t id; uint32_t len; uint32_t prev, next; };
struct heap_item { uint32_t rank, pos, left, right; int32_t id; };

struct tok_scratch {
	char print[HASH_HEX];   /* whose words the cache holds */
	struct cache_line *cache;       /* owned (mapped); NULL until there is text */
	struct text norm[2];
	struct text step[STEPS_MAX];
	struct symbol *sym;
	size_t nsym;
	struct heap_item *heap;
	size_t nheap;
	struct regex_scratch *re;
	uint64_t steps;         /* that regular expressions may still take in this text */
	void *path;             /* Unigram's best path */
	size_t npath;
	struct buf tmp;
	int32_t *cps;
	size_t ncps;
};

/* Whether id is in the model's vocabulary or an added token; ids between the two may be unused. */
static inline bool
has_id(const struct tokenizer *t, int32_t id)
{
	return id >= 0 && (size_t)id < t->nvocab && (t->added_at[id] >= 0 || (uint32_t)id < t->model.v.n);
}

#endif
