/* facts - questions about countries for a real language model, an annotator and a judge
 * that know the answers.
 *
 *   facts table                              what is true, a record a country
 *   facts corpus                             the form of an answer, on the countries of "format"
 *   facts prompts [--n N] [--seed S] --part train|seen|tune|unseen
 *   facts annotate                           for fg-edit --command
 *   facts judge                              for fg-judge --command
 *   facts prefer                             sampled groups -> chosen, rejected
 *   facts score                              the marks of prompt and response
 *
 * corpus and prompts print chat rows for `fg-import --from trl --template MODEL`.  The
 * countries are in four groups that never mix: 20 show the form, 60 are sampled and
 * annotated (train; seen asks about them in new words), 10 are for tuning, and 30 no
 * annotator ever sees. */
#include "../world/loop.h"
#include "../world/mix.h"
#include "answer.h"

struct args { unsigned long n, seed; const char *part; };

/* first country in hashed order, how many, first wording, how many */
static const struct part { const char *name; int from, n, wording, wordings; } parts[] = {
	{ "format", 0, 20, 0, WORDINGS }, { "train", 20, 60, 0, TRAIN_WORDINGS },
	{ "seen", 20, 60, TRAIN_WORDINGS, WORDINGS - TRAIN_WORDINGS }, { "tune", 80, 10, 0, WORDINGS },
	{ "unseen", 90, 30, TRAIN_WORDINGS, WORDINGS - TRAIN_WORDINGS }
};

static const struct part *
part_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (!strcmp(parts[i].name, name))
			return &parts[i];
	return NULL;
}

static void
shuffle(int *a, int n, uint64_t key)
{
	int i, j, t;

	for (i = 0; i < n; i++)
		a[i] = i;
	for (i = n - 1; i > 0; i--) {
		j = (int)(mix(key, (uint64_t)i) % (uint64_t)(i + 1));
		t = a[i];
		a[i] = a[j];
		a[j] = t;
	}
}

static void
put_turn(const char *role, const char *content)
{
	printf("{\"role\":\"%s\",\"content\":", role);
	line_put(stdout, content);
	putchar('}');
}

static void
question_write(char *o, const struct country *c, int wording)
{
	const char *s;

	for (s = ask[wording]; *s; s++)
		if (*s == '%')
			o += sprintf(o, "%s", c->name);
		else
			*o++ = *s;
	*o = 0;
}

/* The questions of a part in an order of the seed's; more than there are: again from the
 * beginning, under other ids. */
static int
each_question(const struct args *x, const struct part *p, bool answered)
{
	int order[COUNTRIES], q[COUNTRIES * WORDINGS], total = p->n * p->wordings, f;
	unsigned long i, n = x->n ? x->n : (unsigned long)total;
	char text[256], answer[1024], *o;

	shuffle(order, COUNTRIES, 11);
	shuffle(q, total, mix(12, x->seed));
	for (i = 0; i < n; i++) {
		const int at = q[i % (unsigned long)total];
		const struct country *c = &countries[order[p->from + at / p->wordings]];

		question_write(text, c, p->wording + at % p->wordings);
		printf("{\"id\":\"%s-%lu-%lu\",\"messages\":[", p->name, x->seed, i);
		put_turn("user", text);
		if (answered) {
			for (o = answer, f = 0; f < FACTS; f++) {
				o = tell(o, c, f);
				*o++ = ' ';
			}
			o[-1] = 0;
			putchar(',');
			put_turn("assistant", answer);
		}
		puts("]}");
	}
	return 0;
}

static int
cmd_table(const struct args *x)
{
	int i, f;

	(void)x;
	for (i = 0; i < COUNTRIES; i++) {
		printf("{\"country\":\"%s\"", countries[i].name);
		for (f = 0; f < FACTS; f++)
			printf(",\"%s\":\"%s\"", sentence[f].name, countries[i].fact[f]);
		puts("}");
	}
	return 0;
}

static bool
facts_read(void *q, const char *prompt)
{
	const struct country **c = q;

	return (*c = question_read(prompt)) != NULL;
}

static int
facts_score(const void *q, const char *text)
{
	const struct country *const *c = q;
	struct marks m = mark(*c, text);

	return marks_score(&m);
}

static void
facts_edit(char *out, const void *q, const char *text)
{
	const struct country *const *c = q;

	edit(out, *c, text);
}

static const struct country *asked;
static const struct world this_world = {
	"facts", &asked, facts_read, facts_score, facts_edit, EDIT_ROOM
};

static void
show_score(const struct world *w, const char *line, const char *text)
{
	struct marks m = mark(asked, text);
	int f;

	(void)w;
	putchar('{');
	copy_member(line, "id", ",");
	printf("\"country\":\"%s\",\"score\":%d,\"right\":%d,\"wrong\":%d,\"junk\":%d", asked->name,
	    marks_score(&m), m.right, m.wrong, m.junk);
	for (f = 0; f < FACTS; f++)
		printf(",\"%s\":%s", sentence[f].name, m.told[f] > 0 ? "true" : m.told[f] < 0 ? "false" : "null");
	puts("}");
}

static int cmd_corpus(const struct args *x) { return each_question(x, part_find("format"), true); }
static int cmd_prompts(const struct args *x) { return each_question(x, part_find(x->part), false); }
static int cmd_annotate(const struct args *x) { (void)x; return loop_annotate(&this_world); }
static int cmd_judge(const struct args *x) { (void)x; return loop_judge(&this_world); }
static int cmd_prefer(const struct args *x) { (void)x; return loop_prefer(&this_world); }

static int
cmd_score(const struct args *x)
{
	(void)x;
	return each_line(&this_world, "score", "response", show_score);
}

static const struct { const char *name; int (*run)(const struct args *x); } command[] = {
	{ "table", cmd_table }, { "corpus", cmd_corpus }, { "prompts", cmd_prompts },
	{ "annotate", cmd_annotate }, { "judge", cmd_judge }, { "prefer", cmd_prefer },
	{ "score", cmd_score }
};

static int
usage(void)
{
	fputs("usage: facts table | corpus | annotate | judge | prefer | score\n"
	    "       facts prompts [--n N] [--seed S] [--part train|seen|tune|unseen]\n", stderr);
	return 2;
}

int
main(int argc, char *argv[])
{
	struct args x = { 0, 1, "train" };
	size_t c;
	int i;

	for (i = 2; i + 1 < argc; i += 2)
		if (!strcmp(argv[i], "--part"))
			x.part = argv[i + 1];
		else if (!loop_number(argv[i + 1], !strcmp(argv[i], "--n") ? &x.n : &x.seed) ||
		    (strcmp(argv[i], "--n") && strcmp(argv[i], "--seed")))
			return usage();
	if (i < argc || argc < 2 || !part_find(x.part))
		return usage();
	for (c = 0; c < sizeof(command) / sizeof(command[0]); c++)
		if (!strcmp(argv[1], command[c].name))
			return loop_end("facts", command[c].run(&x));
	return usage();
}
