"""The models of train.c in PyTorch: tokens a second of training, forward and cached decoding.

	python train_torch.py [tiny|small [threads [reward]]]
"""
import resource
import sys
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForTokenClassification

SIZES = {"tiny": (288, 6, 6, 768, 4096, 16, 256), "small": (768, 12, 12, 2048, 32000, 2, 512)}
name = sys.argv[1] if len(sys.argv) > 1 else "tiny"
threads = int(sys.argv[2]) if len(sys.argv) > 2 else 1
dim, layers, heads, ffn, vocab, nseq, length = SIZES[name]
torch.set_num_threads(threads)
clock = time.thread_time if threads == 1 else time.perf_counter
reward = len(sys.argv) > 3
model = (LlamaForTokenClassification if reward else LlamaForCausalLM)(LlamaConfig(
    num_labels=1,
    hidden_size=dim, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=ffn,
    vocab_size=vocab, tie_word_embeddings=not reward, max_position_embeddings=2048, attn_implementation="sdpa"))
adam = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01)
ids = (torch.arange(nseq * length) * 7919 % vocab).reshape(nseq, length)


def median(fn, n):
    fn()
    times = []
    for _ in range(n):
        start = clock()
        fn()
        times.append(clock() - start)
    return sorted(times)[n // 2]


def step():
    logits = model(ids).logits
    loss = -logits.mean() if reward else torch.nn.functional.cross_entropy(logits.reshape(-1, vocab), ids.reshape(-1))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    adam.step()
    adam.zero_grad(set_to_none=False)


@torch.no_grad()
def forward():
    logits = model(ids).logits
    if not reward:
        torch.log_softmax(logits, -1)


n = 5 if name == "tiny" else 3
print(f"{name:5} {'reward' if reward else 'train'} step {nseq * length / median(step, n):9.0f} tokens/s", flush=True)
print(f"{name:5} forward    {nseq * length / median(forward, n):9.0f} tokens/s", flush=True)
print(f"{name:5} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB", flush=True)
if reward:
    sys.exit()
with torch.no_grad():
    for b in (1, 16, 64):
        out = model(ids.reshape(-1)[:16].repeat(b, 1), use_cache=True)
        cache, one = out.past_key_values, ids.reshape(-1)[:1].repeat(b, 1)
        times = []
        for _ in range(64):
            start = clock()
            cache = model(one, past_key_values=cache, use_cache=True).past_key_values
            times.append(clock() - start)
        print(f"{name:5} decode {b:<3} {b / sorted(times)[32]:9.0f} tokens/s", flush=True)
