/* A net's file: its moments and masters.  Rank 0 writes it and asks the others for their
 * shares tensor by tensor, so that no rank needs room for all of them. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "model/safetensors.h"
#include "run/net_int.h"

static const char *const prefix[] = { "exp_avg.", "exp_avg_sq.", "master." };

enum { MASTER = 2 };    /* of prefix: every rank has all of it, of the moments its share */

struct reading {
	const struct net *n;
	const struct param *p;  /* (np) */
	size_t np;
	float *room;            /* for the largest tensor; NULL where none is needed */
	struct err *e;          /* the first failure */
};

/* A tensor of the file: kind k of prefix, parameter i.  A rank that is asked for END is done. */
struct which { uint64_t k, i; };
enum { END = 9 };

/* The shares of the ranks in a moment's tensor to rank 0's room. */
static enum status
collect(const struct reading *r, const struct which *w, struct err *e)
{
	struct comm *c = r->n->comm;
	const float *moment = w->k == 0 ? r->n->mom : r->n->sq, *mine = NULL;
	const struct param *p = &r->p[w->i];
	size_t *to = calloc(2 * ((size_t)c->size + 1), sizeof(*to)), *got, lo, hi, k, from, end;
	float *part = NULL;

	if (!to)
		return err_nomem(e);
	got = to + c->size + 1;
	if (net_part(r->n, p, &lo, &hi)) {
		to[1] = (hi - lo) * sizeof(float);
		if (!tc_is_host(model_tc(r->n->m)) && !(part = malloc(to[1])))
			err_nomem(e);
		else
			mine = tc_read(model_tc(r->n->m), moment + (lo - r->n->lo), to[1], part);
	}
	for (k = 1; k < c->size; k++)
		to[k + 1] = to[1];
	for (k = 0; k < c->size && c->rank == 0; k++) {
		from = net_share(r->n, k) > p->at ? net_share(r->n, k) : p->at;
		end = net_share(r->n, k + 1) < p->at + p->rows * p->cols ? net_share(r->n, k + 1) : p->at + p->rows * p->cols;
		got[k + 1] = got[k] + (from < end ? (end - from) * sizeof(float) : 0);
	}
	if (!comm_agree(c, e))
		comm_exchange(c, mine, to, r->room, got, e);
	free(part);
	free(to);
	return e->code;
}

static const void *
read_array(void *ctx, const struct st_tensor *t)
{
	struct reading *r = ctx;
	struct which w = { 0, 0 };
	size_t at = 0;

	/* data is the number of the tensor, from 1 */
	at = (size_t)(uintptr_t)t->data - 1;
	w = (struct which){ at / r->np, at % r->np };
	if (r->e->code)
		return r->room;
	if (w.k == MASTER || r->n->comm->size == 1)
		return tc_read(model_tc(r->n->m), (w.k == 0 ? r->n->mom : w.k == 1 ? r->n->sq :
		    model_master(r->n->m)) + r->p[w.i].at, t->bytes, r->room);
	if (!comm_bcast(r->n->comm, 0, &w, sizeof(w), r->e))
		collect(r, &w, r->e);
	return r->room;
}

/* What the other ranks do while rank 0 writes. */
static enum status
serve(const struct reading *r, struct err *e)
{
	struct which w;

	for (;;) {
		if (comm_bcast(r->n->comm, 0, &w, sizeof(w), e))
			return e->code;
		if (w.k == END)
			return ST_OK;
		if (collect(r, &w, e))
			return e->code;
	}
}

/* Rank 0's part. */
static enum status
write_file(struct reading *r, const char *dir, const char *file, unsigned kinds, struct err *e)
{
	struct arena mem = ARENA_INIT;
	const struct param *p = r->p;
	struct st_tensor *t;
	size_t i, m = 0, len;
	char *path = file_join(dir, file), *name;
	unsigned k;

	if (!path || !(t = arena_array(&mem, kinds * r->np + 1, sizeof(*t))))
		goto nomem;
	for (k = 0; k < kinds; k++)
		for (i = 0; i < r->np; i++, m++) {
			len = strlen(prefix[k]) + strlen(p[i].name) + 1;
			if (!(name = arena_alloc(&mem, len)))
				goto nomem;
			stpcpy(stpcpy(name, prefix[k]), p[i].name);
			t[m] = (struct st_tensor){ .name = name, .dtype = "F32", .dims = 2,
				.dim = { p[i].rows, p[i].cols }, .data = (const void *)(uintptr_t)(m + 1),
				.bytes = p[i].rows * p[i].cols * sizeof(float) };
		}
	e->code = st_write(path, t, m, NULL, 0, &(struct st_source){ read_array, r }, e);
	goto out;
nomem:
	err_nomem(e);
out:
	free(path);
	arena_free(&mem);
	return e->code;
}

enum status
net_save(const struct net *n, const char *dir, const char *file, bool masters, struct err *e)
{
	unsigned kinds = masters || model_config(n->m)->dtype != DT_F32 ? 3 : 2;
	struct err late = {0}, comm = {0};
	struct reading r = { .n = n, .e = &late };
	const struct which end = { END, 0 };
	size_t i, most = 0;

	e->code = ST_OK;
	r.p = model_params(n->m, &r.np);
	for (i = 0; i < r.np; i++)
		most = r.p[i].rows * r.p[i].cols > most ? r.p[i].rows * r.p[i].cols : most;
	if (!n->comm->rank && (n->comm->size > 1 || !tc_is_host(model_tc(n->m))) &&
	    !(r.room = big_alloc(most * sizeof(float))))
		err_nomem(e);
	if (comm_agree(n->comm, e))
		goto out;
	if (n->comm->rank) {
		serve(&r, e);
	} else {
		write_file(&r, dir, file, kinds, e);
		if (late.code)
			*e = late;
		else if (comm_bcast(n->comm, 0, (void *)(uintptr_t)&end, sizeof(end), &comm))
			*e = comm;
	}
	comm_agree(n->comm, e);
out:
	big_free(r.room, most * sizeof(float));
	return e->code;
}

static enum status
load_one(const struct net *n, const struct st_file *f, const struct param *p, unsigned k,
    struct err *e)
{
	size_t len = strlen(prefix[k]) + strlen(p->name) + 1, lo, hi;
	const struct st_tensor *t;
	char *name = malloc(len);

	if (!name)
		return err_nomem(e);
	stpcpy(stpcpy(name, prefix[k]), p->name);
	t = st_find(f, name);
	if (!t && ((k == 2 && model_config(n->m)->dtype == DT_F32) || net_is_value(n, p)))
		;               /* the model's own weights are the masters; a new head has no moments */
	else if (!t || strcmp(t->dtype, "F32") || t->bytes != p->rows * p->cols * sizeof(float))
		err_set(e, ST_INPUT, "%s: not there or of another shape than the model", name);
	else if (k == MASTER)
		tc_put(model_tc(n->m), model_master(n->m) + p->at, t->data, t->bytes);
	else if (net_part(n, p, &lo, &hi))
		tc_put(model_tc(n->m), (k ? n->sq : n->mom) + (lo - n->lo), (const float *)t->data + (lo - p->at),
		    (hi - lo) * sizeof(float));
	free(name);
	return e->code;
}

enum status
net_load(struct net *n, const char *dir, const char *file, struct err *e)
{
	char *path = file_join(dir, file);
	const struct param *p;
	struct st_file *f;
	size_t np, i;
	unsigned k;

	if (!path)
		return err_nomem(e);
	e->code = ST_OK;
	if (!st_open(&f, path, e)) {
		p = model_params(n->m, &np);
		for (k = 0; k < 3 && !e->code; k++)
			for (i = 0; i < np && !e->code; i++)
				load_one(n, f, &p[i], k, e);
		st_close(f);
		if (e->code)
			err_file(e, path);
		else
			model_refresh(n->m);
	}
	free(path);
	return e->code;
}
