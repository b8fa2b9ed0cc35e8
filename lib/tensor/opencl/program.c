/* The program: its text put together, built, and kept for the next run. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "tensor/opencl/cache.h"
#include "tensor/opencl/opencl_int.h"
#include "tensor/opencl/source.h"

#define OPTIONS "-cl-std=CL1.2 -cl-fp32-correctly-rounded-divide-sqrt"

static void
add(struct buf *b, const unsigned char *text)
{
	buf_adds(b, (const char *)text);
}

/* A copy of product.cl: a group has side by side elements, a work-item 4 each by 4 each.  The smaller
 * tile does less a step, and so fetches more steps at a time, to hide how long that takes. */
static void
add_product(struct buf *b, const char *name, size_t side, size_t each)
{
	int steps = side > 64 ? 8 : 32;

	buf_addf(b, "#define NAME %s\n#define TM %zu\n#define TN %zu\n#define TK %d\n#define RM %zu\n#define RN %zu\n", name, side,
	    side, steps, each, each);
	add(b, product_cl);
	buf_adds(b, "#undef NAME\n#undef TM\n#undef TN\n#undef TK\n#undef RM\n#undef RN\n");
}

/* A copy of few.cl: a group has so many rows of one panel. */
static void
add_few(struct buf *b, const char *name, size_t rows)
{
	buf_addf(b, "#define NAME %s\n#define TM %zu\n#define TK 128\n#define WG %d\n", name, rows, FEW);
	add(b, few_cl);
	buf_adds(b, "#undef NAME\n#undef TM\n#undef TK\n#undef WG\n");
}

static void
add_text(struct buf *b, const struct opencl *o)
{
	const struct tiles *t = &o->tiles;

	add(b, begin_cl);
	add(b, math_expf_h);
	add(b, math_body_h);
	add(b, common_cl);
	add_product(b, "product_large", t->large, t->large / 64);
	add_product(b, "product_small", t->small, t->small / 64);
	add_few(b, "product_few", t->few);
	add_few(b, "product_one", 1);
	add(b, rows_cl);
	add(b, attention_cl);
	add(b, vocab_cl);
	add(b, reduce_cl);
	buf_addc(b, '\0');
}

/* The first lines of what the compiler said. */
static enum status
say_log(struct opencl *o, cl_program p, struct err *e)
{
	enum { MOST = 1 << 20, SHOWN = 300, LINES = 3 };
	size_t n = 0, i, lines = 0;
	char *log = NULL;

	if (o->cl.GetProgramBuildInfo(p, o->unit.device, CL_PROGRAM_BUILD_LOG, 0, NULL, &n) || n > MOST ||
	    !(log = calloc(n + 1, 1)) ||
	    o->cl.GetProgramBuildInfo(p, o->unit.device, CL_PROGRAM_BUILD_LOG, n, log, NULL)) {
		free(log);
		return err_set(e, ST_IO, "%s: its driver does not compile the kernels, and does not say why", o->unit.name);
	}
	for (i = 0; i < SHOWN && log[i] && lines < LINES; i++)
		if (log[i] == '\n' && ++lines < LINES)
			log[i] = ';';
	log[i] = '\0';
	for (; i && (log[i - 1] == '\n' || log[i - 1] == ';' || log[i - 1] == ' '); i--)
		log[i - 1] = '\0';
	err_set(e, ST_IO, "%s: its driver does not compile the kernels: %s", o->unit.name, log);
	free(log);
	return e->code;
}

/* The program from its kept bytes; NULL where there are none, or the driver does not take them. */
static cl_program
load(struct opencl *o, const char key[HASH_HEX])
{
	struct buf b = BUF_INIT;
	cl_int status = 0, code = 0;
	const unsigned char *bytes;
	cl_program p = NULL;

	if (cache_get(&b, key)) {
		bytes = (const unsigned char *)b.p;
		p = o->cl.CreateProgramWithBinary(o->context, 1, &o->unit.device, &b.n, &bytes, &status, &code);
		if (p && (code || status || o->cl.BuildProgram(p, 1, &o->unit.device, OPTIONS, NULL, NULL))) {
			o->cl.ReleaseProgram(p);
			p = NULL;
		}
	}
	buf_free(&b);
	return p;
}

static void
keep(struct opencl *o, cl_program p, const char key[HASH_HEX])
{
	unsigned char *bytes;
	size_t n = 0;

	/* one device, so one binary */
	if (o->cl.GetProgramInfo(p, CL_PROGRAM_BINARY_SIZES, sizeof(n), &n, NULL) || !n || !(bytes = malloc(n)))
		return;
	if (!o->cl.GetProgramInfo(p, CL_PROGRAM_BINARIES, sizeof(bytes), &bytes, NULL))
		cache_put(key, bytes, n);
	free(bytes);
}

enum status
program_get(struct opencl *o, const char *text, bool kept, cl_program *p, bool *loaded, struct err *e)
{
	struct buf all = BUF_INIT;
	char key[HASH_HEX];
	cl_int code = 0;

	*loaded = false;
	buf_addf(&all, "%s\n%s\n%s", o->unit.driver, OPTIONS, text);
	if (!buf_ok(&all)) {
		buf_free(&all);
		return err_nomem(e);
	}
	hash_hex(hash128(all.p, all.n), key);
	buf_free(&all);
	if (kept && (*p = load(o, key))) {
		*loaded = true;
		return ST_OK;
	}
	*p = o->cl.CreateProgramWithSource(o->context, 1, &text, NULL, &code);
	if (!*p || code)
		return err_set(e, ST_IO, "%s: its driver takes no kernels: OpenCL's error %ld", o->unit.name, (long)code);
	if (o->cl.BuildProgram(*p, 1, &o->unit.device, OPTIONS, NULL, NULL))
		return say_log(o, *p, e);
	if (kept)
		keep(o, *p, key);
	return ST_OK;
}

enum status
program_build(struct opencl *o, struct err *e)
{
	struct buf b = BUF_INIT;
	bool loaded;

	add_text(&b, o);
	if (!buf_ok(&b))
		err_nomem(e);
	else
		program_get(o, b.p, !o->unit.keeps, &o->program, &loaded, e);
	buf_free(&b);
	return e->code;
}
