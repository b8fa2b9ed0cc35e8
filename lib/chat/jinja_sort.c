#include <string.h>

#include "chat/jinja_int.h"

/* Filters that compare values. */

/* Texts compare without their case unless told otherwise. */
static bool
sort_key(struct ev *v, struct jv item, struct jv path, bool cases, struct jv *out)
{
	*out = item;
	if (jv_given(path) && path.type != JV_NONE && !ev_path(v, item, path, out))
		return false;
	return cases || out->type != JV_STR || text_case(v, *out, TEXT_LOWER, out);
}

/* A stable merge sort of item[0..n) by key; tmp has room for n of each. */
static bool
merge_sort(struct ev *v, struct jv *item, struct jv *key, size_t n, bool reverse, struct jv *tmp)
{
	size_t half = n / 2, i = 0, k = half, to;
	int c;

	if (n < 2)
		return true;
	if (!merge_sort(v, item, key, half, reverse, tmp) || !merge_sort(v, item + half, key + half, n - half, reverse, tmp))
		return false;
	for (to = 0; to < n; to++) {
		bool right = i == half;

		if (!right && k < n) {
			if (!ev_step(v, 1) || !jv_order(v, key[k], key[i], "<", &c))
				return false;
			right = c != 2 && (reverse ? c > 0 : c < 0);
		}
		tmp[2 * to] = item[right ? k : i];
		tmp[2 * to + 1] = key[right ? k++ : i++];
	}
	for (to = 0; to < n; to++) {
		item[to] = tmp[2 * to];
		key[to] = tmp[2 * to + 1];
	}
	return true;
}

static bool
sort_list(struct ev *v, const struct jv *at, size_t n, bool reverse, bool cases, struct jv path, struct jv *out)
{
	struct jv *key = ev_alloc(v, n, sizeof(*key)), *tmp = ev_alloc(v, n, 2 * sizeof(*tmp));
	size_t i;

	if (!key || !tmp || !jv_seq(v, SEQ_LIST, n, out))
		return false;
	for (i = 0; i < n; i++) {
		out->seq->v[i] = at[i];
		if (!sort_key(v, at[i], path, cases, &key[i]))
			return false;
	}
	return merge_sort(v, out->seq->v, key, n, reverse, tmp);
}

bool
filter_sort(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	struct jv *at;
	size_t n;

	if (arg[2].type == JV_STR && memchr(arg[2].str.s, ',', arg[2].str.n))
		return ev_unknown(v, "sort by several attributes is not known");
	return jv_each(v, in, &at, &n) &&
	    sort_list(v, at, n, jv_given(arg[0]) && jv_true(arg[0]), jv_given(arg[1]) && jv_true(arg[1]), arg[2], out);
}

bool
filter_dictsort(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	struct jv items;

	if (in.type != JV_DICT)
		return ev_fail(v, "dictsort: expected a dict, got %s", jv_type_name(in));
	if (jv_given(arg[1]) && !jv_str_is(arg[1], "key") && !jv_str_is(arg[1], "value"))
		return ev_fail(v, "You can only sort by either \"key\" or \"value\"");
	return filter_items(v, in, NULL, &items) && sort_list(v, items.seq->v, items.seq->n, jv_given(arg[2]) && jv_true(arg[2]),
	    jv_given(arg[0]) && jv_true(arg[0]), jv_int(jv_given(arg[1]) && jv_str_is(arg[1], "value")), out);
}

bool
filter_unique(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	struct jv *at, key, seen;
	size_t n, i, count = 0;
	bool found;

	if (!jv_each(v, in, &at, &n) || !jv_seq(v, SEQ_GENERATOR, n, out) || !jv_dict(v, &seen))
		return false;
	for (i = 0; i < n; i++) {
		if (!sort_key(v, at[i], arg[1], jv_given(arg[0]) && jv_true(arg[0]), &key) ||
		    !dict_get(v, seen.dict, key, &(struct jv){0}, &found))
			return false;
		if (found)
			continue;
		if (!dict_set(v, seen.dict, key, jv_none))
			return false;
		out->seq->v[count++] = at[i];
	}
	out->seq->n = count;
	return true;
}

static bool
least(struct ev *v, struct jv in, const struct jv *arg, bool max, struct jv *out)
{
	struct jv *at, key, best;
	size_t n, i;
	int c;

	if (!jv_each(v, in, &at, &n))
		return false;
	if (!n)
		return ev_undef(v, out, "No aggregated item, sequence was empty.");
	for (i = 0; i < n; i++) {
		if (!sort_key(v, at[i], arg[1], jv_given(arg[0]) && jv_true(arg[0]), &key))
			return false;
		if (i && !jv_order(v, key, best, max ? ">" : "<", &c))
			return false;
		if (!i || (c != 2 && (max ? c > 0 : c < 0))) {
			best = key;
			*out = at[i];
		}
	}
	return true;
}

bool
filter_min(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	return least(v, in, arg, false, out);
}

bool
filter_max(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	return least(v, in, arg, true, out);
}
