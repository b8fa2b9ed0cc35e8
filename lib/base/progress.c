#include <stdio.h>
#include <string.h>

#include "base/progress.h"

bool
progress_due(struct progress *p, double now, double every, uint64_t done)
{
	if (p->start == 0) {
		p->start = p->last = now;
		p->from = done;
	}
	p->now = now;
	if (now - p->last < every)
		return false;
	p->last = now;
	return true;
}

/* v with a prefix of its unit: two digits of a small rate, else whole numbers */
static void
amount(char out[32], double v, const char *unit)
{
	static const char *const scale[] = { "", "k", "M", "G", "T" };
	size_t i = 0;

	if (v >= 10000 || !strcmp(unit, "B"))
		for (; v >= 1000 && i < 4; i++)
			v /= 1000;
	snprintf(out, 32, v < 10 && v != (double)(int)v ? "%.2g%s%s%.20s" : "%.0f%s%s%.20s", v,
	    i || *unit ? " " : "", scale[i], unit);
}

char *
progress_text(const struct progress *p, char line[PROGRESS_LINE], const char *what, const char *unit,
    uint64_t done, uint64_t total)
{
	double rate = p->now > p->start && done > p->from ? (double)(done - p->from) / (p->now - p->start) : 0, left;
	char d[32], t[32], r[32];
	int n;

	/* "3 of 48 steps", but "1.2 GB of 3.4 GB" */
	amount(d, (double)done, total && done < 10000 && strcmp(unit, "B") ? "" : unit);
	amount(r, rate, unit);
	n = snprintf(line, PROGRESS_LINE, "%.40s %s", what, d);
	if (total) {
		amount(t, (double)total, unit);
		n += snprintf(line + n, (size_t)(PROGRESS_LINE - n), " of %s", t);
	}
	n += snprintf(line + n, (size_t)(PROGRESS_LINE - n), ", %s/s", r);
	if (total > done && rate > 0) {
		left = (double)(total - done) / rate;
		if (left < 360000)
			snprintf(line + n, (size_t)(PROGRESS_LINE - n), ", %d:%02d to go",
			    (int)left / 60, (int)left % 60);
	}
	return line;
}
