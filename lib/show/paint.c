#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/quote.h"
#include "show/paint.h"

#define END_SIGN "\342\210\216"         /* U+220E, end of proof */

static bool
starts_char(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

void
paint_escape(const struct paint *p, struct buf *b, const char *text, size_t len)
{
	static const char special[] = "&<>\"";
	static const char *const entity[] = { "&amp;", "&lt;", "&gt;", "&quot;" };
	const char *end = text + len, *next, *at;

	for (; text < end; text = next + (next < end)) {
		for (next = text; next < end && !(p->style == PAINT_HTML && *next && strchr(special, *next)); next++)
			;
		quote_put(b, text, (size_t)(next - text), QUOTE_TEXT);
		if (next < end && (at = strchr(special, *next)))
			buf_adds(b, entity[at - special]);
	}
}

/* 0..1 */
static double
strength(const struct paint *p, double v)
{
	double s = fabs(v) / p->scale;

	return s > 1 ? 1 : s;
}

/* text of one value; the caller has made it non-zero */
static void
put_label(const struct paint *p, struct buf *b, double v, const char *s, size_t n)
{
	static const char *const open[][2] = { { "{+", "[-" }, { "\033[30;48;5;114m", "\033[30;48;5;210m" },
		{ "<ins>", "<del>" } };
	static const char *const shut[][2] = { { "+}", "-]" }, { "\033[0m", "\033[0m" }, { "</ins>", "</del>" } };

	buf_adds(b, open[p->style][v < 0]);
	if (n)
		paint_escape(p, b, s, n);
	else
		buf_adds(b, END_SIGN);
	buf_adds(b, shut[p->style][v < 0]);
}

/* The mark of a label around a token whose number is painted: opened, and closed. */
static void
put_around(const struct paint *p, struct buf *b, float label, bool open)
{
	static const char *const mark[][2][2] = {
		[PAINT_PLAIN] = { { "{+", "+}" }, { "[-", "-]" } },
		[PAINT_COLOR] = { { "\033[4m", "" }, { "\033[9m", "" } },
		[PAINT_HTML] = { { "<ins class=u>", "</ins>" }, { "<del class=u>", "</del>" } }
	};

	if (label < 0 || label > 0)
		buf_adds(b, mark[p->style][label < 0][!open]);
}

static void
put_number(const struct paint *p, struct buf *b, double v, float label, const char *s, size_t n)
{
	/* six shades from pale to full */
	static const int red[] = { 224, 217, 210, 203, 196, 160 }, green[] = { 194, 157, 120, 84, 46, 34 };
	int shade = (int)(strength(p, v) * 5 + 0.5);
	bool number = v > 0 || v < 0, marked = label < 0 || label > 0;

	if (p->style != PAINT_COLOR)
		put_around(p, b, label, true);
	if (p->style == PAINT_COLOR && number && shade)
		buf_addf(b, "\033[30;48;5;%dm", v < 0 ? red[shade] : green[shade]);
	else if (p->style == PAINT_HTML && number)
		buf_addf(b, "<mark class=%s style=\"--a:%.2f\" title=\"%.4g\">", v < 0 ? "n" : "p",
		    0.9 * strength(p, v), v);
	if (p->style == PAINT_COLOR)
		put_around(p, b, label, true);
	if (n)
		paint_escape(p, b, s, n);
	else
		buf_adds(b, END_SIGN);
	if (p->style == PAINT_COLOR && ((number && shade) || marked))
		buf_adds(b, "\033[0m");
	else if (p->style == PAINT_HTML && number)
		buf_adds(b, "</mark>");
	else if (p->style == PAINT_PLAIN && number)
		buf_addf(b, "{%.3g}", v);
	if (p->style != PAINT_COLOR)
		put_around(p, b, label, false);
}

static void
put_token(const struct paint *p, struct buf *b, double v, float label, const char *s, size_t n)
{
	bool number = v > 0 || v < 0;

	if (!number && !(label < 0 || label > 0))
		paint_escape(p, b, s, n);
	else if (p->labels)
		put_label(p, b, v, s, n);
	else
		put_number(p, b, v, label, s, n);
}

void
paint_text(const struct paint *p, struct buf *b, const char *text, size_t len, const int32_t *end,
    const float *value, const float *label, size_t n)
{
	size_t at = 0, to, i;
	bool wide;

	for (i = 0; i < n; i++) {
		wide = end[i] > (i ? end[i - 1] : 0);
		to = end[i] < 0 ? 0 : (size_t)end[i] < len ? (size_t)end[i] : len;
		/* one mark for a run of one label */
		while (p->labels && i + 1 < n && value[i + 1] == value[i] && end[i + 1] > end[i]) {
			i++;
			to = (size_t)end[i] < len ? (size_t)end[i] : len;
		}
		while (to < len && !starts_char(text[to]))
			to++;
		if (to < at)
			to = at;
		if (to > at || ((value[i] != 0 || (label && label[i] != 0)) && !wide))
			put_token(p, b, (double)value[i], label ? label[i] : 0, text + at, to - at);
		at = to;
	}
	paint_escape(p, b, text + at, len - at);
}
