"""Write model_vectors.h: what transformers, in double, computes for tiny models of every
architecture, for model.c to compare with.

	python model_vectors.py >model_vectors.h
"""
import math

import torch
import transformers
from transformers import (LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM,
                          Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM)

TOKENS, OFF = 45, [0, 1, 20, 45]
LLAMA, MISTRAL, QWEN2, QWEN3 = "LLAMA", "MISTRAL", "QWEN2", "QWEN3"
KINDS = {LLAMA: (LlamaConfig, LlamaForCausalLM), MISTRAL: (MistralConfig, MistralForCausalLM),
         QWEN2: (Qwen2Config, Qwen2ForCausalLM), QWEN3: (Qwen3Config, Qwen3ForCausalLM)}
BASE = dict(vocab=75, dim=24, heads=4, kv=2, head_dim=6, ffn=40, tied=False)
SMALL = dict(vocab=40, dim=32, heads=2, kv=1, head_dim=16, ffn=36, tied=False)
# name, architecture, shape, more for transformers, the same for struct model_config
MODELS = [
    ("llama, tied", LLAMA, dict(BASE, tied=True), {}, ""),
    ("llama, biases", LLAMA, BASE, dict(attention_bias=True, mlp_bias=True),
     ".qkv_bias = true, .o_bias = true, .mlp_bias = true"),
    ("llama, linear scaling", LLAMA, BASE, dict(rope=dict(rope_type="linear", factor=3.0)),
     ".rope = { .kind = ROPE_LINEAR, .factor = 3, .attn = 1, .truncate = true }"),
    ("llama, llama3 scaling", LLAMA, SMALL,
     dict(rope=dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                    original_max_position_embeddings=32)),
     ".rope = { .kind = ROPE_LLAMA3, .factor = 8, .low = 1, .high = 4, .orig = 32, .attn = 1, .truncate = true }"),
    ("llama, yarn", LLAMA, SMALL,
     dict(rope=dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=32)),
     ".rope = { .kind = ROPE_YARN, .factor = 4, .orig = 32, .beta_fast = 32, .beta_slow = 1, "
     f".attn = {0.1 * math.log(4) + 1!r}, .truncate = true }}"),
    ("mistral, windowed", MISTRAL, BASE, dict(sliding_window=7), ".window = 7"),
    ("qwen2, windowed from layer 1", QWEN2, SMALL,
     dict(use_sliding_window=True, sliding_window=5, max_window_layers=1),
     ".qkv_bias = true, .window = 5, .window_from = 1"),
    ("qwen3, tied", QWEN3, dict(SMALL, tied=True, head_dim=20), {}, ".qk_norm = true"),
]


def value(name, i):
    seed = sum(name.encode()) + len(name)
    base = 1.0 if "norm" in name else 0.0
    return base + 0.2 * math.sin(0.37 * (i + 1) * (1 + seed % 7) + seed)


def build(arch, s, more):
    config, cls = KINDS[arch]
    more = dict(more)
    rope = dict(more.pop("rope", dict(rope_type="default")), rope_theta=10000.0)
    extra = {} if arch == QWEN2 else dict(head_dim=s["head_dim"])
    c = config(vocab_size=s["vocab"], hidden_size=s["dim"], num_hidden_layers=2, num_attention_heads=s["heads"],
               num_key_value_heads=s["kv"], intermediate_size=s["ffn"], rms_norm_eps=1e-5,
               max_position_embeddings=128, tie_word_embeddings=s["tied"], rope_parameters=rope,
               attn_implementation="eager", **extra, **more)
    m = cls(c).double().eval()
    with torch.no_grad():
        for name, p in m.named_parameters():
            v = torch.tensor([value(name, i) for i in range(p.numel())], dtype=torch.float32)
            p.copy_(v.double().reshape(p.shape))
    return m


def run(m, vocab):
    ids = torch.tensor([i * i * 7 % vocab for i in range(TOKENS)])
    target = torch.tensor([(i * 5 + 3) % vocab for i in range(TOKENS)])
    it = torch.tensor([1 + (i % 3) / 4 for i in range(TOKENS)], dtype=torch.float64)
    g = torch.tensor([(i % 5) / 4 - 0.7 for i in range(TOKENS)], dtype=torch.float32).double()
    h = torch.tensor([0.3 if i % 2 else -0.1 for i in range(TOKENS)], dtype=torch.float32).double()
    logits = torch.cat([m(ids[a:b].unsqueeze(0), use_cache=False).logits[0] for a, b in zip(OFF, OFF[1:])])
    logp = torch.log_softmax(logits * it.unsqueeze(1), -1)
    lp = logp[torch.arange(TOKENS), target]
    en = -(logp.exp() * logp).sum(-1)
    (lp @ g + en @ h).backward()
    return lp, en


def row(xs):
    return ", ".join(f"{float(x):.9g}" for x in xs)


print(f"/* By model_vectors.py: transformers {transformers.__version__}, torch {torch.__version__.split('+')[0]}, "
      "in double. */")
print("static const struct vectors vectors[] = {")
for title, arch, s, more, mine in MODELS:
    if "rope" not in more:
        mine += (", " if mine else "") + ".rope = { .attn = 1, .truncate = true }"
    m = build(arch, s, more)
    lp, en = run(m, s["vocab"])
    print(f'{{ "{title}", {{ .arch = &arch_{arch.lower()}, .head = HEAD_LM, .dtype = DT_F32, .vocab = {s["vocab"]}, '
          f'.dim = {s["dim"]}, .layers = 2,\n\t.heads = {s["heads"]}, .kv_heads = {s["kv"]}, '
          f'.head_dim = {s["head_dim"]}, .ffn = {s["ffn"]}, .max_pos = 128, .norm_eps = 1e-5f,\n\t.rope_theta = 1e4, '
          f'.tied = {"true" if s["tied"] else "false"}, TOKENS, {mine} }},')
    print(f"\t{{ {row(lp)} }},\n\t{{ {row(en)} }}, {{")
    for name, p in m.named_parameters():
        grad = p.grad.reshape(-1)
        u = torch.tensor([math.cos(0.61 * (i + 1)) for i in range(grad.numel())], dtype=torch.float64)
        print(f'\t{{ "{name}", {float(grad @ u):.9g}, {float(grad.norm()):.9g} }},')
    print("} },")
print("};")
