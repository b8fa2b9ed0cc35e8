#include <math.h>
#include <string.h>

#include "show/html.h"

#define END_SIGN "\342\210\216"         /* U+220E, end of proof */

extern const unsigned char show_css[], show_js[];
extern const size_t show_css_n, show_js_n;

enum { FOLD = 40 };     /* bytes that are worth folding */

void
html_head(const struct paint *p, struct buf *b, const char *by)
{
	buf_adds(b, "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n"
	    "<meta name=viewport content=\"width=device-width\">\n"
	    "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'; "
	    "script-src 'unsafe-inline'\">\n<title>finegrain: ");
	buf_adds(b, by);
	buf_adds(b, "</title>\n<style>\n");
	buf_add(b, show_css, show_css_n);
	buf_adds(b, "</style>\n<h1>Tokens by ");
	buf_adds(b, by);
	buf_adds(b, "</h1>\n<p class=prompt>");
	if (!p->labels)
		buf_adds(b, "<mark class=n style=\"--a:.8\">below 0</mark> <mark class=p style=\"--a:.8\">"
		    "above 0</mark>; point at a token for its value; ");
	if (p->labels || p->both)
		buf_adds(b, p->both ? "<del class=u>deleted</del> in the less-preferred text, <ins class=u>inserted</ins> in the "
		    "better one; " : "<del>deleted</del> in the less-preferred text, <ins>inserted</ins> in the better one; ");
	buf_adds(b, END_SIGN " is the end of the sequence</p>\n"
	    "<form class=tools id=tools hidden>\n<label>Text <input type=search id=find></label>\n"
	    "<label>Edit ratio from <input type=number id=low min=0 max=1 step=0.05></label>\n"
	    "<label>to <input type=number id=high min=0 max=1 step=0.05></label>\n"
	    "<label><input type=checkbox id=whole> whole prompts</label>\n"
	    "<output id=shown></output> <span>keys: J next, K previous, / text</span>\n</form>\n");
}

void
html_foot(struct buf *b)
{
	buf_adds(b, "<script>\n");
	buf_add(b, show_js, show_js_n);
	buf_adds(b, "</script>\n</html>\n");
}

void
html_open(const struct paint *p, struct buf *b, size_t n, const char *id, double ratio)
{
	buf_addf(b, "<article id=r%zu", n);
	if (!isnan(ratio))
		buf_addf(b, " data-ratio=%.4g", ratio);
	buf_adds(b, ">\n<h2><span>");
	paint_escape(p, b, id, strlen(id));
	buf_adds(b, "</span>");
	if (n > 1)
		buf_addf(b, " <a href=#r%zu>previous</a>", n - 1);
	buf_addf(b, " <a href=#r%zu>next</a>", n + 1);
	if (!isnan(ratio))
		buf_addf(b, " <span class=ratio>%.0f%% edited</span>", 100 * ratio);
	buf_adds(b, "</h2>\n");
}

void
html_prompt(const struct paint *p, struct buf *b, const char *s, size_t n, const char *last, size_t nlast)
{
	size_t k = 0;

	while (k < n && k < nlast && s[k] == last[k])
		k++;
	if (k < n || k < nlast)
		while (k && s[k - 1] != '\n')
			k--;
	buf_adds(b, "<p class=prompt>");
	if (k >= FOLD) {
		buf_adds(b, "<details><summary>as before</summary>");
		paint_escape(p, b, s, k);
		buf_adds(b, "</details>");
	} else {
		k = 0;
	}
	paint_escape(p, b, s + k, n - k);
	buf_adds(b, "</p>\n");
}
