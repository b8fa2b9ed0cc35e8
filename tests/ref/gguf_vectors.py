"""Write gguf_vectors.h: blocks of every type of GGUF that fg-init reads, of random bytes, and the numbers
that the gguf package makes of them; and, with a folder, small GGUF files for the fuzz target.

	python gguf_vectors.py >gguf_vectors.h
	python gguf_vectors.py ../fuzz/gguf.corpus
"""
import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Q

TYPES = [Q.F32, Q.F16, Q.BF16, Q.Q8_0, Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1, Q.Q4_K, Q.Q5_K, Q.Q6_K]
# where a block has float16 scales, which random bytes might make infinite
SCALES = {Q.F16: [0], Q.Q8_0: [0], Q.Q4_0: [0], Q.Q4_1: [0, 2], Q.Q5_0: [0], Q.Q5_1: [0, 2], Q.Q4_K: [0, 2],
          Q.Q5_K: [0, 2], Q.Q6_K: [208]}


def block(rng, kind, n):
    size = gguf.GGML_QUANT_SIZES[kind][1]
    b = rng.integers(0, 256, (n, size), dtype=np.uint8)
    if kind == Q.F32:
        return rng.standard_normal((n, 1), dtype=np.float32).view(np.uint8)
    if kind == Q.BF16:
        b[:, 1] = b[:, 1] & 0x80 | 0x3d
    for at in SCALES.get(kind, []):
        b[:, at:at + 2] = rng.standard_normal((n, 1)).astype(np.float16).view(np.uint8)
    return b


def header():
    rng = np.random.default_rng(15)
    print(f"/* Made by gguf_vectors.py with gguf {gguf.__version__ if hasattr(gguf, '__version__') else ''}. */")
    for kind in TYPES:
        b = block(rng, kind, 1)
        v = gguf.dequantize(b, kind).astype(np.float32).ravel()
        print(f"static const unsigned char {kind.name.lower()}_bytes[] = {{")
        print("\t" + ", ".join(map(str, b.ravel())) + "\n};")
        print(f"static const float {kind.name.lower()}_numbers[] = {{")
        print("\t" + ", ".join(float(x).hex() + "f" for x in v) + "\n};")
    x = np.random.default_rng(16).standard_normal(64).astype(np.float32)
    print("static const float q8_0_from[] = {\n\t" + ", ".join(float(v).hex() + "f" for v in x) + "\n};")
    b = gguf.quantize(x, Q.Q8_0).ravel()
    print("static const unsigned char q8_0_to[] = {\n\t" + ", ".join(map(str, b)) + "\n};")
    print("#define GGUF_BLOCKS(X) " + " ".join(f"X({k.name}, {k.name.lower()})" for k in TYPES))


def corpus(folder):
    for kind in TYPES:
        rng = np.random.default_rng(17)
        arch = "qwen3" if kind == Q.F16 else "qwen2" if kind == Q.BF16 else "llama"
        w = gguf.GGUFWriter(f"{folder}/{kind.name.lower()}", arch)
        for name, v in (("embedding_length", 256), ("block_count", 1), ("feed_forward_length", 2), ("context_length", 8),
                        ("attention.head_count", 1), ("attention.key_length", 4), ("attention.value_length", 4)):
            w.add_uint32(f"{arch}.{name}", v)
        w.add_layer_norm_rms_eps(1e-5)
        pieces = kind in (Q.Q4_0, Q.Q5_1, Q.Q6_K)
        tokens = ["<unk>", "<s>", "\u2581", "a", "b", "ab", "\u2581ab", "<0x0A>"] if pieces else \
            ["<|end|>", "a", "b", "c", "ab", "abc", "\u0120", "\u0120a"]
        w.add_tokenizer_model("llama" if pieces else "gpt2")
        w.add_token_list(tokens)
        w.add_token_types([2, 3, 1, 1, 1, 1, 1, 6] if pieces else [3, 1, 1, 1, 1, 1, 1, 4])
        if pieces:
            w.add_token_scores([0.0, 0.0, -5.0, -6.0, -7.0, -1.0, -2.0, 0.0])
        else:
            w.add_tokenizer_pre("llama-bpe" if arch == "llama" else "qwen2")
            w.add_token_merges(["a b", "ab c", "\u0120 a"])
            w.add_chat_template("{{ messages }}")
        w.add_bos_token_id(1)
        w.add_eos_token_id(0)
        shape = {"token_embd": (8, 256), "output_norm": (256,), "blk.0.attn_norm": (256,), "blk.0.ffn_norm": (256,),
                 "blk.0.attn_q": (4, 256), "blk.0.attn_k": (4, 256), "blk.0.attn_v": (4, 256),
                 "blk.0.attn_output": (256, 4), "blk.0.ffn_gate": (2, 256), "blk.0.ffn_up": (2, 256),
                 "blk.0.ffn_down": (256, 2)}
        if arch == "qwen3":
            shape |= {"blk.0.attn_q_norm": (4,), "blk.0.attn_k_norm": (4,)}
        for name, s in shape.items():
            whole = len(s) == 2 and s[1] == 256
            kinds = kind if whole or len(s) == 2 and kind in (Q.F16, Q.BF16) else Q.F32
            per, size = gguf.GGML_QUANT_SIZES[kinds]
            b = block(rng, kinds, int(np.prod(s)) // per).reshape(*s[:-1], s[-1] // per * size)
            w.add_tensor(name + ".weight", b, raw_dtype=kinds)
        for x in "qkv" if arch == "qwen2" else "":
            w.add_tensor(f"blk.0.attn_{x}.bias", np.ones(4, dtype=np.float32))
        w.write_header_to_file()
        w.write_kv_data_to_file()
        w.write_tensors_to_file()
        w.close()


def families(folder):
    """Files of other architectures, as llama.cpp's converter lays them out."""
    rng = np.random.default_rng(18)
    for arch in ("phi3", "olmo2"):
        w = gguf.GGUFWriter(f"{folder}/{arch}", arch)
        for name, v in (("embedding_length", 12), ("block_count", 1), ("feed_forward_length", 6), ("context_length", 16),
                        ("attention.head_count", 2), ("attention.head_count_kv", 1)):
            w.add_uint32(f"{arch}.{name}", v)
        w.add_layer_norm_rms_eps(1e-5)
        w.add_tokenizer_model("gpt2")
        w.add_tokenizer_pre("gpt-4o" if arch == "phi3" else "dbrx")
        w.add_token_list(["<|end|>", "a", "b", "ab", "abc", "\u0120", "\u0120a", "c"])
        w.add_token_types([3, 1, 1, 1, 1, 1, 1, 1])
        w.add_token_merges(["a b", "ab c", "\u0120 a"])
        w.add_eos_token_id(0)
        shape = {"token_embd": (8, 12), "output_norm": (12,), "blk.0.attn_output": (12, 12), "blk.0.ffn_down": (12, 6)}
        if arch == "phi3":
            w.add_rope_dimension_count(4)
            w.add_rope_scaling_orig_ctx_len(8)
            w.add_rope_scaling_attn_factors(1.1547005383792517)
            w.add_sliding_window(0)
            shape |= {"blk.0.attn_norm": (12,), "blk.0.ffn_norm": (12,), "blk.0.attn_qkv": (24, 12), "blk.0.ffn_up": (12, 12),
                      "rope_factors_long": (2,), "rope_factors_short": (2,)}
        else:
            shape |= {"output": (8, 12), "blk.0.attn_q": (12, 12), "blk.0.attn_k": (6, 12), "blk.0.attn_v": (6, 12),
                      "blk.0.attn_q_norm": (12,), "blk.0.attn_k_norm": (6,), "blk.0.post_attention_norm": (12,),
                      "blk.0.post_ffw_norm": (12,), "blk.0.ffn_gate": (6, 12), "blk.0.ffn_up": (6, 12)}
        for name, s in shape.items():
            w.add_tensor(name + ".weight", np.abs(rng.standard_normal(s, dtype=np.float32)) + 1)
        w.write_header_to_file()
        w.write_kv_data_to_file()
        w.write_tensors_to_file()
        w.close()


if len(sys.argv) > 1:
    families(sys.argv[1])
corpus(sys.argv[1]) if len(sys.argv) > 1 else header()
