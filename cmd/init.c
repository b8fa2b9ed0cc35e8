/* fg-init: a new model, a new head or adapter on a trained one, a conversion. */
#include "common/app.h"
#include "model/format.h"
#include "model/gguf.h"
#include "model/make.h"
#include "run/newmodel.h"

static struct {
	const char *tokenizer, *out, *from, *base, *file[FORMAT_COUNT], *lora_targets, *to_gguf;
	int gguf_type;
	uint64_t lora_rank;
	double lora_alpha;
	bool merge, shared, strip;
	struct newmodel_shape s;
} a = {
	.s = { .dim = 64, .layers = 2, .heads = 4, .max_length = 512, .bos = -1, .eos = -1, .theta = 10000,
	    .norm_eps = 1e-5, .init_range = 0.02, .rope_factor = 1 }
};

#define IMPORT(f, help) OPT_STR("from-" #f, "FILE", &a.file[FORMAT_##f], help),
#define WORD(a) { #a, ARCH_##a },
static const struct opt_word archs[] = { ARCHS(WORD) { NULL, 0 } };

static const struct opt rows[] = {
	OPT_STR("output", "DIR", &a.out, "the new folder", .key = 'o', .outside = true),
	OPT_STR("tokenizer", "FILE|DIR", &a.tokenizer, "tokenizer of the new model; its files are copied", .key = 't'),
	OPT_STR("from", "DIR", &a.from, "start from this model"),
	OPT_ENUM("head", &a.s.head, "the head",
	    OPT_WORDS({ "lm", HEAD_LM }, { "token", HEAD_TOKEN }, { "sequence", HEAD_SEQUENCE }, { "value", HEAD_VALUE })),
	OPT_FLAG("shared", &a.shared, "with --from, --head value: a critic that shares the model's backbone"),
	FORMATS(IMPORT)
	OPT_STR("to-gguf", "FILE", &a.to_gguf, "with --from: write this file of llama.cpp; -o is not needed"),
	OPT_ENUM("gguf-type", &a.gguf_type, "its type (default: that of the weights)",
	    OPT_WORDS({ "f32", GGUF_F32_FILE }, { "f16", GGUF_F16_FILE }, { "bf16", GGUF_BF16_FILE }, { "q8_0", GGUF_Q8_0_FILE })),
	OPT_UINT("lora-rank", "N", &a.lora_rank, 1, 16384, "with --from: a new LoRA adapter"),
	OPT_REAL("lora-alpha", "X", &a.lora_alpha, 0, 1e9, "the adapter's alpha (default: twice its rank)"),
	OPT_STR("lora-targets", "NAMES", &a.lora_targets, "linear maps that it changes, with commas (default: all)"),
	OPT_FLAG("merge", &a.merge, "with --from: add the adapter into its base"),
	OPT_FLAG("strip", &a.strip, "with --from: the model alone, without the optimizer's state"),
	OPT_STR("base", "DIR", &a.base, "with --from: the adapter's base, in place of the one that it names"),
	OPT_ENUM("arch", &a.s.arch, "architecture", archs),
	OPT_ENUM("dtype", &a.s.dtype, "type of the weights",
	    OPT_WORDS({ "float32", DT_F32 }, { "bfloat16", DT_BF16 }, { "float16", DT_F16 })),
	OPT_UINT("vocab", "N", &a.s.vocab, 1, 1 << 26, "vocabulary size (default: the tokenizer's)"),
	OPT_UINT("dim", "N", &a.s.dim, 1, 1 << 20, "width"),
	OPT_UINT("layers", "N", &a.s.layers, 1, 4096, "layers"),
	OPT_UINT("heads", "N", &a.s.heads, 1, 16384, "attention heads"),
	OPT_UINT("kv-heads", "N", &a.s.kv_heads, 1, 16384, "key and value heads (default: heads)"),
	OPT_UINT("head-dim", "N", &a.s.head_dim, 2, 4096, "width of a head (default: dim / heads)"),
	OPT_UINT("ffn", "N", &a.s.ffn, 1, 1 << 22, "inner width of the MLP (default: 8/3 of dim, a multiple of 32)"),
	OPT_UINT("max-length", "N", &a.s.max_length, 1, 1 << 26, "longest sequence"),
	OPT_UINT("window", "N", &a.s.window, 0, 1 << 26, "sliding attention window, 0: none"),
	OPT_FLAG("tied", &a.s.tied, "the head shares the embedding"),
	OPT_FLAG("bias", &a.s.bias, "biases in attention (llama, qwen3) and MLP (llama)"),
	OPT_REAL("rope-theta", "X", &a.s.theta, 1, 1e12, "base of the rotary frequencies"),
	OPT_ENUM("rope", &a.s.rope, "their scaling",
	    OPT_WORDS({ "default", ROPE_NONE }, { "linear", ROPE_LINEAR }, { "llama3", ROPE_LLAMA3 }, { "yarn", ROPE_YARN })),
	OPT_REAL("rope-factor", "X", &a.s.rope_factor, 1e-3, 1e6, "the scaling's factor"),
	OPT_UINT("rope-original", "N", &a.s.rope_orig, 1, 1 << 26, "the scaling's original length (default: max-length)"),
	OPT_REAL("norm-eps", "X", &a.s.norm_eps, 0, 1, "epsilon of the norms"),
	OPT_REAL("init-range", "X", &a.s.init_range, 0, 1e3, "deviation of the random weights"),
	OPT_INT("bos", "ID", &a.s.bos, -1, 1 << 26, "id that begins a text (default: the tokenizer's)"),
	OPT_INT("eos", "ID", &a.s.eos, -1, 1 << 26, "id that ends a text (default: the tokenizer's)"),
	OPT_END
};

static const struct prog prog = {
	.name = "fg-init", .synopsis = "-t tokenizer.json -o DIR | --from DIR --head HEAD -o DIR",
	.about = "Make a new model, or a new head or adapter on a trained one",
	.rows = rows
};

static void
report(const struct model_config *c)
{
	size_t n = make_count(c), w = dtype_size(c->dtype);

	note("%zu parameters, %.1f MB of weights as %s", n, (double)n * (double)w / 1e6, dtype_name(c->dtype));
	note("memory: %.1f MB to run, %.1f MB to train with AdamW, activations apart", (double)n * (double)w / 1e6,
	    (double)n * (double)(w == 4 ? 20 : 16 + 2 * w) / 1e6);
}

static enum status
make_random(struct tc *tc, const char *part, struct err *e)
{
	struct model_config c;

	newmodel_config(&c, &a.s);
	if (!newmodel_make(tc, &c, a.tokenizer, app->seed, part, e))
		report(&c);
	return e->code;
}

/* The first format whose file was given, FORMAT_COUNT for none. */
static size_t
given_format(void)
{
	size_t i;

	for (i = 0; i < FORMAT_COUNT && !a.file[i]; i++)
		;
	return i;
}

static enum status
convert(struct tc *tc, const char *part, struct err *e)
{
	struct model_config c;
	enum dtype dtype = (enum dtype)a.s.dtype;
	size_t i = given_format();

	if (!newmodel_convert(tc, format_at(i), a.file[i], a.tokenizer, app_given(&a.s.dtype) ? &dtype : NULL, &c, part,
	    e))
		report(&c);
	return e->code;
}

static enum status
make_from(struct tc *tc, const char *part, struct err *e)
{
	enum dtype dtype = (enum dtype)a.s.dtype;
	enum model_head head = (enum model_head)a.s.head;
	struct newmodel_from o = {
		.from = a.from, .base = a.base, .head = app_given(&a.s.head) ? &head : NULL, .shared = a.shared,
		.merge = a.merge, .strip = a.strip,
		.dtype = app_given(&a.s.dtype) ? &dtype : NULL, .rank = a.lora_rank, .targets = a.lora_targets,
		.alpha = a.lora_alpha > 0 ? a.lora_alpha : 2 * (double)a.lora_rank
	};
	struct model_config c;
	double lost;

	if (newmodel_from(tc, &o, app->seed, &c, &lost, part, e))
		return e->code;
	if (lost >= 0.001 && !app->quiet)
		warn("rounding to %s took %.1f%% of what the adapter had learned%s", dtype_name(c.dtype), 100 * lost,
		    c.dtype == DT_F32 ? "" : "; --dtype float32 keeps it");
	if (!a.lora_rank && !a.shared && !a.strip && (!a.base || a.merge))
		report(&c);
	return ST_OK;
}

/* Options of a new model's shape say nothing of one that has a shape, which came by the option
 * --from, dash, format. */
static void
check_shape(const char *dash, const char *format)
{
	static const void *const shape[] = { &a.s.arch, &a.s.dtype, &a.s.vocab, &a.s.dim, &a.s.layers, &a.s.heads, &a.s.kv_heads,
		&a.s.head_dim, &a.s.ffn, &a.s.max_length, &a.s.window, &a.s.tied, &a.s.bias, &a.s.theta, &a.s.rope, &a.s.rope_factor, &a.s.rope_orig,
		&a.s.norm_eps, &a.s.init_range, &a.s.bos, &a.s.eos };

	for (size_t i = 0; i < sizeof(shape) / sizeof(*shape); i++)
		if (app_given(shape[i]) && !((a.merge || a.file[FORMAT_gguf]) && shape[i] == &a.s.dtype))
			die_usage("--%s is of a new model: --from%s%s has its own", app_given(shape[i]), dash, format);
}

/* Options that need others. */
static void
check_from(void)
{
	bool head = app_given(&a.s.head), reward = a.s.head == HEAD_TOKEN || a.s.head == HEAD_SEQUENCE;
	const struct { bool bad; const char *why; } rule[] = {
		{ a.from && a.tokenizer, "-t is of a new model: --from has its own" },
		{ head && a.merge, "--head does not go with --merge" },
		{ head && a.lora_rank && !reward, "with --lora-rank the head is token or sequence" },
		{ !a.lora_rank && (app_given(&a.lora_alpha) || app_given(&a.lora_targets)),
		    "--lora-alpha and --lora-targets need --lora-rank" },
		{ !a.from && (a.merge || a.lora_rank || a.strip), "--merge, --lora-rank and --strip need --from" },
		{ a.base && (!a.from || a.lora_rank || a.shared || head), "--base goes with --from, and --merge" },
		{ a.shared && (!a.from || a.s.head != HEAD_VALUE || a.merge || a.lora_rank),
		    "--shared goes with --from and --head value alone" },
		{ a.merge && a.lora_rank, "--merge and --lora-rank exclude each other" },
		{ a.strip && (a.merge || a.lora_rank || a.shared || head), "--strip goes with --from alone" },
		{ a.to_gguf && (!a.from || a.out || a.merge || a.lora_rank || a.shared || a.base || a.strip || head),
		    "--to-gguf goes with --from and --gguf-type alone" },
		{ app_given(&a.gguf_type) && !a.to_gguf, "--gguf-type goes with --to-gguf" }
	};

	for (size_t i = 0; i < sizeof(rule) / sizeof(*rule); i++)
		if (rule[i].bad)
			die_usage("%s", rule[i].why);
}

static void
check_options(void)
{
	size_t file = given_format(), i;

	if (!a.to_gguf && (!a.out || !*a.out))
		die_usage("-o is needed");
	if (app->nfile)
		die_usage("no operands are read");
	for (i = 0; i < FORMAT_COUNT; i++) {
		if (!a.file[i])
			continue;
		if (a.from || i != file)
			die_usage("--from%s%s and --from-%s exclude each other", a.from ? "" : "-",
			    a.from ? "" : format_at(file)->name, format_at(i)->name);
		check_shape("-", format_at(i)->name);
	}
	if (a.from)
		check_shape("", "");
	if (app_given(&a.s.window) && a.s.window && arch_at((size_t)a.s.arch)->window == WINDOW_NEVER)
		die_usage("--window: %s has none", arch_at((size_t)a.s.arch)->name);
	if (app_given(&a.s.window) && !a.s.window && arch_at((size_t)a.s.arch)->window == WINDOW_ALTERNATE)
		die_usage("--window: %s is not without one", arch_at((size_t)a.s.arch)->name);
	if (a.s.rope != ROPE_NONE && arch_at((size_t)a.s.arch)->long_rope)
		die_usage("--rope: the scaling of %s is LongRoPE, whose divisors come with a model", arch_at((size_t)a.s.arch)->name);
	check_from();
	if (!a.from && file == FORMAT_COUNT && !a.tokenizer && !a.s.vocab)
		die_usage("one of -t, --from, --from-gguf, --from-llama2c, --vocab is needed");
}

static enum status
make_file(struct tc *tc, struct err *e)
{
	enum gguf_export type = (enum gguf_export)a.gguf_type;

	return gguf_export(tc, a.from, app_given(&a.gguf_type) ? &type : NULL, a.to_gguf, e);
}

static enum status
make_dir(struct tc *tc, struct err *e)
{
	struct aside aside;
	enum status st;

	if (make_folder(&aside, a.out, e))
		return e->code;
	st = a.from ? make_from(tc, aside.part, e) : given_format() < FORMAT_COUNT ? convert(tc, aside.part, e) :
	    make_random(tc, aside.part, e);
	if (st || make_publish(&aside, e))
		make_discard(&aside);
	else
		aside_free(&aside);
	return e->code;
}

int
main(int argc, char *argv[])
{
	struct err e = {0};
	struct tc *tc;

	app_parse(argc, argv, &prog);
	check_options();
	if (tc_open(&tc, (unsigned)app->threads, &e) || (a.to_gguf ? make_file(tc, &e) : make_dir(tc, &e)))
		die(&e);
	tc_close(tc);
	return app_close();
}
