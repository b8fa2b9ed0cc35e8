#include <math.h>

#include "json/json.h"
#include "record/import_int.h"

/* instruction and input, into im->text by the template in force */
static enum status
instruction(struct import *im, struct record *in, struct err *e)
{
	const char *s, *input = "";
	size_t n, ninput = 0;
	struct chat *c;

	if (import_chat(im, "alpaca", &c, e) || import_get(in, "instruction", &s, &n, e) ||
	    (record_has(in, "input") && record_str(in, "input", &input, &ninput, e)))
		return e->code;
	return import_single(im, c, in, "instruction", s, n, input, ninput, e);
}

enum status
import_alpacafarm(struct import *im, struct record *in, struct err *e)
{
	static const char *const used[] = { "instruction", "input", "output_1", "output_2",
	    "preference", "prompt", "chosen", "rejected" };
	const char *s[2];
	size_t n[2];
	int64_t best;

	if (import_get(in, "output_1", &s[0], &n[0], e) ||
	    import_get(in, "output_2", &s[1], &n[1], e) ||
	    record_i64(in, "preference", 1, 2, &best, e) || instruction(im, in, e) || import_start(im, e) ||
	    import_answer(im, "rejected", in, best == 1 ? "output_2" : "output_1", s[2 - best], n[2 - best], e) ||
	    import_answer(im, "chosen", in, best == 1 ? "output_1" : "output_2", s[best - 1], n[best - 1], e))
		return e->code;
	return import_finish(im, in, used, sizeof(used) / sizeof(*used), e);
}

enum status
import_alpaca(struct import *im, struct record *in, struct err *e)
{
	static const char *const used[] = { "instruction", "input", "output", "prompt", "response" };
	const char *s;
	size_t n;

	if (import_get(in, "output", &s, &n, e) || instruction(im, in, e) || import_start(im, e) ||
	    import_answer(im, "response", in, "output", s, n, e))
		return e->code;
	return import_finish(im, in, used, sizeof(used) / sizeof(*used), e);
}

enum status
import_qa_feedback(struct import *im, struct record *in, struct err *e)
{
	static const char *const used[] = { "question", "prediction 1", "prompt", "chosen",
	    "rejected" };
	const char *q, *r, *c;
	size_t nq, nr, nc, k;
	struct chat *t;
	struct json j;

	if (import_chat(im, "plain", &t, e) || record_str(in, "question", &q, &nq, e) ||
	    import_get(in, "prediction 1", &r, &nr, e))
		return e->code;
	if (record_json(in, "feedback", &j, e))
		return e->code;
	if (json_type(&j, 0) != JSON_OBJECT || !(k = json_get(&j, 0, "corrected-prediction")) ||
	    !(c = json_str(&j, k, &nc)))
		return record_bad(in, "feedback", e, "no corrected-prediction");
	if (import_blank(c, nc))
		return record_bad(in, "feedback", e, "corrected-prediction: empty");
	/* rejected stays as it is without a template: the error spans count its characters */
	if (import_single(im, t, in, "question", q, nq, NULL, 0, e))
		return e->code;
	im->chat = im->opt.chat;
	if (import_start(im, e) || import_answer(im, "rejected", in, "prediction 1", r, nr, e) ||
	    import_answer(im, "chosen", in, "feedback", c, nc, e))
		return e->code;
	return import_finish(im, in, used, sizeof(used) / sizeof(*used), e);
}

/* Completion k's text and overall score; false when one of them is missing or no number. */
static bool
completion(const struct json *j, size_t k, const char **s, size_t *n, double *score)
{
	size_t text, v;
	struct err none = {0};

	return json_type(j, k) == JSON_OBJECT && (text = json_get(j, k, "response")) && (v = json_get(j, k, "overall_score")) &&
	    !json_f64(j, v, "", score, &none) && isfinite(*score) &&
	    (*s = json_str(j, text, n)) && !import_blank(*s, *n);
}

enum status
import_ultrafeedback(struct import *im, struct record *in, struct err *e)
{
	static const char *const used[] = { "instruction", "completions", "prompt", "chosen", "rejected",
	    "score_chosen", "score_rejected" };
	struct { const char *s; size_t n; double score; } x, best = {0}, worst = {0};
	const char *q;
	size_t nq, k, found = 0;
	struct chat *t;
	struct json j;

	if (import_chat(im, "chatml", &t, e) || import_get(in, "instruction", &q, &nq, e))
		return e->code;
	if (record_json(in, "completions", &j, e))
		return e->code;
	if (json_type(&j, 0) != JSON_ARRAY)
		return record_bad(in, "completions", e, "expected an array");
	for (k = json_first(&j, 0); k; k = json_next(&j, 0, k)) {
		if (!completion(&j, k, &x.s, &x.n, &x.score))
			continue;
		if (!found || x.score > best.score)
			best.s = x.s, best.n = x.n, best.score = x.score;
		if (!found++ || x.score < worst.score)
			worst.s = x.s, worst.n = x.n, worst.score = x.score;
	}
	if (found < 2)
		return record_bad(in, "completions", e, "expected two with a response and an overall_score, got %zu", found);
	if (!(worst.score < best.score))
		return ST_EOF;
	if (import_single(im, t, in, "instruction", q, nq, NULL, 0, e) || import_start(im, e) ||
	    import_answer(im, "rejected", in, "completions", worst.s, worst.n, e) ||
	    import_answer(im, "chosen", in, "completions", best.s, best.n, e) ||
	    record_set_f64(im->out, "score_rejected", worst.score, e) ||
	    record_set_f64(im->out, "score_chosen", best.score, e))
		return e->code;
	return import_finish(im, in, used, sizeof(used) / sizeof(*used), e);
}
