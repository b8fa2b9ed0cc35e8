#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/folder.h"
#include "model/safetensors.h"
#include "model/verify.h"

struct sums { size_t tensors, summed; };

static enum status
check_file(void *arg, const char *dir, const char *name, struct err *e)
{
	static const char tail[] = ".safetensors";
	size_t n = strlen(name), k = sizeof(tail) - 1, i;
	struct sums *s = arg;
	struct st_file *f;
	char hex[HASH_HEX], key[512], *path;
	const char *want;

	if (n < k || strcmp(name + n - k, tail))
		return ST_OK;
	if (!(path = file_join(dir, name)))
		return err_nomem(e);
	e->code = ST_OK;
	if (!st_open(&f, path, e)) {
		for (i = 0; i < st_count(f) && !e->code; i++) {
			const struct st_tensor *t = st_at(f, i);

			s->tensors++;
			if (snprintf(key, sizeof(key), "xxh3:%s", t->name) >= (int)sizeof(key) || !(want = st_meta(f, key)))
				continue;
			s->summed++;
			if (strcmp(hash_hex(hash128(t->data, t->bytes), hex), want))
				err_at(e, ST_INPUT, path, 0, 0, "%s: the bytes are not those that were written", t->name);
		}
		st_close(f);
	}
	if (e->code && !e->file[0])
		err_file(e, path);
	free(path);
	return e->code;
}

enum status
model_verify(struct tc *tc, const char *dir, struct model_config *c, size_t *tensors, size_t *summed,
    struct err *e)
{
	struct sums s = {0};
	struct model *m;

	if (model_open(&m, tc, dir, MODEL_READ, e))
		return e->code;
	*c = *model_config(m);
	model_close(m);
	folder_walk(dir, check_file, &s, e);
	*tensors = s.tensors;
	*summed = s.summed;
	return e->code;
}
