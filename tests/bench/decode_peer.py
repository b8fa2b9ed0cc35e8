#!/usr/bin/env python3
"""The peer of decode.sh: a Llama decoded by PyTorch with a preallocated KV cache and one
multinomial draw a step.  decode_peer.py MODEL BATCH TOKENS THREADS prints tokens a second."""
import json
import sys
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file


def rms(x, w, eps):
    return F.rms_norm(x, w.shape, w, eps)


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


def main():
    folder, batch, tokens, threads = sys.argv[1], *map(int, sys.argv[2:5])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    c = json.load(open(folder + "/config.json"))
    w = load_file(folder + "/model.safetensors")
    heads, kvh, d = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
    eps, layers = c["rms_norm_eps"], c["num_hidden_layers"]
    embed = w["model.embed_tokens.weight"]
    head = w.get("lm_head.weight", embed)
    lay = []
    for i in range(layers):
        p = f"model.layers.{i}."
        lay.append((
            w[p + "input_layernorm.weight"],
            torch.cat([w[p + f"self_attn.{x}_proj.weight"] for x in "qkv"]),
            w[p + "self_attn.o_proj.weight"],
            w[p + "post_attention_layernorm.weight"],
            torch.cat([w[p + "mlp.gate_proj.weight"], w[p + "mlp.up_proj.weight"]]),
            w[p + "mlp.down_proj.weight"],
            torch.zeros(batch, kvh, tokens + 1, d, dtype=embed.dtype),
            torch.zeros(batch, kvh, tokens + 1, d, dtype=embed.dtype)))
    inv = c["rope_theta"] ** (-torch.arange(0, d, 2).double() / d)
    ang = torch.arange(tokens + 1).double()[:, None] * inv
    cos, sin = ang.cos().to(embed.dtype), ang.sin().to(embed.dtype)

    @torch.inference_mode()
    def run(n):
        ids = torch.ones(batch, dtype=torch.long)
        for t in range(n):
            x = embed[ids]
            for n1, qkv, o, n2, gu, down, kc, vc in lay:
                y = F.linear(rms(x, n1, eps), qkv)
                q, k, v = y.split([heads * d, kvh * d, kvh * d], -1)
                q = rotate(q.view(batch, heads, d), cos[t], sin[t])
                kc[:, :, t] = rotate(k.view(batch, kvh, d), cos[t], sin[t])
                vc[:, :, t] = v.view(batch, kvh, d)
                a = F.scaled_dot_product_attention(
                    q[:, :, None], kc[:, :, :t + 1], vc[:, :, :t + 1], enable_gqa=heads != kvh)
                x = x + F.linear(a.reshape(batch, heads * d), o)
                g, u = F.linear(rms(x, n2, eps), gu).chunk(2, -1)
                x = x + F.linear(F.silu(g) * u, down)
            logits = F.linear(rms(x, w["model.norm.weight"], eps), head).float()
            logp = F.log_softmax(logits, -1)
            ids = torch.multinomial(logp.exp(), 1)[:, 0]
            logp.gather(1, ids[:, None])

    run(2)
    start = time.perf_counter()
    run(tokens)
    print(f"{batch * tokens / (time.perf_counter() - start):.0f}")


main()
