/* world - the generated world of the demo: its corpus, its prompts, an annotator and a
 * judge that know the truth.
 *
 *   world facts                          the truth, a record a fact
 *   world corpus --n N [--seed S] [--clean]           prompt and response, with faults
 *   world prompts --n N [--seed S] --part train|tune|test
 *   world annotate                       for fg-edit --command
 *   world judge                          for fg-judge --command
 *   world prefer                         sampled groups -> chosen, rejected
 *   world score                          the marks of prompt and response
 *
 * An answer of the corpus tells each fact in a sentence of its own, and each sentence
 * carries its faults independently: a value that is not true (15% of the sentences;
 * half of those about a fact with a widespread error, see facts.h) and a rude word
 * (22%).  A few answers leave a fact out (2% of the facts), say one twice (2%) or add
 * one that nobody asked for (3%). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "facts.h"
#include "loop.h"

struct args {
	unsigned long n, seed;
	int part;
	bool clean;
};

static const char *const part_name[] = { "train", "tune", "test" };

/* Uniform below n, by key and draw. */
static int
draw(uint64_t key, unsigned d, int n)
{
	return (int)(mix(key, d) % (uint64_t)n);
}

static bool
chance(uint64_t key, unsigned d, double p)
{
	return (double)(mix(key, d) >> 11) * 0x1p-53 < p;
}

/* The request of key: three to five attributes of an entity, in any order. */
static void
request_draw(struct request *q, uint64_t key)
{
	int a[ATTRS], i, j, t, all = 0, who;

	for (i = 0; i < KINDS; i++)
		all += world[i].names;
	who = draw(key, 0, all);
	for (q->kind = 0; who >= world[q->kind].names; q->kind++)
		who -= world[q->kind].names;
	q->who = who;
	q->n = 3 + draw(key, 1, 3);
	for (i = 0; i < ATTRS; i++)
		a[i] = i;
	for (i = 0; i < q->n; i++) {
		j = i + draw(key, 2 + (unsigned)i, ATTRS - i);
		t = a[i];
		a[i] = a[j];
		a[j] = t;
		q->attr[i] = a[i];
	}
}

static void
prompt_write(char *o, const struct request *q, int wording)
{
	const char *s;
	int i;

	for (s = ask[wording]; *s; s++)
		if (*s == '%')
			o += sprintf(o, "%s", world[q->kind].name[q->who]);
		else if (*s == '#')
			for (i = 0; i < q->n; i++)
				o += sprintf(o, "%s%s", i ? ", " : "",
				    world[q->kind].attr[q->attr[i]].name);
		else
			*o++ = *s;
	*o = 0;
}

/* A value that is not true: the widespread error if there is one, mostly. */
static int
falsehood(const struct request *q, int a, uint64_t key)
{
	int t = truth(q->kind, q->who, a), m = misbelief(q->kind, q->who, a);

	if (m >= 0 && chance(key, 1, 0.8))
		return m;
	return (t + 1 + draw(key, 2, VALUES - 1)) % VALUES;
}

static char *
sentence_write(char *o, const struct request *q, int a, uint64_t key, bool clean)
{
	int v = truth(q->kind, q->who, a), rude = -1;
	double wrong = misbelief(q->kind, q->who, a) < 0 ? 0.15 : 0.5;

	if (!clean && chance(key, 0, wrong))
		v = falsehood(q, a, mix(key, 1));
	if (!clean && chance(key, 2, 0.22))
		rude = draw(key, 3, RUDE_WORDS + EPITHETS);
	return tell(o, q, a, draw(key, 4, FORMS), world[q->kind].attr[a].value[v], rude);
}

static void
answer_write(char *o, const struct request *q, uint64_t key, bool clean)
{
	char *start = o;
	int i, a, t, times;

	for (i = 0; i < q->n; i++) {
		uint64_t k = mix(key, 100 + (unsigned)i);

		a = q->attr[i];
		times = clean || !chance(k, 0, 0.04) ? 1 : chance(k, 1, 0.5) ? 0 : 2;
		for (t = 0; t < times || (i == q->n - 1 && o == start); t++) {
			o = sentence_write(o, q, a, mix(k, 10 + (unsigned)t), clean);
			*o++ = ' ';
		}
		if (!clean && chance(k, 2, 0.03)) {
			o = sentence_write(o, q, draw(k, 3, ATTRS), mix(k, 20), clean);
			*o++ = ' ';
		}
	}
	o[-1] = 0;
}

static int
cmd_facts(const struct args *x)
{
	struct request q;
	int a, m;

	(void)x;
	for (q.kind = 0; q.kind < KINDS; q.kind++)
		for (q.who = 0; q.who < world[q.kind].names; q.who++)
			for (a = 0; a < ATTRS; a++) {
				const struct attr *at = &world[q.kind].attr[a];

				m = misbelief(q.kind, q.who, a);
				printf("{\"entity\":\"%s\",\"attribute\":\"%s\",\"value\":\"%s\","
				    "\"misbelief\":", world[q.kind].name[q.who], at->name,
				    true_value(&q, a));
				if (m < 0)
					puts("null}");
				else
					printf("\"%s\"}\n", at->value[m]);
			}
	return 0;
}

static int
cmd_corpus(const struct args *x)
{
	char prompt[512], answer[4096];
	struct request q;
	unsigned long i;
	uint64_t key, try;

	for (i = 0; i < x->n; i++) {
		key = mix(mix(4, x->seed), i);
		for (try = 0; ; try++) {
			request_draw(&q, mix(key, try));
			if ((int)request_part(&q) == x->part)
				break;
		}
		prompt_write(prompt, &q, draw(key, 1, ASKS));
		answer_write(answer, &q, mix(key, 2), x->clean);
		printf("{\"id\":\"corpus-%lu-%lu\",\"prompt\":", x->seed, i);
		line_put(stdout, prompt);
		fputs(",\"response\":", stdout);
		line_put(stdout, answer);
		puts("}");
	}
	return 0;
}

/* A table of the prompts written so far: no prompt comes twice. */
static bool
seen_before(uint64_t *table, size_t mask, uint64_t h)
{
	size_t i;

	h += !h;        /* 0 marks an empty place */
	for (i = h & mask; table[i]; i = (i + 1) & mask)
		if (table[i] == h)
			return true;
	table[i] = h;
	return false;
}

static int
cmd_prompts(const struct args *x)
{
	char prompt[512];
	struct request q;
	unsigned long i, key, misses;
	size_t size = 64;
	uint64_t *table;

	while (size < 2 * x->n)
		size *= 2;
	if (!(table = calloc(size, sizeof(*table)))) {
		perror("world");
		return 3;
	}
	for (i = key = misses = 0; i < x->n && misses < 1000000; key++) {
		request_draw(&q, mix(mix(5, x->seed), key));
		misses++;
		if ((int)request_part(&q) != x->part)
			continue;
		prompt_write(prompt, &q, draw(mix(mix(6, x->seed), key), 0, ASKS));
		if (seen_before(table, size - 1, mix_text(prompt)))
			continue;
		printf("{\"id\":\"%s-%lu-%lu\",\"prompt\":", part_name[x->part], x->seed, i);
		line_put(stdout, prompt);
		puts("}");
		misses = 0;
		i++;
	}
	free(table);
	if (i < x->n) {
		fprintf(stderr, "world: this part has only %lu prompts\n", i);
		return 1;
	}
	return 0;
}

static bool world_read(void *q, const char *prompt) { return request_read(q, prompt); }
static void world_edit(char *out, const void *q, const char *text) { edit(out, q, text); }

static int
world_score(const void *q, const char *text)
{
	struct marks m = mark(q, text);

	return score(&m);
}

static struct request asked;
static const struct world this_world = {
	"world", &asked, world_read, world_score, world_edit, ATTRS * 128
};

static void
show_score(const struct world *w, const char *line, const char *text)
{
	struct marks m = mark(w->question, text);

	putchar('{');
	copy_member(line, "id", ",");
	printf("\"score\":%d,\"asked\":%d,\"right\":%d,\"wrong\":%d,\"rude\":%d,"
	    "\"missing\":%d,\"extra\":%d,\"sentences\":%d}\n", score(&m), m.asked, m.right,
	    m.wrong, m.rude, m.missing, m.extra, m.sentences);
}

static int cmd_annotate(const struct args *x) { (void)x; return loop_annotate(&this_world); }
static int cmd_judge(const struct args *x) { (void)x; return loop_judge(&this_world); }
static int cmd_prefer(const struct args *x) { (void)x; return loop_prefer(&this_world); }

static int
cmd_score(const struct args *x)
{
	(void)x;
	return each_line(&this_world, "score", "response", show_score);
}

static const struct {
	const char *name;
	int (*run)(const struct args *x);
} command[] = {
	{ "facts", cmd_facts }, { "corpus", cmd_corpus }, { "prompts", cmd_prompts },
	{ "annotate", cmd_annotate }, { "judge", cmd_judge }, { "prefer", cmd_prefer },
	{ "score", cmd_score }
};

static int
usage(void)
{
	fputs("usage: world facts | annotate | judge | prefer | score\n"
	    "       world corpus --n N [--seed S] [--part train|tune|test] [--clean]\n"
	    "       world prompts --n N [--seed S] [--part train|tune|test]\n", stderr);
	return 2;
}

int
main(int argc, char *argv[])
{
	struct args x = { 0, 1, PART_TRAIN, false };
	size_t c;
	int i;

	for (i = 2; i < argc; i++)
		if (!strcmp(argv[i], "--clean")) {
			x.clean = true;
		} else if (i + 1 == argc) {
			return usage();
		} else if (!strcmp(argv[i], "--part")) {
			for (i++, x.part = 0; x.part < 3 && strcmp(argv[i], part_name[x.part]); x.part++)
				;
			if (x.part == 3)
				return usage();
		} else if (!strcmp(argv[i], "--n") ? !loop_number(argv[++i], &x.n) :
		    strcmp(argv[i], "--seed") || !loop_number(argv[++i], &x.seed)) {
			return usage();
		}
	for (c = 0; c < sizeof(command) / sizeof(command[0]); c++)
		if (argc > 1 && !strcmp(argv[1], command[c].name))
			return loop_end("world", command[c].run(&x));
	return usage();
}
