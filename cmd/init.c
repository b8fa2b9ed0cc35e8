/* fg-init: a new model, a new head or adapter on a trained one, a conversion. */
#include "common/app.h"
#include "model/format.h"
#include "model/gguf.h"
#include "model/make.h"
#include "run/newmodel.h"

static struct {
	const char *tokenizer, *out, *from, *base, *file[FORMAT_COUNT], *lora_targets, *to_gguf;
	int head, arch, dtype, rope, gguf_type;
	uint64_t vocab, dim, layers, heads, kv_heads, head_dim, ffn, max_length, window, lora_rank, rope_orig;
	int64_t bos, eos;
	double theta, norm_eps, init_range, rope_factor, lora_alpha;
	bool tied, bias, merge, shared;
} a = {
	.lora_targets = "q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj",
	.dim = 64, .layers = 2, .heads = 4, .max_length = 512, .bos = -1, .eos = -1,
	.theta = 10000, .norm_eps = 1e-5, .init_range = 0.02, .rope_factor = 1
};

#define IMPORT(f, help) OPT_STR("from-" #f, "FILE", &a.file[FORMAT_##f], help),
#define WORD(a) { #a, ARCH_##a },
static const struct opt_word archs[] = { ARCHS(WORD) { NULL, 0 } };

static const struct opt rows[] = {
	OPT_STR("output", "DIR", &a.out, "the new folder", .key = 'o', .outside = true),
	OPT_STR("tokenizer", "FILE|DIR", &a.tokenizer, "tokenizer of the new model; its files are copied",
	    .key = 't'),
	OPT_STR("from", "DIR", &a.from, "start from this model"),
	OPT_ENUM("head", &a.head, "the head",
	    OPT_WORDS({ "lm", HEAD_LM }, { "token", HEAD_TOKEN }, { "sequence", HEAD_SEQUENCE }, { "value", HEAD_VALUE })),
	OPT_FLAG("shared", &a.shared, "with --from, --head value: a critic that shares the model's backbone"),
	FORMATS(IMPORT)
	OPT_STR("to-gguf", "FILE", &a.to_gguf, "with --from: write this file of llama.cpp; -o is not needed"),
	OPT_ENUM("gguf-type", &a.gguf_type, "its type (default: that of the weights)",
	    OPT_WORDS({ "f32", GGUF_F32_FILE }, { "f16", GGUF_F16_FILE }, { "bf16", GGUF_BF16_FILE }, { "q8_0", GGUF_Q8_0_FILE })),
	OPT_UINT("lora-rank", "N", &a.lora_rank, 1, 16384, "with --from: a new LoRA adapter"),
	OPT_REAL("lora-alpha", "X", &a.lora_alpha, 0, 1e9, "the adapter's alpha (default: twice its rank)"),
	OPT_STR("lora-targets", "NAMES", &a.lora_targets,
	    "linear maps that the adapter changes, with commas (default: all seven)"),
	OPT_FLAG("merge", &a.merge, "with --from: add the adapter into its base"),
	OPT_STR("base", "DIR", &a.base, "with --from: the adapter's base, in place of the one that it names"),
	OPT_ENUM("arch", &a.arch, "architecture", archs),
	OPT_ENUM("dtype", &a.dtype, "type of the weights",
	    OPT_WORDS({ "float32", DT_F32 }, { "bfloat16", DT_BF16 }, { "float16", DT_F16 })),
	OPT_UINT("vocab", "N", &a.vocab, 1, 1 << 26, "vocabulary size (default: the tokenizer's)"),
	OPT_UINT("dim", "N", &a.dim, 1, 1 << 20, "width"),
	OPT_UINT("layers", "N", &a.layers, 1, 4096, "layers"),
	OPT_UINT("heads", "N", &a.heads, 1, 16384, "attention heads"),
	OPT_UINT("kv-heads", "N", &a.kv_heads, 1, 16384, "key and value heads (default: heads)"),
	OPT_UINT("head-dim", "N", &a.head_dim, 2, 4096, "width of a head (default: dim / heads)"),
	OPT_UINT("ffn", "N", &a.ffn, 1, 1 << 22,
	    "inner width of the MLP (default: 8/3 of dim, up to a multiple of 32)"),
	OPT_UINT("max-length", "N", &a.max_length, 1, 1 << 26, "longest sequence"),
	OPT_UINT("window", "N", &a.window, 0, 1 << 26, "sliding attention window, 0: none (mistral, qwen2, qwen3)"),
	OPT_FLAG("tied", &a.tied, "the head shares the embedding"),
	OPT_FLAG("bias", &a.bias, "biases in attention (llama, qwen3) and MLP (llama)"),
	OPT_REAL("rope-theta", "X", &a.theta, 1, 1e12, "base of the rotary frequencies"),
	OPT_ENUM("rope", &a.rope, "their scaling",
	    OPT_WORDS({ "default", ROPE_NONE }, { "linear", ROPE_LINEAR }, { "llama3", ROPE_LLAMA3 }, { "yarn", ROPE_YARN })),
	OPT_REAL("rope-factor", "X", &a.rope_factor, 1e-3, 1e6, "the scaling's factor"),
	OPT_UINT("rope-original", "N", &a.rope_orig, 1, 1 << 26,
	    "the scaling's original length (default: max-length)"),
	OPT_REAL("norm-eps", "X", &a.norm_eps, 0, 1, "epsilon of the norms"),
	OPT_REAL("init-range", "X", &a.init_range, 0, 1e3, "deviation of the random weights"),
	OPT_INT("bos", "ID", &a.bos, -1, 1 << 26, "id that begins a text (default: the tokenizer's)"),
	OPT_INT("eos", "ID", &a.eos, -1, 1 << 26, "id that ends a text (default: the tokenizer's)"),
	OPT_END
};

static const struct prog prog = {
	.name = "fg-init", .synopsis = "-t tokenizer.json -o DIR | --from DIR --head HEAD -o DIR",
	.about = "Make a new model, or a new head or adapter on a trained one",
	.rows = rows
};

/* The configuration that the options describe. */
static void
set_config(struct model_config *c)
{
	const struct arch *arch = arch_at((size_t)a.arch);

	config_default(c);
	config_arch(c, arch, a.bias, a.bias);
	c->head = (enum model_head)a.head;
	c->dtype = (enum dtype)a.dtype;
	c->vocab = a.vocab;
	c->dim = a.dim;
	c->layers = a.layers;
	c->heads = a.heads;
	c->kv_heads = a.kv_heads ? a.kv_heads : a.heads;
	c->head_dim = a.head_dim ? a.head_dim : a.dim / a.heads;
	c->ffn = a.ffn ? a.ffn : (a.dim * 8 / 3 + 31) / 32 * 32;
	c->max_pos = a.max_length;
	c->window = arch->window == WINDOW_NEVER ? 0 : a.window;
	c->norm_eps = (float)a.norm_eps;
	c->init_range = (float)a.init_range;
	c->rope_theta = a.theta;
	c->tied = a.tied;
	c->bos = (int32_t)a.bos;
	if (a.eos >= 0)
		c->eos[c->neos++] = (int32_t)a.eos;
	config_scale(c, (enum rope_kind)a.rope, a.rope_factor, (double)(a.rope_orig ? a.rope_orig : a.max_length));
}

static void
report(const struct model_config *c)
{
	size_t n = make_count(c), w = dtype_size(c->dtype);

	note("%zu parameters, %zu bytes of weights as %s", n, n * w, dtype_name(c->dtype));
	note("memory: %zu bytes to run, %zu bytes to train with AdamW, activations apart", n * w,
	    n * (w == 4 ? 20 : 16 + 2 * w));
}

static enum status
make_random(struct tc *tc, const char *part, struct err *e)
{
	struct model_config c;

	set_config(&c);
	if (newmodel_make(tc, &c, a.tokenizer, app->seed, part, e))
		return e->code;
	report(&c);
	return ST_OK;
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

/* What --dtype asks for, NULL when it is not given. */
static const enum dtype *
asked_dtype(enum dtype *room)
{
	*room = (enum dtype)a.dtype;
	return app_given(&a.dtype) ? room : NULL;
}

static enum status
convert(struct tc *tc, const char *part, struct err *e)
{
	struct model_config c;
	enum dtype dtype;
	size_t i = given_format();

	if (newmodel_convert(tc, format_at(i), a.file[i], a.tokenizer, asked_dtype(&dtype), &c, part, e))
		return e->code;
	report(&c);
	return ST_OK;
}

static enum status
make_from(struct tc *tc, const char *part, struct err *e)
{
	enum dtype dtype;
	struct newmodel_from o = {
		.from = a.from, .base = a.base, .head = (enum model_head)a.head, .shared = a.shared, .merge = a.merge,
		.dtype = asked_dtype(&dtype), .rank = a.lora_rank, .targets = a.lora_targets,
		.alpha = a.lora_alpha > 0 ? a.lora_alpha : 2 * (double)a.lora_rank
	};
	struct model_config c;
	double lost;

	if (newmodel_from(tc, &o, app->seed, &c, &lost, part, e))
		return e->code;
	if (lost >= 0.001 && !app->quiet)
		warn("rounding to %s took %.1f%% of what the adapter had learned%s", dtype_name(c.dtype), 100 * lost,
		    c.dtype == DT_F32 ? "" : "; --dtype float32 keeps it");
	if (!a.lora_rank && !a.shared && (!a.base || a.merge))
		report(&c);
	return ST_OK;
}

/* Options of a new model's shape say nothing of one that has a shape, which came by the option
 * --from, dash, format. */
static void
check_shape(const char *dash, const char *format)
{
	static const void *const shape[] = { &a.arch, &a.dtype, &a.vocab, &a.dim, &a.layers, &a.heads, &a.kv_heads,
		&a.head_dim, &a.ffn, &a.max_length, &a.window, &a.tied, &a.bias, &a.theta, &a.rope, &a.rope_factor, &a.rope_orig,
		&a.norm_eps, &a.init_range, &a.bos, &a.eos };

	for (size_t i = 0; i < sizeof(shape) / sizeof(*shape); i++)
		if (app_given(shape[i]) && !((a.merge || a.file[FORMAT_gguf]) && shape[i] == &a.dtype))
			die_usage("--%s is of a new model: --from%s%s has its own", app_given(shape[i]), dash, format);
}

/* Options that need others. */
static void
check_from(void)
{
	if (a.from && a.tokenizer)
		die_usage("-t is of a new model: --from has its own");
	if ((a.lora_rank || a.merge) && app_given(&a.head))
		die_usage("--head goes neither with --lora-rank nor with --merge");
	if (!a.lora_rank && (app_given(&a.lora_alpha) || app_given(&a.lora_targets)))
		die_usage("--lora-alpha and --lora-targets need --lora-rank");
	if (!a.from && (a.merge || a.lora_rank))
		die_usage("--merge and --lora-rank need --from");
	if (a.base && (!a.from || a.lora_rank || a.shared || app_given(&a.head)))
		die_usage("--base goes with --from, and --merge");
	if (a.shared && (!a.from || a.head != HEAD_VALUE || a.merge || a.lora_rank))
		die_usage("--shared goes with --from and --head value alone");
	if (a.from && a.merge && a.lora_rank)
		die_usage("--merge and --lora-rank exclude each other");
	if (a.to_gguf && (!a.from || a.out || a.merge || a.lora_rank || a.shared || a.base || app_given(&a.head)))
		die_usage("--to-gguf goes with --from and --gguf-type alone");
	if (app_given(&a.gguf_type) && !a.to_gguf)
		die_usage("--gguf-type goes with --to-gguf");
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
		if (a.from)
			die_usage("--from and --from-%s exclude each other", format_at(i)->name);
		if (i != file)
			die_usage("--from-%s and --from-%s exclude each other", format_at(file)->name, format_at(i)->name);
		check_shape("-", format_at(i)->name);
	}
	if (a.from)
		check_shape("", "");
	if (app_given(&a.window) && a.window && arch_at((size_t)a.arch)->window == WINDOW_NEVER)
		die_usage("--window: %s has none", arch_at((size_t)a.arch)->name);
	check_from();
	if (!a.from && file == FORMAT_COUNT && !a.tokenizer && !a.vocab)
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
