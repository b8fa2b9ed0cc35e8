/* GGUF: what is converted opens as a model of what the header says; its tokenizer opens or is refused;
 * what is written from it reads back. */
#include "must.h"
#include "scratch.h"

#include <sys/stat.h>

#include "model/format.h"
#include "model/gguf.h"
#include "token/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool
refused(const struct err *e)
{
	return (e->code == ST_INPUT || e->code == ST_USAGE) && e->msg[0];
}

/* The folder as a file, and that file again. */
static void
back(struct tc *tc, const char *folder)
{
	char file[sizeof(scratch_path)], again[sizeof(scratch_path)];
	struct model_config c;
	struct err e = { 0 };

	snprintf(file, sizeof(file), "%s", scratch_at("back.gguf"));
	snprintf(again, sizeof(again), "%s", scratch_at("again"));
	unlink(file);
	if (gguf_export(tc, folder, NULL, file, &e)) {
		must(refused(&e));
		return;
	}
	if (format_import(tc, &format_gguf, file, NULL, true, &c, again, &e))
		must(refused(&e));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct tc *tc;
	char out[sizeof(scratch_path)];
	struct model_config c;
	struct tokenizer *t;
	struct model *m;
	struct err e = { 0 };

	if (!tc) {
		must(!tc_open(&tc, 1, &e));
		must(!mkdir(scratch_at("out"), 0700) && !mkdir(scratch_at("again"), 0700));
	}
	snprintf(out, sizeof(out), "%s", scratch_at("out"));
	if (format_import(tc, &format_gguf, scratch("model.gguf", data, n), NULL, true, &c, out, &e)) {
		must(e.code == ST_INPUT && e.msg[0]);
		return 0;
	}
	must(!model_open(&m, tc, out, MODEL_READ, &e));
	must(model_config(m)->vocab == c.vocab && model_config(m)->layers == c.layers);
	model_close(m);
	if (tok_open(&t, out, &e)) {
		must(e.code == ST_INPUT && e.msg[0]);
		return 0;
	}
	tok_close(t);
	back(tc, out);
	return 0;
}
