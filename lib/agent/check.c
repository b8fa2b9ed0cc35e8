#include <string.h>

#include "agent/agent.h"
#include "json/scan.h"

/* Does the first line announce what follows ("Here is the edited text:")? */
static bool
announces(const char *s, size_t n)
{
	const char *nl = memchr(s, '\n', n);

	while (nl && nl > s && memchr(" \t\r", nl[-1], 3))
		nl--;
	return nl && nl > s && nl[-1] == ':';
}

const char *
edit_fault(const char *old, size_t nold, const char *text, size_t n)
{
	if (json_scan_space(text, text + n) == text + n)
		return "the edit is empty";
	if (n == nold && !memcmp(old, text, n))
		return "the edit is a copy of the text";
	if ((announces(text, n) && !announces(old, nold)) ||
	    (n > 2 && !memcmp(text, "```", 3) && (nold < 3 || memcmp(old, "```", 3))))
		return "answer with the edited text alone, nothing around it";
	return NULL;
}
