#include <stdlib.h>
#include <string.h>

#include "record/import_int.h"
#include "record/record_int.h"
#include "record/tokens.h"

enum status
import_new(struct import **out, const struct import_opt *opt,
    enum status (*emit)(struct record *, void *, struct err *), void *ctx, struct err *e)
{
	struct import *im = calloc(1, sizeof(*im));

	if (!im)
		return err_nomem(e);
	*out = im;
	im->opt = im->named = *opt;
	im->emit = emit;
	im->ctx = ctx;
	im->nslot = 1024;
	if (!(im->slot = calloc(im->nslot, sizeof(*im->slot))))
		err_nomem(e);
	else if (!record_new(&im->out, e))
		record_new(&im->other, e);
	if (!im->other) {
		import_free(im);
		*out = NULL;
		return e->code;
	}
	return ST_OK;
}

void
import_free(struct import *im)
{
	size_t i;

	if (!im)
		return;
	for (i = 0; i < im->nrow; i++) {
		free(im->row[i].line);
		free(im->row[i].key);
	}
	free(im->row);
	free(im->slot);
	if (im->out)
		record_free(im->out);
	if (im->other)
		record_free(im->other);
	for (i = 0; i < sizeof(im->usual) / sizeof(*im->usual); i++)
		chat_free(im->usual[i]);
	buf_free(&im->text);
	buf_free(&im->a);
	buf_free(&im->b);
	free(im);
}

enum status
import_record(struct import *im, struct record *in, struct err *e)
{
	static enum status (*const from[])(struct import *, struct record *, struct err *) = {
		import_hh, import_trl, import_alpacafarm, import_ultrafeedback, import_qa_feedback,
		import_pairs, import_alpaca, import_m2, import_label_studio, import_argilla, import_csv
	};

	for (size_t i = 0; i < in->n; i++)
		if (memchr(in->field[i].key, 0, in->field[i].nkey))
			return record_bad(in, in->field[i].key, e, "a NUL is in this key");
	im->chat = NULL;
	im->file = in->file;
	im->line = in->lineno;
	return from[im->opt.from](im, in, e);
}
