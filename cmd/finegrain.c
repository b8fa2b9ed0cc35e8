/* finegrain: every program under one name, `finegrain split` for fg-split, and what there is. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/near.h"
#include "conf/suite.h"
#include "tensor/device.h"

static struct suite_program programs[64];
static int nprograms;

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

static const struct suite_program *
find(const char *word)
{
	int i;

	for (i = 0; i < nprograms; i++)
		if (!strcmp(programs[i].word, word))
			return &programs[i];
	return NULL;
}

static int
unknown(const char *word)
{
	const char *words[sizeof(programs) / sizeof(*programs)], *near;
	int i;

	for (i = 0; i < nprograms; i++)
		words[i] = programs[i].word;
	near = near_find(word, words, (size_t)nprograms);
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

	puts("usage: finegrain PROGRAM [option ...]\n       finegrain help [PROGRAM | pipeline | records | recipes]\n       finegrain devices\n       finegrain completion bash|zsh");
	for (i = 0; i < nprograms; i++) {
		if (!i || strcmp(programs[i].group, programs[i - 1].group))
			printf("\n%s\n", programs[i].group);
		printf("  %-10s %s\n", programs[i].word, programs[i].about);
	}
	puts("\nfinegrain PROGRAM --help prints the options of one; `finegrain split` is fg-split.\n"
	    "finegrain devices lists what --device may name.");
	return fflush(stdout) || ferror(stdout) ? fail("standard output") : 0;
}

/* A program's own completion, after what has been printed. */
static int
print_completion(const struct suite_program *p, const char *shell)
{
	char name[32];
	int status = 0;
	pid_t pid;

	snprintf(name, sizeof(name), "fg-%s", p->word);
	fflush(stdout);
	if ((pid = fork()) < 0 || (!pid && (_exit(run((char *[]){ name, "--completion", (char *)(uintptr_t)shell, NULL })), true)) ||
	    waitpid(pid, &status, 0) < 0)
		return fail(name);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

/* A script for the shell that completes finegrain and every program. */
static int
completion(const char *shell)
{
	bool zsh = shell && !strcmp(shell, "zsh");
	int i, status = 0;

	if (!zsh && (!shell || strcmp(shell, "bash"))) {
		fputs("usage: finegrain completion bash|zsh\n", stderr);
		return 2;
	}
	fputs(zsh ? "#compdef finegrain" : "# bash: complete finegrain and its programs", stdout);
	for (i = 0; zsh && i < nprograms; i++)
		printf(" fg-%s", programs[i].word);
	putchar('\n');
	for (i = 0; i < nprograms && !status; i++)
		status = print_completion(&programs[i], shell);
	if (status)
		return status;
	printf("_finegrain()\n{\n\tlocal name list='help devices completion");
	for (i = 0; i < nprograms; i++)
		printf(" %s", programs[i].word);
	fputs(zsh ? "'\n\n\tif (( CURRENT == 2 )); then\n\t\tcompadd -- ${=list}\n\telse\n"
	    "\t\tshift words\n\t\t(( CURRENT-- ))\n\t\tname=_fg_$words[1]\n"
	    "\t\t(( $+functions[$name] )) && $name\n\tfi\n}\ncompdef _finegrain finegrain\n"
	    "case $service in\nfinegrain) _finegrain ;;\nfg-*) _${service//-/_} ;;\nesac\n" :
	    "'\n\n\tif [ \"$COMP_CWORD\" = 1 ]; then\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$list\" -- \"$2\")\n\t\treturn\n\tfi\n"
	    "\tname=_fg_${COMP_WORDS[1]}\n\tCOMP_WORDS=(\"${COMP_WORDS[@]:1}\")\n"
	    "\tCOMP_CWORD=$((COMP_CWORD - 1))\n\tCOMPREPLY=()\n"
	    "\tdeclare -F \"$name\" >/dev/null && \"$name\" \"$@\"\n}\ncomplete -o default -F _finegrain finegrain\n", stdout);
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

	while (nprograms < (int)(sizeof(programs) / sizeof(*programs)) && suite_program((size_t)nprograms, &programs[nprograms]))
		nprograms++;
	if (!strcmp(word, "help") || !strcmp(word, "--help") || !strcmp(word, "-h"))
		return help(argc > 2 ? argv[2] : NULL);
	if (!strcmp(word, "--version") || !strcmp(word, "-V"))
		return run((char *[]){ "fg-split", "--version", NULL });
	if (!strcmp(word, "devices"))
		return devices();
	if (!strcmp(word, "completion"))
		return completion(argc > 2 ? argv[2] : NULL);
	if (!find(word))
		return unknown(word);
	snprintf(name, sizeof(name), "fg-%s", word);
	argv[1] = name;
	return run(argv + 1);
}
