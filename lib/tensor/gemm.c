/* Matrix products: the work is cut into tasks of some rows by one panel of 32 columns;
 * kern.tile does the rest. */
#include <string.h>

#include "tensor/tensor_int.h"

enum {
	KC = 384,       /* of the chain: a strip of a panel that stays in the cache */
	MC = 288,       /* rows of a task */
	PACK_FROM = 512 /* columns from which packing a's rows pays */
};

/* y (m,n) (+)= a b.  b: panels, or rows of w, whose columns are packed strip by strip. */
struct job {
	struct tc *tc;
	float *y;
	size_t ldy;
	const float *a;
	size_t ars, aks;        /* of a; one of them is 1 */
	const struct panel *panel;
	const void *w;
	size_t ldw;
	enum dtype type;
	size_t m, n, k;
	bool acc;
	size_t chunk, chunks;   /* rows of a task, and how often they fit */
	float *packed;          /* of rows first.., tile by tile (k, rows) */
	size_t first, rows;
};

size_t
panel_bytes(enum dtype t, size_t n, size_t k)
{
	return (n + PANEL - 1) / PANEL * PANEL * k * dtype_size(t);
}

struct pack_job { struct panel *p; const void *w; };

static void
pack_panel(void *arg, size_t task, unsigned worker)
{
	const struct pack_job *j = arg;
	struct panel *p = j->p;
	size_t c, l, n = p->n - task * PANEL < PANEL ? p->n - task * PANEL : PANEL, size = dtype_size(p->type);
	char *to = (char *)p->mem + task * p->k * PANEL * size;
	const char *from = (const char *)j->w + task * PANEL * p->k * size;

	(void)worker;
	if (n < PANEL)
		memset(to, 0, p->k * PANEL * size);
	for (c = 0; c < n; c++)
		if (size == 4)
			for (l = 0; l < p->k; l++)
				((float *)(void *)to)[l * PANEL + c] = ((const float *)(const void *)from)[c * p->k + l];
		else
			for (l = 0; l < p->k; l++)
				((uint16_t *)(void *)to)[l * PANEL + c] = ((const uint16_t *)(const void *)from)[c * p->k + l];
}

void
panel_pack(struct tc *tc, struct panel *p, const void *w, enum dtype t, size_t n, size_t k)
{
	struct pack_job j = { p, w };

	p->n = n;
	p->k = k;
	p->type = t;
	tc_run(tc, pack_panel, &j, (n + PANEL - 1) / PANEL, 4.0 * (double)n * (double)k);
}

/* A tile of the packed rows: (k, rows) with rows side by side. */
static void
pack_rows(void *arg, size_t task, unsigned worker)
{
	const struct job *j = arg;
	size_t r = j->tc->k->rows, i, l, at = task * r, m = j->rows - at < r ? j->rows - at : r;
	const float *a = j->a + (j->first + at) * j->ars;
	float *to = j->packed + at * j->k;

	(void)worker;
	if (j->ars == 1) {
		for (l = 0; l < j->k; l++)
			memcpy(to + l * r, a + l * j->aks, m * sizeof(*to));
		return;
	}
	for (i = 0; i < m; i++)
		for (l = 0; l < j->k; l++)
			to[l * r + i] = a[i * j->ars + l];
}

/* Rows [from, to) of panel p. */
static void
run_rows(const struct job *j, size_t p, size_t from, size_t to, float *strip)
{
	const struct kern *kn = j->tc->k;
	size_t n = j->n - p * PANEL < PANEL ? j->n - p * PANEL : PANEL, l, i, m, kc, r;
	const float *a;
	const void *b;
	float *y, edge[KERN_ROWS * PANEL];

	for (l = 0; l < j->k || l == 0; l += kc) {
		kc = j->k - l < KC ? j->k - l : KC;
		if (j->panel) {
			b = (const char *)j->panel->mem + (p * j->k + l) * PANEL * dtype_size(j->type);
		} else {
			kn->strip(strip, (const char *)j->w + (l * j->ldw + p * PANEL) * dtype_size(j->type),
			    j->ldw, j->type, kc, n);
			b = strip;
		}
		for (i = from; i < to; i += m) {
			m = to - i < kn->rows ? to - i : kn->rows;
			y = j->y + i * j->ldy + p * PANEL;
			if (j->packed)
				a = j->packed + (i - j->first) * j->k + l * kn->rows;
			else
				a = j->a + i * j->ars + l * j->aks;
			if (n == PANEL) {
				kn->tile(y, j->ldy, a, j->packed ? 1 : j->ars, j->packed ? kn->rows : j->aks, b,
				    j->panel ? j->type : DT_F32, m, kc, j->acc || l);
				continue;
			}
			if (j->acc || l)
				for (r = 0; r < m; r++)
					memcpy(edge + r * PANEL, y + r * j->ldy, n * sizeof(*y));
			kn->tile(edge, PANEL, a, j->packed ? 1 : j->ars, j->packed ? kn->rows : j->aks, b,
			    j->panel ? j->type : DT_F32, m, kc, j->acc || l);
			for (r = 0; r < m; r++)
				memcpy(y + r * j->ldy, edge + r * PANEL, n * sizeof(*y));
		}
		if (!kc)
			break;
	}
}

static void
run_task(void *arg, size_t task, unsigned worker)
{
	const struct job *j = arg;
	size_t p = task / j->chunks, from = j->first + task % j->chunks * j->chunk, to = from + j->chunk;
	float *strip = j->panel ? NULL : scratch_get(j->tc, &j->tc->own[worker], KC * PANEL * sizeof(float));

	if (!j->panel && !strip)
		return;
	if (to > j->first + j->rows)
		to = j->first + j->rows;
	run_rows(j, p, from, to, strip);
}

/* Rows first.. first+rows over all panels. */
static void
run_panels(struct job *j)
{
	size_t panels = (j->n + PANEL - 1) / PANEL, r = j->tc->k->rows, want = 4 * j->tc->threads;
	double work = 2.0 * (double)j->rows * (double)j->n * (double)j->k;

	/* few panels: cut the rows finer, so that every thread has its share */
	j->chunk = (j->rows < MC ? j->rows : MC) + r - 1;
	j->chunk -= j->chunk % r;
	while (j->tc->threads > 1 && panels * ((j->rows + j->chunk - 1) / j->chunk) < want && j->chunk >= 4 * r)
		j->chunk = (j->chunk / 2 + r - 1) / r * r;
	j->chunks = (j->rows + j->chunk - 1) / j->chunk;
	tc_run(j->tc, run_task, j, panels * j->chunks, work);
}

static void
run(struct job *j)
{
	size_t r = j->tc->k->rows;
	/* columns of dy are cheap to pack, rows of x only for many panels */
	bool pack = j->ars == 1 && j->aks != 1 ? j->m > 1 : j->n >= PACK_FROM && j->m > r && j->type == DT_F32;

	if (!j->m || !j->n)
		return;
	/* a column of one row is a row */
	if (j->m == 1 && j->ars == 1 && j->aks != 1)
		pack = true;
	if (!pack) {
		j->packed = NULL;
		j->first = 0;
		j->rows = j->m;
		run_panels(j);
		return;
	}
	for (j->first = 0; j->first < j->m; j->first += j->rows) {
		j->rows = j->m - j->first < MC ? j->m - j->first : MC;
		j->packed = scratch_get(j->tc, &j->tc->pack, (j->rows + r) * j->k * sizeof(float));
		if (!j->packed)
			return;
		tc_run(j->tc, pack_rows, j, (j->rows + r - 1) / r, 4.0 * (double)j->rows * (double)j->k);
		run_panels(j);
	}
}

void
gemm_nt(struct tc *tc, float *y, size_t ldy, const float *x, size_t ldx, const struct panel *w, size_t m, bool acc)
{
	struct job j = { .tc = tc, .y = y, .ldy = ldy, .a = x, .ars = ldx, .aks = 1, .panel = w, .type = w->type,
		.m = m, .n = w->n, .k = w->k, .acc = acc };

	run(&j);
}

void
gemm_nn(struct tc *tc, float *dx, size_t lddx, const float *dy, size_t lddy, const void *w, enum dtype t, size_t m, size_t n, size_t k, bool acc)
{
	struct job j = { .tc = tc, .y = dx, .ldy = lddx, .a = dy, .ars = lddy, .aks = 1, .w = w, .ldw = k, .type = t,
		.m = m, .n = k, .k = n, .acc = acc };

	run(&j);
}

void
gemm_tn(struct tc *tc, float *dw, const float *dy, size_t lddy, const float *x, size_t ldx, size_t m, size_t n, size_t k)
{
	struct job j = { .tc = tc, .y = dw, .ldy = k, .a = dy, .ars = 1, .aks = lddy, .w = x, .ldw = ldx, .type = DT_F32,
		.m = n, .n = k, .k = m, .acc = true };

	run(&j);
}
