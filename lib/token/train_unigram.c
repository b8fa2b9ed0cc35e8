/* Unigram vocabularies (Kudo 2018): seeds are the repeated substrings of the words, by a
 * suffix array; EM fits their probabilities; pieces whose loss is least are pruned.
 * Every place of the words keeps the list of pieces that begin there, so no trie is
 * built: a pruning goes through the lists. */
#include <divsufsort.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/math.h"
#include "token/train_int.h"

enum {
	SEPARATOR = 0xff,
	CHUNKS = 16,            /* of the words: sums do not depend on threads */
	PIECE_CHARS = 16,       /* longest piece */
	SEEDS = 20,             /* seeds for each token that is wanted */
	ROUNDS = 2              /* of EM between prunings */
};

struct piece {
	uint32_t at, len, chars;        /* of its first place */
	double logp, p;                 /* p: exp(logp) scale^len */
	double count;
	bool dead;
};

struct uni {
	const struct train_words *w;
	struct pool *pool;
	char *text;             /* words with a separator after each */
	size_t n;
	uint32_t *begin;        /* (words + 1): where a word begins in text */
	struct piece *piece;
	size_t np, cap;
	uint32_t *list;         /* ids that begin at text[i]: list[from[i] .. from[i + 1]) */
	uint32_t *from;         /* (n + 1) */
	double scale, loss;     /* scale: what a byte is multiplied by */
	double *sum;            /* (CHUNKS, np) */
	double part[CHUNKS];
	size_t longest;         /* bytes of a word */
	bool failed;
};

static bool
starts_char(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

/* The characters of s[0..n); of a long text, one more than a piece may have. */
static size_t
count_chars(const char *s, size_t n)
{
	size_t k = 0;

	for (; n && k <= PIECE_CHARS; n--)
		k += starts_char(*s++);
	return k;
}

static enum status
join_words(struct uni *u, struct err *e)
{
	const struct train_words *w = u->w;
	size_t i, at = 0;

	for (i = 0; i < w->n; i++) {
		u->n += w->word[i].len + 1;
		u->longest = w->word[i].len > u->longest ? w->word[i].len : u->longest;
	}
	if (u->n >= INT32_MAX)
		return err_set(e, ST_INPUT, "more than 2 GB of distinct words");
	/* a character is compared at the text's end, too */
	u->text = malloc(u->n + 4);
	u->begin = malloc((w->n + 1) * sizeof(*u->begin));
	if (!u->text || !u->begin)
		return err_nomem(e);
	for (i = 0; i < w->n; i++) {
		u->begin[i] = (uint32_t)at;
		memcpy(u->text + at, w->text + w->word[i].at, w->word[i].len);
		at += w->word[i].len;
		u->text[at++] = (char)SEPARATOR;
	}
	u->begin[w->n] = (uint32_t)at;
	memset(u->text + at, SEPARATOR, 4);
	return ST_OK;
}

/* ---- seeds ---- */

/* A repeated substring: suffixes [lo, hi) begin with its len bytes. */
struct seed { uint32_t lo, hi, len; double score; };

struct seeds { struct seed *v; size_t n, cap; };

static enum status
seed_add(struct seeds *s, struct seed x, struct err *e)
{
	if (grow(&s->v, &s->cap, s->n + 1, sizeof(*s->v), e))
		return e->code;
	s->v[s->n++] = x;
	return ST_OK;
}

static int
by_score(const void *a, const void *b)
{
	const struct seed *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return x->lo < y->lo ? -1 : x->lo > y->lo ? 1 : x->len < y->len ? -1 : x->len > y->len;
}

/* Suffixes lo..hi-1 share len bytes, and more suffixes than these the first `outer` of them;
 * weight: of their words. */
static enum status
consider(const struct uni *u, struct seeds *s, const saidx_t *sa, size_t lo, size_t hi, size_t len, size_t outer,
    double weight, struct err *e)
{
	const char *p = u->text + sa[lo];
	size_t chars;

	if (len < 2 || !starts_char(*p))
		return ST_OK;
	/* whole characters: where that leaves no more than others share, the node around this
	 * one stands for them all */
	while (len && !starts_char(p[len]))
		len--;
	chars = count_chars(p, len);
	if (len <= outer || chars < 2 || chars > PIECE_CHARS)
		return ST_OK;
	return seed_add(s, (struct seed){ (uint32_t)lo, (uint32_t)hi, (uint32_t)len, weight * (double)chars }, e);
}

/* lcp[i]: bytes that suffixes sa[i - 1] and sa[i] share (Kasai et al. 2001). */
static void
common_prefixes(const struct uni *u, const saidx_t *sa, saidx_t *rank, saidx_t *lcp)
{
	size_t i, j, h = 0;

	for (i = 0; i < u->n; i++)
		rank[sa[i]] = (saidx_t)i;
	for (i = 0; i < u->n; i++) {
		if (!rank[i]) {
			h = 0;
			lcp[0] = 0;
			continue;
		}
		j = (size_t)sa[rank[i] - 1];
		while (u->text[i + h] == u->text[j + h] && u->text[i + h] != (char)SEPARATOR)
			h++;
		lcp[rank[i]] = (saidx_t)h;
		h -= h > 0;
	}
}

/* Every inner node of the suffix tree, by a stack over the common prefixes. */
static enum status
walk_nodes(const struct uni *u, struct seeds *s, const saidx_t *sa, const saidx_t *lcp, const double *before,
    struct err *e)
{
	struct node { size_t lo, len; } *stack = malloc((u->longest + 2) * sizeof(*stack));
	size_t top = 0, i, len, lo;
	enum status st = ST_OK;

	if (!stack)
		return err_nomem(e);
	stack[0] = (struct node){ 0, 0 };
	for (i = 1; i <= u->n && !st; i++) {
		len = i < u->n ? (size_t)lcp[i] : 0;
		lo = i - 1;
		while (top && stack[top].len > len && !st) {
			size_t outer = stack[top - 1].len > len ? stack[top - 1].len : len;

			lo = stack[top].lo;
			st = consider(u, s, sa, lo, i, stack[top].len, outer, before[i] - before[lo], e);
			top--;
		}
		if (len > stack[top].len)
			stack[++top] = (struct node){ lo, len };
	}
	free(stack);
	return st;
}

static enum status
piece_add(struct uni *u, struct piece x, struct err *e)
{
	if (grow(&u->piece, &u->cap, u->np + 1, sizeof(*u->piece), e))
		return e->code;
	u->piece[u->np++] = x;
	return ST_OK;
}

/* The characters: suffixes that begin with the same one stand together. */
static enum status
add_chars(struct uni *u, struct seeds *s, const saidx_t *sa, const double *before, struct err *e)
{
	size_t i, k, len;

	for (i = 0; i < u->n; i = k) {
		const char *p = u->text + sa[i];

		if (*p == (char)SEPARATOR || !starts_char(*p)) {
			k = i + 1;
			continue;
		}
		for (len = 1; !starts_char(p[len]); len++)
			;
		for (k = i + 1; k < u->n && !memcmp(u->text + sa[k], p, len) ; k++)
			;
		if (seed_add(s, (struct seed){ (uint32_t)i, (uint32_t)k, (uint32_t)len, before[k] - before[i] }, e))
			return e->code;
	}
	return ST_OK;
}

/* Whole words that are repeated in the text and, being one distinct word, not here: those
 * that a node holds share all their bytes with a neighbour. */
static enum status
add_words(const struct uni *u, struct seeds *s, const saidx_t *rank, const saidx_t *lcp, struct err *e)
{
	size_t w, r, len, chars;

	for (w = 0; w < u->w->n; w++) {
		len = u->w->word[w].len;
		r = (size_t)rank[u->begin[w]];
		chars = count_chars(u->text + u->begin[w], len);
		if (u->w->word[w].count < 2 || chars < 2 || chars > PIECE_CHARS || (size_t)lcp[r] >= len ||
		    (r + 1 < u->n && (size_t)lcp[r + 1] >= len))
			continue;
		if (seed_add(s, (struct seed){ (uint32_t)r, (uint32_t)r + 1, (uint32_t)len,
		    (double)u->w->word[w].count * (double)chars }, e))
			return e->code;
	}
	return ST_OK;
}

/* The lists of places from the seeds that were taken. */
static enum status
make_lists(struct uni *u, const struct seeds *s, const saidx_t *sa, struct err *e)
{
	size_t i, k, all = 0;
	uint32_t *fill;

	if (!(u->from = calloc(u->n + 2, sizeof(*u->from))))
		return err_nomem(e);
	for (i = 0; i < s->n; i++)
		for (k = s->v[i].lo; k < s->v[i].hi; k++)
			u->from[(size_t)sa[k] + 1]++;
	for (i = 0; i < u->n; i++)
		u->from[i + 1] += u->from[i];
	all = u->from[u->n];
	u->list = malloc((all + 1) * sizeof(*u->list));
	fill = malloc((u->n + 1) * sizeof(*fill));
	if (!u->list || !fill) {
		free(fill);
		return err_nomem(e);
	}
	memcpy(fill, u->from, u->n * sizeof(*fill));
	for (i = 0; i < s->n; i++)
		for (k = s->v[i].lo; k < s->v[i].hi; k++)
			u->list[fill[sa[k]]++] = (uint32_t)i;
	free(fill);
	return ST_OK;
}

static enum status
make_seeds(struct uni *u, size_t size, struct err *e)
{
	saidx_t *sa = malloc((u->n + 1) * sizeof(*sa)), *rank = malloc((u->n + 1) * sizeof(*rank));
	saidx_t *lcp = malloc((u->n + 1) * sizeof(*lcp));
	double *before = malloc((u->n + 1) * sizeof(*before)), sum = 0;
	struct seeds chars = {0}, subs = {0};
	size_t i, w, take;

	e->code = ST_OK;
	if (!sa || !rank || !lcp || !before || divsufsort((const sauchar_t *)u->text, sa, (saidx_t)u->n)) {
		err_nomem(e);
		goto out;
	}
	/* the words' counts, summed over suffixes: rank serves as place -> word */
	for (w = 0; w < u->w->n; w++)
		for (i = u->begin[w]; i < u->begin[w + 1]; i++)
			rank[i] = (saidx_t)w;
	before[0] = 0;
	for (i = 0; i < u->n; i++)
		before[i + 1] = before[i] + (double)u->w->word[rank[sa[i]]].count;
	common_prefixes(u, sa, rank, lcp);
	if (add_chars(u, &chars, sa, before, e) || walk_nodes(u, &subs, sa, lcp, before, e) ||
	    add_words(u, &subs, rank, lcp, e))
		goto out;
	if (subs.n)
		qsort(subs.v, subs.n, sizeof(*subs.v), by_score);
	take = subs.n < SEEDS * size ? subs.n : SEEDS * size;
	for (i = 0; i < take && !e->code; i++)
		seed_add(&chars, subs.v[i], e);
	for (i = 0; i < chars.n && !e->code; i++) {
		const struct seed *x = &chars.v[i];

		piece_add(u, (struct piece){ .at = (uint32_t)sa[x->lo], .len = x->len,
		    .chars = (uint32_t)count_chars(u->text + sa[x->lo], x->len), .count = x->score }, e);
		sum += x->score;
	}
	for (i = 0; i < u->np; i++)
		u->piece[i].logp = math_log(u->piece[i].count / sum);
	if (!e->code)
		make_lists(u, &chars, sa, e);
out:
	free(sa);
	free(rank);
	free(lcp);
	free(before);
	free(chars.v);
	free(subs.v);
	return e->code;
}

/* ---- EM ---- */

/* Words [from, to) of a chunk. */
static size_t
chunk(const struct uni *u, size_t task, size_t *from)
{
	*from = u->w->n * task / CHUNKS;
	return u->w->n * (task + 1) / CHUNKS;
}

/* Expected counts of the pieces in a word that begins at b and has n bytes. */
static double
expect(const struct uni *u, size_t b, size_t n, double count, double *alpha, double *beta, double *sum)
{
	size_t i, k;

	memset(alpha, 0, (n + 1) * sizeof(*alpha));
	memset(beta, 0, (n + 1) * sizeof(*beta));
	alpha[0] = beta[n] = 1;
	for (i = 0; i < n; i++) {
		if (alpha[i] == 0)
			continue;
		for (k = u->from[b + i]; k < u->from[b + i + 1]; k++)
			alpha[i + u->piece[u->list[k]].len] += alpha[i] * u->piece[u->list[k]].p;
	}
	/* beyond what a double holds: a word of many hundreds of bytes; it is passed over */
	if (!(alpha[n] > 1e-280 && alpha[n] < 1e280))
		return 0;
	for (i = n; i-- > 0;) {
		for (k = u->from[b + i]; k < u->from[b + i + 1]; k++) {
			const struct piece *p = &u->piece[u->list[k]];
			double x = p->p * beta[i + p->len];

			beta[i] += x;
			sum[u->list[k]] += count * alpha[i] * x / alpha[n];
		}
	}
	return -count * (math_log(alpha[n]) - (double)n * u->scale);
}

static void
expect_task(void *arg, size_t task, unsigned worker)
{
	struct uni *u = arg;
	double *alpha = malloc(2 * (u->longest + 1) * sizeof(*alpha));
	size_t w, to = chunk(u, task, &w);

	(void)worker;
	u->part[task] = 0;
	if (!alpha) {
		u->failed = true;
		return;
	}
	for (; w < to; w++)
		u->part[task] += expect(u, u->begin[w], u->w->word[w].len, (double)u->w->word[w].count, alpha,
		    alpha + u->longest + 1, u->sum + task * u->np);
	free(alpha);
}

/* Digamma, by its recurrence and asymptotic series. */
static double
digamma(double x)
{
	double r = 0, y;

	for (; x < 7; x++)
		r -= 1 / x;
	y = 1 / (x * x);
	return r + math_log(x) - 0.5 / x - y * (1.0 / 12 - y * (1.0 / 120 - y / 252));
}

/* Forget dead pieces: ids close up, lists too. */
static enum status
bury(struct uni *u, struct err *e)
{
	uint32_t *id = malloc((u->np + 1) * sizeof(*id));
	size_t i, k, n = 0, at = 0, from;

	if (!id)
		return err_nomem(e);
	for (i = 0; i < u->np; i++) {
		id[i] = u->piece[i].dead ? UINT32_MAX : (uint32_t)n;
		if (!u->piece[i].dead)
			u->piece[n++] = u->piece[i];
	}
	for (i = 0; i < u->n; i++) {
		from = u->from[i];
		u->from[i] = (uint32_t)at;
		for (k = from; k < u->from[i + 1]; k++)
			if (id[u->list[k]] != UINT32_MAX)
				u->list[at++] = id[u->list[k]];
	}
	u->from[u->n] = (uint32_t)at;
	u->np = n;
	free(id);
	return ST_OK;
}

static enum status
em(struct uni *u, struct err *e)
{
	double all = 0, bytes = 0, loss = 0;
	size_t i, t;

	for (i = 0; i < u->np; i++)
		u->piece[i].p = math_exp(u->piece[i].logp + u->scale * (double)u->piece[i].len);
	memset(u->sum, 0, CHUNKS * u->np * sizeof(*u->sum));
	pool_run(u->pool, expect_task, u, CHUNKS);
	if (u->failed)
		return err_nomem(e);
	for (t = 0; t < CHUNKS; t++)
		loss += u->part[t];
	for (i = 0; i < u->w->n; i++)
		bytes += (double)u->w->word[i].count * (double)u->w->word[i].len;
	u->loss = loss;
	for (i = 0; i < u->np; i++) {
		struct piece *p = &u->piece[i];

		for (p->count = 0, t = 0; t < CHUNKS; t++)
			p->count += u->sum[t * u->np + i];
		/* a character stays, however rare */
		if (p->chars == 1 && p->count < 0.5)
			p->count = 0.5;
		p->dead = p->count < 0.5;
		if (!p->dead)
			all += p->count;
	}
	for (i = 0; i < u->np; i++)
		if (!u->piece[i].dead)
			u->piece[i].logp = digamma(u->piece[i].count) - digamma(all);
	/* keeps the sums of the next pass about 1 */
	u->scale = loss / bytes;
	return bury(u, e);
}

/* ---- pruning ---- */

/* The best segmentation of text[b .. b + n), without the piece `not`: its score; back[i]:
 * the last piece of the best way to i. */
static double
viterbi(const struct uni *u, size_t b, size_t n, size_t not, double *best, uint32_t *back)
{
	size_t i, k, to;
	double x;

	for (i = 0; i <= n; i++)
		best[i] = -1e300;
	best[0] = 0;
	for (i = 0; i < n; i++) {
		if (best[i] <= -1e300)
			continue;
		for (k = u->from[b + i]; k < u->from[b + i + 1]; k++) {
			const struct piece *p = &u->piece[u->list[k]];

			to = i + p->len;
			if (to > n || u->list[k] == not)
				continue;
			x = best[i] + p->logp;
			if (x > best[to]) {
				best[to] = x;
				back[to] = u->list[k];
			}
		}
	}
	return best[n];
}

static void
viterbi_task(void *arg, size_t task, unsigned worker)
{
	struct uni *u = arg;
	size_t w, to = chunk(u, task, &w), i;
	double *best = malloc((u->longest + 1) * sizeof(*best));
	uint32_t *back = malloc((u->longest + 1) * sizeof(*back));

	(void)worker;
	if (!best || !back)
		u->failed = true;
	for (; !u->failed && w < to; w++) {
		viterbi(u, u->begin[w], u->w->word[w].len, SIZE_MAX, best, back);
		for (i = u->w->word[w].len; i; i -= u->piece[back[i]].len)
			u->sum[task * u->np + back[i]] += (double)u->w->word[w].count;
	}
	free(best);
	free(back);
}

struct loss { double v; uint32_t id; };

static int
by_loss(const void *a, const void *b)
{
	const struct loss *x = a, *y = b;

	if (x->v != y->v)
		return x->v > y->v ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* What the likelihood loses without piece i, whose text is then cut otherwise. */
static double
loss_without(const struct uni *u, size_t i, double all, double *best, uint32_t *back)
{
	const struct piece *p = &u->piece[i];
	double alone = viterbi(u, p->at, p->len, i, best, back), logp, alt = 0, logall;
	size_t k, parts = 0;

	if (p->count == 0 || alone > p->logp)
		return -1;
	for (k = p->len; k; k -= u->piece[back[k]].len)
		parts++;
	logp = math_log(p->count / all);
	logall = math_log(all + p->count * ((double)parts - 1));
	for (k = p->len; k; k -= u->piece[back[k]].len)
		alt += math_log(u->piece[back[k]].count + p->count) - logall;
	return p->count * (logp - alt);
}

static enum status
prune(struct uni *u, size_t keep, struct err *e)
{
	struct loss *l = malloc((u->np + 1) * sizeof(*l));
	double *best = malloc((u->longest + 1) * sizeof(*best)), all = 0;
	uint32_t *back = malloc((u->longest + 1) * sizeof(*back));
	size_t i, t, n = 0, chars = 0;

	e->code = ST_OK;
	memset(u->sum, 0, CHUNKS * u->np * sizeof(*u->sum));
	pool_run(u->pool, viterbi_task, u, CHUNKS);
	if (!l || !best || !back || u->failed) {
		err_nomem(e);
		goto out;
	}
	for (i = 0; i < u->np; i++) {
		for (u->piece[i].count = 0, t = 0; t < CHUNKS; t++)
			u->piece[i].count += u->sum[t * u->np + i];
		all += u->piece[i].count;
	}
	for (i = 0; i < u->np; i++) {
		if (u->piece[i].chars == 1)
			chars++;
		else
			l[n++] = (struct loss){ loss_without(u, i, all, best, back), (uint32_t)i };
	}
	qsort(l, n, sizeof(*l), by_loss);
	for (i = 0; i < n; i++)
		u->piece[l[i].id].dead = l[i].v < 0 || i + chars >= keep;
	bury(u, e);
out:
	free(l);
	free(best);
	free(back);
	return e->code;
}

/* ---- the result ---- */

static size_t
characters(const struct uni *u)
{
	size_t n = 0;

	for (size_t i = 0; i < u->np; i++)
		n += u->piece[i].chars == 1;
	return n;
}

static int
by_probability(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->logp != y->logp)
		return x->logp > y->logp ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* The most probable pieces, all characters among them. */
static enum status
take(struct train_unigram *m, struct uni *u, size_t size, struct err *e)
{
	size_t i, others = size - characters(u), n = 0, text = 0;

	qsort(u->piece, u->np, sizeof(*u->piece), by_probability);
	for (i = 0; i < u->np; i++) {
		if (u->piece[i].chars > 1 && !others)
			continue;
		others -= u->piece[i].chars > 1;
		text += u->piece[i].len;
		u->piece[n++] = u->piece[i];
	}
	m->text = malloc(text + 1);
	m->end = malloc((n + 1) * sizeof(*m->end));
	m->score = malloc((n + 1) * sizeof(*m->score));
	if (!m->text || !m->end || !m->score)
		return err_nomem(e);
	for (text = 0, i = 0; i < n; i++) {
		memcpy(m->text + text, u->text + u->piece[i].at, u->piece[i].len);
		text += u->piece[i].len;
		m->end[i] = text;
		m->score[i] = u->piece[i].logp;
	}
	m->n = n;
	return ST_OK;
}

static enum status
fit(struct uni *u, size_t size, struct err *e)
{
	size_t goal = size + size / 10, keep, chars = characters(u);

	if (chars > size)
		return err_set(e, ST_USAGE, "--size: the text has %zu characters, each of which is a token; there is "
		    "room for %zu", chars, size);
	u->scale = 2;
	for (;;) {
		for (int i = 0; i < ROUNDS; i++)
			if (em(u, e))
				return e->code;
		if (u->np <= goal)
			return ST_OK;
		keep = u->np * 3 / 4 > goal ? u->np * 3 / 4 : goal;
		keep = prune(u, keep, e) ? 0 : u->np;
		if (!keep)
			return e->code;
	}
}

enum status
train_unigram(struct train_unigram *m, const struct train_words *w, size_t size, struct pool *pool, struct err *e)
{
	struct uni u = { .w = w, .pool = pool };

	*m = (struct train_unigram){0};
	/* every word but a line end begins with its mark */
	if (!w->n || !memmem(w->text, w->ntext, MARK, sizeof(MARK) - 1))
		return err_set(e, ST_INPUT, "no text to train on");
	if (!join_words(&u, e) && !make_seeds(&u, size, e)) {
		if (!(u.sum = malloc((CHUNKS * u.np + 1) * sizeof(*u.sum))))
			err_nomem(e);
		else if (!fit(&u, size, e))
			take(m, &u, size, e);
	}
	free(u.text);
	free(u.begin);
	free(u.piece);
	free(u.list);
	free(u.from);
	free(u.sum);
	if (e->code)
		train_unigram_free(m);
	return e->code;
}

void
train_unigram_free(struct train_unigram *m)
{
	free(m->text);
	free(m->end);
	free(m->score);
	*m = (struct train_unigram){0};
}
