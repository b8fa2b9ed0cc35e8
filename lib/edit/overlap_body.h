/* overlap_run's core for one width of index; included with IDX, SORT and NAME. */

/* group[p]: where the first suffix stands that begins with the same min bytes as suffix p
 * and may be its source; p itself if there is none. */
static enum status
NAME(struct overlap *o, size_t min, struct err *e)
{
	size_t n = o->text.n, i, j, k, l, h = 0, best;
	const unsigned char *s = (const unsigned char *)o->text.p;
	IDX *sa = malloc(n * sizeof(*sa)), *plcp = malloc(n * sizeof(*plcp));
	enum status st = ST_OK;

	if (!sa || !plcp || SORT(s, sa, (IDX)n)) {
		st = err_nomem(e);
		goto out;
	}
	/* Karkkainen, Manzini, Puglisi 2009: plcp holds phi, then the prefix with it */
	plcp[sa[0]] = -1;
	for (i = 1; i < n; i++)
		plcp[sa[i]] = sa[i - 1];
	for (i = 0; i < n; i++) {
		if (plcp[i] < 0) {
			plcp[i] = 0;
			h = 0;
			continue;
		}
		j = (size_t)plcp[i];
		/* a separator matches nothing */
		while (i + h < n && j + h < n && s[i + h] == s[j + h] && s[i + h] != SEPARATOR)
			h++;
		plcp[i] = (IDX)h;
		h -= h > 0;
	}
	/* runs of suffixes that share min bytes */
	for (i = 0; i < n && !st; i = k) {
		for (k = i + 1; k < n && (size_t)plcp[sa[k]] >= min; k++)
			;
		if (k - i < 2)
			continue;
		best = (size_t)sa[i];
		for (l = i + 1; l < k; l++)
			best = (size_t)sa[l] < best ? (size_t)sa[l] : best;
		for (l = i; l < k && !st; l++)
			st = cover(o, (size_t)sa[l], best, e);
	}
out:
	free(sa);
	free(plcp);
	return st;
}
