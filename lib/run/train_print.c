#include <math.h>

#include "json/write.h"
#include "run/train.h"

enum status
train_print(const struct objective *o, const struct train_line *l, struct buf *b, struct err *e)
{
	buf_addc(b, '{');
	json_put_number(b, "step", (double)l->step);
	json_put_number(b, "epoch", (double)l->epoch);
	json_put_number(b, "loss", l->o.loss);
	json_put_number(b, "grad_norm", l->norm);
	json_put_number(b, "lr", l->lr);
	json_put_number(b, "examples", (double)l->t.examples);
	json_put_number(b, "tokens", (double)l->t.tokens);
	if (o->type->print)
		o->type->print(l, b);
	if (l->evaluated)
		json_put_number(b, "eval_loss", l->eval);
	if (l->seconds > 0)
		json_put_number(b, "tokens_per_second", round((double)l->t.tokens / l->seconds * 10) / 10);
	buf_addc(b, '}');
	return buf_ok(b) ? ST_OK : err_nomem(e);
}
