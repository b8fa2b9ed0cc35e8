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
	struct opt_list list = { 0 }, text = { 0 }, on = { 0 }, words = { 0 };
	int64_t i = 0;
	uint64_t u = 0, size = 0;
	double real = 0;
	int word = 0;
	static const struct opt_word abc[] = { { "a", 0 }, { "b", 1 }, { "c", 2 }, { NULL, 0 } };
	const struct opt rows[] = {
		OPT_FLAG("flag", &flag, "", .key = 'f'),
		OPT_STR("str", "S", &str, "", .key = 's'),
		OPT_LIST("list", "S", &list, "", .key = 'l'),
		OPT_INT("int", "N", &i, -5, 5, "", .key = 'i'),
		OPT_UINT("uint", "N", &u, 0, 0, "", .key = 'u'),
		OPT_SIZE("size", "N", &size, 0, 1e12, "", .key = 'z'),
		OPT_REAL("real", "X", &real, 0, 1, "", .key = 'r'),
		OPT_ENUM("enum", &word, "", abc, .key = 'e'),
		OPT_STR_OF(&list, "text", "S", &text, ""),
		OPT_FLAG_OF(&list, "on", &on, ""),
		OPT_ENUM_OF(&list, "word", &words, "", abc),
		OPT_END
	};
	const struct prog p = { .name = "fg-split", .synopsis = "", .about = "", .rows = rows };
	const struct opt *given[2 * sizeof(rows) / sizeof(*rows)];
	struct opt_given g = { .row = given };
	struct opt_mem mem = { 0 };
	struct buf b = BUF_INIT;
	struct err e = { 0 };

	if (opt_recipe_text(&p, NULL, "f", (const char *)data, n, &mem, &g, &e)) {
		if (e.code != ST_USAGE || !e.line || !e.msg[0])
			abort();
	} else {
		if (i < -5 || i > 5 || word < 0 || word > 2 || real < 0 || real > 1)
			abort();
		for (size_t k = 0; k < words.n; k++)
			if (words.v[k] && opt_word_value(abc, opt_of(&words, k), 3) > 2)
				abort();
		if (opt_print(&p, NULL, &g, &b, &e))
			abort();
		if (!buf_ok(&b) || opt_recipe_text(&p, NULL, "f", b.p, b.n, &mem, &g, &e))
			abort();
	}
	buf_free(&b);
	opt_mem_free(&mem);
	return 0;
}
