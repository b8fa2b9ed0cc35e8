#!/usr/bin/env python3
"""Make the reference vectors of tests/ref/train.c with PyTorch.

usage: train_vectors.py MODELS

MODELS is the folder that folders_vectors.py made (tests/ref/folders); written to it are
losses.safetensors (losses of lib/rl on random ragged pairs, and their gradients by
autograd) and CASE/steps.safetensors (twenty steps of AdamW with clipping and a schedule).
Computed in float64.  Not part of `make check`, which reads the committed files."""
import math
import os
import sys

import peft
import safetensors.torch
import torch
import torch.nn.functional as F
from transformers import LlamaForCausalLM

VERSIONS = {"torch": torch.__version__, "peft": peft.__version__}
PAIRS = ((7, 5), (3, 9), (6, 6))        # tokens of the worse and the better side
STEPS, WARMUP, RATE, FLOOR, CLIP, DECAY = 20, 4, 1e-2, 0.1, 0.5, 0.1
SAMPLES = 8


def sides(x):
    """a flat tensor as (worse, better) a pair"""
    out, at = [], 0
    for l, w in PAIRS:
        out.append((x[at:at + l], x[at + l:at + l + w]))
        at += l + w
    return out


def costs_of(label):
    """costs beside the labels: 1 where a token is deleted, and insertions before the token after it"""
    deleted = (label < 0).double()
    return deleted + 3 * torch.roll((label < 0) & (torch.roll(label, -1) == 0), 1).double()


def reward_losses(z, label):
    zs, ys = sides(z), sides(label)
    pos, neg, zero = (label > 0).sum(), (label < 0).sum(), (label == 0).sum()
    a, b, c = 1.0, 0.3, 0.7
    bce = F.binary_cross_entropy_with_logits
    one = torch.ones_like(z)

    def edited(zz, yy):
        return zz[yy != 0].mean() if bool((yy != 0).any()) else torch.zeros((), dtype=z.dtype)

    token = (a / 2 * (bce(z[label > 0], one[label > 0], reduction="sum") / pos
                      + bce(z[label < 0], 0 * one[label < 0], reduction="sum") / neg)
             + b * (z[label == 0] ** 2).sum() / zero
             + c * sum(-F.logsigmoid(edited(w, yw) - edited(l, yl)) for (l, w), (yl, yw) in zip(zs, ys)) / len(zs))
    soft = sum(bce(s, (1 + y) / 2) for p, q in zip(zs, ys) for s, y in zip(p, q)) / len(zs)
    mean = sum(-F.logsigmoid(w.mean() - l.mean()) for l, w in zs) / len(zs)
    sequence = sum(-F.logsigmoid(w[-1] - l[-1] - 0.25) for l, w in zs) / len(zs)
    # the expected cost of editing: Poisson, by its log link
    cost = F.poisson_nll_loss(z, costs_of(label), log_input=True, full=False, reduction="mean")
    return {"cost": cost, "token": token, "token-soft": soft, "token-mean": mean, "sequence": sequence}


def policy_losses(lp, old, adv):
    r = torch.exp(lp - old)
    out = {"sft": -lp.mean()}
    for name, high, dual in (("ppo", 0.2, 0), ("ppo-high", 0.3, 0), ("ppo-dual", 0.2, 1.5)):
        loss = torch.max(-adv * r, -adv * torch.clamp(r, 0.8, 1 + high))
        if dual:
            loss = torch.where(adv < 0, torch.min(loss, -dual * adv), loss)
        out[name] = loss.mean()
    for name, e in (("dpo", 0.0), ("dpo-smooth", 0.1)):
        total = 0
        for (l, w), (rl, rw) in zip(sides(lp), sides(old)):
            m = 0.5 * ((w - rw).sum() - (l - rl).sum())
            total = total - (1 - e) * F.logsigmoid(m) - e * F.logsigmoid(-m)
        out[name] = total / len(PAIRS)
    return out


def value_losses(v, old, ret):
    clipped = old + torch.clamp(v - old, -0.2, 0.2)
    return {"value": 0.5 * ((v - ret) ** 2).mean(),
            "value-clip": 0.5 * torch.max((v - ret) ** 2, (clipped - ret) ** 2).mean()}


def losses(path):
    g = torch.Generator().manual_seed(5)
    n = sum(l + w for l, w in PAIRS)

    def normal(scale):
        # numbers that float32 holds
        return (torch.randn(n, generator=g) * scale).double()

    lp, old = -normal(1).abs() - 0.1, normal(0.4)
    x = {"z": normal(1.5), "lp": lp, "old": (lp + old).float().double(), "adv": normal(1), "ret": normal(1),
         "vold": normal(1)}
    x["v"] = (x["vold"] + normal(0.3)).float().double()
    label = torch.zeros(n, dtype=torch.float64)
    for k, (l, w) in enumerate(sides(label)):
        # one side of the last pair is not edited
        l[1:3] = -1
        if k != 2:
            w[2:5] = 1
    out = {k: v.float() for k, v in x.items()}
    out["label"] = label.float()
    out["cost"] = costs_of(label).float()
    out["pairs"] = torch.tensor([y for p in PAIRS for y in p], dtype=torch.float32)
    for key, fn, args in (("z", reward_losses, (label,)), ("lp", policy_losses, (x["old"], x["adv"])),
                          ("v", value_losses, (x["vold"], x["ret"]))):
        var = x[key].clone().requires_grad_(True)
        for name, loss in fn(var, *args).items():
            grad, = torch.autograd.grad(loss, var, retain_graph=True)
            out["loss." + name] = loss.detach().reshape(1).float()
            out["grad." + name] = grad.float()
    safetensors.torch.save_file(out, path, metadata=VERSIONS)


def rate(step):
    if step < WARMUP:
        return RATE * (step + 1) / WARMUP
    x = (step - WARMUP) / (STEPS - WARMUP)
    return RATE * (FLOOR + (1 - FLOOR) * (0.5 + 0.5 * math.cos(math.pi * x)))


def clean(name):
    return name.replace(".default.", ".")


def steps(model, path):
    params = sorted(((clean(n), p) for n, p in model.named_parameters() if p.requires_grad), key=lambda x: x[0])
    opt = torch.optim.AdamW([{"params": [p for _, p in params if p.dim() > 1], "weight_decay": DECAY},
                             {"params": [p for _, p in params if p.dim() == 1], "weight_decay": 0}],
                            betas=(0.9, 0.95), eps=1e-8)
    out = {"loss": [], "norm": []}
    for step in range(STEPS):
        # two sequences of twelve tokens
        ids = torch.tensor([[(i * i * 7 + 3 * i + 11 * s + 5 * step) % 21 for i in range(12)] for s in range(2)])
        logits = model(input_ids=ids).logits
        loss = F.cross_entropy(logits[:, :-1].reshape(-1, 21), ids[:, 1:].reshape(-1))
        for group in opt.param_groups:
            group["lr"] = rate(step)
        opt.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_([p for _, p in params], CLIP)
        opt.step()
        out["loss"].append(loss.item())
        out["norm"].append(float(norm))
    some = []
    for _, p in params:
        flat = p.detach().reshape(-1)
        row = torch.zeros(SAMPLES, dtype=torch.float64)
        part = flat[::-(-flat.numel() // SAMPLES)]
        row[:len(part)] = part
        some.append(row)
    out = {k: torch.tensor(v, dtype=torch.float32) for k, v in out.items()}
    out["weight"] = torch.stack(some).float()
    safetensors.torch.save_file(out, path, metadata=dict(VERSIONS, names="\n".join(n for n, _ in params)))


def main():
    models = sys.argv[1]
    losses(os.path.join(models, "losses.safetensors"))
    for case, base in (("llama", "llama"), ("llama-tied", "llama-tied"), ("lora", "llama")):
        model = LlamaForCausalLM.from_pretrained(os.path.join(models, base), attn_implementation="eager")
        if case != base:
            model = peft.PeftModel.from_pretrained(model, os.path.join(models, case), is_trainable=True)
        steps(model.double().eval(), os.path.join(models, case, "steps.safetensors"))


main()
