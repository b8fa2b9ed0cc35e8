/* Matrix products: the work is cut into tasks of some rows by one panel of 32 columns;
 * kern.tile does the rest.  A panel of b is there already, or packed strip by strip where
 * it is used, or once for all tasks; columns of a are packed into tiles by the task that
 * uses them, and rows of a copied when they lie so far apart that they share a set of the
 * cache. */
#include <string.h>

#include "tensor/cpu/cpu_int.h"

enum {
	KC = 640,               /* of the chain: a strip of a panel that stays in the cache */
	MC = 288,               /* rows of a task; so many of a strip's length and more of a shorter chain */
	CC = 96,                /* columns of a in a task, and how much of the chain they are packed for */
	LC = 1152,
	SCRATCH = 1 << 20,      /* floats of a part of b that is packed, or of a that is copied */
	TURNED = 64,            /* rows of a panel that are made at a time */
	FAR = 512, ASIDE = 16,  /* such strides, in floats, are made odd by this */
	COPY_FROM = 128         /* columns from which that pays */
};

/* y (m,n) (+)= a b.  b: panels, or rows of w. */
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
	/* the part at work: rows first .. first+rows, the chain's from .. from+len */
	size_t first, rows, from, len;
	size_t chunk, chunks;   /* rows of a task, and how often they fit */
	size_t group;           /* panels of a task that packs columns */
	bool in_place;          /* b's rows are read where they are */
	float *a_copied;        /* its rows, or NULL */
	float *b_packed;        /* its panels (len,32), or NULL */
};

size_t
panel_bytes(enum dtype t, size_t n, size_t k)
{
	return (n + PANEL - 1) / PANEL * PANEL * k * dtype_size(t);
}

struct pack_job { struct panel *p; const void *w; };

/* n rows of w (n,k) become columns of a panel, four at a time, a part of the panel that
 * stays in the cache. */
#define TURN(name, type) \
static void \
name(type *panel, const type *w, size_t n, size_t k) \
{ \
	typedef type v4 __attribute__((vector_size(4 * sizeof(type)))); \
	size_t c, l, from, to; \
	v4 t; \
\
	for (from = 0; from < k; from = to) { \
		to = k - from < TURNED ? k : from + TURNED; \
		for (c = 0; c + 4 <= n; c += 4) \
			for (l = from; l < to; l++) { \
				const type *x = w + c * k + l; \
\
				t = (v4){ x[0], x[k], x[2 * k], x[3 * k] }; \
				memcpy(panel + l * PANEL + c, &t, sizeof(t)); \
			} \
		for (; c < n; c++) \
			for (l = from; l < to; l++) \
				panel[l * PANEL + c] = w[c * k + l]; \
	} \
}
TURN(turn_floats, float)
TURN(turn_halves, uint16_t)

static void
pack_panel(void *arg, size_t task, unsigned worker)
{
	const struct pack_job *j = arg;
	struct panel *p = j->p;
	size_t n = p->n - task * PANEL < PANEL ? p->n - task * PANEL : PANEL, size = dtype_size(p->type);
	char *to = (char *)p->mem + task * p->k * PANEL * size;
	const char *from = (const char *)j->w + task * PANEL * p->k * size;

	(void)worker;
	if (n < PANEL)
		memset(to, 0, p->k * PANEL * size);
	if (size == 4)
		turn_floats((float *)(void *)to, (const float *)(const void *)from, n, p->k);
	else
		turn_halves((uint16_t *)(void *)to, (const uint16_t *)(const void *)from, n, p->k);
}

void
cpu_panel_pack(struct tc *tc, struct panel *p, const void *w, enum dtype t, size_t n, size_t k)
{
	struct pack_job j = { p, w };

	p->n = n;
	p->k = k;
	p->type = t;
	tc_run(tc, pack_panel, &j, (n + PANEL - 1) / PANEL, 4.0 * (double)n * (double)k);
}

/* to (len, R) = R columns of a, R a constant where this is inlined */
static inline void
pack_columns(float *to, const float *a, size_t ld, size_t len, size_t r)
{
	for (size_t l = 0; l < len; l++)
		memcpy(to + l * r, a + l * ld, r * sizeof(*to));
}

/* to (len, rows of a tile) a tile, of columns [at, end) of a */
static void
pack_a(const struct job *j, float *to, size_t at, size_t end)
{
	size_t r = j->tc->k->rows, l, m;

	for (; at < end; at += r, to += j->len * r) {
		const float *a = j->a + at + j->from * j->aks;

		m = end - at < r ? end - at : r;
		if (m == 12 && r == 12)
			pack_columns(to, a, j->aks, j->len, 12);
		else if (m == 6 && r == 6)
			pack_columns(to, a, j->aks, j->len, 6);
		else if (m == 4 && r == 4)
			pack_columns(to, a, j->aks, j->len, 4);
		else
			for (l = 0; l < j->len; l++)
				memcpy(to + l * r, a + l * j->aks, m * sizeof(*to));
	}
}

static bool
by_columns(const struct job *j)
{
	return j->ars == 1 && j->aks != 1;
}

/* Rows of a, ASIDE more apart than they are long. */
static void
copy_a(void *arg, size_t task, unsigned worker)
{
	const struct job *j = arg;
	size_t r = j->tc->k->rows, i, end = (task + 1) * r < j->rows ? (task + 1) * r : j->rows;

	(void)worker;
	for (i = task * r; i < end; i++)
		memcpy(j->a_copied + i * (j->len + ASIDE), j->a + (j->first + i) * j->ars + j->from, j->len * sizeof(*j->a));
}

/* len of panel p's rows from row `from` of w on */
static void
strip(const struct job *j, float *to, size_t p, size_t from, size_t len)
{
	size_t n = j->n - p * PANEL < PANEL ? j->n - p * PANEL : PANEL;

	j->tc->k->strip(to, (const char *)j->w + (from * j->ldw + p * PANEL) * dtype_size(j->type), j->ldw, j->type,
	    len, n);
}

static void
pack_b(void *arg, size_t task, unsigned worker)
{
	const struct job *j = arg;

	(void)worker;
	strip(j, j->b_packed + task * j->len * PANEL, task, j->from, j->len);
}

static size_t
stride_of_a(const struct job *j)
{
	return by_columns(j) ? 1 : j->a_copied ? j->len + ASIDE : j->ars;
}

/* One tile, in place or by way of `edge` where the panel is neither full nor half full. */
static void
run_tile(const struct job *j, float *y, const float *a, const void *b, size_t ldb, enum dtype t, size_t m, size_t n,
    size_t k, bool acc)
{
	const struct kern *kn = j->tc->k;
	size_t ars = stride_of_a(j), aks = by_columns(j) ? kn->rows : 1, r;
	size_t width = n <= PANEL / 2 && t == DT_F32 ? PANEL / 2 : PANEL;
	float edge[KERN_ROWS * PANEL];

	if (n == width) {
		kn->tile(y, j->ldy, a, ars, aks, b, ldb, t, m, n, k, acc);
		return;
	}
	for (r = 0; acc && r < m; r++)
		memcpy(edge + r * PANEL, y + r * j->ldy, n * sizeof(*y));
	kn->tile(edge, PANEL, a, ars, aks, b, ldb, t, m, width, k, acc);
	for (r = 0; r < m; r++)
		memcpy(y + r * j->ldy, edge + r * PANEL, n * sizeof(*y));
}

/* Do so many rows have use for a panel's halves as floats, which the first tile makes? */
static bool
widens(const struct job *j, size_t rows)
{
	return j->panel && j->type != DT_F32 && rows > j->tc->k->rows;
}

/* Rows [at, to) of panel p; own: room for a strip; packed: these rows, if they are columns. */
static void
run_rows(const struct job *j, size_t p, size_t at, size_t to, float *own, const float *packed)
{
	size_t n = j->n - p * PANEL < PANEL ? j->n - p * PANEL : PANEL, rows = j->tc->k->rows, l, i, m, kc, r;
	size_t strips = (j->len + KC - 1) / KC, most = strips ? (j->len + strips - 1) / strips : 0, ldb = PANEL;
	enum dtype t;
	const float *a;
	const void *b;
	float *y;

	for (l = 0; l < j->len || l == 0; l += kc) {
		kc = j->len - l < most ? j->len - l : most;
		t = j->panel ? j->type : DT_F32;
		if (j->in_place && (n == PANEL || n == PANEL / 2)) {
			b = (const float *)j->w + (j->from + l) * j->ldw + p * PANEL;
			ldb = j->ldw;
		} else if (j->panel) {
			b = (const char *)j->panel->mem + (p * j->k + j->from + l) * PANEL * dtype_size(t);
		} else if (j->b_packed) {
			b = j->b_packed + (p * j->len + l) * PANEL;
		} else {
			strip(j, own, p, j->from + l, kc);
			b = own;
		}
		for (i = at; i < to; i += m) {
			m = to - i < rows ? to - i : rows;
			y = j->y + i * j->ldy + p * PANEL;
			/* the next tile's place may be far away */
			for (r = m; r < 2 * m && i + r < to; r++) {
				__builtin_prefetch(y + r * j->ldy, 1);
				__builtin_prefetch(y + r * j->ldy + PANEL / 2, 1);
			}
			if (packed)
				a = packed + (i - at) * j->len + l * rows;
			else if (j->a_copied)
				a = j->a_copied + (i - j->first) * (j->len + ASIDE) + l;
			else
				a = j->a + i * j->ars + (j->from + l) * j->aks;
			if (i == at && n == PANEL && widens(j, to - at)) {
				j->tc->k->tile_widen(y, j->ldy, a, stride_of_a(j), b, t, kc, j->acc || j->from + l, own);
				b = own;
				t = DT_F32;
			} else {
				run_tile(j, y, a, b, ldb, t, m, n, kc, j->acc || j->from + l);
			}
		}
		if (!kc)
			break;
	}
}

static void
run_task(void *arg, size_t task, unsigned worker)
{
	const struct job *j = arg;
	size_t panels = (j->n + PANEL - 1) / PANEL, p, at, to;
	float *own = NULL;

	/* the rows of a stay in the cache while the panels pass by */
	p = task % panels;
	at = j->first + task / panels * j->chunk;
	to = at + j->chunk < j->first + j->rows ? at + j->chunk : j->first + j->rows;
	if (((!j->panel && !j->b_packed) || widens(j, to - at)) &&
	    !(own = scratch_get(j->tc, &j->tc->own[worker], KC * PANEL * sizeof(float))))
		return;
	run_rows(j, p, at, to, own, NULL);
}

/* The part at work over all panels. */
static void
run_panels(struct job *j)
{
	size_t panels = (j->n + PANEL - 1) / PANEL, r = j->tc->k->rows, want = 4 * j->tc->threads;
	double work = 2.0 * (double)j->rows * (double)j->n * (double)j->len;
	size_t most = j->len < KC ? MC * KC / (j->len + 1) : MC;

	/* few panels: cut the rows finer, so that every thread has its share */
	j->chunk = (j->rows < most ? j->rows : most) + r - 1;
	j->chunk -= j->chunk % r;
	while (j->tc->threads > 1 && panels * ((j->rows + j->chunk - 1) / j->chunk) < want && j->chunk >= 4 * r)
		j->chunk = (j->chunk / 2 + r - 1) / r * r;
	j->chunks = (j->rows + j->chunk - 1) / j->chunk;
	tc_run(j->tc, run_task, j, panels * j->chunks, work);
}

/* A task of columns of a: it packs them, then runs over its group of panels. */
static void
columns_task(void *arg, size_t task, unsigned worker)
{
	const struct job *j = arg;
	size_t panels = (j->n + PANEL - 1) / PANEL, at = task % j->chunks * j->chunk, p = task / j->chunks * j->group, end;
	size_t to = at + j->chunk < j->m ? at + j->chunk : j->m, packed = (j->chunk + j->tc->k->rows) * j->len;
	float *own = scratch_get(j->tc, &j->tc->own[worker], (packed + KC * PANEL) * sizeof(float));

	if (!own)
		return;
	pack_a(j, own, at, to);
	for (end = p + j->group; p < end && p < panels; p++)
		run_rows(j, p, at, to, own + packed, own);
}

static void
run_columns(struct job *j)
{
	size_t panels = (j->n + PANEL - 1) / PANEL, r = j->tc->k->rows, want = 4 * j->tc->threads;
	double work = 2.0 * (double)j->m * (double)j->n * (double)j->len;

	j->chunk = (CC + r - 1) / r * r;
	while (j->tc->threads > 1 && (j->m + j->chunk - 1) / j->chunk < want && j->chunk >= 4 * r)
		j->chunk = (j->chunk / 2 + r - 1) / r * r;
	j->chunks = (j->m + j->chunk - 1) / j->chunk;
	j->group = panels;
	while (j->tc->threads > 1 && j->chunks * ((panels + j->group - 1) / j->group) < want && j->group > 4)
		j->group = (j->group + 1) / 2;
	tc_run(j->tc, columns_task, j, j->chunks * ((panels + j->group - 1) / j->group), work);
}

/* How much of `all`, at least `least`, of rows of so many floats fits the scratch. */
static size_t
part(size_t all, size_t least, size_t width)
{
	size_t n = SCRATCH / width / least * least;

	n = n < least ? least : n;
	return n < all ? n : all;
}

/* The part of the chain at work: all rows, copied in parts where that is needed. */
static void
run_part(struct job *j, bool copy)
{
	size_t r = j->tc->k->rows, rows = copy ? part(j->m, MC, j->len + ASIDE) : j->m;

	for (j->first = 0; j->first < j->m; j->first += j->rows) {
		j->rows = j->m - j->first < rows ? j->m - j->first : rows;
		if (copy) {
			j->a_copied = scratch_get(j->tc, &j->tc->pack_a, j->rows * (j->len + ASIDE) * sizeof(float));
			if (!j->a_copied)
				return;
			tc_run(j->tc, copy_a, j, (j->rows + r - 1) / r, 4.0 * (double)j->rows * (double)j->len);
		}
		run_panels(j);
	}
}

static void
run(struct job *j)
{
	size_t panels = (j->n + PANEL - 1) / PANEL, len = j->k;
	bool columns = by_columns(j), share;
	bool copy = !columns && j->m > 1 && j->ars % FAR == 0 && j->n >= COPY_FROM;

	if (!j->m || !j->n)
		return;
	/* nothing is gained by a copy that is as wide, or that two tiles use */
	j->in_place = !j->panel && j->type == DT_F32 && (j->ldw <= PANEL || j->m <= 2 * j->tc->k->rows);
	share = !j->panel && !j->in_place && j->m > (columns ? CC : MC);
	if (share)
		len = part(j->k, KC, panels * PANEL);
	if (columns && len > LC)
		len = LC;
	for (j->from = 0; j->from < j->k || j->from == 0; j->from += j->len) {
		j->len = j->k - j->from < len ? j->k - j->from : len;
		if (share) {
			j->b_packed = scratch_get(j->tc, &j->tc->pack_b, panels * PANEL * j->len * sizeof(float));
			if (!j->b_packed)
				return;
			tc_run(j->tc, pack_b, j, panels, 4.0 * (double)j->n * (double)j->len);
		}
		if (columns)
			run_columns(j);
		else
			run_part(j, copy);
		if (!j->len)
			break;
	}
}

void
cpu_gemm_nt(struct tc *tc, float *y, size_t ldy, const float *x, size_t ldx, const struct panel *w, size_t m, bool acc)
{
	struct job j = { .tc = tc, .y = y, .ldy = ldy, .a = x, .ars = ldx, .aks = 1, .panel = w, .type = w->type,
		.m = m, .n = w->n, .k = w->k, .acc = acc };

	run(&j);
}

void
cpu_gemm_nn(struct tc *tc, float *dx, size_t lddx, const float *dy, size_t lddy, const void *w, enum dtype t, size_t m, size_t n, size_t k, bool acc)
{
	struct job j = { .tc = tc, .y = dx, .ldy = lddx, .a = dy, .ars = lddy, .aks = 1, .w = w, .ldw = k, .type = t,
		.m = m, .n = k, .k = n, .acc = acc };

	run(&j);
}

/* to (k,n) = from (n,k) turned round */
static void
turn(float *to, const float *from, size_t n, size_t k)
{
	for (size_t c = 0; c < k; c++)
		for (size_t i = 0; i < n; i++)
			to[c * n + i] = from[i * k + c];
}

void
cpu_gemm_tn(struct tc *tc, float *dw, const float *dy, size_t lddy, const float *x, size_t ldx, size_t m, size_t n, size_t k)
{
	struct job j = { .tc = tc, .y = dw, .ldy = k, .a = dy, .ars = 1, .aks = lddy, .w = x, .ldw = ldx, .type = DT_F32,
		.m = n, .n = k, .k = m, .acc = true };

	if (k > PANEL || n <= k) {
		run(&j);
		return;
	}
	/* few columns: dw turned round, so that they are what is packed and dy is read as it is */
	if (!(j.y = scratch_get(tc, &tc->pack_a, n * k * sizeof(float))))
		return;
	turn(j.y, dw, n, k);
	j.ldy = n;
	j.a = x;
	j.aks = ldx;
	j.w = dy;
	j.ldw = lddy;
	j.m = k;
	j.n = n;
	run(&j);
	turn(dw, j.y, k, n);
}
