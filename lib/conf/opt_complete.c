/* Shell completion from the rows. */
#include <string.h>

#include "conf/opt_int.h"

/* The program's name as a function: "fg-update" is _fg_update. */
static void
put_function(const struct prog *p, struct buf *b)
{
	buf_addc(b, '_');
	for (const char *s = p->name; *s; s++)
		buf_addc(b, *s == '-' ? '_' : *s);
}

static const struct opt *
first_row(const struct opt *o)
{
	while (o && o->type == OPT_TYPE_HEADING)
		o++;
	return o && o->type != OPT_TYPE_END ? o : NULL;
}

/* Every option of both tables in turn; NULL after the last. */
static const struct opt *
next_row(const struct prog *p, const struct opt *common, const struct opt *o)
{
	const struct opt *next;

	if (!o)
		return (next = first_row(p->rows)) ? next : first_row(common);
	if ((next = first_row(o + 1)))
		return next;
	/* after the program's own: is o one of them? */
	for (next = p->rows; next && next->type != OPT_TYPE_END; next++)
		if (next == o)
			return first_row(common);
	return NULL;
}

static void
put_kinds(const struct prog *p, struct buf *b)
{
	for (const struct opt_kind *k = p->kinds; k && k->name; k++)
		buf_addf(b, "%s%s", k == p->kinds ? "" : " ", k->name);
}

/* ---- bash ---- */

/* The long options that kind takes. */
static void
put_options(const struct prog *p, const struct opt *common, const struct opt_kind *kind, struct buf *b)
{
	const char *between = "";

	for (const struct opt *o = NULL; (o = next_row(p, common, o));)
		if (opt_applies(o, kind)) {
			buf_addf(b, "%s--%s", between, o->name);
			between = " ";
		}
}

static void
bash(const struct prog *p, const struct opt *common, struct buf *b)
{
	const struct opt *o;
	const char *bar = "";

	put_function(p, b);
	buf_adds(b, "()\n{\n\tlocal words= cur=$2\n\n\tCOMPREPLY=()\n\tcase $3 in\n");
	for (o = NULL; (o = next_row(p, common, o));)
		if (o->type == OPT_TYPE_ENUM) {
			buf_addf(b, "\t--%s) words='", o->name);
			opt_put_words(o, " ", b);
			buf_adds(b, "' ;;\n");
		}
	/* a file or a number: nothing is proposed, and files are, by default */
	buf_adds(b, "\t");
	for (o = NULL; (o = next_row(p, common, o));)
		if (o->type != OPT_TYPE_FLAG && o->type != OPT_TYPE_ENUM && !o->may) {
			buf_addf(b, "%s--%s", bar, o->name);
			if (o->key)
				buf_addf(b, " | -%c", o->key);
			bar = " | ";
		}
	buf_adds(b, ") return ;;\n\t*)\n\t\tcase $cur in\n\t\t-*)\n");
	if (p->kinds) {
		buf_adds(b, "\t\t\tcase ${COMP_WORDS[1]} in\n");
		for (const struct opt_kind *k = p->kinds; k->name; k++) {
			buf_addf(b, "\t\t\t%s) words='", k->name);
			put_options(p, common, k, b);
			buf_adds(b, "' ;;\n");
		}
		buf_adds(b, "\t\t\t*) words='");
		put_options(p, common, NULL, b);
		buf_adds(b, "' ;;\n\t\t\tesac ;;\n\t\t*)\n\t\t\t[ \"$COMP_CWORD\" != 1 ] || words='");
		put_kinds(p, b);
		buf_adds(b, "' ;;\n");
	} else {
		buf_adds(b, "\t\t\twords='");
		put_options(p, common, NULL, b);
		buf_adds(b, "' ;;\n");
	}
	buf_adds(b, "\t\tesac ;;\n\tesac\n"
	    "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n}\ncomplete -o default -F ");
	put_function(p, b);
	buf_addf(b, " %s\n", p->name);
}

/* ---- zsh ---- */

/* Help as it stands between brackets in single quotes. */
static void
put_help(const char *s, struct buf *b)
{
	for (; *s; s++) {
		if (*s == '\'')
			buf_adds(b, "'\\'");
		else if (*s == '[' || *s == ']' || *s == '\\')
			buf_addc(b, '\\');
		buf_addc(b, *s);
	}
}

static void
zsh(const struct prog *p, const struct opt *common, struct buf *b)
{
	const struct opt *o;

	put_function(p, b);
	buf_adds(b, "()\n{\n\t_arguments -s -S \\\n");
	for (o = NULL; (o = next_row(p, common, o));) {
		if (o->key && opt_texts(o))
			buf_addf(b, "\t    '*'{-%c,--%s}'[", o->key, o->name);
		else if (o->key)
			buf_addf(b, "\t    '(-%c --%s)'{-%c,--%s}'[", o->key, o->name, o->key, o->name);
		else
			buf_addf(b, "\t    '%s--%s%s[", opt_texts(o) ? "*" : "", o->name, o->may ? "=-" : "");
		put_help(o->help, b);
		buf_addc(b, ']');
		if (o->type == OPT_TYPE_ENUM) {
			buf_adds(b, ":word:(");
			opt_put_words(o, " ", b);
			buf_addc(b, ')');
		} else if (o->type != OPT_TYPE_FLAG) {
			buf_addf(b, "%s%s:_files", o->may ? "::" : ":", o->arg ? o->arg : "N");
		}
		buf_adds(b, "' \\\n");
	}
	if (p->kinds) {
		buf_adds(b, "\t    '1:kind:(");
		put_kinds(p, b);
		buf_adds(b, ")' \\\n");
	}
	buf_adds(b, "\t    '*:file:_files'\n}\ncompdef ");
	put_function(p, b);
	buf_addf(b, " %s\n", p->name);
}

enum status
opt_complete(const struct prog *p, const struct opt *common, const char *shell, struct buf *b, struct err *e)
{
	if (!strcmp(shell, "bash"))
		bash(p, common, b);
	else if (!strcmp(shell, "zsh"))
		zsh(p, common, b);
	else
		return err_set(e, ST_USAGE, "--completion: expected bash or zsh, got '%.40s'", shell);
	return buf_ok(b) ? ST_OK : err_nomem(e);
}
