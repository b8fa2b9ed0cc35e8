/* config.json of models: what is read is within bounds, and is read again as it is
 * written. */
#include "scratch.h"

#include "base/hash.h"
#include "model/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct model_config c, d;
	struct err e = { 0 };
	bool typed, again;

	scratch("config.json", data, n);
	if (config_read(&c, &typed, scratch_dir, &e)) {
		if (e.code != ST_INPUT || !e.msg[0])
			abort();
		return 0;
	}
	if (config_check(&c, &e))
		abort();
	/* writing waits for the disk: every eighth */
	if (hash64(data, n, 0) % 8)
		return 0;
	if (config_write(&c, scratch_dir, &e) || config_read(&d, &again, scratch_dir, &e))
		abort();
	if (!again || d.arch != c.arch || d.head != c.head || d.dtype != c.dtype || d.vocab != c.vocab || d.dim != c.dim ||
	    d.layers != c.layers || d.heads != c.heads || d.kv_heads != c.kv_heads || d.head_dim != c.head_dim ||
	    d.ffn != c.ffn || d.max_pos != c.max_pos || d.window != c.window || d.window_from != c.window_from ||
	    d.rope.kind != c.rope.kind || d.tied != c.tied || d.qkv_bias != c.qkv_bias || d.o_bias != c.o_bias ||
	    d.mlp_bias != c.mlp_bias || d.qk_norm != c.qk_norm || d.bos != c.bos || d.pad != c.pad || d.neos != c.neos ||
	    memcmp(d.eos, c.eos, c.neos * sizeof(*c.eos)) || memcmp(&d.norm_eps, &c.norm_eps, sizeof(c.norm_eps)) ||
	    memcmp(&d.rope_theta, &c.rope_theta, sizeof(c.rope_theta)) ||
	    (c.rope.kind != ROPE_NONE && memcmp(&d.rope.factor, &c.rope.factor, sizeof(c.rope.factor))) ||
	    d.turned != c.turned || memcmp(d.rope.shorts, c.rope.shorts, sizeof(c.rope.shorts)) ||
	    memcmp(d.rope.longs, c.rope.longs, sizeof(c.rope.longs)) ||
	    ((c.rope.kind == ROPE_YARN || c.rope.kind == ROPE_LONG) && memcmp(&d.rope.attn, &c.rope.attn, sizeof(c.rope.attn))))
		abort();
	return 0;
}
