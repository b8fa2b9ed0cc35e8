/* Print the sum of the tiny models' bytes; argument: an instruction set. */
#include "../../tiny.h"

int
main(int argc, char *argv[])
{
	char hex[HASH_HEX];
	struct err e = {0};
	struct tc *tc;

	tiny_must(!tc_open(&tc, 2, &e), e.msg);
	if (argc > 1)
		tiny_must(!tc_set_isa(tc, argv[1], &e), e.msg);
	tiny_sum(tc, hex);
	printf("%s %s\n", tc_isa(tc), hex);
	tc_close(tc);
	return 0;
}
