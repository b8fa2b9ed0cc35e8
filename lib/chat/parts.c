#include <string.h>

#include "chat/chat_int.h"

static const struct chat_parts templates[] = {
	{
		.name = "alpaca",
		.begin = "Below is an instruction that describes a task. "
		    "Write a response that appropriately completes the request.\n\n",
		.begin_input = "Below is an instruction that describes a task, paired with an "
		    "input that provides further context. "
		    "Write a response that appropriately completes the request.\n\n",
		.before = { "", "### Instruction:\n", "### Response:" },
		.after = { "\n\n", "\n\n", "\n\n" },
		.open = "### Response:", .reply = "", .input = "\n\n### Input:\n"
	}, {
		.name = "chatml", .begin = "", .begin_input = "",
		.before = { "<|im_start|>system\n", "<|im_start|>user\n", "<|im_start|>assistant\n" },
		.after = { "<|im_end|>\n", "<|im_end|>\n", "<|im_end|>\n" },
		.open = "<|im_start|>assistant\n", .reply = "", .input = "\n\n"
	}, {
		.name = "llama2", .begin = "", .begin_input = "",
		.before = { "[INST] <<SYS>>\n", "[INST] ", " " },
		.after = { "\n<</SYS>>\n\n", " [/INST]", " </s><s>" },
		.open = "", .reply = " ", .input = "\n\n", .fold = true
	}, {
		.name = "llama3", .begin = "", .begin_input = "",
		.before = { "<|start_header_id|>system<|end_header_id|>\n\n",
		    "<|start_header_id|>user<|end_header_id|>\n\n",
		    "<|start_header_id|>assistant<|end_header_id|>\n\n" },
		.after = { "<|eot_id|>", "<|eot_id|>", "<|eot_id|>" },
		.open = "<|start_header_id|>assistant<|end_header_id|>\n\n", .reply = "",
		.input = "\n\n", .trim = true
	}, {
		.name = "zephyr", .begin = "", .begin_input = "",
		.before = { "<|system|>\n", "<|user|>\n", "<|assistant|>\n" },
		.after = { "</s>\n", "</s>\n", "</s>\n" },
		.open = "<|assistant|>\n", .reply = "", .input = "\n\n"
	}, {
		.name = "plain", .begin = "", .begin_input = "",
		.before = { "", "", "" }, .after = { "\n", "\n", "\n" },
		.open = "", .reply = "", .input = "\n\n"
	}
};

const struct chat_parts *
chat_parts(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(templates) / sizeof(*templates); i++)
		if (!strcmp(templates[i].name, name))
			return &templates[i];
	return NULL;
}

static enum status
role_of(const struct chat_parts *p, const struct chat_turn *turn, enum chat_role *role, struct err *e)
{
	static const char *const name[CHAT_ROLES] = { "system", "user", "assistant" };
	int i;

	for (i = 0; i < CHAT_ROLES && strcmp(turn->role, name[i]); i++)
		;
	if (i == CHAT_ROLES)
		return err_set(e, ST_INPUT, "the template %s has system, user and assistant, but not %.60s", p->name, turn->role);
	if (!turn->text)
		return err_set(e, ST_INPUT, "the template %s takes texts, and a turn of %s has none", p->name, turn->role);
	*role = (enum chat_role)i;
	return ST_OK;
}

static void
trim(const char **s, size_t *n)
{
	while (*n && **s && strchr(" \t\r\n", **s))
		++*s, --*n;
	while (*n && (*s)[*n - 1] && strchr(" \t\r\n", (*s)[*n - 1]))
		--*n;
}

static enum status
turns(const struct chat_parts *p, const struct chat_talk *talk, struct buf *b, struct err *e)
{
	enum chat_role role, last = CHAT_ROLES;
	const char *s;
	size_t i, n;

	for (i = 0; i < talk->n; i++, last = role) {
		if (role_of(p, &talk->turn[i], &role, e))
			return e->code;
		if (!i && role != CHAT_SYSTEM)
			buf_adds(b, talk->input ? p->begin_input : p->begin);
		if (!p->fold || role != CHAT_USER || last != CHAT_SYSTEM)
			buf_adds(b, p->before[role]);
		s = talk->turn[i].text;
		n = talk->turn[i].n;
		if (p->trim)
			trim(&s, &n);
		buf_add(b, s, n);
		buf_adds(b, p->after[role]);
	}
	return ST_OK;
}

enum status
parts_prompt(const struct chat_parts *p, const struct chat_talk *talk, struct buf *b, struct err *e)
{
	if (talk->tools)
		return err_set(e, ST_INPUT, "the template %s takes no tools", p->name);
	if (turns(p, talk, b, e))
		return e->code;
	buf_adds(b, p->open);
	return ST_OK;
}

enum status
parts_answer(const struct chat_parts *p, const struct chat_turn *answer, struct buf *b, struct err *e)
{
	const char *s = answer->text;
	enum chat_role role;
	size_t n = answer->n;

	if (role_of(p, answer, &role, e))
		return e->code;
	trim(&s, &n);
	buf_adds(b, p->reply);
	buf_add(b, s, n);
	return ST_OK;
}
