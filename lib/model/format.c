#include "model/format.h"
#include "model/make_int.h"

#define ROW(f, help) [FORMAT_##f] = &format_##f,
static const struct format *const formats[FORMAT_COUNT] = { FORMATS(ROW) };

const struct format *
format_at(size_t i)
{
	return i < FORMAT_COUNT ? formats[i] : NULL;
}

static enum status
fill(struct import *in, const struct format *f, struct tc *tc, const enum dtype *dtype, struct model_config *c,
    struct draft *d, struct err *e)
{
	config_default(c);
	if (f->config(in, c, e))
		return e->code;
	if (dtype)
		c->dtype = *dtype;
	if (config_check(c, e) || draft_open(d, tc, c, NULL, e))
		return e->code;
	return f->weights(in, d, e);
}

enum status
format_import(struct tc *tc, const struct format *f, const char *file, const enum dtype *dtype, bool tokenizer,
    struct model_config *c, const char *dir, struct err *e)
{
	struct import in = { .mem = ARENA_INIT };
	struct draft d = {0};

	if (file_map(&in.map, file, e))
		return e->code;
	if (fill(&in, f, tc, dtype, c, &d, e))
		err_file(e, file);
	else if (!draft_save(&d, dir, e) && tokenizer && f->tokenizer && f->tokenizer(&in, dir, e))
		err_file(e, file);
	draft_close(&d);
	arena_free(&in.mem);
	file_unmap(&in.map);
	return e->code;
}
