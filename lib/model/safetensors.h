/* safetensors files: mmapped reading of hostile headers, streamed writing. */
#ifndef MODEL_SAFETENSORS_H
#define MODEL_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct st_tensor {
	const char *name;
	const char *dtype;              /* "F32", "BF16", "F16", "I64", ... */
	size_t dims, dim[8];
	const void *data;               /* into the map; may be unaligned.  To write: see st_source */
	size_t bytes;
};

struct st_file;
enum status st_open(struct st_file **f, const char *path, struct err *e);
void st_close(struct st_file *f);
void st_forget(const struct st_file *f, const void *data, size_t n);        /* file_forget */
/* Whether data lies in f and other in g, and they are the same bytes of one file. */
bool st_same(const struct st_file *f, const void *data, const struct st_file *g, const void *other);
size_t st_count(const struct st_file *f);
const struct st_tensor *st_at(const struct st_file *f, size_t i);
const struct st_tensor *st_find(const struct st_file *f, const char *name);    /* NULL if absent */
const char *st_meta(const struct st_file *f, const char *key);                 /* NULL if absent */

/* Write path (not atomically: the caller's folder is), fsynced.  meta: nmeta pairs;
 * "xxh3:NAME" of every tensor is added.  read gives the bytes of tensor t until its next
 * call; it is asked twice for each. */
struct st_source { const void *(*read)(void *ctx, const struct st_tensor *t); void *ctx; };
enum status st_write(const char *path, const struct st_tensor *t, size_t n,
    const char *const (*meta)[2], size_t nmeta, const struct st_source *from, struct err *e);

#endif
