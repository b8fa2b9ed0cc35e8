#include <string.h>

#include "run/objective_int.h"

#define OBJECTIVE_ROW(name) &objective_##name,
static const struct objective_type *const table[] = { OBJECTIVES(OBJECTIVE_ROW) };

const struct objective_type *
objective_get(size_t i)
{
	return table[i];
}

size_t
objective_index(const struct objective_type *t)
{
	size_t i = 0;

	while (table[i] != t)
		i++;
	return i;
}

const struct objective_type *
objective_find(const char *kind, const char *name)
{
	for (size_t i = 0; i < OBJECTIVE_COUNT; i++) {
		const char *own = table[i]->name;

		if (!strcmp(table[i]->kind, kind) && (own && name ? !strcmp(own, name) : own == name))
			return table[i];
	}
	return NULL;
}
