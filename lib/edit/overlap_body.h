/* overlap_run's core for one width of index; included with IDX, SORT and NAME. */

static enum status
NAME(struct overlap *o, size_t min, struct err *e)
{
	size_t n = o->text.n, i, j, k, l, h = 0;
	const unsigned char *s = (const unsigned char *)o->text.p;
	const struct piece *p = o->piece, *q = p;
	IDX *sa = malloc(n * sizeof(*sa)), *v = malloc(n * sizeof(*v)), first;
	enum status st = ST_OK;

	if (!sa || !v || SORT(s, sa, (IDX)n)) {
		st = err_nomem(e);
		goto out;
	}
	/* Karkkainen, Manzini, Puglisi 2009: v holds phi, then the longest common prefix with it */
	v[sa[0]] = -1;
	for (i = 1; i < n; i++)
		v[sa[i]] = sa[i - 1];
	for (i = 0; i < n; i++) {
		if (v[i] < 0) {
			v[i] = 0;
			h = 0;
			continue;
		}
		j = (size_t)v[i];
		/* a separator matches nothing */
		while (i + h < n && j + h < n && s[i + h] == s[j + h] && s[i + h] != SEPARATOR)
			h++;
		v[i] = (IDX)h;
		h -= h > 0;
	}
	/* runs of suffixes that share min bytes: v now says where the first in the text of
	 * each stands, which is a suffix itself when it is alone */
	for (i = 0; i < n; i = k) {
		first = sa[i];
		for (k = i + 1; k < n && (size_t)v[sa[k]] >= min; k++)
			first = sa[k] < first ? sa[k] : first;
		for (l = i; l < k; l++)
			v[sa[l]] = first;
	}
	for (i = 0; i < n && !st; i++) {
		/* a piece ends with its separator */
		p += i > p->at + p->n;
		j = (size_t)v[i];
		if (o->against ? i < o->reference || j >= o->reference : j == i)
			continue;
		if (j < q->at || j > q->at + q->n)
			q = piece_of(o, j);
		if (o->against || p->doc != q->doc)
			st = cover(o, p, i, q, j, min, e);
	}
out:
	free(sa);
	free(v);
	return st;
}
