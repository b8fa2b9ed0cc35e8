#!/usr/bin/env python3
"""A model folder (f32, llama) for the peers of decode.sh: decode_models.py DIR OUT writes
OUT.f32.gguf and OUT.f16.gguf (llama.cpp; no vocabulary, pairs of RoPE left as they are: the
weights are random), OUT.bin and OUT.tok (llama2.c; every token but 1 prints an x)."""
import json
import struct
import sys

import numpy as np

NAMES = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
         "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
         "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
         "mlp.down_proj": "ffn_down"}


def load(path):
    with open(path, "rb") as f:
        size, = struct.unpack("<Q", f.read(8))
        head = json.loads(f.read(size))
        data = f.read()
    return {k: np.frombuffer(data[v["data_offsets"][0]:v["data_offsets"][1]], "<f4").reshape(v["shape"])
            for k, v in head.items() if k != "__metadata__"}


def text(s):
    return struct.pack("<Q", len(s)) + s.encode()


def pair(key, value):
    if isinstance(value, str):
        return text(key) + struct.pack("<I", 8) + text(value)
    if isinstance(value, float):
        return text(key) + struct.pack("<If", 6, value)
    return text(key) + struct.pack("<II", 4, value)


def gguf(path, c, w, half):
    named = [("token_embd.weight", w["model.embed_tokens.weight"]),
             ("output_norm.weight", w["model.norm.weight"])]
    for i in range(c["num_hidden_layers"]):
        named += [(f"blk.{i}.{to}.weight", w[f"model.layers.{i}.{name}.weight"]) for name, to in NAMES.items()]
    d = c["hidden_size"] // c["num_attention_heads"]
    pairs = [("general.architecture", "llama"), ("general.name", "random"), ("general.file_type", int(half)),
             ("llama.context_length", c["max_position_embeddings"]), ("llama.embedding_length", c["hidden_size"]),
             ("llama.block_count", c["num_hidden_layers"]), ("llama.feed_forward_length", c["intermediate_size"]),
             ("llama.attention.head_count", c["num_attention_heads"]),
             ("llama.attention.head_count_kv", c["num_key_value_heads"]),
             ("llama.attention.layer_norm_rms_epsilon", float(c["rms_norm_eps"])),
             ("llama.rope.dimension_count", d), ("llama.vocab_size", c["vocab_size"]),
             ("tokenizer.ggml.model", "no_vocab")]
    head, at, body = b"", 0, []
    for name, x in named:
        x = x.astype("<f2") if half and x.ndim == 2 else x
        head += text(name) + struct.pack("<I", x.ndim) + b"".join(struct.pack("<Q", n) for n in x.shape[::-1])
        head += struct.pack("<IQ", int(x.dtype.itemsize == 2), at)
        body.append(x.tobytes() + bytes(-x.nbytes % 32))
        at += len(body[-1])
    head = b"GGUF" + struct.pack("<IQQ", 3, len(named), len(pairs)) + b"".join(pair(*p) for p in pairs) + head
    with open(path, "wb") as f:
        f.write(head + bytes(-len(head) % 32))
        for b in body:
            f.write(b)


def llama2c(path, c, w):
    heads, length, d = c["num_attention_heads"], c["max_position_embeddings"], c["hidden_size"]
    with open(path, "wb") as f:
        f.write(struct.pack("<7i", d, c["intermediate_size"], c["num_hidden_layers"], heads,
                            c["num_key_value_heads"], c["vocab_size"], length))
        f.write(w["model.embed_tokens.weight"].tobytes())
        for name in ("input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
                     "self_attn.o_proj", "post_attention_layernorm", "mlp.gate_proj", "mlp.down_proj",
                     "mlp.up_proj"):
            for i in range(c["num_hidden_layers"]):
                f.write(w[f"model.layers.{i}.{name}.weight"].tobytes())
        f.write(w["model.norm.weight"].tobytes())
        f.write(bytes(4 * length * (d // heads)))       # cosines and sines, which it computes itself


def main():
    folder, out = sys.argv[1:3]
    with open(folder + "/config.json") as f:
        c = json.load(f)
    w = load(folder + "/model.safetensors")
    gguf(out + ".f32.gguf", c, w, False)
    gguf(out + ".f16.gguf", c, w, True)
    llama2c(out + ".bin", c, w)
    with open(out + ".tok", "wb") as f:
        f.write(struct.pack("<i", 1))
        for _ in range(c["vocab_size"]):
            f.write(struct.pack("<fi", 0, 1) + b"x")


main()
