/* safetensors files: a tensor that is reported lies completely inside the file. */
#include "scratch.h"

#include "model/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static volatile unsigned char sink;
	struct st_file *f;
	struct err e = { 0 };

	if (st_open(&f, scratch("f.safetensors", data, n), &e)) {
		if ((e.code != ST_INPUT && e.code != ST_IO) || !e.msg[0])
			abort();
		return 0;
	}
	for (size_t i = 0; i < st_count(f); i++) {
		const struct st_tensor *t = st_at(f, i);
		const unsigned char *p = t->data;
		size_t bytes = 1;

		if (t->bytes > n || st_find(f, t->name) != t)
			abort();
		for (size_t k = 0; k < t->dims; k++)
			bytes *= t->dim[k];
		if (t->bytes < bytes)
			abort();
		for (size_t k = 0; k < t->bytes; k++)
			sink = sink ^ p[k];
	}
	st_meta(f, "format");
	st_close(f);
	return 0;
}
