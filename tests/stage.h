/* For tests of lib/stage: records in memory as a stream, and a model's folder with a tokenizer. */
#ifndef TESTS_STAGE_H
#define TESTS_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/folder.h"
#include "model/make.h"
#include "stage/stream.h"

/* Lines in, lines out. */
struct list {
	const char *in, *beside;        /* what is left to be read; records of any other file */
	struct buf out, bad;
	bool keep;                      /* as with --bad: reject puts aside */
	bool waits;                     /* as an input that has nothing to read yet */
	uint64_t line;
};

static inline enum status
list_read(const char **from, struct record *r, const char *file, uint64_t line, struct err *e)
{
	const char *s = *from;
	size_t n = s ? strcspn(s, "\n") : 0;

	if (!n)
		return ST_EOF;
	*from = s[n] ? s + n + 1 : s + n;
	return record_parse(r, s, n, file, line, e);
}

static inline enum status
list_next(void *ctx, struct record *r, struct err *e)
{
	struct list *l = ctx;

	return list_read(&l->in, r, "in", ++l->line, e);
}

static inline bool
list_ready(void *ctx)
{
	return !((struct list *)ctx)->waits;
}

static inline enum status
list_reject(void *ctx, struct record *r, struct err *e)
{
	struct list *l = ctx;
	struct err none = { 0 };

	(void)r;
	if (!l->keep || e->code != ST_INPUT)
		return e->code;
	buf_addf(&l->bad, "%s\n", e->msg);
	*e = none;
	return ST_OK;
}

static inline enum status
list_beside(void *ctx, const char *path, struct record *r, stream_fn *fn, void *arg, struct err *e)
{
	struct list *l = ctx;
	const char *from = l->beside;
	enum status st;
	uint64_t line = 0;

	while (!(st = list_read(&from, r, path, ++line, e))) {
		if ((st = fn(r, arg, e)) == ST_INPUT)
			st = list_reject(l, r, e);
		if (st)
			return st;
	}
	return st == ST_EOF ? ST_OK : st;
}

static inline enum status
list_put(void *ctx, const struct record *r, struct err *e)
{
	return record_print(r, &((struct list *)ctx)->out, e);
}

static inline struct stream
list_stream(struct list *l)
{
	return (struct stream){ l, list_next, list_ready, list_beside, list_reject, list_put };
}

/* b's text, and b is emptied; valid until the next change of b */
static inline const char *
take(struct buf *b)
{
	buf_addc(b, 0);
	assert_true(buf_ok(b));
	b->n = 0;
	return b->p;
}

static inline void
list_free(struct list *l)
{
	buf_free(&l->out);
	buf_free(&l->bad);
}

static inline struct record *
record_of(const char *line)
{
	struct record *r;
	struct err e = { 0 };

	assert_int_equal(record_new(&r, &e), ST_OK);
	assert_int_equal(record_parse(r, line, strlen(line), "in", 1, &e), ST_OK);
	return r;
}

static inline void
write_text(const char *dir, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* A model with this head in dir (a name for mkdtemp), whose tokens are letters: <s> 0, </s> 1, a 2, b 3, c 4,
 * d 5, space 6. */
static inline void
letters(struct tc *tc, enum model_head head, char *dir)
{
	const struct model_config c = { .arch = &arch_llama, .head = head, .dtype = DT_F32, .vocab = 7, .dim = 8, .layers = 1,
		.heads = 2, .kv_heads = 2, .head_dim = 4, .ffn = 8, .max_pos = 16, .norm_eps = 1e-5f, .init_range = 0.3f,
		.rope_theta = 1e4, .bos = 0, .eos = { 1 }, .neos = 1, .pad = -1, .reward_sd = 1 };
	struct err e = { 0 };

	assert_non_null(mkdtemp(dir));
	assert_int_equal(make_new(tc, &c, 5, dir, &e), ST_OK);
	write_text(dir, "tokenizer.json",
	    "{\"version\":\"1.0\",\"added_tokens\":[{\"id\":0,\"content\":\"<s>\",\"special\":true},"
	    "{\"id\":1,\"content\":\"</s>\",\"special\":true}],\"normalizer\":null,"
	    "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":false},"
	    "\"post_processor\":null,\"decoder\":{\"type\":\"ByteLevel\"},"
	    "\"model\":{\"type\":\"BPE\",\"vocab\":{\"<s>\":0,\"</s>\":1,\"a\":2,\"b\":3,\"c\":4,\"d\":5,\"\304\240\":6},\"merges\":[]}}");
	write_text(dir, "generation_config.json", "{\"bos_token_id\":0,\"eos_token_id\":1}");
}

static inline void
remove_folder(const char *dir)
{
	struct err e = { 0 };

	assert_int_equal(folder_remove(dir, &e), ST_OK);
}

#endif
