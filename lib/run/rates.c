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
