#include <stdio.h>

#include "common/app.h"
#include "common/training.h"
#include "run/rates.h"

static bool stopped;

static enum status
on_step(void *ctx, const struct train_line *l, struct err *e)
{
	const struct training *t = ctx;
	struct buf b = BUF_INIT;
	char what[40];
	enum status st;

	snprintf(what, sizeof(what), "loss %.4f,", l->o.loss);
	progress(what, "steps", l->done, l->total);
	if (!app->metrics)
		return ST_OK;
	if (!(st = train_print(t->o, l, &b, e)))
		st = metrics_line(b.p, b.n, e);
	buf_free(&b);
	return st;
}

static void
on_part(void *ctx, uint64_t done, uint64_t total, double part)
{
	char what[40];

	(void)ctx;
	snprintf(what, sizeof(what), "%.0f%% of the next step,", 100 * part);
	progress(what, "steps", done, total);
}

static bool
on_stop(void *ctx)
{
	(void)ctx;
	return app_stopping();
}

static void
on_stopped(void *ctx, uint64_t done, uint64_t total)
{
	(void)ctx;
	stopped = true;
	warn("stopped after step %llu of %llu, and saved: the same command goes on", (unsigned long long)done,
	    (unsigned long long)total);
}

static void
on_alert(void *ctx, const char *text)
{
	(void)ctx;
	warn("%s", text);
}

struct train_hooks
training_hooks(const struct training *t)
{
	app_stop_gently();
	return (struct train_hooks){ .ctx = (void *)(uintptr_t)t, .step = on_step, .part = on_part, .stop = on_stop,
		.stopped = on_stopped, .metrics = metrics_size, .cut = metrics_cut, .say = note_text, .alert = on_alert };
}

void
training_decided(void *ctx, enum ckpt_plan plan, const struct train_state *st)
{
	const struct training *t = ctx;

	if (app->quiet)
		return;
	if (plan == CKPT_RESUME)
		warn("going on after step %llu", (unsigned long long)st->done);
	if (plan == CKPT_DONE && t->pass)
		warn("%s has had pass %llu: nothing to do", t->out, (unsigned long long)t->pass);
	else if (plan == CKPT_DONE)
		warn("%s is the result of this very run: nothing to do", t->out);
}

enum status
training_rates(double *lr, double *critic_lr, const char *model, const char *critic, struct err *e)
{
	bool given = app_set(lr);

	e->code = ST_OK;
	if (model && !given && rates_adapt(lr, model, e))
		return e->code;
	if (!critic_lr || app_set(critic_lr))
		return ST_OK;
	*critic_lr = given ? *lr : TRAINING_CRITIC_LR;
	return given || !critic ? ST_OK : rates_adapt(critic_lr, critic, e);
}

int
training_close(void)
{
	int code = app_close();

	if (stopped && !code)
		app_end_by_signal();
	return code;
}
