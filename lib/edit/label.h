/* Hunks to token labels. */
#ifndef EDIT_LABEL_H
#define EDIT_LABEL_H

#include "edit/text.h"

/* One side of a pair as tokens.  Token i covers the bytes [end[i-1], end[i]) of text; end
 * ascends and is at most len.  eos: the last token is the end of the sequence, of no
 * width, and takes no part in the alignment. */
struct edit_side {
	const char *text;
	size_t len;
	const int32_t *id, *end;
	size_t n;
	bool eos;
};

enum edit_anchor { EDIT_ANCHOR_NONE, EDIT_ANCHOR_NEXT, EDIT_ANCHOR_PREV, EDIT_ANCHOR_BOTH };
enum edit_eos {
	EDIT_EOS_FINAL, /* a last hunk that only deletes or inserts reaches the other side's EOS */
	EDIT_EOS_NONE,
	EDIT_EOS_ALWAYS /* the better side's EOS is +1 (FIGA) */
};

/* What costs are counted in: tokens, or symbols of the unit. */
enum edit_cost { EDIT_COST_NONE, EDIT_COST_TOKENS, EDIT_COST_SYMBOLS };

struct edit_label_opts {
	enum edit_mode mode;
	enum edit_unit unit;
	unsigned hunk_cost;
	enum edit_anchor anchor;
	enum edit_eos eos;
	enum edit_cost cost;
	/* bounded: sides that differ more than max_ratio are not labelled, and an alignment of
	 * more than max_steps (edit_script.steps) is not made */
	bool bounded;
	double max_ratio;
	uint64_t max_steps;
};

/* A side of a hunk in tokens and bytes; with EDIT_BARE, white space and punctuation between
 * kept words are hunks too where they differ. */
struct edit_span { size_t t0, t1, b0, b1; };

struct edit_labels {
	int32_t *a, *b;         /* owned; one a token: -1 or 0, and 0 or +1 */
	/* owned; one a token of the worse side: 1 for a deleted one, and before it what a hunk inserts
	 * beyond what it deletes; only where costs are asked for */
	float *cost;
	size_t cap_a, cap_b, cap_cost;
	struct edit_span *from, *to;    /* owned; one a hunk */
	size_t hunks, cap_hunks;
	double ratio;           /* edit_ratio */
	bool above;             /* the ratio is above max_ratio, or is found to be at least this, and there are no labels */
	size_t deleted, inserted, replaced;     /* symbols */
};

void edit_labels_free(struct edit_labels *l);

/* Working memory; one a thread.  Owned. */
struct edit_labeller;
enum status edit_labeller_new(struct edit_labeller **l, struct err *e);
void edit_labeller_free(struct edit_labeller *l);

/* Align the worse side a with the better side b and label both: a token takes its side's
 * label if an edited symbol overlaps one of its bytes that is not white space, or any byte
 * if it is all white space; with EDIT_TOKEN, if it is an edited symbol.
 * Costs are what it takes to make b of a: each deleted token or symbol 1 (a symbol at the token
 * that holds its last byte), and max(0, inserted - deleted) of each hunk at the token after it,
 * EOS included, or at the last token where none comes after it.  Anchors and EOS labels do not
 * count.  So they sum to the deletions and the excess insertions; a text without tokens has none.
 * ST_INPUT: more than max_steps. */
enum status edit_label(struct edit_labeller *l, const struct edit_label_opts *o,
    const struct edit_side *a, const struct edit_side *b, struct edit_labels *out,
    struct err *e);

#endif
