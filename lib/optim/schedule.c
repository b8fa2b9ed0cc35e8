#include "base/math.h"
#include "optim/schedule.h"

double
schedule_lr(const struct schedule *s, uint64_t step)
{
	uint64_t warmup = s->warmup == SCHEDULE_TENTH ? s->total / 10 : s->warmup;
	double x, part;

	if (step < warmup)
		return s->lr * (double)(step + 1) / (double)warmup;
	if (s->kind == SCHEDULE_CONSTANT)
		return s->lr;
	x = 1;
	if (step < s->total)
		x = (double)(step - warmup) / (double)(s->total - warmup);
	part = s->kind == SCHEDULE_LINEAR ? 1 - x : 0.5 + 0.5 * math_cos(3.141592653589793 * x);
	return s->lr * (s->floor + (1 - s->floor) * part);
}
