#include <stdarg.h>
#include <stdio.h>

#include "run/train_int.h"

static void
say(const struct train_hooks *h, enum train_say how, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void
say(const struct train_hooks *h, enum train_say how, const char *fmt, ...)
{
	char text[4608];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	h->say(h->ctx, how, text);
}

enum status
train_tell_step(const struct train *t, const struct train_line *l, struct err *e)
{
	const struct train_hooks *h = t->r->h;
	struct buf b = BUF_INIT;
	char what[40];

	snprintf(what, sizeof(what), "loss %.4f,", l->o.loss);
	h->progress(h->ctx, what, l->done, l->total);
	e->code = ST_OK;
	if (h->line && !train_print(&t->r->o->objective, l, &b, e))
		h->line(h->ctx, b.p, b.n, e);
	buf_free(&b);
	return e->code;
}

void
train_tell_part(const struct train *t, double part)
{
	char what[40];

	snprintf(what, sizeof(what), "%.0f%% of the next step,", 100 * part);
	t->r->h->progress(t->r->h->ctx, what, t->st->done, t->st->total);
}

void
train_tell_stopped(const struct train *t)
{
	say(t->r->h, TRAIN_ALERT, "stopped after step %llu of %llu, and saved: the same command goes on",
	    (unsigned long long)t->st->done, (unsigned long long)t->st->total);
}

void
train_tell_plan(const struct train_hooks *h, const char *out, uint64_t loop, enum ckpt_plan plan, uint64_t done)
{
	if (plan == CKPT_RESUME)
		say(h, TRAIN_NEWS, "going on after step %llu", (unsigned long long)done);
	else if (plan == CKPT_DONE && loop)
		say(h, TRAIN_NEWS, "%s has had pass %llu: nothing to do", out, (unsigned long long)loop);
	else if (plan == CKPT_DONE)
		say(h, TRAIN_NEWS, "%s is the result of this very run: nothing to do", out);
}

/* ---- hooks that do nothing ---- */

static bool
no_stop(void *ctx)
{
	(void)ctx;
	return false;
}

static void
no_progress(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	(void)ctx;
	(void)what;
	(void)done;
	(void)total;
}

static uint64_t
no_metrics(void *ctx)
{
	(void)ctx;
	return 0;
}

static enum status
no_cut(void *ctx, uint64_t n, struct err *e)
{
	(void)ctx;
	(void)n;
	(void)e;
	return ST_OK;
}

static void
no_say(void *ctx, enum train_say how, const char *text)
{
	(void)ctx;
	(void)how;
	(void)text;
}

const struct train_hooks train_no_hooks = {
	.stop = no_stop, .progress = no_progress, .metrics = no_metrics, .cut = no_cut, .say = no_say
};
