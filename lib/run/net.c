#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "model/safetensors.h"
#include "run/net.h"

enum status
net_open(struct net *n, struct tc *tc, const char *dir, bool recompute, struct err *e)
{
	size_t bytes;

	*n = (struct net){0};
	if (model_open(&n->m, tc, dir, MODEL_TRAIN, e))
		return e->code;
	n->size = model_train_size(n->m);
	bytes = n->size * sizeof(float);
	if (acts_new(&n->acts, n->m, true, recompute, e))
		goto fail;
	n->grad = tc_alloc(tc, bytes);
	n->mom = tc_alloc(tc, bytes);
	n->sq = tc_alloc(tc, bytes);
	if (n->grad && n->mom && n->sq)
		return ST_OK;
	err_nomem(e);
fail:
	net_close(n);
	return e->code;
}

void
net_close(struct net *n)
{
	size_t bytes = n->size * sizeof(float);

	if (n->acts)
		acts_free(n->acts);
	if (n->m) {
		tc_free(model_tc(n->m), n->grad, bytes);
		tc_free(model_tc(n->m), n->mom, bytes);
		tc_free(model_tc(n->m), n->sq, bytes);
		model_close(n->m);
	}
	*n = (struct net){0};
}

size_t
net_bytes(const struct net *n)
{
	return model_bytes(n->m) + 3 * n->size * sizeof(float);
}

size_t
net_acts_bytes(const struct net *n, bool recompute, size_t ntok)
{
	return acts_bytes(n->m, true, recompute, ntok) +
	    ntok * model_config(n->m)->dim * sizeof(float);
}

static enum status
not_finite(const struct net *n, size_t at, struct err *e)
{
	const struct param *p;
	size_t np, i;

	p = model_params(n->m, &np);
	for (i = 0; i < np; i++)
		if (at >= p[i].at && at - p[i].at < p[i].rows * p[i].cols)
			return err_set(e, ST_NUMERIC, "the gradient of %s is not finite", p[i].name);
	return err_set(e, ST_NUMERIC, "the gradient is not finite");
}

/* Whether p is of a value head beside the language model's. */
static bool
is_value(const struct net *n, const struct param *p)
{
	return model_config(n->m)->value && !strncmp(p->name, "score.", 6);
}

enum status
net_update(struct net *n, struct net_update *u, struct err *e)
{
	struct tc *tc = model_tc(n->m);
	float *w = model_master(n->m);
	const struct param *p;
	size_t np, i;
	double scale;

	u->norm = sqrt(sumsq_f32(tc, n->grad, n->size));
	/* squares of floats do not overflow in double: one of them is not finite */
	if (!isfinite(u->norm))
		return not_finite(n, find_nonfinite(tc, n->grad, n->size), e);
	scale = clip_scale(u->norm, u->clip);
	n->updates += !u->value_only;
	n->value_updates++;
	p = model_params(n->m, &np);
	for (i = 0; i < np; i++) {
		bool value = is_value(n, &p[i]);

		if (value || !u->value_only)
			adamw_step(tc, u->adam, w + p[i].at, n->mom + p[i].at, n->sq + p[i].at,
			    n->grad + p[i].at, p[i].rows * p[i].cols, value ? u->value_lr : u->lr, scale,
			    value ? n->value_updates : n->updates, p[i].decay);
	}
	model_refresh(n->m);
	tc_zero(tc, n->grad, n->size * sizeof(float));
	return tc_check(tc, e);
}

static const char *const prefix[] = { "exp_avg.", "exp_avg_sq.", "master." };

static float *
array(const struct net *n, unsigned k)
{
	return k == 0 ? n->mom : k == 1 ? n->sq : model_master(n->m);
}

struct reading { struct tc *tc; void *room; };

static const void *
read_array(void *ctx, const struct st_tensor *t)
{
	const struct reading *r = ctx;

	return tc_read(r->tc, t->data, t->bytes, r->room);
}

enum status
net_save(const struct net *n, const char *dir, const char *file, bool masters, struct err *e)
{
	unsigned k, kinds = masters || model_config(n->m)->dtype != DT_F32 ? 3 : 2;
	struct arena mem = ARENA_INIT;
	struct reading r = { .tc = model_tc(n->m) };
	const struct param *p;
	struct st_tensor *t;
	size_t np, i, m = 0, len, most = 0;
	char *path, *name;

	p = model_params(n->m, &np);
	path = file_join(dir, file);
	if (!path || !(t = arena_array(&mem, kinds * np + 1, sizeof(*t))))
		goto nomem;
	for (k = 0; k < kinds; k++)
		for (i = 0; i < np; i++, m++) {
			len = strlen(prefix[k]) + strlen(p[i].name) + 1;
			if (!(name = arena_alloc(&mem, len)))
				goto nomem;
			most = p[i].rows * p[i].cols > most ? p[i].rows * p[i].cols : most;
			stpcpy(stpcpy(name, prefix[k]), p[i].name);
			t[m] = (struct st_tensor){ .name = name, .dtype = "F32", .dims = 2,
				.dim = { p[i].rows, p[i].cols }, .data = array(n, k) + p[i].at,
				.bytes = p[i].rows * p[i].cols * sizeof(float) };
		}
	if (!tc_is_host(r.tc) && !(r.room = big_alloc(most * sizeof(float))))
		goto nomem;
	e->code = st_write(path, t, m, NULL, 0, &(struct st_source){ read_array, &r }, e);
	goto out;
nomem:
	err_nomem(e);
out:
	big_free(r.room, most * sizeof(float));
	free(path);
	arena_free(&mem);
	return e->code;
}

static enum status
load_one(const struct net *n, const struct st_file *f, const struct param *p, unsigned k,
    struct err *e)
{
	size_t len = strlen(prefix[k]) + strlen(p->name) + 1;
	const struct st_tensor *t;
	char *name = malloc(len);

	if (!name)
		return err_nomem(e);
	stpcpy(stpcpy(name, prefix[k]), p->name);
	t = st_find(f, name);
	if (!t && ((k == 2 && model_config(n->m)->dtype == DT_F32) || is_value(n, p)))
		;               /* the model's own weights are the masters; a new head has no moments */
	else if (!t || strcmp(t->dtype, "F32") || t->bytes != p->rows * p->cols * sizeof(float))
		err_set(e, ST_INPUT, "%s: not there or of another shape than the model", name);
	else
		tc_put(model_tc(n->m), array(n, k) + p->at, t->data, t->bytes);
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
