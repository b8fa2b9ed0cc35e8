/* LoRA adapters as PEFT keeps them (Hu et al. 2021): adapter_config.json beside
 * adapter_model.safetensors. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "json/write.h"
#include "model/model_int.h"
#include "model/reader_int.h"

enum { MAX_RANK = 1 << 14 };

double
lora_scale(const struct lora_config *l)
{
	return l->alpha / (l->rslora ? sqrt((double)l->rank) : (double)l->rank);
}

bool
lora_target(struct lora_config *l, const char *name)
{
	for (unsigned i = 0; i < LINEARS; i++)
		if (!strcmp(name, lora_name[i]))
			return l->target[i] = true;
	return false;
}

static enum status
read_targets(const struct reader *r, struct lora_config *l)
{
	size_t at = reader_member(r, 0, "target_modules"), k, n;
	const char *s;

	if (at && json_is(&r->j, at, "all-linear")) {
		memset(l->target, true, sizeof(l->target));
		return ST_OK;
	}
	if (!at || json_type(&r->j, at) != JSON_ARRAY || !json_first(&r->j, at))
		return err_set(r->e, ST_INPUT, "target_modules: expected a list of module names");
	for (k = json_first(&r->j, at); k; k = json_next(&r->j, at, k)) {
		if (json_type(&r->j, k) != JSON_STRING)
			return json_bad(&r->j, k, r->e, "target_modules: expected strings");
		if (!(s = json_str(&r->j, k, &n)))
			return err_nomem(r->e);
		if (!lora_target(l, s))
			return json_bad(&r->j, k, r->e, "target_modules: \"%s\" is not supported", s);
	}
	return ST_OK;
}

/* What would change the mathematics and is not built must be off. */
static enum status
check_plain(const struct reader *r)
{
	static const char *const off[] = { "use_dora", "fan_in_fan_out", "lora_bias", "use_qalora" };
	static const char *const none[] = { "rank_pattern", "alpha_pattern", "layers_to_transform",
		"layer_replication", "megatron_config", "trainable_token_indices", "target_parameters" };
	const char *s;
	size_t i, at;

	for (i = 0; i < sizeof(off) / sizeof(*off); i++)
		if ((at = reader_member(r, 0, off[i])) && json_type(&r->j, at) != JSON_FALSE)
			return json_bad(&r->j, at, r->e, "%s: not supported", off[i]);
	for (i = 0; i < sizeof(none) / sizeof(*none); i++)
		if ((at = reader_member(r, 0, none[i])) && (json_type(&r->j, at) < JSON_ARRAY ||
		    r->j.node[at].count))
			return json_bad(&r->j, at, r->e, "%s: not supported", none[i]);
	if (reader_str(r, 0, "bias", &s))
		return r->e->code;
	if (s && strcmp(s, "none"))
		return err_set(r->e, ST_INPUT, "bias: \"%s\" is not supported", s);
	return ST_OK;
}

static enum status
read_all(const struct reader *r, struct lora_config *l, struct arena *keep)
{
	const char *s;

	if (json_type(&r->j, 0) != JSON_OBJECT)
		return json_bad(&r->j, 0, r->e, "expected an object");
	if (reader_str(r, 0, "peft_type", &s))
		return r->e->code;
	if (!s || strcmp(s, "LORA"))
		return err_set(r->e, ST_INPUT, "peft_type: only \"LORA\" is supported");
	if (reader_size(r, 0, "r", 1, MAX_RANK, true, &l->rank) ||
	    reader_real(r, 0, "lora_alpha", 0, 1e9, true, &l->alpha) ||
	    reader_bool(r, 0, "use_rslora", &l->rslora) ||
	    check_plain(r) || read_targets(r, l) ||
	    reader_str(r, 0, "base_model_name_or_path", &s))
		return r->e->code;
	if (!s || !*s)
		return reader_missing(r, "base_model_name_or_path");
	l->base = arena_str(keep, s, strlen(s));
	return l->base ? ST_OK : err_nomem(r->e);
}

enum status
lora_read(struct lora_config *l, struct arena *keep, const char *dir, struct err *e)
{
	struct reader r = { .e = e };
	struct arena a = ARENA_INIT;
	struct buf text = BUF_INIT;
	char *path = file_join(dir, "adapter_config.json");
	enum status st;

	*l = (struct lora_config){0};
	if (!path)
		return err_nomem(e);
	if (!(st = file_read(&text, path, e))) {
		st = json_parse(&r.j, text.p ? text.p : "", text.n, &a, e);
		if (!st)
			st = read_all(&r, l, keep);
		if (st)
			err_file(e, path);
	}
	buf_free(&text);
	arena_free(&a);
	free(path);
	return st;
}

static void
put_targets(struct buf *b, const struct lora_config *l)
{
	const char *sep = "";

	for (unsigned i = 0; i < LINEARS; i++)
		if (l->target[i]) {
			buf_addf(b, "%s\"%s\"", sep, lora_name[i]);
			sep = ", ";
		}
}

enum status
lora_write(const struct lora_config *l, enum model_head head, const char *dir, struct err *e)
{
	static const char *const task[] = { "CAUSAL_LM", "TOKEN_CLS", "SEQ_CLS", "TOKEN_CLS" };
	struct buf b = BUF_INIT;
	char *path = file_join(dir, "adapter_config.json");
	enum status st;

	buf_adds(&b, "{\n  \"peft_type\": \"LORA\",\n  \"task_type\": ");
	buf_addf(&b, "\"%s\",\n  \"base_model_name_or_path\": ", task[head]);
	json_put_str(&b, l->base, strlen(l->base));
	buf_addf(&b, ",\n  \"r\": %zu,\n  \"lora_alpha\": ", l->rank);
	if ((st = json_put_f64(&b, l->alpha, e)))
		goto out;
	buf_addf(&b, ",\n  \"use_rslora\": %s,\n  \"lora_dropout\": 0.0,\n  \"bias\": \"none\",\n"
	    "  \"fan_in_fan_out\": false,\n  \"inference_mode\": true,\n  \"modules_to_save\": %s,\n"
	    "  \"target_modules\": [", l->rslora ? "true" : "false",
	    head == HEAD_LM ? "null" : "[\"score\"]");
	put_targets(&b, l);
	buf_adds(&b, "]\n}\n");
	if (!path || !buf_ok(&b))
		st = err_nomem(e);
	else
		st = file_write(path, b.p, b.n, e);
out:
	buf_free(&b);
	free(path);
	return st;
}
