/* Matrix products: which tile, and how b is laid out; product.cl and few.cl do the rest. */
#include "tensor/opencl/opencl_int.h"

/* y (m,n) (+)= a b as product.cl has it */
struct product {
	float *y;
	size_t ldy;
	const float *a;
	size_t ars, aks;
	const void *b;
	enum dtype type;
	size_t ls, ps, m, n, k;
	bool acc;
};

void
opencl_panel_pack(struct tc *tc, struct panel *p, const void *w, enum dtype t, size_t n, size_t k)
{
	size_t size = dtype_size(t);

	p->n = n;
	p->k = k;
	p->type = t;
	RUN_GROUPS(tc, t == DT_F32 ? K_pack_floats : K_pack_halves, parts(k, TURN), parts(n, COLUMNS), 1, TILE,
	    OF(p->mem, size), OF(w, size), N(n), N(k));
}

/* The tile by which y's (m,n) is cut: as large as leaves every compute unit its share. */
static void
tile(struct tc *tc, size_t m, size_t n, enum kernel_id *k, size_t *rows, size_t *columns, size_t *local)
{
	const struct tiles *t = &opencl_of(tc)->tiles;
	size_t units = (size_t)opencl_of(tc)->unit.units;

	*local = TILE;
	if (m > t->few && parts(m, t->large) * parts(n, t->large) >= 2 * units) {
		*k = K_product_large;
		*rows = *columns = t->large;
	} else if (m > t->few && parts(m, t->small) * parts(n, t->small) >= units) {
		*k = K_product_small;
		*rows = *columns = t->small;
	} else {
		*k = m == 1 ? K_product_one : K_product_few;
		*rows = m == 1 ? 1 : t->few;
		*columns = COLUMNS;
		*local = FEW;
	}
}

static void
run(struct tc *tc, const struct product *p)
{
	size_t rows, columns, local;
	enum kernel_id k;

	if (!p->m || !p->n)
		return;
	tile(tc, p->m, p->n, &k, &rows, &columns, &local);
	RUN_GROUPS(tc, k, parts(p->n, columns), parts(p->m, rows), 1, local, F(p->y), N(p->ldy), F(p->a), N(p->ars),
	    N(p->aks), OF(p->b, 1), I(p->type), N(p->ls), N(p->ps), I(p->m), I(p->n), I(p->k), I(p->acc));
}

void
opencl_gemm_nt(struct tc *tc, float *y, size_t ldy, const float *x, size_t ldx, const struct panel *w, size_t m, bool acc)
{
	struct product p = { .y = y, .ldy = ldy, .a = x, .ars = ldx, .aks = 1, .b = w->mem, .type = w->type,
		.ls = COLUMNS, .ps = COLUMNS * w->k, .m = m, .n = w->n, .k = w->k, .acc = acc };

	run(tc, &p);
}

void
opencl_gemm_nn(struct tc *tc, float *dx, size_t lddx, const float *dy, size_t lddy, const void *w, enum dtype t, size_t m,
    size_t n, size_t k, bool acc)
{
	struct product p = { .y = dx, .ldy = lddx, .a = dy, .ars = lddy, .aks = 1, .b = w, .type = t, .ls = k, .ps = COLUMNS,
		.m = m, .n = k, .k = n, .acc = acc };

	run(tc, &p);
}

void
opencl_gemm_tn(struct tc *tc, float *dw, const float *dy, size_t lddy, const float *x, size_t ldx, size_t m, size_t n,
    size_t k)
{
	struct product p = { .y = dw, .ldy = k, .a = dy, .ars = 1, .aks = lddy, .b = x, .type = DT_F32, .ls = ldx,
		.ps = COLUMNS, .m = n, .n = k, .k = m, .acc = true };

	run(tc, &p);
}
