/* Answers: how they are told, read, judged and minimally edited. */
#ifndef WORLD_ANSWER_H
#define WORLD_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "facts.h"

enum { WORDS = 48, WORD = 24 };         /* a longer sentence is not of this world */

struct words {
	char w[WORDS][WORD];
	int n;
	int rude;       /* rude words that were taken out */
	bool cut;       /* too long, or holds a word that is */
};

/* What a sentence says about the entity that was asked about. */
struct told {
	int attr;       /* -1: nothing that is a form of this world */
	int form;
	bool right;
};

/* The marks of an answer.  score() makes one number of them. */
struct marks {
	int asked, right, wrong, missing, extra, rude, sentences;
};

/* Write one fact: rude -1 none, 0.. RUDE_WORDS - 1 an adjective, RUDE_WORDS .. an
 * epithet.  Returns the end of the text. */
static inline char *
tell(char *o, const struct request *q, int attr, int form, const char *value, int rude)
{
	const struct kind *k = &world[q->kind];
	const char *s;

	for (s = k->attr[attr].form[form]; *s; s++)
		if (*s == '@') {
			o += sprintf(o, "%s", k->name[q->who]);
			if (rude >= RUDE_WORDS)
				o += sprintf(o, " the %s", k->epithet[rude - RUDE_WORDS]);
		} else if (*s == '~') {
			if (rude >= 0 && rude < RUDE_WORDS)
				o += sprintf(o, " %s", rude_word[rude]);
		} else if (*s == '$') {
			o += sprintf(o, "%s", value);
		} else {
			*o++ = *s;
		}
	*o = 0;
	return o;
}

static inline const char *
true_value(const struct request *q, int attr)
{
	return world[q->kind].attr[attr].value[truth(q->kind, q->who, attr)];
}

/* The next sentence at *s, its stop included; its length is 0 at the end. */
static inline const char *
sentence_next(const char **s, size_t *n)
{
	const char *start = *s + strspn(*s, " \t\r\n");

	*n = strcspn(start, ".!?");
	*s = start + *n + (start[*n] != 0);
	*n = (size_t)(*s - start);
	return start;
}

static inline bool
is_rude(const char *w)
{
	int i, k;

	for (i = 0; i < RUDE_WORDS; i++)
		if (!strcmp(w, rude_word[i]))
			return true;
	for (k = 0; k < KINDS; k++)
		for (i = 0; i < EPITHETS; i++)
			if (!strcmp(w, world[k].epithet[i]))
				return true;
	return false;
}

static inline bool
is_epithet(const char *w)
{
	int i;

	for (i = 0; i < RUDE_WORDS; i++)
		if (!strcmp(w, rude_word[i]))
			return false;
	return is_rude(w);
}

/* Split s[0..n) into words, without stops and without rude words ("the fool" goes
 * as a whole). */
static inline void
words_read(struct words *o, const char *s, size_t n)
{
	static const char stop[] = " \t\r\n.!?";
	const char *end = s + n;
	size_t len;

	o->n = o->rude = 0;
	o->cut = false;
	for (;; s += len) {
		while (s < end && strchr(stop, *s))
			s++;
		if (s >= end)
			break;
		for (len = 0; s + len < end && !strchr(stop, s[len]); len++)
			;
		if (o->n == WORDS || len >= WORD) {
			o->cut = true;
			continue;
		}
		memcpy(o->w[o->n], s, len);
		o->w[o->n][len] = 0;
		if (!is_rude(o->w[o->n])) {
			o->n++;
			continue;
		}
		o->rude++;
		if (is_epithet(o->w[o->n]) && o->n && !strcmp(o->w[o->n - 1], "the"))
			o->n--;
	}
}

/* Are these words a form of attribute a of the entity?  $ matches any word, which
 * is given back. */
static inline const char *
form_match(const struct request *q, int a, int form, const struct words *w)
{
	char text[256];
	struct words f;
	const char *value = NULL;
	int i;

	tell(text, q, a, form, "$", -1);
	words_read(&f, text, strlen(text));
	if (w->cut || f.n != w->n)
		return NULL;
	for (i = 0; i < f.n; i++)
		if (!strcmp(f.w[i], "$"))
			value = w->w[i];
		else if (strcmp(f.w[i], w->w[i]))
			return NULL;
	return value;
}

static inline struct told
told_read(const struct request *q, const struct words *w)
{
	struct told t = { -1, 0, false };
	const char *value;
	int a, i;

	for (a = 0; a < ATTRS; a++)
		for (i = 0; i < FORMS; i++)
			if ((value = form_match(q, a, i, w))) {
				t.attr = a;
				t.form = i;
				t.right = !strcmp(value, true_value(q, a));
				return t;
			}
	return t;
}

static inline bool
asked_for(const struct request *q, int a)
{
	int i;

	for (i = 0; i < q->n; i++)
		if (q->attr[i] == a)
			return true;
	return false;
}

/* Mark an answer.  A requested fact counts as right once; every other sentence is
 * wrong (a false value) or extra (not asked for, said before, or no sentence of this
 * world). */
static inline struct marks
mark(const struct request *q, const char *s)
{
	struct marks m = { .asked = q->n };
	unsigned right = 0, said = 0;
	struct words w;
	struct told t;
	size_t n;
	const char *p;
	int i;

	while ((p = sentence_next(&s, &n)), n) {
		words_read(&w, p, n);
		t = told_read(q, &w);
		m.sentences++;
		m.rude += w.rude;
		if (t.attr < 0 || !asked_for(q, t.attr)) {
			m.extra++;
			continue;
		}
		said |= 1u << t.attr;
		if (!t.right) {
			m.wrong++;
		} else if (right >> t.attr & 1) {
			m.extra++;
		} else {
			right |= 1u << t.attr;
			m.right++;
		}
	}
	for (i = 0; i < q->n; i++)
		m.missing += !(said >> q->attr[i] & 1);
	return m;
}

/* One for a requested fact stated correctly; minus one for a wrong statement, a rude
 * word, a repeated or unasked sentence; minus two for a fact that was asked for and
 * is not there, so that saying less never pays. */
static inline int
score(const struct marks *m)
{
	return m->right - m->wrong - m->rude - m->extra - 2 * m->missing;
}

/* Words of a and b in common, in order (longest common subsequence). */
static inline int
words_common(const struct words *a, const struct words *b)
{
	int row[WORDS + 1] = {0}, i, j, diag, up;

	for (i = 0; i < a->n; i++)
		for (diag = 0, j = 0; j < b->n; j++) {
			up = row[j + 1];
			if (!strcmp(a->w[i], b->w[j]))
				row[j + 1] = diag + 1;
			else if (row[j] > up)
				row[j + 1] = row[j];
			diag = up;
		}
	return row[b->n];
}

/* The form of a wanted fact that is nearest to a sentence of no form; attr -1 when
 * less than half of the words would stay. */
static inline struct told
told_nearest(const struct request *q, const struct words *w, unsigned wanted)
{
	struct told best = { -1, 0, true };
	int a, i, common, top = 0, longest;
	char text[256];
	struct words f;

	for (a = 0; a < ATTRS; a++)
		for (i = 0; i < FORMS && (wanted >> a & 1); i++) {
			tell(text, q, a, i, true_value(q, a), -1);
			words_read(&f, text, strlen(text));
			common = words_common(w, &f);
			longest = f.n > w->n ? f.n : w->n;
			if (2 * common > longest && common > top) {
				top = common;
				best.attr = a;
				best.form = i;
			}
		}
	return best;
}

/* The minimal edit of s: the wrong value replaced, the rude word deleted, the
 * repeated or unasked sentence deleted, a broken one mended in its nearest form, what
 * was asked for and is missing added at the end.  out holds strlen(s) + ATTRS * 128
 * bytes or more. */
static inline void
edit(char *out, const struct request *q, const char *s)
{
	unsigned later[ATTRS] = {0}, done = 0, wanted = 0;
	const char *p, *start = s;
	struct words w;
	struct told t;
	size_t n;
	int i;

	for (i = 0; i < q->n; i++)
		wanted |= 1u << q->attr[i];
	while ((p = sentence_next(&s, &n)), n) {
		words_read(&w, p, n);
		t = told_read(q, &w);
		if (t.attr >= 0)
			later[t.attr]++;
	}
	*out = 0;
	for (s = start; (p = sentence_next(&s, &n)), n; ) {
		words_read(&w, p, n);
		t = told_read(q, &w);
		if (t.attr < 0) {
			/* what a sound sentence further on says need not be mended here */
			unsigned open = wanted & ~done;

			for (i = 0; i < ATTRS; i++)
				if (later[i])
					open &= ~(1u << i);
			t = told_nearest(q, &w, open);
		} else {
			later[t.attr]--;
		}
		if (t.attr < 0 || !((wanted & ~done) >> t.attr & 1))
			continue;
		done |= 1u << t.attr;
		out = tell(out, q, t.attr, t.form, true_value(q, t.attr), -1);
		*out++ = ' ';
	}
	for (i = 0; i < q->n; i++)
		if (!(done >> q->attr[i] & 1)) {
			out = tell(out, q, q->attr[i], (int)(mix_text(start) % FORMS),
			    true_value(q, q->attr[i]), -1);
			*out++ = ' ';
		}
	out[-1] = 0;    /* something was asked for, so something was said */
}

#endif
