#include <string.h>

#include "record/chat.h"

static const struct chat_template templates[] = {
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
		.input = "\n\n"
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

const struct chat_template *
chat_template(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(templates) / sizeof(*templates); i++)
		if (!strcmp(templates[i].name, name))
			return &templates[i];
	return NULL;
}

void
chat_prompt(const struct chat_template *t, const struct chat_turn *turn, size_t n, bool input,
    struct buf *b)
{
	size_t i;

	if (!n || turn[0].role != CHAT_SYSTEM)
		buf_adds(b, input ? t->begin_input : t->begin);
	for (i = 0; i < n; i++) {
		if (!t->fold || !i || turn[i].role != CHAT_USER || turn[i - 1].role != CHAT_SYSTEM)
			buf_adds(b, t->before[turn[i].role]);
		buf_add(b, turn[i].text, turn[i].n);
		buf_adds(b, t->after[turn[i].role]);
	}
	buf_adds(b, t->open);
}

bool
chat_role(const char *s, enum chat_role *role)
{
	static const char *const name[CHAT_ROLES] = { "system", "user", "assistant" };
	int i;

	for (i = 0; i < CHAT_ROLES; i++)
		if (!strcmp(s, name[i])) {
			*role = (enum chat_role)i;
			return true;
		}
	return false;
}
