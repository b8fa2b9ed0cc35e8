/* Weights of llama2.c: what is converted opens as a model of what the header says. */
#include "must.h"
#include "scratch.h"

#include <sys/stat.h>

#include "model/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct tc *tc;
	char out[sizeof(scratch_path)];
	struct model_config c;
	struct model *m;
	struct err e = { 0 };

	if (!tc) {
		must(!tc_open(&tc, 1, &e));
		must(!mkdir(scratch_at("out"), 0700));
	}
	snprintf(out, sizeof(out), "%s", scratch_at("out"));
	if (format_import(tc, &format_llama2c, scratch("model.bin", data, n), NULL, true, &c, out, &e)) {
		must(e.code == ST_INPUT && e.msg[0]);
		return 0;
	}
	must(!model_open(&m, tc, out, MODEL_READ, &e));
	must(model_config(m)->vocab == c.vocab && model_config(m)->layers == c.layers);
	model_close(m);
	return 0;
}
