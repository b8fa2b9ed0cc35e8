#include <string.h>

#include "json/write.h"
#include "token/train.h"

static const char byte_level[] =
    "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":true}";

/* The letter that GPT-2 writes for a byte, as UTF-8 (at most two bytes). */
static size_t
byte_letter(unsigned char c, char out[2])
{
	unsigned u = c;

	if (c <= 32)
		u = 256u + c;
	else if (c >= 127 && c <= 160)
		u = 289u + c - 127;
	else if (c == 173)
		u = 323;
	if (u < 128) {
		out[0] = (char)u;
		return 1;
	}
	out[0] = (char)(0xc0 | u >> 6);
	out[1] = (char)(0x80 | (u & 63));
	return 2;
}

static void
put_letters(struct buf *b, const char *s, size_t n)
{
	char c[2];
	size_t i;

	for (i = 0; i < n; i++)
		buf_add(b, c, byte_letter((unsigned char)s[i], c));
}

static void
put_added(struct buf *b, size_t id, const char *s, size_t n)
{
	buf_addf(b, "%s{\"id\":%zu,\"content\":", id ? "," : "", id);
	json_put_str(b, s, n);
	buf_adds(b, ",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,"
	    "\"normalized\":false,\"special\":true}");
}

enum status
train_bpe_print(const struct train_bpe *m, size_t nspecial, struct buf *b, struct err *e)
{
	struct buf t = BUF_INIT;
	const size_t *end = m->end;
	size_t i, k, id[2], from;

	buf_adds(b, "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[");
	for (i = 0; i < nspecial; i++) {
		from = i ? end[i - 1] : 0;
		put_added(b, i, m->text + from, end[i] - from);
	}
	buf_addf(b, "],\"normalizer\":null,\"pre_tokenizer\":%s,\"post_processor\":null,"
	    "\"decoder\":%s,", byte_level, byte_level);
	buf_adds(b, "\"model\":{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":null,"
	    "\"continuing_subword_prefix\":null,\"end_of_word_suffix\":null,\"fuse_unk\":false,"
	    "\"byte_fallback\":false,\"ignore_merges\":false,\"vocab\":{");
	for (i = 0; i < m->ntoken; i++) {
		from = i ? end[i - 1] : 0;
		buf_clear(&t);
		if (i < nspecial)
			buf_add(&t, m->text + from, end[i] - from);
		else
			put_letters(&t, m->text + from, end[i] - from);
		buf_adds(b, i ? ",\n" : "\n");
		json_put_str(b, t.p, t.n);
		buf_addf(b, ":%zu", i);
	}
	buf_adds(b, "},\"merges\":[");
	for (i = 0; i < m->nmerge; i++) {
		buf_clear(&t);
		id[0] = m->left[i];
		id[1] = m->right[i];
		for (k = 0; k < 2; k++) {
			from = id[k] ? end[id[k] - 1] : 0;
			put_letters(&t, m->text + from, end[id[k]] - from);
			if (!k)
				buf_addc(&t, ' ');
		}
		buf_adds(b, i ? ",\n" : "\n");
		json_put_str(b, t.p, t.n);
	}
	buf_adds(b, "]}}\n");
	if (!buf_ok(&t))
		b->failed = true;
	buf_free(&t);
	return buf_ok(b) ? ST_OK : err_nomem(e);
}

enum status
train_unigram_print(const struct train_unigram *m, const char *const *special, size_t nspecial, struct buf *b,
    struct err *e)
{
	static const char metaspace[] =
	    "{\"type\":\"Metaspace\",\"replacement\":\"\342\226\201\",\"prepend_scheme\":\"always\",\"split\":true}";
	size_t i, from = 0;

	buf_adds(b, "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[");
	put_added(b, 0, "<unk>", 5);
	for (i = 0; i < nspecial; i++)
		put_added(b, i + 1, special[i], strlen(special[i]));
	buf_addf(b, "],\"normalizer\":null,\"pre_tokenizer\":%s,\"post_processor\":null,\"decoder\":%s,", metaspace,
	    metaspace);
	buf_adds(b, "\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[\n[\"<unk>\",0]");
	for (i = 0; i < nspecial; i++) {
		buf_adds(b, ",\n[");
		json_put_str(b, special[i], strlen(special[i]));
		buf_adds(b, ",0]");
	}
	for (i = 0; i < m->n; i++) {
		buf_adds(b, ",\n[");
		json_put_str(b, m->text + from, m->end[i] - from);
		buf_addc(b, ',');
		if (json_put_f64(b, m->score[i], e))
			return e->code;
		buf_addc(b, ']');
		from = m->end[i];
	}
	buf_adds(b, "],\"byte_fallback\":false}}\n");
	return buf_ok(b) ? ST_OK : err_nomem(e);
}
