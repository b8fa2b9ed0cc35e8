/* finegrain: every program under one name, `finegrain split` for fg-split, and what there is. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/near.h"
#include "tensor/device.h"

static const struct program { const char *group, *word, *about; } programs[] = {
	{ "data", "import", "turn known layouts into records" },
	{ "data", "split", "parts, samples and shuffles" },
	{ "data", "dedup", "duplicates and shared text" },
	{ "data", "check", "is this a valid stream, or a whole model?" },
	{ "data", "vocab", "train a tokenizer" },
	{ "data", "tokenize", "text to tokens and back" },
	{ "supervision", "edit", "collect minimal edits" },
	{ "supervision", "difflabel", "align two versions and label their tokens" },
	{ "supervision", "show", "paint labels and rewards on the text" },
	{ "models", "init", "a new model, or a new head or adapter on a trained one" },
	{ "models", "score", "log-probabilities, rewards and values of given text" },
	{ "models", "rollout", "sample responses" },
	{ "models", "advantage", "shaped rewards and advantages" },
	{ "models", "update", "one pass of optimisation: sft, reward, ppo, dpo" },
	{ "judgement", "judge", "which of two responses is better?" },
	{ "judgement", "winrate", "win rates and their intervals" },
};
enum { PROGRAMS = sizeof(programs) / sizeof(*programs) };

static int
fail(const char *what)
{
	fprintf(stderr, "finegrain: %s: %s\n", what, strerror(errno));
	return errno == ENOENT ? 2 : 3;
}

/* Run fg-WORD from the folder of this program; of PATH, if it is not there. */
static int
run(char *argv[])
{
	char self[PATH_MAX], path[PATH_MAX + 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0) {
		self[n] = 0;
		snprintf(path, sizeof(path), "%s/%s", dirname(self), argv[0]);
		execv(path, argv);
		if (errno != ENOENT)
			return fail(path);
	}
	execvp(argv[0], argv);
	return fail(argv[0]);
}

static const struct program *
find(const char *word)
{
	int i;

	for (i = 0; i < PROGRAMS; i++)
		if (!strcmp(programs[i].word, word))
			return &programs[i];
	return NULL;
}

static int
unknown(const char *word)
{
	const char *words[PROGRAMS], *near;
	int i;

	for (i = 0; i < PROGRAMS; i++)
		words[i] = programs[i].word;
	near = near_find(word, words, PROGRAMS);
	fprintf(stderr, "finegrain: no program is called %s", word);
	fprintf(stderr, near ? "; is it %s?\n" : "; `finegrain help` lists them\n", near);
	return 2;
}

/* A line for each place that --device may name. */
static int
devices(void)
{
	const struct device *d;
	struct device_unit u;
	char name[32], memory[32];
	size_t i, k;

	for (i = 0; (d = device_at(i)); i++) {
		if (d->hidden)
			continue;
		for (k = 0; d->unit(k, &u); k++) {
			snprintf(name, sizeof(name), d->host ? "%s" : "%s:%zu", d->name, k);
			snprintf(memory, sizeof(memory), u.memory ? "%.1f GB" : "-", (double)u.memory / 1e9);
			printf("%-10s %9s  %s%s  %s\n", name, memory, *u.lacks ? "refused: " : "ready",
			    u.lacks, d->host ? "this machine's processor" : u.name);
		}
		if (!k)
			printf("%-10s %9s  none here\n", d->name, "-");
	}
	return fflush(stdout) || ferror(stdout) ? fail("standard output") : 0;
}

static int
list(void)
{
	int i;

	puts("usage: finegrain PROGRAM [option ...]\n       finegrain help [PROGRAM | pipeline | records | recipes]\n       finegrain devices");
	for (i = 0; i < PROGRAMS; i++) {
		if (!i || strcmp(programs[i].group, programs[i - 1].group))
			printf("\n%s\n", programs[i].group);
		printf("  %-10s %s\n", programs[i].word, programs[i].about);
	}
	puts("\nfinegrain PROGRAM --help prints the options of one; `finegrain split` is fg-split.\n"
	    "finegrain devices lists what --device may name.");
	return fflush(stdout) || ferror(stdout) ? fail("standard output") : 0;
}

/* The page of a program or of a subject. */
static int
help(const char *word)
{
	static const char *const subject[][2] = {
		{ "pipeline", "finegrain" }, { "records", "fg-record" }, { "recipes", "fg-recipe" }
	};
	char page[64], *argv[] = { "man", page, NULL };
	size_t i;

	if (!word)
		return list();
	snprintf(page, sizeof(page), "fg-%.40s", word);
	for (i = 0; i < sizeof(subject) / sizeof(*subject); i++)
		if (!strcmp(word, subject[i][0]))
			snprintf(page, sizeof(page), "%s", subject[i][1]);
	if (!strcmp(page + 3, word) && !find(word))
		return unknown(word);
	execvp("man", argv);
	return fail("man");
}

int
main(int argc, char *argv[])
{
	const char *word = argc > 1 ? argv[1] : "help";
	char name[64];

	if (!strcmp(word, "help") || !strcmp(word, "--help") || !strcmp(word, "-h"))
		return help(argc > 2 ? argv[2] : NULL);
	if (!strcmp(word, "--version") || !strcmp(word, "-V"))
		return run((char *[]){ "fg-split", "--version", NULL });
	if (!strcmp(word, "devices"))
		return devices();
	if (!find(word))
		return unknown(word);
	snprintf(name, sizeof(name), "fg-%s", word);
	argv[1] = name;
	return run(argv + 1);
}
