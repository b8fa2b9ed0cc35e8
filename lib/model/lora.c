/* LoRA adapters as PEFT keeps them (Hu et al. 2021): adapter_config.json beside
 * adapter_model.safetensors. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "json/write.h"
#include "model/model_int.h"
#include "model/params_int.h"
#include "model/reader_int.h"

enum { MAX_RANK = 1 << 14 };

bool
lora_target(struct lora_config *l, const struct model_config *c, const char *name)
{
	char room[96];
	const char *is;
	bool found = false;

	for (unsigned i = 0; i < LINEARS; i++) {
		is = lora_name(c, i, room);
		if (*is && (!name || !strcmp(name, is)))
			l->target[i] = found = true;
	}
	return found;
}

/* A map's name in some architecture; *whole: no more than that, else of one layer or block:
 * "model.layers.0.self_attn.q_proj". */
static bool
is_linear(const char *s, bool *whole)
{
	const char *dot = strrchr(s, '.'), *name = dot ? dot + 1 : s;
	struct lora_config l = {0};
	struct model_config c = {0};

	*whole = !dot;
	for (size_t i = 0; (c.arch = arch_at(i)); i++)
		if (lora_target(&l, &c, name))
			return true;
	return false;
}

static enum status
read_targets(const struct reader *r, struct lora_config *l, struct arena *keep)
{
	size_t at = reader_member(r, 0, "target_modules"), k, n;
	const char *s;
	bool whole;

	l->listed = true;
	if (at && json_is(&r->j, at, "all-linear"))
		return ST_OK;
	/* an expression, layers, exceptions: the tensors show the result */
	if (reader_member(r, 0, "exclude_modules"))
		l->listed = false;
	if (reader_member(r, 0, "layers_to_transform"))
		l->listed = false;
	if (at && json_type(&r->j, at) == JSON_STRING) {
		l->listed = false;
		return ST_OK;
	}
	if (!at || json_type(&r->j, at) != JSON_ARRAY || !json_first(&r->j, at))
		return err_set(r->e, ST_INPUT, "target_modules: expected a list of module names");
	if (!(l->names = arena_array(keep, r->j.node[at].count, sizeof(*l->names))))
		return err_nomem(r->e);
	for (k = json_first(&r->j, at); k; k = json_next(&r->j, at, k)) {
		if (json_type(&r->j, k) != JSON_STRING)
			return json_bad(&r->j, k, r->e, "target_modules: expected strings");
		if (!(s = json_str(&r->j, k, &n)))
			return err_nomem(r->e);
		if (!is_linear(s, &whole))
			return json_bad(&r->j, k, r->e, "target_modules: \"%s\" is not supported", s);
		if (!whole)
			l->listed = false;
		if (!(l->names[l->nnames++] = arena_str(keep, s, n)))
			return err_nomem(r->e);
	}
	return ST_OK;
}

/* {"name of a module": number}; a name is taken as the end of the module's. */
static enum status
read_pattern(const struct reader *r, const char *key, double lo, double hi, struct arena *keep,
    struct lora_pattern **out, size_t *count)
{
	size_t at = reader_member(r, 0, key), k, v, n;
	const char *s;
	double x;

	*count = 0;
	if (!at)
		return ST_OK;
	if (json_type(&r->j, at) != JSON_OBJECT)
		return json_bad(&r->j, at, r->e, "%s: expected an object", key);
	if (!(*out = arena_array(keep, r->j.node[at].count + 1, sizeof(**out))))
		return err_nomem(r->e);
	for (k = json_first(&r->j, at); k; k = json_next(&r->j, at, v)) {
		v = json_next(&r->j, at, k);
		if (!(s = json_str(&r->j, k, &n)))
			return err_nomem(r->e);
		s += *s == '^';
		if (!*s || s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.")])
			return json_bad(&r->j, k, r->e, "%s: only plain module names are supported", key);
		if (json_f64(&r->j, v, key, &x, r->e))
			return r->e->code;
		if (!(x >= lo && x <= hi))
			return json_bad(&r->j, v, r->e, "%s: expected a number from %g to %g", key, lo, hi);
		(*out)[*count].v = x;
		if (!((*out)[(*count)++].name = arena_str(keep, s, strlen(s))))
			return err_nomem(r->e);
	}
	return ST_OK;
}

/* An adapter's own start changes the base that it is added to, but for these. */
static enum status
check_init(const struct reader *r)
{
	static const char *const plain[] = { "gaussian", "orthogonal", "eva", "mica" };
	size_t at = reader_member(r, 0, "init_lora_weights"), i;
	const char *s;

	if (!at || json_type(&r->j, at) == JSON_TRUE || json_type(&r->j, at) == JSON_FALSE)
		return ST_OK;
	if (reader_str(r, 0, "init_lora_weights", &s))
		return r->e->code;
	for (i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (!strcmp(s, plain[i]))
			return ST_OK;
	return json_bad(&r->j, at, r->e, "init_lora_weights: \"%s\" changes the base's weights, which is not supported; "
	    "PEFT can save such an adapter as a plain one (path_initial_model_for_weight_conversion)", s);
}

static enum status
check_modules(const struct reader *r)
{
	size_t at = reader_member(r, 0, "modules_to_save"), k;

	if (!at)
		return ST_OK;
	if (json_type(&r->j, at) != JSON_ARRAY)
		return json_bad(&r->j, at, r->e, "modules_to_save: expected a list of module names");
	for (k = json_first(&r->j, at); k; k = json_next(&r->j, at, k))
		if (!json_is(&r->j, k, "score") && !json_is(&r->j, k, "classifier"))
			return json_bad(&r->j, k, r->e, "modules_to_save: an adapter that replaces more than the score "
			    "is not supported");
	return ST_OK;
}

static enum status
read_task(const struct reader *r, struct lora_config *l)
{
	const char *s;

	if (reader_str(r, 0, "task_type", &s))
		return r->e->code;
	l->scores = s && !strcmp(s, "SEQ_CLS");
	l->tokens = s && !strcmp(s, "TOKEN_CLS");
	if (s && !l->scores && !l->tokens && strcmp(s, "CAUSAL_LM"))
		return err_set(r->e, ST_INPUT, "task_type: \"%s\" is not supported", s);
	return ST_OK;
}

/* Features that would change the mathematics and are not supported must be off. */
static enum status
check_plain(const struct reader *r)
{
	static const char *const off[] = { "use_dora", "fan_in_fan_out", "lora_bias", "use_qalora", "use_bdlora" };
	static const char *const none[] = { "layer_replication", "megatron_config", "trainable_token_indices",
		"target_parameters", "alora_invocation_tokens", "arrow_config", "kasa_config", "monteclora_config",
		"velora_config" };
	/* where it came from, how it was trained, and what only the refused kinds read */
	static const char *const harmless[] = { "auto_mapping", "revision", "peft_version", "inference_mode",
		"lora_dropout", "megatron_core", "layers_pattern", "qalora_group_size", "eva_config", "corda_config",
		"loftq_config", "lora_ga_config", "ensure_weight_tying", "runtime_config", "use_rslora", "r", "lora_alpha" };
	const char *s;
	size_t i, at;

	for (i = 0; i < sizeof(off) / sizeof(*off); i++)
		if ((at = reader_member(r, 0, off[i])) && json_type(&r->j, at) != JSON_FALSE)
			return json_bad(&r->j, at, r->e, "%s: not supported", off[i]);
	for (i = 0; i < sizeof(none) / sizeof(*none); i++)
		if ((at = reader_member(r, 0, none[i])) && json_type(&r->j, at) != JSON_FALSE &&
		    (json_type(&r->j, at) < JSON_ARRAY || r->j.node[at].count))
			return json_bad(&r->j, at, r->e, "%s: not supported", none[i]);
	for (i = 0; i < sizeof(harmless) / sizeof(*harmless); i++)
		reader_member(r, 0, harmless[i]);
	if (reader_str(r, 0, "bias", &s))
		return r->e->code;
	if (s && strcmp(s, "none"))
		return err_set(r->e, ST_INPUT, "bias: \"%s\" is not supported", s);
	return check_init(r) || check_modules(r) ? r->e->code : ST_OK;
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
	    read_pattern(r, "rank_pattern", 1, MAX_RANK, keep, &l->ranks, &l->nranks) ||
	    read_pattern(r, "alpha_pattern", 0, 1e9, keep, &l->alphas, &l->nalphas) ||
	    check_plain(r) || read_task(r, l) || read_targets(r, l, keep) ||
	    reader_str(r, 0, "base_model_name_or_path", &s) || config_keys(r, 0, ""))
		return r->e->code;
	/* without one the caller has to name it */
	l->base = arena_str(keep, s ? s : "", s ? strlen(s) : 0);
	l->widest = l->rank;
	return l->base ? ST_OK : err_nomem(r->e);
}

/* The first pattern that is name, or its end after a point; else v. */
static double
matched(const struct lora_pattern *p, size_t n, const char *name, double v)
{
	size_t k = strlen(name), a;

	for (size_t i = 0; i < n; i++) {
		a = strlen(p[i].name);
		if (a <= k && !strcmp(name + k - a, p[i].name) && (a == k || name[k - a - 1] == '.'))
			return p[i].v;
	}
	return v;
}

enum status
lora_resolve(struct lora_config *l, struct arena *a, const struct model_config *c, const struct st_file *f,
    struct err *e)
{
	size_t y, i, some = 0;
	char module[96], tensor[128];

	if (!(l->at = arena_array(a, mul_sat(c->layers, LINEARS), sizeof(*l->at))))
		return err_nomem(e);
	/* a name that only other architectures have stands for nothing here, as PEFT takes it */
	for (i = 0; i < l->nnames; i++)
		lora_target(l, c, l->names[i]);
	if (!l->names && l->listed)
		lora_target(l, c, NULL);
	l->widest = 0;
	for (y = 0; y < c->layers; y++)
		for (i = 0; i < LINEARS; i++) {
			struct lora_at *at = &l->at[y * LINEARS + i];

			*at = (struct lora_at){0};
			lora_module(c, module, y, i);
			snprintf(tensor, sizeof(tensor), "base_model.model.%s.lora_A.weight", module);
			if (!*module || (l->listed ? !l->target[i] : !st_find(f, tensor)))
				continue;
			at->rank = (size_t)matched(l->ranks, l->nranks, module, (double)l->rank);
			at->alpha = matched(l->alphas, l->nalphas, module, l->alpha);
			l->widest = at->rank > l->widest ? at->rank : l->widest;
			some++;
		}
	return some ? ST_OK : err_set(e, ST_INPUT, "no tensor of the adapter is one of this model's linear maps");
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
		if (!st && !(r.seen = arena_array(&a, r.j.n, sizeof(*r.seen))))
			st = err_nomem(e);
		if (!st) {
			memset(r.seen, 0, r.j.n * sizeof(*r.seen));
			st = read_all(&r, l, keep);
		}
		if (st)
			err_file(e, path);
	}
	buf_free(&text);
	arena_free(&a);
	free(path);
	return st;
}

static void
put_targets(struct buf *b, const struct lora_config *l, const struct model_config *c)
{
	const char *sep = "";
	char module[96];

	for (size_t i = 0; l->listed && i < LINEARS; i++)
		if (l->target[i]) {
			buf_addf(b, "%s\"%s\"", sep, lora_name(c, i, module));
			sep = ", ";
		}
	for (size_t y = 0; !l->listed && y < c->layers; y++)
		for (size_t i = 0; i < LINEARS; i++)
			if (lora_at(l, y, i).rank) {
				lora_module(c, module, y, i);
				buf_addf(b, "%s\"%s\"", sep, module);
				sep = ", ";
			}
}

/* What differs from r or lora_alpha, by the full names of modules. */
static enum status
put_pattern(struct buf *b, const struct lora_config *l, const struct model_config *c, bool alpha, struct err *e)
{
	const char *sep = "";
	char module[96];

	for (size_t y = 0; y < c->layers; y++)
		for (size_t i = 0; i < LINEARS; i++) {
			struct lora_at at = lora_at(l, y, i);

			if (!at.rank || (alpha ? at.alpha == l->alpha : at.rank == l->rank))
				continue;
			lora_module(c, module, y, i);
			buf_addf(b, "%s\"%s\": ", sep, module);
			if (!alpha)
				buf_addf(b, "%zu", at.rank);
			else if (json_put_f64(b, at.alpha, e))
				return e->code;
			sep = ", ";
		}
	return ST_OK;
}

static enum status
put_config(struct buf *b, const struct lora_config *l, const char *base, const struct model_config *c,
    struct err *e)
{
	static const char *const task[] = { "CAUSAL_LM", "TOKEN_CLS", "SEQ_CLS", "TOKEN_CLS" };

	buf_adds(b, "{\n  \"peft_type\": \"LORA\",\n  \"task_type\": ");
	buf_addf(b, "\"%s\",\n  \"base_model_name_or_path\": ", task[c->head]);
	json_put_str(b, base, strlen(base));
	buf_addf(b, ",\n  \"r\": %zu,\n  \"lora_alpha\": ", l->rank);
	if (json_put_f64(b, l->alpha, e))
		return e->code;
	if (l->nranks) {
		buf_adds(b, ",\n  \"rank_pattern\": {");
		if (put_pattern(b, l, c, false, e))
			return e->code;
		buf_addc(b, '}');
	}
	if (l->nalphas) {
		buf_adds(b, ",\n  \"alpha_pattern\": {");
		if (put_pattern(b, l, c, true, e))
			return e->code;
		buf_addc(b, '}');
	}
	buf_addf(b, ",\n  \"use_rslora\": %s,\n  \"lora_dropout\": 0.0,\n  \"bias\": \"none\",\n"
	    "  \"fan_in_fan_out\": false,\n  \"inference_mode\": true,\n  \"modules_to_save\": %s,\n"
	    "  \"target_modules\": [", l->rslora ? "true" : "false",
	    c->head == HEAD_LM ? "null" : "[\"score\"]");
	put_targets(b, l, c);
	buf_adds(b, "]\n}\n");
	return ST_OK;
}

enum status
lora_write(const struct lora_config *l, const char *base, const struct model_config *c, const char *dir,
    struct err *e)
{
	struct buf b = BUF_INIT;
	char *path = file_join(dir, "adapter_config.json");
	enum status st = put_config(&b, l, base, c, e);

	if (!st)
		st = path && buf_ok(&b) ? file_write(path, b.p, b.n, e) : err_nomem(e);
	buf_free(&b);
	free(path);
	return st;
}
