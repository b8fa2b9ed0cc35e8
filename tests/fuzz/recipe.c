/* Recipes: any text is read or refused with a place. */
#include <stdint.h>
#include <stdlib.h>

#include "conf/opt_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	bool flag = false;
	const char *str = NULL;
	struct opt_list list = { 0 };
	int64_t i = 0;
	uint64_t u = 0, size = 0;
	double real = 0;
	int word = 0;
	const struct opt rows[] = {
		{ OPT_FLAG, 'f', "flag", NULL, &flag, 0, 0, "", false },
		{ OPT_STR, 's', "str", "S", &str, 0, 0, "", false },
		{ OPT_LIST, 'l', "list", "S", &list, 0, 0, "", false },
		{ OPT_INT, 'i', "int", "N", &i, -5, 5, "", false },
		{ OPT_UINT, 'u', "uint", "N", &u, 0, 0, "", false },
		{ OPT_SIZE, 'z', "size", "N", &size, 0, 1e12, "", false },
		{ OPT_REAL, 'r', "real", "X", &real, 0, 1, "", false },
		{ OPT_ENUM, 'e', "enum", "a|b|c", &word, 0, 0, "", false },
		{ .type = OPT_END }
	};
	const struct prog p = { "fg-split", "", "", rows };
	struct opt_mem mem = { 0 };
	struct buf b = BUF_INIT;
	struct err e = { 0 };

	if (opt_recipe_text(&p, NULL, "f", (const char *)data, n, &mem, &e)) {
		if (e.code != ST_USAGE || !e.line || !e.msg[0])
			abort();
	} else {
		if (i < -5 || i > 5 || word < 0 || word > 2 || real < 0 || real > 1)
			abort();
		if (opt_print(&p, NULL, &b, &e))
			abort();
		if (!buf_ok(&b) || opt_recipe_text(&p, NULL, "f", b.p, b.n, &mem, &e))
			abort();
	}
	buf_free(&b);
	opt_mem_free(&mem);
	return 0;
}
