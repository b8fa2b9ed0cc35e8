#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stage/learn.h"

/* One field as a side: ids of the model's own tokenizer. */
static enum status
read_side(struct learn *l, struct record *r, const char *field, struct ex_side *side, struct err *e)
{
	struct ids_seq s;

	if (ids_read(l->ids, r, field, 0, &s, e))
		return e->code;
	if (s.foreign)
		return record_bad(r, "tokenizer", e, "the ids are another tokenizer's; the model's is %s",
		    tok_fingerprint(ids_tokenizer(l->ids)));
	*side = (struct ex_side){ .id = s.id, .n = s.n, .prompt = s.prompt };
	return ST_OK;
}

static enum status
floats(struct record *r, const char *field, const char *suffix, struct ex_side *side, enum ex_field to,
    struct err *e)
{
	return ids_floats(r, field, suffix, side->n - side->prompt, &side->f[to], e);
}

static enum status
labels(struct record *r, const char *field, struct ex_side *side, struct err *e)
{
	size_t n = side->n - side->prompt, i;

	if (floats(r, field, "label", side, EX_LABEL, e))
		return e->code;
	for (i = 0; i < n; i++)
		if (side->f[EX_LABEL][i] != 0 && side->f[EX_LABEL][i] != 1 && side->f[EX_LABEL][i] != -1)
			return record_bad(r, record_companion(r, field, "label"), e,
			    "a label is -1, 0 or 1");
	return ST_OK;
}

static enum status
number(struct record *r, const char *key, struct example *x, enum ex_num to, struct err *e)
{
	if (record_f64(r, key, &x->num[to], e))
		return e->code;
	x->has |= 1u << to;
	return ST_OK;
}

static enum status
read_pair(struct learn *l, struct record *r, struct example *x, struct err *e)
{
	const char *const name[2] = { l->worse, l->better };
	size_t i;

	x->nside = 2;
	for (i = 0; i < 2; i++) {
		if (read_side(l, r, name[i], &x->side[i], e))
			return e->code;
		if (l->labels && labels(r, name[i], &x->side[i], e))
			return e->code;
		if (l->kind == OBJ_DPO && floats(r, name[i], "ref_logprob", &x->side[i], EX_OLD, e))
			return e->code;
	}
	if (l->kind == OBJ_REWARD && record_has(r, "margin"))
		return number(r, "margin", x, EX_MARGIN, e);
	return ST_OK;
}

/* Every record must come from one policy. */
static enum status
read_policy(struct learn *l, struct record *r, struct err *e)
{
	const char *s;
	size_t n;

	if (!record_has(r, "policy"))
		return ST_OK;
	if (record_str(r, "policy", &s, &n, e))
		return e->code;
	if (n != HASH_HEX - 1 || (l->policy[0] && strcmp(l->policy, s)))
		return record_bad(r, "policy", e, l->policy[0] ? "another policy than that of the records "
		    "before" : "expected 32 hexadecimal digits");
	strcpy(l->policy, s);
	return ST_OK;
}

static enum status
read_sample(struct learn *l, struct record *r, struct example *x, struct err *e)
{
	struct ex_side *s = &x->side[0];
	const char *f = l->field;
	double t = 1;

	if (record_has(r, "temperature") && record_f64(r, "temperature", &t, e))
		return e->code;
	if (!(t > 0))
		return record_bad(r, "temperature", e, "expected a number above 0");
	x->invtemp = (float)(1 / t);
	if (read_policy(l, r, e) || floats(r, f, "logprob", s, EX_OLD, e) ||
	    floats(r, f, "advantage", s, EX_ADVANTAGE, e))
		return e->code;
	if (l->critic && (floats(r, f, "value", s, EX_VALUE, e) || floats(r, f, "return", s, EX_RETURN, e)))
		return e->code;
	if (l->kl && (floats(r, f, "kl", s, EX_KL, e) || number(r, "beta", x, EX_BETA, e)))
		return e->code;
	return ST_OK;
}

static enum status
put(struct learn *l, const struct example *x, struct spool *s, struct err *e)
{
	buf_clear(&l->bytes);
	example_pack(x, &l->bytes);
	return buf_ok(&l->bytes) ? spool_add(s, l->bytes.p, l->bytes.n, e) : err_nomem(e);
}

/* ---- documents end to end ---- */

static enum status
put_stream(struct learn *l, const int32_t *id, size_t n, struct spool *s, struct err *e)
{
	char name[40];
	struct example x = { .name = name, .invtemp = 1, .nside = 1,
		.side = { { .id = id, .n = n, .prompt = 1 } } };

	snprintf(name, sizeof(name), "packed %zu", spool_count(s) + 1);
	return put(l, &x, s, e);
}

static enum status
stream(struct learn *l, const struct ex_side *side, struct spool *s, struct err *e)
{
	size_t need = l->nstream + side->n, at = 0;
	int32_t *grown;

	if (need > l->cap) {
		if (!(grown = realloc(l->stream, 2 * need * sizeof(*grown))))
			return err_nomem(e);
		l->stream = grown;
		l->cap = 2 * need;
	}
	memcpy(l->stream + l->nstream, side->id, side->n * sizeof(*l->stream));
	l->nstream = need;
	for (; l->nstream - at >= l->pack; at += l->pack)
		if (put_stream(l, l->stream + at, l->pack, s, e))
			return e->code;
	memmove(l->stream, l->stream + at, (l->nstream - at) * sizeof(*l->stream));
	l->nstream -= at;
	return ST_OK;
}

enum status
learn_end(struct learn *l, struct spool *s, struct err *e)
{
	size_t n = l->nstream;

	l->nstream = 0;
	return n > 1 ? put_stream(l, l->stream, n, s, e) : ST_OK;
}

void
learn_free(struct learn *l)
{
	free(l->stream);
	buf_free(&l->bytes);
	ids_close(l->ids);
}

enum status
learn_record(struct learn *l, struct record *r, struct spool *s, struct err *e)
{
	struct example x = { .invtemp = 1, .nside = 1 };
	struct hash128 key;
	enum status st;

	if ((st = record_id(r, &x.name, &key, e)))
		return st;
	if (l->kind == OBJ_REWARD || l->kind == OBJ_DPO) {
		st = read_pair(l, r, &x, e);
	} else if (!(st = read_side(l, r, l->field, &x.side[0], e))) {
		if (l->kind == OBJ_PPO)
			st = read_sample(l, r, &x, e);
		else if (l->prompts)
			x.side[0].prompt = 1;
	}
	if (st)
		return st;
	return l->pack ? stream(l, &x.side[0], s, e) : put(l, &x, s, e);
}

struct into { struct learn *l; struct spool *s; };

static enum status
learn_one(struct record *r, void *ctx, struct err *e)
{
	struct into *b = ctx;

	return learn_record(b->l, r, b->s, e);
}

/* The records of in, or of file path, into a new spool. */
static enum status
read_all(struct learn *l, const struct stream *in, uint64_t expect, const char *path, struct spool **s, struct err *e)
{
	struct into b = { l, NULL };
	struct record *r;
	enum status st;

	if (spool_new(s, NULL, e) || record_new(&r, e))
		return e->code;
	b.s = *s;
	st = path ? in->beside(in->ctx, path, r, learn_one, &b, e) : stream_each(in, r, expect, learn_one, &b, e);
	record_free(r);
	return st ? st : learn_end(l, *s, e) ? e->code : spool_end(*s, e);
}

/* The same with a packer of its own. */
static enum status
read_beside(const struct learn *l, const struct stream *in, const char *path, enum objective_kind kind,
    struct spool **s, struct err *e)
{
	struct learn other = *l;
	enum status st;

	other.kind = kind;
	other.stream = NULL;
	other.nstream = other.cap = 0;
	other.bytes = (struct buf)BUF_INIT;
	st = read_all(&other, in, 0, path, s, e);
	other.ids = NULL;
	learn_free(&other);
	return st;
}

enum status
learn_read(struct learn *l, const struct stream *in, uint64_t expect, const char *eval, const char *norm,
    struct learn_set *s, struct err *e)
{
	enum status st;

	*s = (struct learn_set){ .train = NULL };
	if ((st = read_all(l, in, expect, NULL, &s->train, e)) ||
	    (eval && (st = read_beside(l, in, eval, l->kind, &s->eval, e))))
		return st;
	return norm ? read_beside(l, in, norm, OBJ_SFT, &s->norm, e) : ST_OK;
}

void
learn_set_free(struct learn_set *s)
{
	spool_free(s->train);
	spool_free(s->eval);
	spool_free(s->norm);
}

enum status
learn_digest(const struct learn_set *s, struct buf *options, char out[HASH_HEX], struct err *e)
{
	const struct spool *const all[] = { s->train, s->eval, s->norm };
	char hex[HASH_HEX];
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		buf_addf(options, "%s\n", all[i] ? hash_hex(spool_digest(all[i]), hex) : "-");
	if (!buf_ok(options))
		return err_nomem(e);
	hash_hex(hash128(options->p, options->n), out);
	return ST_OK;
}
