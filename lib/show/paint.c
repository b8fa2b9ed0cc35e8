#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/quote.h"
#include "show/paint.h"

#define END_SIGN "\342\210\216"         /* U+220E, end of proof */

static const char style[] =
    ":root{color-scheme:light dark;--bad:255,120,110;--good:110,200,120;--ink:#1c1c1c;--page:#fff;--dim:#666;--line:#ddd}\n"
    "@media(prefers-color-scheme:dark){:root{--bad:190,60,55;--good:45,130,70;--ink:#eee;--page:#161616;--dim:#aaa;--line:#444}}\n"
    "body{font:16px/1.6 system-ui,sans-serif;max-width:46em;margin:2em auto;padding:0 1em;color:var(--ink);background:var(--page)}\n"
    "article{border-top:1px solid var(--line);padding:.8em 0}h1{font-size:1.3em}h2{font-size:1em;margin:.2em 0;color:var(--dim)}\n"
    "p{margin:.4em 0;white-space:pre-wrap;overflow-wrap:anywhere}.prompt,.name{color:var(--dim)}.name{font-size:.85em}\n"
    "del,ins,mark{color:var(--ink);border-radius:3px;-webkit-box-decoration-break:clone;box-decoration-break:clone}\n"
    "del{background:rgba(var(--bad),.75);text-decoration-thickness:1px}\n"
    "ins{background:rgba(var(--good),.65);text-decoration:underline}mark.n{background:rgba(var(--bad),var(--a))}\n"
    "mark.p{background:rgba(var(--good),var(--a))}\n";

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

static void
put_number(const struct paint *p, struct buf *b, double v, const char *s, size_t n)
{
	/* six shades from pale to full */
	static const int red[] = { 224, 217, 210, 203, 196, 160 }, green[] = { 194, 157, 120, 84, 46, 34 };
	int shade = (int)(strength(p, v) * 5 + 0.5);

	if (p->style == PAINT_COLOR && shade)
		buf_addf(b, "\033[30;48;5;%dm", v < 0 ? red[shade] : green[shade]);
	else if (p->style == PAINT_HTML)
		buf_addf(b, "<mark class=%s style=\"--a:%.2f\" title=\"%.4g\">", v < 0 ? "n" : "p",
		    0.9 * strength(p, v), v);
	if (n)
		paint_escape(p, b, s, n);
	else
		buf_adds(b, END_SIGN);
	if (p->style == PAINT_COLOR && shade)
		buf_adds(b, "\033[0m");
	else if (p->style == PAINT_HTML)
		buf_adds(b, "</mark>");
	else if (p->style == PAINT_PLAIN)
		buf_addf(b, "{%.3g}", v);
}

static void
put_token(const struct paint *p, struct buf *b, double v, const char *s, size_t n)
{
	if (v == 0 || !(v == v))
		paint_escape(p, b, s, n);
	else if (p->labels)
		put_label(p, b, v, s, n);
	else
		put_number(p, b, v, s, n);
}

void
paint_text(const struct paint *p, struct buf *b, const char *text, size_t len, const int32_t *end,
    const float *value, size_t n)
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
		if (to > at || (value[i] != 0 && !wide))
			put_token(p, b, (double)value[i], text + at, to - at);
		at = to;
	}
	paint_escape(p, b, text + at, len - at);
}

void
paint_head(const struct paint *p, struct buf *b, const char *by)
{
	if (p->style != PAINT_HTML)
		return;
	buf_adds(b, "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n"
	    "<meta name=viewport content=\"width=device-width\">\n<title>finegrain: ");
	buf_adds(b, by);
	buf_adds(b, "</title>\n<style>\n");
	buf_adds(b, style);
	buf_adds(b, "</style>\n<h1>Tokens by ");
	buf_adds(b, by);
	buf_adds(b, "</h1>\n");
	if (p->labels)
		buf_adds(b, "<p class=prompt><del>deleted</del> in the less-preferred text, <ins>inserted</ins> in the "
		    "better one; " END_SIGN " is the end of the sequence</p>\n");
	else
		buf_adds(b, "<p class=prompt><mark class=n style=\"--a:.8\">below 0</mark> <mark class=p style=\"--a:.8\">"
		    "above 0</mark>; point at a token for its value; " END_SIGN " is the end of the sequence</p>\n");
}

void
paint_foot(const struct paint *p, struct buf *b)
{
	if (p->style == PAINT_HTML)
		buf_adds(b, "</html>\n");
}
