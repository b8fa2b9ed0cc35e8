#include <stdio.h>
#include <stdlib.h>

#include "model/model.h"
#include "run/rates.h"

enum status
rates_adapt(double *lr, const char *dir, struct err *e)
{
	char text[32];
	bool yes;

	if (!model_adapted(dir, &yes, e) && yes) {
		/* 10 * 1e-6 is not the double nearest to 1e-5 */
		snprintf(text, sizeof(text), "%.6g", 10 * *lr);
		*lr = strtod(text, NULL);
	}
	return e->code;
}

enum status
rates_find(const struct rates *r, const char *model, const char *critic, struct err *e)
{
	e->code = ST_OK;
	if (model && !r->given && rates_adapt(r->lr, model, e))
		return e->code;
	if (!r->critic_lr || r->critic_given)
		return ST_OK;
	*r->critic_lr = r->given ? *r->lr : RATES_CRITIC;
	return r->given || !critic ? ST_OK : rates_adapt(r->critic_lr, critic, e);
}
