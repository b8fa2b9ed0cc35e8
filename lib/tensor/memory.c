/* Large memory of the host. */
#include <stdint.h>
#include <sys/mman.h>

#include "tensor/tensor.h"

enum { HUGE_PAGE = 2 << 20 };

/* Whole pages from the system, whole huge pages where there is room for one. */
static size_t
big_round(size_t bytes)
{
	size_t unit = bytes >= HUGE_PAGE ? HUGE_PAGE : 4096;

	return bytes > SIZE_MAX - unit ? 0 : (bytes + unit - 1) / unit * unit;
}

void *
big_alloc(size_t bytes)
{
	size_t n = big_round(bytes ? bytes : 1), lead;
	char *p;

	if (!n || n > SIZE_MAX - HUGE_PAGE)
		return NULL;
	if (n < HUGE_PAGE) {
		p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		return p == MAP_FAILED ? NULL : p;
	}
	/* a huge page starts at a multiple of itself: map one more and cut the ends off */
	p = mmap(NULL, n + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	lead = (HUGE_PAGE - (size_t)((uintptr_t)p % HUGE_PAGE)) % HUGE_PAGE;
	if (lead)
		munmap(p, lead);
	if (lead < HUGE_PAGE)
		munmap(p + lead + n, HUGE_PAGE - lead);
	madvise(p + lead, n, MADV_HUGEPAGE);
	return p + lead;
}

void
big_free(void *p, size_t bytes)
{
	if (p)
		munmap(p, big_round(bytes ? bytes : 1));
}
