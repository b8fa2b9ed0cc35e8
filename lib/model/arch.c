#include <string.h>

#include "model/arch.h"

#define ROW(a) [ARCH_##a] = &arch_##a,
static const struct arch *const archs[ARCH_COUNT] = { ARCHS(ROW) };

const struct arch *
arch_at(size_t i)
{
	return i < ARCH_COUNT ? archs[i] : NULL;
}

const struct arch *
arch_find(const char *name)
{
	const struct arch *a;

	for (size_t i = 0; (a = arch_at(i)); i++)
		if (!strcmp(a->name, name))
			return a;
	return NULL;
}

const struct arch *
arch_find_gguf(const char *name)
{
	const struct arch *a = arch_find(name);

	if (a && a->gguf && !a->gguf_name)
		return a;
	for (size_t i = 0; (a = arch_at(i)); i++)
		if (a->gguf && a->gguf_name && !strcmp(a->gguf_name, name))
			return a;
	return NULL;
}
