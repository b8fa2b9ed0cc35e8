/* Keys of a GGUF file and their values. */
#include <string.h>

#include "model/gguf_write_int.h"

static void
put_name(struct gguf_keys *k, const char *name, enum gguf_kind kind)
{
	uint32_t type = kind;

	k->n++;
	gguf_put_text(k, (struct gguf_text){ name, strlen(name) });
	buf_add(&k->b, &type, sizeof(type));
}

void
gguf_put_u32(struct gguf_keys *k, const char *name, size_t v)
{
	uint32_t u = (uint32_t)v;

	put_name(k, name, GGUF_U32);
	buf_add(&k->b, &u, sizeof(u));
}

void
gguf_put_f32(struct gguf_keys *k, const char *name, double v)
{
	float f = (float)v;

	put_name(k, name, GGUF_F32);
	buf_add(&k->b, &f, sizeof(f));
}

void
gguf_put_bool(struct gguf_keys *k, const char *name, bool v)
{
	put_name(k, name, GGUF_BOOL);
	buf_addc(&k->b, v ? 1 : 0);
}

void
gguf_put_text(struct gguf_keys *k, struct gguf_text v)
{
	uint64_t n = v.n;

	buf_add(&k->b, &n, sizeof(n));
	buf_add(&k->b, v.s, v.n);
}

void
gguf_put_string(struct gguf_keys *k, const char *name, struct gguf_text v)
{
	put_name(k, name, GGUF_STR);
	gguf_put_text(k, v);
}

void
gguf_put_str(struct gguf_keys *k, const char *name, const char *v)
{
	gguf_put_string(k, name, (struct gguf_text){ v, strlen(v) });
}

static void
put_array(struct gguf_keys *k, const char *name, enum gguf_kind kind, size_t n)
{
	uint32_t type = kind;
	uint64_t count = n;

	put_name(k, name, GGUF_ARRAY);
	buf_add(&k->b, &type, sizeof(type));
	buf_add(&k->b, &count, sizeof(count));
}

void
gguf_put_array(struct gguf_keys *k, const char *name, enum gguf_kind kind, const void *v, size_t n, size_t size)
{
	put_array(k, name, kind, n);
	buf_add(&k->b, v, n * size);
}

void
gguf_begin_texts(struct gguf_keys *k, const char *name, size_t n)
{
	put_array(k, name, GGUF_STR, n);
}
