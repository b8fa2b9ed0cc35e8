#include "run/share.h"

size_t
share_tokens(const int32_t *a, size_t na, const int32_t *b, size_t nb)
{
	size_t n = na < nb ? na : nb - 1, i = 0;

	while (i < n && a[i] == b[i])
		i++;
	return i < SHARE_FROM ? 0 : i;
}
