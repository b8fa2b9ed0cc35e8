#include <string.h>

#include "record/import_int.h"

static const char turn_user[] = "\n\nHuman:", turn_assistant[] = "\n\nAssistant:";

/* After the last "\n\nAssistant:"; NULL if there is none. */
static const char *
after_prompt(const char *s, size_t n)
{
	size_t k = sizeof(turn_assistant) - 1;

	while (n >= k) {
		if (!memcmp(s + n - k, turn_assistant, k))
			return s + n;
		n--;
	}
	return NULL;
}

/* A dialogue "\n\nHuman: ...\n\nAssistant:" by a template, into im->text. */
static enum status
dialogue(struct import *im, struct record *in, const char *s, size_t n, struct err *e)
{
	size_t cap = n / (sizeof(turn_user) - 1) + 1;
	struct chat_turn *turn = arena_array(record_arena(in), cap, sizeof(*turn));
	struct chat_talk talk = { .turn = turn };
	const char *end = s + n, *u, *v, *p = s;

	if (!turn)
		return err_nomem(e);
	for (;;) {
		u = memmem(p, (size_t)(end - p), turn_user, sizeof(turn_user) - 1);
		v = memmem(p, (size_t)(end - p), turn_assistant, sizeof(turn_assistant) - 1);
		if (talk.n) {
			struct chat_turn *t = &turn[talk.n - 1];

			t->text = p;
			t->n = (size_t)((u && (!v || u < v) ? u : v ? v : end) - p);
			import_trim(&t->text, &t->n);
		} else if ((u && (!v || u < v) ? u : v) != s) {
			return record_bad(in, "chosen", e, "text before the first turn");
		}
		if (!u && !v)
			break;
		turn[talk.n] = (struct chat_turn){ .role = u && (!v || u < v) ? "user" : "assistant" };
		p = u && (!v || u < v) ? u + sizeof(turn_user) - 1 : v + sizeof(turn_assistant) - 1;
		talk.n++;
	}
	/* the last turn is the answer */
	talk.n--;
	return import_talk(im, im->opt.chat, &talk, in, "chosen", e);
}

enum status
import_hh(struct import *im, struct record *in, struct err *e)
{
	static const char *const used[] = { "chosen", "rejected" };
	const char *c, *r, *x, *y;
	size_t nc, nr, np;

	if (record_str(in, "chosen", &c, &nc, e) || record_str(in, "rejected", &r, &nr, e))
		return e->code;
	if (!(x = after_prompt(c, nc)))
		return record_bad(in, "chosen", e, "no \"\\n\\nAssistant:\"");
	if (!(y = after_prompt(r, nr)))
		return record_bad(in, "rejected", e, "no \"\\n\\nAssistant:\"");
	np = (size_t)(x - c);
	if (np != (size_t)(y - r) || memcmp(c, r, np))
		return record_bad(in, "rejected", e, "its prompt differs from chosen's");
	if (import_blank(x, nc - np))
		return record_bad(in, "chosen", e, "empty");
	if (import_blank(y, nr - np))
		return record_bad(in, "rejected", e, "empty");
	if (im->opt.chat ? dialogue(im, in, c, np, e) : import_plain(im, c, np, e))
		return e->code;
	/* with a template, the space after "Assistant:" is not part of the answer */
	nc -= np;
	nr -= np;
	if (im->opt.chat) {
		import_trim(&x, &nc);
		import_trim(&y, &nr);
	}
	if (import_start(im, e) || import_answer(im, "rejected", in, "rejected", y, nr, e) ||
	    import_answer(im, "chosen", in, "chosen", x, nc, e))
		return e->code;
	return import_finish(im, in, used, 2, e);
}
