#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "record/import_int.h"

/* The headers of ParaDetox and CAD are known. */
static void
guess(struct import *im, const struct record *in)
{
	static const char *const rewrites[] = { "neutral1", "neutral2", "neutral3" };
	struct import_opt *o = &im->opt;

	im->guessed = true;
	if (o->rejected || o->by)
		return;
	if (record_has(in, "toxic") && record_has(in, "neutral1")) {
		o->rejected = "toxic";
		if (!o->nchosen) {
			o->chosen = rewrites;
			o->nchosen = 3;
		}
	} else if (record_has(in, "batch_id") && record_has(in, "Sentiment")) {
		o->by = "batch_id";
		o->label = o->label ? o->label : "Sentiment";
		o->chosen_is = o->chosen_is ? o->chosen_is : "Positive";
		o->text = o->text ? o->text : "Text";
	}
}

enum { COLUMNS = 4096 };

static bool
is_column(const struct row *head, size_t i, const char *s, size_t n)
{
	size_t from = i ? head->end[i - 1] : 0;

	return head->end[i] - from == n && (!n || !memcmp(head->text.p + from, s, n));
}

static bool
has_column(const struct row *head, const char *name)
{
	for (size_t i = 0; i < head->n; i++)
		if (is_column(head, i, name, strlen(name)))
			return true;
	return false;
}

/* Are the columns known, by options or by a header that guess() knows?  All are, of a table for records. */
static enum status
known(const struct import_opt *o, const struct row *head, struct err *e)
{
	bool toxic = has_column(head, "toxic") && has_column(head, "neutral1");
	bool cad = has_column(head, "batch_id") && has_column(head, "Sentiment");

	if (o->from == IMPORT_CSV || (o->rejected ? o->nchosen > 0 : o->by ? o->label && o->chosen_is && o->text : toxic || cad))
		return ST_OK;
	return err_set(e, ST_USAGE, "the header is not known: name --rejected and --chosen, "
	    "or --by, --label, --chosen-is and --text");
}

static enum status
need_column(const struct row *head, const char *option, const char *name, struct err *e)
{
	return name && !has_column(head, name) ? err_set(e, ST_USAGE, "--%s: the table has no column %s", option, name) : ST_OK;
}

enum status
import_header(struct import *im, const struct row *head, struct err *e)
{
	/* names that were guessed from another table's header need no check */
	const struct import_opt *o = &im->named;
	size_t i, k, from;

	if (head->n > COLUMNS)
		return err_set(e, ST_INPUT, "%zu columns, more than %d", head->n, COLUMNS);
	for (i = 0; i < head->n; i++)
		for (from = i ? head->end[i - 1] : 0, k = 0; k < i; k++)
			if (is_column(head, k, head->text.p + from, head->end[i] - from))
				return err_set(e, ST_INPUT, "two columns are named %.*s", (int)(head->end[i] - from),
				    head->text.p + from);
	for (i = 0; i < o->nchosen; i++)
		if (need_column(head, "chosen", o->chosen[i], e))
			return e->code;
	return need_column(head, "rejected", o->rejected, e) || need_column(head, "prompt", o->prompt, e) ||
	    need_column(head, "by", o->by, e) || need_column(head, "label", o->label, e) ||
	    need_column(head, "text", o->text, e) ? e->code : known(o, head, e);
}

static enum status
pair_prompt(struct import *im, struct record *in, struct err *e)
{
	struct chat *c;
	const char *s;
	size_t n;

	if (import_chat(im, "plain", &c, e))
		return e->code;
	if (!im->opt.prompt)
		import_plain(im, "", 0, e);
	else if (!record_str(in, im->opt.prompt, &s, &n, e))
		import_single(im, c, in, im->opt.prompt, s, n, NULL, 0, e);
	im->chat = im->opt.chat;
	return e->code;
}

static enum status
pairs_wide(struct import *im, struct record *in, struct err *e)
{
	const struct import_opt *o = &im->opt;
	const char **used, *r, *c;
	size_t i, nr, nc, made = 0;

	if (!(used = arena_array(record_arena(in), o->nchosen + 5, sizeof(*used))))
		return err_nomem(e);
	for (i = 0; i < o->nchosen; i++)
		used[i] = o->chosen[i];
	used[i++] = o->rejected;
	used[i++] = o->prompt;
	used[i++] = "prompt";
	used[i++] = "chosen";
	used[i] = "rejected";
	if (import_get(in, o->rejected, &r, &nr, e) || pair_prompt(im, in, e))
		return e->code;
	for (i = 0; i < o->nchosen; i++) {
		if (!record_has(in, o->chosen[i]))
			continue;
		if (record_str(in, o->chosen[i], &c, &nc, e))
			return e->code;
		if (import_blank(c, nc))
			continue;
		if (import_start(im, e) || import_answer(im, "rejected", in, o->rejected, r, nr, e) ||
		    import_answer(im, "chosen", in, o->chosen[i], c, nc, e) ||
		    import_finish(im, in, used, o->nchosen + 5, e))
			return e->code;
		made++;
	}
	return made ? ST_OK : record_bad(in, o->chosen[0], e, "no rewrite");
}

static uint32_t *
find_row(struct import *im, const char *key)
{
	size_t i = hash64(key, strlen(key), 0) & (im->nslot - 1);

	for (; im->slot[i]; i = (i + 1) & (im->nslot - 1))
		if (!strcmp(im->row[im->slot[i] - 1].key, key))
			break;
	return &im->slot[i];
}

/* Keep in until a row with the same key comes. */
static enum status
keep_row(struct import *im, struct record *in, const char *key, struct err *e)
{
	struct buf b = BUF_INIT;
	struct row_kept *row;
	uint32_t *slot, *s;
	size_t i;

	if (grow(&im->row, &im->cap, im->nrow + 1, sizeof(*im->row), e))
		return e->code;
	if (2 * im->nrow >= im->nslot) {
		if (!(slot = calloc(4 * im->nslot, sizeof(*slot))))
			return err_nomem(e);
		free(im->slot);
		im->slot = slot;
		im->nslot *= 4;
		for (i = 0; i < im->nrow; i++)
			*find_row(im, im->row[i].key) = (uint32_t)(i + 1);
	}
	if (record_print(in, &b, e)) {
		buf_free(&b);
		return e->code;
	}
	s = find_row(im, key);
	row = *s ? &im->row[*s - 1] : &im->row[im->nrow];
	if (!*s) {
		*row = (struct row_kept){ .key = strdup(key) };
		if (!row->key) {
			buf_free(&b);
			return err_nomem(e);
		}
		*s = (uint32_t)++im->nrow;
	}
	row->line = b.p;
	row->n = b.n - 1;
	row->file = im->file;
	row->no = im->line;
	row->gone = false;
	return ST_OK;
}

static enum status
pairs_long(struct import *im, struct record *in, struct err *e)
{
	const struct import_opt *o = &im->opt;
	const char *used[] = { o->label, o->text, o->prompt, "prompt", "chosen", "rejected" };
	const char *key, *label, *other, *s, *q;
	struct row_kept *row;
	uint32_t *slot;
	size_t n, ns, nq, no;
	bool good;

	if (record_str(in, o->by, &key, &n, e) || record_str(in, o->label, &label, &n, e) ||
	    import_get(in, o->text, &s, &ns, e))
		return e->code;
	slot = find_row(im, key);
	if (!*slot || im->row[*slot - 1].gone)
		return keep_row(im, in, key, e);
	row = &im->row[*slot - 1];
	if (record_parse(im->other, row->line, row->n, NULL, 0, e) ||
	    record_str(im->other, o->label, &other, &no, e) ||
	    record_str(im->other, o->text, &q, &nq, e))
		return e->code;
	good = !strcmp(label, o->chosen_is);
	if (good == !strcmp(other, o->chosen_is))
		return record_bad(in, o->by, e, "%s: two rows, but %s is %s in %s", key, o->label,
		    o->chosen_is, good ? "both" : "neither");
	free(row->line);
	row->line = NULL;
	row->gone = true;
	if (pair_prompt(im, in, e) || import_start(im, e) ||
	    import_answer(im, "rejected", in, o->text, good ? q : s, good ? nq : ns, e) ||
	    import_answer(im, "chosen", in, o->text, good ? s : q, good ? ns : nq, e))
		return e->code;
	return import_finish(im, in, used, sizeof(used) / sizeof(*used), e);
}

enum status
import_pairs(struct import *im, struct record *in, struct err *e)
{
	const struct import_opt *o = &im->opt;

	if (!im->guessed)
		guess(im, in);
	if (o->rejected && o->nchosen)
		return pairs_wide(im, in, e);
	if (o->by && o->label && o->chosen_is && o->text)
		return pairs_long(im, in, e);
	return err_set(e, ST_USAGE, "the header is not known: name --rejected and --chosen, "
	    "or --by, --label, --chosen-is and --text");
}

enum status
import_left(struct import *im, struct record *in, struct err *e)
{
	struct row_kept *row;

	for (; im->left < im->nrow; im->left++) {
		row = &im->row[im->left];
		if (row->gone)
			continue;
		im->left++;
		if (record_parse(in, row->line, row->n, row->file, row->no, e))
			return e->code;
		return record_bad(in, im->opt.by, e, "%s: no partner", row->key);
	}
	return ST_EOF;
}
