/* Decoding: the tokens' texts through the decoder's steps.  All pieces lie in one
 * buffer; end[i] is where id i's text ends and head[i] says whether a piece starts at
 * it (fused pieces have one head). */
#include <stdlib.h>
#include <string.h>

#include "token/token_int.h"
#include "token/utf8.h"

static const char LOST[] = "\xef\xbf\xbd";      /* U+FFFD */

struct flow {
	struct buf in, out;
	size_t *end, *next;     /* n each */
	bool *head;
	size_t n;
};

/* The text of an id as the file writes it. */
static void
token_text(const struct tokenizer *t, int32_t id, struct buf *b)
{
	const struct added *a;
	const char *s;
	size_t n;

	if (t->added_at[id] >= 0) {
		a = &t->added[t->added_at[id]];
		buf_add(b, a->s, a->n);
		return;
	}
	s = vocab_get(&t->model.v, id, &n);
	if (s && t->model.v.bytes && !t->model.v.plain[id])
		bytes_to_text(s, n, b);
	else if (s)
		buf_add(b, s, n);
}

/* The bytes of an id under a ByteLevel decoder. */
static void
token_bytes(const struct tokenizer *t, int32_t id, struct buf *b)
{
	const struct added *a;
	const char *s;
	char *o;
	size_t n, k;

	if (t->added_at[id] < 0 && t->model.v.bytes) {
		if ((s = vocab_get(&t->model.v, id, &n)))
			buf_add(b, s, n);
		return;
	}
	if (t->added_at[id] >= 0) {
		a = &t->added[t->added_at[id]];
		s = a->s;
		n = a->n;
	} else if (!(s = vocab_get(&t->model.v, id, &n))) {
		return;
	}
	if (!(o = buf_reserve(b, n)))
		return;
	if (bytes_from_text(s, n, o, &k))
		b->n += k;
	else
		buf_add(b, s, n);
}

static void
put_replaced(const struct flow *f, size_t from, size_t to, const struct dec *d, struct buf *out,
    size_t *end, size_t i, size_t k)
{
	const char *p = f->in.p, *q;
	size_t at = from, hit;

	/* ends inside a match move to the end of what replaces it */
	for (;;) {
		q = d->an && at < to ? memmem(p + at, to - at, d->a, d->an) : NULL;
		hit = q ? (size_t)(q - p) : to;
		for (; i < k && f->end[i] <= hit; i++)
			end[i] = out->n + (f->end[i] - at);
		buf_add(out, p + at, hit - at);
		if (!q)
			break;
		buf_add(out, d->b, d->bn);
		at = hit + d->an;
		for (; i < k && f->end[i] < at; i++)
			end[i] = out->n;
	}
	for (; i < k; i++)
		end[i] = out->n;
}

static void
put_stripped(const struct flow *f, size_t from, size_t to, const struct dec *d, struct buf *out,
    size_t *end, size_t i, size_t k)
{
	const char *p = f->in.p;
	size_t a = from, b = to, c;

	for (c = 0; c < d->start && b - a >= d->an && !memcmp(p + a, d->a, d->an); c++)
		a += d->an;
	for (c = 0; c < d->stop && b - a >= d->an && !memcmp(p + b - d->an, d->a, d->an); c++)
		b -= d->an;
	for (; i < k; i++)
		end[i] = out->n + (f->end[i] < a ? 0 : (f->end[i] > b ? b : f->end[i]) - a);
	buf_add(out, p + a, b - a);
}

/* Metaspace: the mark is a space, and nothing in the first piece. */
static void
put_metaspace(const struct flow *f, size_t from, size_t to, const struct dec *d, struct buf *out,
    size_t *end, size_t i, size_t k)
{
	struct dec r = *d;

	r.b = " ";
	r.bn = i || !d->flag ? 1 : 0;
	put_replaced(f, from, to, &r, out, end, i, k);
}

/* decoders::wordpiece::cleanup, one replacement after another */
static void
clean_up(struct buf *b, size_t from)
{
	static const char *const rule[][2] = {
		{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"},
		{" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}
	};
	size_t i, a, k, at, o;

	for (i = 0; i < sizeof(rule) / sizeof(rule[0]); i++) {
		a = strlen(rule[i][0]);
		k = strlen(rule[i][1]);         /* never longer */
		for (at = o = from; at < b->n; ) {
			if (b->n - at >= a && !memcmp(b->p + at, rule[i][0], a)) {
				memcpy(b->p + o, rule[i][1], k);
				o += k;
				at += a;
			} else {
				b->p[o++] = b->p[at++];
			}
		}
		b->n = o;
	}
}

static void
put_wordpiece(const struct flow *f, size_t from, size_t to, const struct dec *d, struct buf *out,
    size_t *end, size_t i, size_t k)
{
	size_t at = out->n;

	if (i) {
		if (to - from >= d->an && !memcmp(f->in.p + from, d->a, d->an))
			from += d->an;
		else
			buf_addc(out, ' ');
	}
	buf_add(out, f->in.p + from, to - from);
	if (d->flag && buf_ok(out))
		clean_up(out, at);
	for (; i < k; i++)
		end[i] = out->n;
}

/* Pieces of the form <0xXX> are bytes; a run of them is text if it is UTF-8, else
 * one U+FFFD for each. */
static bool
fallback_byte(const char *s, size_t n, char *b)
{
	int hi, lo;

	if (n != 6 || memcmp(s, "<0x", 3) || s[5] != '>')
		return false;
	hi = s[3] >= '0' && s[3] <= '9' ? s[3] - '0' : (s[3] | 32) - 'a' + 10;
	lo = s[4] >= '0' && s[4] <= '9' ? s[4] - '0' : (s[4] | 32) - 'a' + 10;
	if (hi < 0 || hi > 15 || lo < 0 || lo > 15)
		return false;
	*b = (char)(hi << 4 | lo);
	return true;
}

static void
step_fallback(struct flow *f)
{
	size_t i, k, from = 0, run = 0, start = 0, j;
	char b;

	/* pass i = n closes the last run */
	for (i = 0; i <= f->n; i = k) {
		for (k = i + 1; k < f->n && !f->head[k]; k++)
			;
		if (i < f->n && fallback_byte(f->in.p + from, f->end[k - 1] - from, &b)) {
			if (!run)
				start = f->out.n;
			run++;
			buf_addc(&f->out, b);
			from = f->end[k - 1];
			for (j = i; j < k; j++)
				f->next[j] = f->out.n;
			continue;
		}
		if (run && buf_ok(&f->out) &&
		    utf8_invalid(f->out.p + start, f->out.n - start) != f->out.n - start) {
			f->out.n = start;
			for (j = i - run; j < i; j++) {
				buf_add(&f->out, LOST, 3);
				f->next[j] = f->out.n;
			}
		}
		run = 0;
		if (i == f->n)
			break;
		buf_add(&f->out, f->in.p + from, f->end[k - 1] - from);
		for (j = i; j < k; j++)
			f->next[j] = f->out.n - (f->end[k - 1] - f->end[j]);
		from = f->end[k - 1];
	}
}

/* Bytes to text; what is not UTF-8 becomes U+FFFD, one for each maximal subpart. */
static void
lossy(struct flow *f)
{
	size_t i = 0, at = 0, k, bad, o;

	while (at < f->in.n) {
		k = utf8_check(f->in.p + at, f->in.n - at, &bad);
		o = f->out.n;
		if (k)
			buf_add(&f->out, f->in.p + at, k);
		else
			buf_add(&f->out, LOST, 3);
		at += k ? k : bad;
		for (; i < f->n && f->end[i] < at; i++)
			f->next[i] = k ? o + (f->end[i] - (at - k)) : f->out.n;
	}
	for (; i < f->n; i++)
		f->next[i] = f->out.n;
}

static void
step_run(struct flow *f, const struct dec *d)
{
	size_t i, k, from = 0, to;
	struct dec suffix;

	for (i = 0; i < f->n; i = k, from = to) {
		for (k = i + 1; k < f->n && !f->head[k]; k++)
			;
		to = f->end[k - 1];
		switch (d->type) {
		case DEC_REPLACE:
			put_replaced(f, from, to, d, &f->out, f->next, i, k);
			break;
		case DEC_STRIP:
			put_stripped(f, from, to, d, &f->out, f->next, i, k);
			break;
		case DEC_METASPACE:
			put_metaspace(f, from, to, d, &f->out, f->next, i, k);
			break;
		case DEC_WORDPIECE:
			put_wordpiece(f, from, to, d, &f->out, f->next, i, k);
			break;
		case DEC_BPE:
			suffix = *d;
			suffix.b = " ";
			suffix.bn = k < f->n;
			put_replaced(f, from, to, &suffix, &f->out, f->next, i, k);
			break;
		case DEC_BYTES:
		case DEC_FALLBACK:
		case DEC_FUSE:
			break;
		}
	}
}

static void
flow_swap(struct flow *f)
{
	struct buf b = f->in;
	size_t *p = f->end;

	f->in = f->out;
	f->out = b;
	buf_clear(&f->out);
	f->end = f->next;
	f->next = p;
}

static void
decode_steps(const struct tokenizer *t, struct flow *f)
{
	size_t s, i;

	for (s = 0; s < t->ndec && f->n; s++) {
		if (!f->in.p && !buf_reserve(&f->in, 1))
			return;
		switch (t->dec[s].type) {
		case DEC_BYTES:         /* the texts are bytes already if it is the first step */
			lossy(f);
			flow_swap(f);
			for (i = 1; i < f->n; i++)
				f->head[i] = false;
			break;
		case DEC_FUSE:
			for (i = 1; i < f->n; i++)
				f->head[i] = false;
			break;
		case DEC_FALLBACK:
			step_fallback(f);
			flow_swap(f);
			break;
		default:
			step_run(f, &t->dec[s]);
			flow_swap(f);
		}
	}
}

/* id -> text with ends by id (0 for what is left out). */
enum status
tok_decode(const struct tokenizer *t, const int32_t *id, size_t n, bool keep, struct buf *text,
    size_t *end, struct err *e)
{
	struct flow f = {0};
	size_t i, k;
	bool bytes = t->ndec && t->dec[0].type == DEC_BYTES;

	for (i = 0; i < n; i++)
		if (!has_id(t, id[i]))
			return err_set(e, ST_INPUT, "id %d is not in the vocabulary", (int)id[i]);
	f.end = calloc(n + 1, sizeof(*f.end));
	f.next = calloc(n + 1, sizeof(*f.next));
	f.head = calloc(n + 1, sizeof(*f.head));
	if (!f.end || !f.next || !f.head) {
		err_nomem(e);
		goto out;
	}
	for (i = 0; i < n; i++) {
		if (!keep && tok_is_special(t, id[i]))
			continue;
		if (!t->has_dec && f.n)
			buf_addc(&f.in, ' ');   /* what a file without a decoder asks for */
		if (bytes)
			token_bytes(t, id[i], &f.in);
		else
			token_text(t, id[i], &f.in);
		f.head[f.n] = true;
		f.end[f.n++] = f.in.n;
	}
	if (buf_ok(&f.in))
		decode_steps(t, &f);
	if (!buf_ok(&f.in) || !buf_ok(&f.out)) {
		err_nomem(e);
		goto out;
	}
	e->code = ST_OK;
	if (end) {
		for (i = k = 0; i < n; i++) {
			if (keep || !tok_is_special(t, id[i]))
				end[i] = f.end[k++];
			else
				end[i] = k ? f.end[k - 1] : 0;
		}
	}
	buf_add(text, f.in.p ? f.in.p : "", f.in.n);
	if (!buf_ok(text))
		err_nomem(e);
out:
	free(f.end);
	free(f.next);
	free(f.head);
	buf_free(&f.in);
	buf_free(&f.out);
	return e->code;
}

enum status
tok_decode_reply(const struct tokenizer *t, const int32_t *prompt, size_t np, const int32_t *id,
    size_t n, bool keep, struct buf *text, size_t *end, struct err *e)
{
	struct buf before = BUF_INIT, all = BUF_INIT;
	int32_t *both = NULL;
	size_t *ends = NULL, i, cut;

	if (!np)
		return tok_decode(t, id, n, keep, text, end, e);
	if (n >= SIZE_MAX / 16 - np || !(both = malloc((np + n) * sizeof(*both))) ||
	    !(ends = malloc((np + n) * sizeof(*ends)))) {
		err_nomem(e);
		goto out;
	}
	memcpy(both, prompt, np * sizeof(*both));
	if (n)
		memcpy(both + np, id, n * sizeof(*both));
	if (tok_decode(t, prompt, np, keep, &before, NULL, e) ||
	    tok_decode(t, both, np + n, keep, &all, ends, e))
		goto out;
	/* a prompt that ended inside a character printed U+FFFD for it: the reply then
	 * starts with the next whole character */
	cut = before.n;
	if (cut > all.n || (cut && memcmp(before.p, all.p, cut))) {
		cut = ends[np - 1];
		while (cut < all.n && ((unsigned char)all.p[cut] & 0xc0) == 0x80)
			cut++;
	}
	buf_add(text, all.p ? all.p + cut : "", all.n - cut);
	if (!buf_ok(text))
		err_nomem(e);
	for (i = 0; end && i < n; i++)
		end[i] = ends[np + i] > cut ? ends[np + i] - cut : 0;
out:
	free(both);
	free(ends);
	buf_free(&before);
	buf_free(&all);
	return e->code;
}

/* tok_bytes for every id, where the model's strings are not the bytes themselves:
 * each token is decoded after another one, so that nothing at a text's start is cut. */
enum status
decode_tables(struct tokenizer *t, struct err *e)
{
	struct buf b = BUF_INIT, one = BUF_INIT;
	size_t i, s, from, n;
	char c;

	t->dec_off = malloc((t->nvocab + 1) * sizeof(*t->dec_off));
	if (!t->dec_off)
		return err_nomem(e);
	for (i = 0; i < t->nvocab; i++) {
		t->dec_off[i] = b.n;
		if (t->ndec && t->dec[0].type == DEC_BYTES) {
			token_bytes(t, (int32_t)i, &b);
			continue;
		}
		buf_clear(&one);
		token_text(t, (int32_t)i, &one);
		from = b.n;
		if (!buf_ok(&one))
			break;
		buf_add(&b, one.p, one.n);
		for (s = 0; s < t->ndec && buf_ok(&b); s++) {
			struct flow f = {0};
			size_t end = 0, next = 0;

			n = b.n - from;
			if (t->dec[s].type == DEC_FALLBACK) {
				if (fallback_byte(b.p + from, n, &c)) {
					b.n = from;
					buf_addc(&b, c);
				}
				continue;
			}
			if (t->dec[s].type != DEC_REPLACE && t->dec[s].type != DEC_METASPACE &&
			    t->dec[s].type != DEC_WORDPIECE)
				continue;
			buf_clear(&one);
			buf_add(&one, b.p + from, n);
			f.in = one;
			f.end = &end;
			b.n = from;
			end = n;
			if (!n || !buf_ok(&one))
				continue;
			if (t->dec[s].type == DEC_REPLACE) {
				put_replaced(&f, 0, n, &t->dec[s], &b, &next, 0, 0);
			} else if (t->dec[s].type == DEC_METASPACE) {
				struct dec d = t->dec[s];

				d.flag = false;
				put_metaspace(&f, 0, n, &d, &b, &next, 0, 0);
			} else if (n >= t->dec[s].an && !memcmp(one.p, t->dec[s].a, t->dec[s].an)) {
				buf_add(&b, one.p + t->dec[s].an, n - t->dec[s].an);
			} else {
				buf_addc(&b, ' ');
				buf_add(&b, one.p, n);
			}
		}
	}
	t->dec_off[t->nvocab] = b.n;
	buf_free(&one);
	if (!buf_ok(&b) || i < t->nvocab) {
		buf_free(&b);
		return err_nomem(e);
	}
	t->dec_blob = b.p;
	return ST_OK;
}

const char *
tok_bytes(const struct tokenizer *t, int32_t id, size_t *n)
{
	*n = 0;
	if (id < 0 || (size_t)id >= t->nvocab)
		return "";
	*n = t->dec_off[id + 1] - t->dec_off[id];
	return t->dec_blob ? t->dec_blob + t->dec_off[id] : "";
}
