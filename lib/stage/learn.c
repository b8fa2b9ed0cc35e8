#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
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

static bool
needed(const struct learn *l, struct record *r, const char *name, enum objective_need need)
{
	return need == NEED_CRITIC ? l->critic : need == NEED_CONTROLLER ? l->kl :
	    need == NEED_IF_THERE ? record_has(r, name) : true;
}

/* What the objective reads beside the tokens of a side. */
static enum status
read_fields(struct learn *l, struct record *r, const char *field, struct ex_side *side, struct err *e)
{
	size_t n = side->n - side->prompt, i, k;

	for (k = 0; k < EX_FIELDS; k++) {
		const char *suffix = l->type->field[k].suffix, *name;

		if (!suffix)
			continue;
		if (!(name = record_companion(r, field, suffix)))
			return err_nomem(e);
		if (!needed(l, r, name, l->type->field[k].need))
			continue;
		if (ids_floats(r, field, suffix, n, &side->f[k], e))
			return e->code;
		for (i = 0; l->type->field[k].fits && i < n; i++)
			if (!l->type->field[k].fits((double)side->f[k][i]))
				return record_bad(r, name, e, "%s", l->type->field[k].wants);
	}
	return ST_OK;
}

/* What it reads of the whole record. */
static enum status
read_numbers(struct learn *l, struct record *r, struct example *x, struct err *e)
{
	for (size_t k = 0; k < EX_NUMS; k++) {
		const char *key = l->type->number[k].key;

		if (!key || !needed(l, r, key, l->type->number[k].need))
			continue;
		if (record_f64(r, key, &x->num[k], e))
			return e->code;
		x->has |= 1u << k;
	}
	return ST_OK;
}

static enum status
read_pair(struct learn *l, struct record *r, struct example *x, struct err *e)
{
	const char *const name[2] = { l->worse, l->better };
	size_t i;

	x->nside = 2;
	for (i = 0; i < 2; i++)
		if (read_side(l, r, name[i], &x->side[i], e) || read_fields(l, r, name[i], &x->side[i], e))
			return e->code;
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
	double t = 1;

	if (record_has(r, "temperature") && record_f64(r, "temperature", &t, e))
		return e->code;
	if (!(t > 0))
		return record_bad(r, "temperature", e, "expected a number above 0");
	x->invtemp = (float)(1 / t);
	return read_policy(l, r, e);
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

	if (grow(&l->stream, &l->cap, need, sizeof(*l->stream), e))
		return e->code;
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
	if (l->type->pair)
		st = read_pair(l, r, &x, e);
	else if (!(st = read_side(l, r, l->field, &x.side[0], e)) &&
	    (!l->type->sampled || !(st = read_sample(l, r, &x, e))))
		st = read_fields(l, r, l->field, &x.side[0], e);
	if (!st)
		st = read_numbers(l, r, &x, e);
	if (l->prompts)
		x.side[0].prompt = 1;
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
read_beside(const struct learn *l, const struct stream *in, const char *path, const struct objective_type *type,
    struct spool **s, struct err *e)
{
	struct learn other = *l;
	enum status st;

	other.type = type;
	other.stream = NULL;
	other.nstream = other.cap = 0;
	other.bytes = (struct buf)BUF_INIT;
	st = read_all(&other, in, 0, path, s, e);
	other.ids = NULL;
	learn_free(&other);
	return st;
}

enum status
learn_open(struct learn *l, const char *model, size_t max_length, struct err *e)
{
	if (ids_open(&l->ids, model, max_length, 1, e))
		return e->code;
	if (!max_length && l->pack > ids_longest(l->ids))
		return err_set(e, ST_USAGE, "--pack %zu: %s has %zu positions", l->pack, model,
		    ids_longest(l->ids));
	return ST_OK;
}

enum status
learn_read(struct learn *l, const struct stream *in, uint64_t expect, const char *eval, const char *norm,
    struct learn_set *s, struct err *e)
{
	enum status st;

	*s = (struct learn_set){ .train = NULL };
	if ((st = read_all(l, in, expect, NULL, &s->train, e)) ||
	    (eval && (st = read_beside(l, in, eval, l->type, &s->eval, e))))
		return st;
	return norm ? read_beside(l, in, norm, objective_find("sft", NULL), &s->norm, e) : ST_OK;
}

enum status
learn_share(struct learn *l, struct learn_set *s, struct comm *c, struct err *e)
{
	/* rank 0's input, a pipe perhaps, may take hours */
	c->patient = true;
	comm_agree(c, e);
	c->patient = false;
	if (e->code || comm_bcast(c, 0, l->policy, sizeof(l->policy), e) || comm_spool(c, &s->train, e) ||
	    comm_spool(c, &s->eval, e))
		return e->code;
	return comm_spool(c, &s->norm, e);
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
