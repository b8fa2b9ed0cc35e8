#include <string.h>

#include "conf/opt_int.h"
#include "json/number.h"
#include "json/scan.h"
#include "json/write.h"

/* s in quotes as JSON has them, which YAML reads, but for what it takes for no text or for a
 * line end: DEL, U+0080 to U+009F, U+2028, U+2029, U+FEFF. */
static void
put_text(struct buf *b, const char *s)
{
	struct buf q = BUF_INIT;
	size_t i, k;

	json_put_str(&q, s, strlen(s));
	for (i = 0; i < q.n; i += k) {
		const unsigned char *c = (const unsigned char *)q.p + i;

		k = c[0] == 0xc2 && c[1] < 0xa0 ? 2 : c[0] == 0xe2 && c[1] == 0x80 && (c[2] & 0xfe) == 0xa8 ? 3 :
		    c[0] == 0xef && c[1] == 0xbb && c[2] == 0xbf ? 3 : 1;
		if (k == 2 || *c == 0x7f)
			buf_addf(b, "\\x%02x", k == 2 ? c[1] : *c);
		else if (k == 3)
			buf_addf(b, "\\u%04x", *c == 0xef ? 0xfeff : 0x2000 + (c[2] & 0x3f));
		else
			buf_add(b, c, 1);
	}
	if (!buf_ok(&q))
		b->failed = true;
	buf_free(&q);
}

/* The texts of a list; ~ where an element has none, the only one without brackets where the row may have one value. */
static void
print_texts(const struct opt *o, const struct opt_list *l, struct buf *b)
{
	bool one = o->of && l->n == 1;

	if (!one)
		buf_addc(b, '[');
	for (size_t i = 0; i < l->n; i++) {
		if (i)
			buf_adds(b, ", ");
		if (!l->v[i])
			buf_addc(b, '~');
		else if (o->type == OPT_TYPE_FLAG || o->type == OPT_TYPE_ENUM)
			buf_adds(b, l->v[i]);
		else
			put_text(b, l->v[i]);
	}
	if (!one)
		buf_addc(b, ']');
}

static void
print_value(const struct opt *o, struct buf *b)
{
	const struct opt_list *l = opt_texts(o);
	const char *s;
	char num[NUMBER_MAX];
	size_t n;

	if (l) {
		print_texts(o, l, b);
		return;
	}
	switch (o->type) {
	case OPT_TYPE_END:
	case OPT_TYPE_HEADING:
	case OPT_TYPE_LIST:
		break;
	case OPT_TYPE_FLAG:
		buf_adds(b, *o->to.flag ? "true" : "false");
		break;
	case OPT_TYPE_STR:
		if ((s = *o->to.str))
			put_text(b, s);
		else
			buf_addc(b, '~');
		break;
	case OPT_TYPE_INT:
		json_put_i64(b, *o->to.i);
		break;
	case OPT_TYPE_UINT:
	case OPT_TYPE_SIZE:
		buf_addf(b, "%llu", (unsigned long long)*o->to.u);
		break;
	case OPT_TYPE_REAL:
		n = number_print_f64(num, *o->to.real);
		buf_add(b, num, n);
		break;
	case OPT_TYPE_ENUM:
		if ((s = opt_word_now(o)))
			buf_adds(b, s);
		break;
	}
}

/* Whether the row has no value: a text that is NULL, or a number or word that the program has set outside of its
 * range to mark that none was given. */
static bool
is_unset(const struct opt *o)
{
	if (o->of)
		return !o->to.list->n;
	switch (o->type) {
	case OPT_TYPE_STR:
		return !*o->to.str;
	case OPT_TYPE_INT:
		return !opt_in_range(o, (double)*o->to.i);
	case OPT_TYPE_UINT:
	case OPT_TYPE_SIZE:
		return !opt_in_range(o, (double)*o->to.u);
	case OPT_TYPE_REAL:
		return !opt_in_range(o, *o->to.real);
	case OPT_TYPE_ENUM:
		return !opt_word_now(o);
	default:
		return false;
	}
}

/* The default of the option, where its help does not state it. */
static void
usage_default(const struct opt *o, struct buf *b)
{
	bool whole = o->type == OPT_TYPE_UINT || o->type == OPT_TYPE_SIZE;
	uint64_t v = whole ? *o->to.u : 1;
	const char *s = o->type == OPT_TYPE_STR && !o->of ? *o->to.str : NULL;

	if (o->of || o->type == OPT_TYPE_FLAG || is_unset(o) || strstr(o->help, "default") ||
	    (!v && !o->by_kind && !strchr(o->help, '0')))
		return;
	/* a text is not shown, but a word is */
	if (s && (!*s || strlen(s) > 20 || strpbrk(s, " \n")))
		return;
	buf_adds(b, " [");
	if (s)
		buf_adds(b, s);
	else if (o->type == OPT_TYPE_SIZE && v && !(v & ((1 << 20) - 1)))
		buf_addf(b, "%lluM", (unsigned long long)(v >> 20));
	else
		print_value(o, b);
	buf_addc(b, ']');
}

/* The same for a kind whose default is its own, and for all kinds together. */
static void
usage_kind_default(const struct opt *o, const struct opt_kind *kind, struct buf *b)
{
	const char *s;
	size_t n;

	if ((s = opt_kind_default(o, kind, &n))) {
		buf_addf(b, " [%.*s]", (int)n, s);
		return;
	}
	usage_default(o, b);
	if (!o->by_kind || kind)
		return;
	if (b->n && b->p[b->n - 1] == ']') {
		b->n--;
		buf_adds(b, "; ");
	} else {
		buf_adds(b, " [");
	}
	buf_addf(b, "%s]", o->by_kind);
}

/* "  -m, --model DIR" */
static void
usage_name(const struct opt *o, struct buf *b)
{
	if (o->key)
		buf_addf(b, "  -%c, --%s", o->key, o->name);
	else
		buf_addf(b, "      --%s", o->name);
	if (o->type == OPT_TYPE_ENUM)
		buf_adds(b, " WORD");
	else if (o->type != OPT_TYPE_FLAG)
		buf_addf(b, o->may ? "[=%s]" : " %s", o->arg ? o->arg : "N");
}

/* The rows that apply to the kind, under their headings. */
static void
usage_rows(const struct opt *o, const struct opt_kind *kind, struct buf *b)
{
	const struct opt *heading = NULL;
	size_t at;

	for (; o && o->type != OPT_TYPE_END; o++) {
		if (o->type == OPT_TYPE_HEADING)
			heading = o;
		if (o->type == OPT_TYPE_HEADING || !opt_applies(o, kind) || (kind && o->rare))
			continue;
		if (heading)
			buf_addf(b, "%s:\n", heading->help);
		heading = NULL;
		at = b->n;
		usage_name(o, b);
		buf_addf(b, "%*s%s", b->n - at < 28 ? (int)(28 - (b->n - at)) : 2, "", o->help);
		if (o->type == OPT_TYPE_ENUM) {
			buf_adds(b, ": ");
			opt_put_words(o, "|", b);
		}
		if (o->type == OPT_TYPE_LIST)
			buf_adds(b, " (may be repeated)");
		else
			usage_kind_default(o, kind, b);
		buf_addc(b, '\n');
	}
}

/* Rows in a line or two; kind: those of it that are rare, NULL: all. */
static void
usage_short(const char *what, const struct opt *o, const struct opt_kind *kind, struct buf *b)
{
	const char *between = what;

	for (; o && o->type != OPT_TYPE_END; o++) {
		if (o->type == OPT_TYPE_HEADING || (kind && (!o->rare || !opt_applies(o, kind))))
			continue;
		buf_adds(b, between);
		between = ",";
		if (o->key)
			buf_addf(b, " -%c", o->key);
		else
			buf_addf(b, " --%s", o->name);
		if (o->type != OPT_TYPE_FLAG)
			buf_addf(b, " %s", o->type == OPT_TYPE_ENUM ? "WORD" : o->arg ? o->arg : "N");
	}
	if (between != what)
		buf_addc(b, '\n');
}

void
opt_synopsis(const struct prog *p, const struct opt_kind *kind, struct buf *b)
{
	buf_adds(b, p->name);
	if (kind)
		buf_addf(b, " %s", kind->name);
	for (size_t i = 0; !kind && p->kinds && p->kinds[i].name; i++)
		buf_addf(b, "%s%s", i ? "|" : " ", p->kinds[i].name);
	buf_addf(b, " [options] %s", p->synopsis);
}

void
opt_usage(const struct prog *p, const struct opt *common, const struct opt_kind *kind, struct buf *b)
{
	buf_adds(b, "usage: ");
	opt_synopsis(p, kind, b);
	buf_addc(b, '\n');
	if (kind) {
		buf_addf(b, "%s.\n", kind->about);
		usage_rows(p->rows, kind, b);
		usage_short("Rarely needed:", p->rows, kind, b);
		usage_short("All programs:", common, NULL, b);
		return;
	}
	buf_addf(b, "%s.\n", p->about);
	for (const struct opt_kind *k = p->kinds; k && k->name; k++)
		buf_addf(b, "%s  %-8s  %s\n", k == p->kinds ? "\n" : "", k->name, k->about);
	if (p->kinds)
		buf_addf(b, "\nOptions of all of them; %s %s --help shows those of %s, and so on.\n", p->name, p->kinds->name,
		    p->kinds->name);
	else if (p->rows && p->rows->type != OPT_TYPE_END)
		buf_addc(b, '\n');
	usage_rows(p->rows, NULL, b);
	buf_addc(b, '\n');
	usage_rows(common, NULL, b);
}

static bool
is_text(const struct opt *o)
{
	const struct opt_list *l = opt_texts(o);
	const char *s = !l && o->type == OPT_TYPE_STR ? *o->to.str : NULL;

	if (s)
		return json_is_utf8(s, strlen(s));
	for (size_t i = 0; l && i < l->n; i++)
		if (l->v[i] && !json_is_utf8(l->v[i], strlen(l->v[i])))
			return false;
	return true;
}

enum status
opt_print(const struct prog *p, const struct opt *common, const struct opt_given *g, struct buf *b, struct err *e)
{
	const struct opt *rows[] = { p->rows, common }, *o;
	size_t i;

	for (i = 0; i < 2; i++)
		for (o = rows[i]; o && o->type != OPT_TYPE_END; o++) {
			if (o->type == OPT_TYPE_HEADING || opt_is_call(o))
				continue;
			if (!is_text(o))
				return err_set(e, ST_USAGE, "--%s: not UTF-8, as a recipe has to be", o->name);
			/* what is not given has no value to print, or one that depends on the kind */
			if (is_unset(o) || (o->by_kind && !g->kind && !opt_was_given(g, o->to.any))) {
				buf_addf(b, "#%s: ~\n", o->name);
				continue;
			}
			buf_addf(b, "%s: ", o->name);
			print_value(o, b);
			buf_addc(b, '\n');
		}
	return buf_ok(b) ? ST_OK : err_nomem(e);
}

void
opt_digest(const struct prog *p, struct buf *b)
{
	const struct opt *o;

	for (o = p->rows; o && o->type != OPT_TYPE_END; o++) {
		if (o->outside || o->type == OPT_TYPE_HEADING)
			continue;
		buf_addf(b, "%s=", o->name);
		print_value(o, b);
		buf_addc(b, '\n');
	}
}
