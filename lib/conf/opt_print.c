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

static void
print_value(const struct opt *o, struct buf *b)
{
	const struct opt_list *l;
	const char *s;
	char num[NUMBER_MAX];
	size_t i, n;
	int k;

	switch (o->type) {
	case OPT_END:
		break;
	case OPT_FLAG:
		buf_adds(b, *(bool *)o->to ? "true" : "false");
		break;
	case OPT_STR:
		if ((s = *(const char **)o->to))
			put_text(b, s);
		else
			buf_addc(b, '~');
		break;
	case OPT_LIST:
		l = o->to;
		buf_addc(b, '[');
		for (i = 0; i < l->n; i++) {
			if (i)
				buf_adds(b, ", ");
			put_text(b, l->v[i]);
		}
		buf_addc(b, ']');
		break;
	case OPT_INT:
		json_put_i64(b, *(int64_t *)o->to);
		break;
	case OPT_UINT:
	case OPT_SIZE:
		buf_addf(b, "%llu", (unsigned long long)*(uint64_t *)o->to);
		break;
	case OPT_REAL:
		n = number_print_f64(num, *(double *)o->to);
		buf_add(b, num, n);
		break;
	case OPT_ENUM:
		s = o->arg;
		for (k = *(int *)o->to; k > 0; k--)
			s += strcspn(s, "|") + 1;
		buf_add(b, s, strcspn(s, "|"));
		break;
	}
}

/* A text that is not given; a number or word that the program gave itself, outside of
 * its range, to tell that none was. */
static bool
is_unset(const struct opt *o)
{
	switch (o->type) {
	case OPT_STR:
		return !*(const char **)o->to;
	case OPT_INT:
		return !opt_in_range(o, (double)*(int64_t *)o->to);
	case OPT_UINT:
	case OPT_SIZE:
		return !opt_in_range(o, (double)*(uint64_t *)o->to);
	case OPT_REAL:
		return !opt_in_range(o, *(double *)o->to);
	case OPT_ENUM:
		return *(int *)o->to < 0;
	default:
		return false;
	}
}

/* What an option is that is not given, where its help does not say so. */
static void
usage_default(const struct opt *o, struct buf *b)
{
	bool whole = o->type == OPT_UINT || o->type == OPT_SIZE;
	uint64_t v = whole ? *(uint64_t *)o->to : 1;
	const char *s = o->type == OPT_STR ? *(const char **)o->to : NULL;

	if (o->type == OPT_FLAG || is_unset(o) || strstr(o->help, "default") || (!v && !strchr(o->help, '0')))
		return;
	/* a text is not shown, but a word is */
	if (s && (!*s || strlen(s) > 20 || strpbrk(s, " \n")))
		return;
	buf_adds(b, " [");
	if (s)
		buf_adds(b, s);
	else if (o->type == OPT_SIZE && v && !(v & ((1 << 20) - 1)))
		buf_addf(b, "%lluM", (unsigned long long)(v >> 20));
	else
		print_value(o, b);
	buf_addc(b, ']');
}

static void
usage_rows(const struct opt *o, struct buf *b)
{
	size_t at;

	for (; o && o->type != OPT_END; o++) {
		at = b->n;
		if (o->key)
			buf_addf(b, "  -%c, --%s", o->key, o->name);
		else
			buf_addf(b, "      --%s", o->name);
		if (o->type != OPT_FLAG)
			buf_addf(b, " %s", o->arg ? o->arg : "N");
		if (b->n - at < 28)
			buf_addf(b, "%*s", (int)(28 - (b->n - at)), "");
		else
			buf_addf(b, "\n%28s", "");
		buf_addf(b, "%s", o->help);
		if (o->type == OPT_LIST)
			buf_adds(b, " (may be repeated)");
		else
			usage_default(o, b);
		buf_addc(b, '\n');
	}
}

void
opt_usage(const struct prog *p, const struct opt *common, struct buf *b)
{
	buf_addf(b, "usage: %s [options] %s\n%s.\n", p->name, p->synopsis, p->about);
	if (p->rows && p->rows->type != OPT_END) {
		buf_addc(b, '\n');
		usage_rows(p->rows, b);
	}
	buf_addc(b, '\n');
	usage_rows(common, b);
}

static bool
is_text(const struct opt *o)
{
	const struct opt_list *l = o->to;
	const char *s = o->type == OPT_STR ? *(const char **)o->to : NULL;

	if (s)
		return json_is_utf8(s, strlen(s));
	for (size_t i = 0; o->type == OPT_LIST && i < l->n; i++)
		if (!json_is_utf8(l->v[i], strlen(l->v[i])))
			return false;
	return true;
}

enum status
opt_print(const struct prog *p, const struct opt *common, struct buf *b, struct err *e)
{
	const struct opt *rows[] = { p->rows, common }, *o;
	size_t i;

	for (i = 0; i < 2; i++)
		for (o = rows[i]; o && o->type != OPT_END; o++) {
			if (opt_is_call(o))
				continue;
			if (!is_text(o))
				return err_set(e, ST_USAGE, "--%s: not UTF-8, as a recipe has to be", o->name);
			/* what is not given has no value to print */
			if (is_unset(o)) {
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

	for (o = p->rows; o && o->type != OPT_END; o++) {
		if (o->outside)
			continue;
		buf_addf(b, "%s=", o->name);
		print_value(o, b);
		buf_addc(b, '\n');
	}
}
