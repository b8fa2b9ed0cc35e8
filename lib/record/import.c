#include <stdlib.h>
#include <string.h>

#include "json/json.h"
#include "record/import.h"

/* A row that waits for its partner. */
struct row_kept { char *line, *key; size_t n; bool gone; };

struct import {
	struct import_opt opt;
	enum status (*emit)(struct record *, void *, struct err *);
	void *ctx;
	struct record *out, *other;
	struct buf text, a, b;
	struct row_kept *row;
	size_t nrow, cap, left;
	uint32_t *slot;
	size_t nslot;
	bool guessed;
};

static const char turn_user[] = "\n\nHuman:", turn_assistant[] = "\n\nAssistant:";

enum status
import_new(struct import **out, const struct import_opt *opt,
    enum status (*emit)(struct record *, void *, struct err *), void *ctx, struct err *e)
{
	struct import *im = calloc(1, sizeof(*im));

	if (!(*out = im))
		return err_nomem(e);
	im->opt = *opt;
	im->emit = emit;
	im->ctx = ctx;
	im->nslot = 1024;
	if (!(im->slot = calloc(im->nslot, sizeof(*im->slot))))
		err_nomem(e);
	else if (!record_new(&im->out, e))
		record_new(&im->other, e);
	if (!im->other) {
		import_free(im);
		*out = NULL;
		return e->code;
	}
	return ST_OK;
}

void
import_free(struct import *im)
{
	size_t i;

	if (!im)
		return;
	for (i = 0; i < im->nrow; i++) {
		free(im->row[i].line);
		free(im->row[i].key);
	}
	free(im->row);
	free(im->slot);
	if (im->out)
		record_free(im->out);
	if (im->other)
		record_free(im->other);
	buf_free(&im->text);
	buf_free(&im->a);
	buf_free(&im->b);
	free(im);
}

static bool
blank(const char *s, size_t n)
{
	while (n && strchr(" \t\r\n", *s) && *s)
		s++, n--;
	return !n;
}

static void
trim(const char **s, size_t *n)
{
	while (*n && **s && strchr(" \t\r\n", **s))
		++*s, --*n;
	while (*n && (*s)[*n - 1] && strchr(" \t\r\n", (*s)[*n - 1]))
		--*n;
}

static bool
named(const char *key, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (list[i] && !strcmp(list[i], key))
			return true;
	return false;
}

/* Add what a converted record keeps of its source, give it an id, hand it on. */
static enum status
finish(struct import *im, struct record *in, const char *const *used, size_t nused,
    struct err *e)
{
	const char *key, *raw, *id;
	struct hash128 h;
	size_t i, n;

	for (i = 0; record_member(in, i, &key, &raw, &n); i++)
		if (!named(key, used, nused) && !record_has(im->out, key) &&
		    record_set_raw(im->out, key, raw, n, e))
			return e->code;
	if (record_id(im->out, &id, &h, e))
		return e->code;
	return im->emit(im->out, im->ctx, e);
}

static enum status
start(struct import *im, const char *prompt, size_t n, struct err *e)
{
	return record_parse(im->out, "{}", 2, NULL, 0, e) ? e->code :
	    record_set_str(im->out, "prompt", prompt, n, e);
}

/* Set an answer; a template may want something in front of it. */
static enum status
answer(struct import *im, const char *key, const char *s, size_t n,
    const struct chat_template *t, struct err *e)
{
	if (t) {
		trim(&s, &n);
		buf_clear(&im->a);
		buf_adds(&im->a, t->reply);
		buf_add(&im->a, s, n);
		if (!buf_ok(&im->a))
			return err_nomem(e);
		s = im->a.p;
		n = im->a.n;
	}
	return record_set_str(im->out, key, s, n, e);
}

static enum status
get_answer(struct record *in, const char *key, const char **s, size_t *n, struct err *e)
{
	if (record_str(in, key, s, n, e))
		return e->code;
	return blank(*s, *n) ? record_bad(in, key, e, "empty") : ST_OK;
}

/* Behind the last "\n\nAssistant:"; NULL if there is none. */
static const char *
behind_prompt(const char *s, size_t n)
{
	size_t k = sizeof(turn_assistant) - 1;

	while (n >= k) {
		if (!memcmp(s + n - k, turn_assistant, k))
			return s + n;
		n--;
	}
	return NULL;
}

/* A dialogue "\n\nHuman: ...\n\nAssistant:" by a template, into im->text. */
static enum status
dialogue(struct import *im, struct record *in, const char *s, size_t n, struct err *e)
{
	struct chat_turn *turn = NULL;
	size_t nturn = 0, cap = n / (sizeof(turn_user) - 1) + 1;
	const char *end = s + n, *u, *v, *p = s;
	enum chat_role role;

	if (!(turn = arena_array(record_arena(in), cap, sizeof(*turn))))
		return err_nomem(e);
	for (;;) {
		u = memmem(p, (size_t)(end - p), turn_user, sizeof(turn_user) - 1);
		v = memmem(p, (size_t)(end - p), turn_assistant, sizeof(turn_assistant) - 1);
		if (nturn) {
			turn[nturn - 1].text = p;
			turn[nturn - 1].n = (size_t)((u && (!v || u < v) ? u : v ? v : end) - p);
			trim(&turn[nturn - 1].text, &turn[nturn - 1].n);
		} else if ((u && (!v || u < v) ? u : v) != s) {
			return record_bad(in, "chosen", e, "text in front of the first turn");
		}
		if (!u && !v)
			break;
		role = u && (!v || u < v) ? CHAT_USER : CHAT_ASSISTANT;
		p = role == CHAT_USER ? u + sizeof(turn_user) - 1 : v + sizeof(turn_assistant) - 1;
		turn[nturn++].role = role;
	}
	buf_clear(&im->text);
	/* the last turn is the answer's */
	chat_prompt(im->opt.chat, turn, nturn - 1, false, &im->text);
	return buf_ok(&im->text) ? ST_OK : err_nomem(e);
}

static enum status
from_hh(struct import *im, struct record *in, struct err *e)
{
	static const char *const used[] = { "chosen", "rejected" };
	const char *c, *r, *x, *y;
	size_t nc, nr, np;

	if (record_str(in, "chosen", &c, &nc, e) || record_str(in, "rejected", &r, &nr, e))
		return e->code;
	if (!(x = behind_prompt(c, nc)))
		return record_bad(in, "chosen", e, "no \"\\n\\nAssistant:\"");
	if (!(y = behind_prompt(r, nr)))
		return record_bad(in, "rejected", e, "no \"\\n\\nAssistant:\"");
	np = (size_t)(x - c);
	if (np != (size_t)(y - r) || memcmp(c, r, np))
		return record_bad(in, "rejected", e, "its prompt differs from chosen's");
	if (blank(x, nc - np))
		return record_bad(in, "chosen", e, "empty");
	if (blank(y, nr - np))
		return record_bad(in, "rejected", e, "empty");
	if (im->opt.chat && dialogue(im, in, c, np, e))
		return e->code;
	if (start(im, im->opt.chat ? im->text.p : c, im->opt.chat ? im->text.n : np, e) ||
	    answer(im, "rejected", y, nr - np, im->opt.chat, e) ||
	    answer(im, "chosen", x, nc - np, im->opt.chat, e))
		return e->code;
	return finish(im, in, used, 2, e);
}

/* The messages of key: all of them as turns. */
static enum status
messages(struct record *in, const char *key, struct chat_turn **turn, size_t *n, struct err *e)
{
	struct json j;
	const char *raw, *role;
	size_t len, m, k;

	*n = 0;
	if (!record_raw(in, key, &raw, &len))
		return record_bad(in, key, e, "absent");
	if (json_parse(&j, raw, len, record_arena(in), e))
		return e->code;
	if (json_type(&j, 0) != JSON_ARRAY || !j.node[0].count)
		return record_bad(in, key, e, "expected messages");
	if (!(*turn = arena_array(record_arena(in), j.node[0].count, sizeof(**turn))))
		return err_nomem(e);
	for (m = json_first(&j, 0); m; m = json_next(&j, 0, m), ++*n) {
		if (json_type(&j, m) != JSON_OBJECT || !(k = json_get(&j, m, "role")) ||
		    !(role = json_str(&j, k, &len)) || !chat_role(role, &(*turn)[*n].role))
			return record_bad(in, key, e,
			    "message %zu: expected role system, user or assistant", *n + 1);
		if (!(k = json_get(&j, m, "content")) ||
		    !((*turn)[*n].text = json_str(&j, k, &(*turn)[*n].n)))
			return record_bad(in, key, e, "message %zu: expected content", *n + 1);
	}
	return ST_OK;
}

static bool
is_array(const struct record *in, const char *key)
{
	const char *raw;
	size_t n;

	return record_raw(in, key, &raw, &n) && n && *raw == '[';
}

static enum status
trl_messages(struct import *im, struct record *in, struct err *e)
{
	static const char *const used[] = { "prompt", "chosen", "rejected" };
	const struct chat_template *t = im->opt.chat ? im->opt.chat : chat_template("chatml");
	struct chat_turn *p, *c, *r;
	size_t np = 0, nc, nr, i;

	if (messages(in, "chosen", &c, &nc, e) || messages(in, "rejected", &r, &nr, e))
		return e->code;
	if (record_has(in, "prompt")) {
		if (messages(in, "prompt", &p, &np, e))
			return e->code;
		if (nc != 1 || nr != 1)
			return record_bad(in, "chosen", e, "expected one message behind the prompt");
	} else {
		p = c;
		np = nc - 1;
		if (!np || nr != nc)
			return record_bad(in, "rejected", e, "its prompt differs from chosen's");
		for (i = 0; i < np; i++)
			if (c[i].role != r[i].role || c[i].n != r[i].n ||
			    memcmp(c[i].text, r[i].text, c[i].n))
				return record_bad(in, "rejected", e,
				    "its prompt differs from chosen's");
	}
	c += nc - 1;
	r += nr - 1;
	if (c->role != CHAT_ASSISTANT || blank(c->text, c->n))
		return record_bad(in, "chosen", e, "no answer");
	if (r->role != CHAT_ASSISTANT || blank(r->text, r->n))
		return record_bad(in, "rejected", e, "no answer");
	buf_clear(&im->text);
	chat_prompt(t, p, np, false, &im->text);
	if (!buf_ok(&im->text))
		return err_nomem(e);
	if (start(im, im->text.p, im->text.n, e) ||
	    answer(im, "rejected", r->text, r->n, t, e) ||
	    answer(im, "chosen", c->text, c->n, t, e))
		return e->code;
	return finish(im, in, used, 3, e);
}

/* A prompt of one user turn (and an input), by t, into im->text. */
static enum status
single(struct import *im, const struct chat_template *t, const char *s, size_t n,
    const char *input, size_t ninput, struct err *e)
{
	struct chat_turn turn = { CHAT_USER, s, n };

	if (ninput) {
		buf_clear(&im->b);
		buf_add(&im->b, s, n);
		buf_adds(&im->b, t->input);
		buf_add(&im->b, input, ninput);
		turn.text = im->b.p;
		turn.n = im->b.n;
	}
	buf_clear(&im->text);
	if (buf_ok(&im->b))
		chat_prompt(t, &turn, 1, ninput > 0, &im->text);
	return buf_ok(&im->b) && buf_ok(&im->text) ? ST_OK : err_nomem(e);
}

static enum status
from_trl(struct import *im, struct record *in, struct err *e)
{
	static const char *const used[] = { "prompt", "chosen", "rejected" };
	const char *p, *c, *r;
	size_t np, nc, nr;

	if (is_array(in, "chosen"))
		return trl_messages(im, in, e);
	if (record_str(in, "prompt", &p, &np, e) || get_answer(in, "chosen", &c, &nc, e) ||
	    get_answer(in, "rejected", &r, &nr, e))
		return e->code;
	if (im->opt.chat && single(im, im->opt.chat, p, np, NULL, 0, e))
		return e->code;
	if (start(im, im->opt.chat ? im->text.p : p, im->opt.chat ? im->text.n : np, e) ||
	    answer(im, "rejected", r, nr, im->opt.chat, e) ||
	    answer(im, "chosen", c, nc, im->opt.chat, e))
		return e->code;
	return finish(im, in, used, 3, e);
}

/* instruction and input, into im->text by the template in force, which is returned in t */
static enum status
instruction(struct import *im, struct record *in, const struct chat_template **t, struct err *e)
{
	const char *s, *input = "";
	size_t n, ninput = 0;

	*t = im->opt.chat ? im->opt.chat : chat_template("alpaca");
	if (record_str(in, "instruction", &s, &n, e) ||
	    (record_has(in, "input") && record_str(in, "input", &input, &ninput, e)))
		return e->code;
	return single(im, *t, s, n, input, ninput, e);
}

static enum status
from_alpacafarm(struct import *im, struct record *in, struct err *e)
{
	static const char *const used[] = { "instruction", "input", "output_1", "output_2",
	    "preference", "prompt", "chosen", "rejected" };
	const struct chat_template *t;
	const char *s[2];
	size_t n[2];
	int64_t best;

	if (get_answer(in, "output_1", &s[0], &n[0], e) ||
	    get_answer(in, "output_2", &s[1], &n[1], e) ||
	    record_i64(in, "preference", 1, 2, &best, e) || instruction(im, in, &t, e) ||
	    start(im, im->text.p, im->text.n, e) ||
	    answer(im, "rejected", s[2 - best], n[2 - best], t, e) ||
	    answer(im, "chosen", s[best - 1], n[best - 1], t, e))
		return e->code;
	return finish(im, in, used, sizeof(used) / sizeof(*used), e);
}

static enum status
from_alpaca(struct import *im, struct record *in, struct err *e)
{
	static const char *const used[] = { "instruction", "input", "output", "prompt", "response" };
	const struct chat_template *t;
	const char *s;
	size_t n;

	if (get_answer(in, "output", &s, &n, e) || instruction(im, in, &t, e) ||
	    start(im, im->text.p, im->text.n, e) || answer(im, "response", s, n, t, e))
		return e->code;
	return finish(im, in, used, sizeof(used) / sizeof(*used), e);
}

static enum status
from_qa_feedback(struct import *im, struct record *in, struct err *e)
{
	static const char *const used[] = { "question", "prediction 1", "prompt", "chosen",
	    "rejected" };
	const struct chat_template *t = im->opt.chat ? im->opt.chat : chat_template("plain");
	const char *q, *r, *c, *raw;
	size_t nq, nr, nc, n, k;
	struct json j;

	if (record_str(in, "question", &q, &nq, e) ||
	    get_answer(in, "prediction 1", &r, &nr, e))
		return e->code;
	if (!record_raw(in, "feedback", &raw, &n))
		return record_bad(in, "feedback", e, "absent");
	if (json_parse(&j, raw, n, record_arena(in), e))
		return e->code;
	if (json_type(&j, 0) != JSON_OBJECT || !(k = json_get(&j, 0, "corrected-prediction")) ||
	    !(c = json_str(&j, k, &nc)))
		return record_bad(in, "feedback", e, "no corrected-prediction");
	if (blank(c, nc))
		return record_bad(in, "feedback", e, "corrected-prediction: empty");
	/* rejected stays as it is: the error spans count its characters */
	if (single(im, t, q, nq, NULL, 0, e) || start(im, im->text.p, im->text.n, e) ||
	    record_set_str(im->out, "rejected", r, nr, e) ||
	    record_set_str(im->out, "chosen", c, nc, e))
		return e->code;
	return finish(im, in, used, sizeof(used) / sizeof(*used), e);
}

/* The headers of ParaDetox and CAD are known. */
static void
guess(struct import *im, const struct record *in)
{
	static const char *const rewrites[] = { "neutral1", "neutral2", "neutral3" };
	struct import_opt *o = &im->opt;

	im->guessed = true;
	if (o->rejected || o->by)
		return;
	if (record_has(in, "toxic") && record_has(in, "neutral1")) {
		o->rejected = "toxic";
		if (!o->nchosen) {
			o->chosen = rewrites;
			o->nchosen = 3;
		}
	} else if (record_has(in, "batch_id") && record_has(in, "Sentiment")) {
		o->by = "batch_id";
		o->label = o->label ? o->label : "Sentiment";
		o->chosen_is = o->chosen_is ? o->chosen_is : "Positive";
		o->text = o->text ? o->text : "Text";
	}
}

static enum status
pair_prompt(struct import *im, struct record *in, struct err *e)
{
	const struct chat_template *t = im->opt.chat ? im->opt.chat : chat_template("plain");
	const char *s;
	size_t n;

	buf_clear(&im->text);
	buf_reserve(&im->text, 1);
	if (!im->opt.prompt)
		return buf_ok(&im->text) ? ST_OK : err_nomem(e);
	return record_str(in, im->opt.prompt, &s, &n, e) ? e->code :
	    single(im, t, s, n, NULL, 0, e);
}

static enum status
pairs_wide(struct import *im, struct record *in, struct err *e)
{
	const struct import_opt *o = &im->opt;
	const struct chat_template *t = o->prompt ? o->chat : NULL;
	const char **used, *r, *c;
	size_t i, nr, nc, made = 0;

	if (!(used = arena_array(record_arena(in), o->nchosen + 5, sizeof(*used))))
		return err_nomem(e);
	for (i = 0; i < o->nchosen; i++)
		used[i] = o->chosen[i];
	used[i++] = o->rejected;
	used[i++] = o->prompt;
	used[i++] = "prompt";
	used[i++] = "chosen";
	used[i] = "rejected";
	if (get_answer(in, o->rejected, &r, &nr, e) || pair_prompt(im, in, e))
		return e->code;
	for (i = 0; i < o->nchosen; i++) {
		if (!record_has(in, o->chosen[i]))
			continue;
		if (record_str(in, o->chosen[i], &c, &nc, e))
			return e->code;
		if (blank(c, nc))
			continue;
		if (start(im, im->text.p, im->text.n, e) ||
		    answer(im, "rejected", r, nr, t, e) || answer(im, "chosen", c, nc, t, e) ||
		    finish(im, in, used, o->nchosen + 5, e))
			return e->code;
		made++;
	}
	return made ? ST_OK : record_bad(in, o->chosen[0], e, "no rewrite");
}

static uint32_t *
find_row(struct import *im, const char *key)
{
	size_t i = hash64(key, strlen(key), 0) & (im->nslot - 1);

	for (; im->slot[i]; i = (i + 1) & (im->nslot - 1))
		if (!strcmp(im->row[im->slot[i] - 1].key, key))
			break;
	return &im->slot[i];
}

/* Keep in until a row with the same key comes. */
static enum status
keep_row(struct import *im, struct record *in, const char *key, struct err *e)
{
	struct buf b = BUF_INIT;
	struct row_kept *row;
	uint32_t *slot, *s;
	size_t i, cap;

	if (im->nrow == im->cap) {
		cap = im->cap ? 2 * im->cap : 256;
		if (!(row = realloc(im->row, cap * sizeof(*row))))
			return err_nomem(e);
		im->row = row;
		im->cap = cap;
	}
	if (2 * im->nrow >= im->nslot) {
		if (!(slot = calloc(4 * im->nslot, sizeof(*slot))))
			return err_nomem(e);
		free(im->slot);
		im->slot = slot;
		im->nslot *= 4;
		for (i = 0; i < im->nrow; i++)
			*find_row(im, im->row[i].key) = (uint32_t)(i + 1);
	}
	if (record_print(in, &b, e)) {
		buf_free(&b);
		return e->code;
	}
	s = find_row(im, key);
	row = *s ? &im->row[*s - 1] : &im->row[im->nrow];
	if (!*s) {
		*row = (struct row_kept){ .key = strdup(key) };
		if (!row->key) {
			buf_free(&b);
			return err_nomem(e);
		}
		*s = (uint32_t)++im->nrow;
	}
	row->line = b.p;
	row->n = b.n - 1;
	row->gone = false;
	return ST_OK;
}

static enum status
pairs_long(struct import *im, struct record *in, struct err *e)
{
	const struct import_opt *o = &im->opt;
	const char *used[] = { o->label, o->text, o->prompt, "prompt", "chosen", "rejected" };
	const char *key, *label, *other, *s, *q;
	struct row_kept *row;
	uint32_t *slot;
	size_t n, ns, nq, no;
	bool good;

	if (record_str(in, o->by, &key, &n, e) || record_str(in, o->label, &label, &n, e) ||
	    get_answer(in, o->text, &s, &ns, e))
		return e->code;
	slot = find_row(im, key);
	if (!*slot || im->row[*slot - 1].gone)
		return keep_row(im, in, key, e);
	row = &im->row[*slot - 1];
	if (record_parse(im->other, row->line, row->n, NULL, 0, e) ||
	    record_str(im->other, o->label, &other, &no, e) ||
	    record_str(im->other, o->text, &q, &nq, e))
		return e->code;
	good = !strcmp(label, o->chosen_is);
	if (good == !strcmp(other, o->chosen_is))
		return record_bad(in, o->by, e, "%s: two rows, but %s is %s in %s", key, o->label,
		    o->chosen_is, good ? "both" : "neither");
	free(row->line);
	row->line = NULL;
	row->gone = true;
	if (pair_prompt(im, in, e) || start(im, im->text.p, im->text.n, e) ||
	    record_set_str(im->out, "rejected", good ? q : s, good ? nq : ns, e) ||
	    record_set_str(im->out, "chosen", good ? s : q, good ? ns : nq, e))
		return e->code;
	return finish(im, in, used, sizeof(used) / sizeof(*used), e);
}

static enum status
from_pairs(struct import *im, struct record *in, struct err *e)
{
	const struct import_opt *o = &im->opt;

	if (!im->guessed)
		guess(im, in);
	if (o->rejected && o->nchosen)
		return pairs_wide(im, in, e);
	if (o->by && o->label && o->chosen_is && o->text)
		return pairs_long(im, in, e);
	return err_set(e, ST_USAGE, "the header is not known: name --rejected and --chosen, "
	    "or --by, --label, --chosen-is and --text");
}

enum status
import_record(struct import *im, struct record *in, struct err *e)
{
	static enum status (*const from[])(struct import *, struct record *, struct err *) = {
		from_hh, from_trl, from_alpacafarm, from_qa_feedback, from_pairs, from_alpaca
	};

	return from[im->opt.from](im, in, e);
}

enum status
import_left(struct import *im, struct record *in, struct err *e)
{
	struct row_kept *row;

	for (; im->left < im->nrow; im->left++) {
		row = &im->row[im->left];
		if (row->gone)
			continue;
		im->left++;
		if (record_parse(in, row->line, row->n, NULL, 0, e))
			return e->code;
		return record_bad(in, im->opt.by, e, "%s: no partner", row->key);
	}
	return ST_EOF;
}
