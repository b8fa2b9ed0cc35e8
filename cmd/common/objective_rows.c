#include "common/objective_rows.h"

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
