#include "common/training.h"

size_t
objective_rows(struct opt *rows, double param[OBJECTIVE_COUNT][OBJECTIVE_PARAMS],
    struct opt_word words[OBJECTIVE_COUNT + 1])
{
	size_t n = 0, i, k, named = 0;

	for (i = 0; i < OBJECTIVE_COUNT; i++) {
		const struct objective_type *t = objective_get(i);

		if (t->name)
			words[named++] = (struct opt_word){ t->name, (int)i };
		for (k = 0; k < OBJECTIVE_PARAMS && t->param[k].name; k++) {
			param[i][k] = t->param[k].value;
			rows[n++] = (struct opt)OPT_REAL(t->param[k].name, "X", &param[i][k], t->param[k].lo,
			    t->param[k].hi, t->param[k].help, .kinds = t->kind);
		}
	}
	words[named].word = NULL;
	return n;
}

/* ---- ranks ---- */

static struct comm *comm;

/* After the message: the ranks end by themselves where all of them know of it. */
static void
at_die(int status)
{
	if (comm && comm->agreed)
		ranks_close();
	else
		comm_abort(comm, status);
}

struct comm *
ranks_open(double timeout)
{
	struct err e = {0};

	app_at_die(at_die);
	if (comm_open(&comm, timeout, &e))
		die(&e);
	return comm;
}

void
ranks_die(const struct err *e)
{
	if (comm->rank && comm->agreed)
		die_quietly(e);
	die(e);
}

void
ranks_close(void)
{
	comm_close(comm);
	comm = NULL;
}

/* ---- hooks ---- */

static void
on_progress(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	(void)ctx;
	progress(what, "steps", done, total);
}

static bool
on_stop(void *ctx)
{
	(void)ctx;
	return app_stopping();
}

static enum status
on_line(void *ctx, const char *json, size_t n, struct err *e)
{
	(void)ctx;
	return metrics_line(json, n, e);
}

static uint64_t
on_metrics(void *ctx)
{
	(void)ctx;
	return sink_size(app->metrics);
}

static enum status
on_cut(void *ctx, uint64_t n, struct err *e)
{
	(void)ctx;
	return sink_cut(app->metrics, n, e);
}

static void
on_say(void *ctx, enum train_say how, const char *text)
{
	(void)ctx;
	if (how == TRAIN_NOTE)
		note("%s", text);
	else if (how == TRAIN_ALERT || !app->quiet)
		warn("%s", text);
}

struct train_hooks
training_hooks(void)
{
	app_stop_gently();
	return (struct train_hooks){ .stop = on_stop, .progress = on_progress, .line = app->metrics ? on_line : NULL,
		.metrics = on_metrics, .cut = on_cut, .say = on_say };
}
