#!/usr/bin/env python3
"""The peer of gpu.sh: a model folder trained and decoded by PyTorch and transformers on the same
device, or on the processor where there is no CUDA.

	gpu_torch.py DIR f32|bf16 LENGTH BATCH TOKENS
"""
import sys
import time

import torch
from transformers import AutoModelForCausalLM

folder, kind, length, batch, tokens = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
device = "cuda" if torch.cuda.is_available() else "cpu"
dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[kind]
# f32 as we have it, not TF32
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="sdpa").to(device)
vocab = model.config.vocab_size
ids = (torch.arange(batch * length, device=device) * 7919 % vocab).reshape(batch, length)


def wait():
    if device == "cuda":
        torch.cuda.synchronize()


def median(fn, n):
    fn()
    times = []
    for _ in range(n):
        wait()
        start = time.perf_counter()
        fn()
        wait()
        times.append(time.perf_counter() - start)
    return sorted(times)[n // 2]


adam = torch.optim.AdamW(model.parameters(), lr=1e-4)


def step():
    loss = torch.nn.functional.cross_entropy(model(ids).logits[:, :-1].reshape(-1, vocab).float(), ids[:, 1:].reshape(-1))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    adam.step()
    adam.zero_grad(set_to_none=False)


where = f"{folder}: torch {torch.__version__} {kind} on {torch.cuda.get_device_name() if device == 'cuda' else 'the processor'}"
print(f"{where}: training {batch * length / median(step, 3):.0f} tokens/s", flush=True)
del adam
model.zero_grad(set_to_none=True)
with torch.no_grad():
    for b in (1, 64):
        one = torch.ones((b, 1), dtype=torch.long, device=device)
        cache, times = None, []
        for _ in range(tokens):
            wait()
            start = time.perf_counter()
            out = model(one, past_key_values=cache, use_cache=True)
            cache = out.past_key_values
            one = torch.multinomial(torch.softmax(out.logits[:, -1].float(), -1), 1)
            wait()
            times.append(time.perf_counter() - start)
        print(f"{where}: decoding {b} at once: {b / sorted(times)[tokens // 2]:.0f} tokens/s", flush=True)
