#!/usr/bin/env python3
"""The peers of smol_table.sh, on one thread: tokens a second of processor time, the median, the lowest and the
highest of ROUNDS, and the most memory in MB.

	smol_table.py ROUNDS score|lora|full MODEL RECORDS	transformers (peft) on records with ids
	smol_table.py ROUNDS sample MODEL BATCH TOKENS		transformers: generate
	smol_table.py ROUNDS llama GGUF BATCH TOKENS		llama.cpp by way of llama_cpp
"""
import json
import os
import resource
import sys

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""


def cpu():
    t = os.times()
    return t.user + t.system


def report(rounds, tokens, work):
    work()                              # what is done once is no part of it
    rate = []
    for _ in range(rounds):
        start = cpu()
        work()
        rate.append(tokens / (cpu() - start))
    rate.sort()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000
    print("%.1f %.1f %.1f %d" % (rate[(rounds - 1) // 2], rate[0], rate[-1], most))


def records(path):
    """ids, mask and labels, filled up on the right; the tokens that are no filling."""
    import torch
    with open(path) as f:
        rows = [(r["prompt_ids"], r["response_ids"]) for r in map(json.loads, f)]
    length = max(len(p) + len(r) for p, r in rows)
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
    for i, (p, r) in enumerate(rows):
        n = len(p) + len(r)
        ids[i, :n] = torch.tensor(p + r)
        mask[i, :n] = 1
        labels[i, len(p):n] = ids[i, len(p):n]
    return ids, mask, labels, int(mask.sum())


def train_or_score(rounds, what, folder, path):
    import torch
    from transformers import AutoModelForCausalLM
    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    ids, mask, labels, tokens = records(path)
    if what == "lora":
        from peft import LoraConfig, get_peft_model
        model = get_peft_model(model, LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"))
    weights = [p for p in model.parameters() if p.requires_grad]
    adam = torch.optim.AdamW(weights, lr=1e-5, weight_decay=0)
    keep = int((labels >= 0).sum(1).max()) + 1

    @torch.no_grad()
    def score():
        for i in range(0, len(ids), 8):
            logits = model(input_ids=ids[i:i + 8], attention_mask=mask[i:i + 8], logits_to_keep=keep).logits[:, :-1]
            target = ids[i:i + 8, 1 - keep:]
            torch.log_softmax(logits, -1).gather(2, target[:, :, None])

    def step():
        model(input_ids=ids, attention_mask=mask, labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        adam.step()
        adam.zero_grad(set_to_none=True)

    report(rounds, tokens, score if what == "score" else step)


def sample(rounds, folder, batch, tokens):
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging
    logging.set_verbosity_error()
    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    ids = torch.ones(batch, 1, dtype=torch.long)

    def work():
        model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=True, temperature=1.0, top_k=0,
                       min_new_tokens=tokens, max_new_tokens=tokens, pad_token_id=0)

    report(rounds, batch * tokens, work)


def llama(rounds, path, batch, tokens):
    import ctypes
    import llama_cpp as l
    log = l.llama_log_callback(lambda *args: None)
    l.llama_log_set(log, ctypes.c_void_p(0))
    l.llama_backend_init()
    model = l.llama_model_load_from_file(path.encode(), l.llama_model_default_params())
    p = l.llama_context_default_params()
    p.n_ctx = batch * ((tokens + 32) // 32 * 32)
    p.n_batch = p.n_ubatch = max(batch, 32)
    p.n_seq_max = batch
    p.n_threads = p.n_threads_batch = 1
    p.type_k = p.type_v = 0             # f32, as ours and the other peer's
    context = l.llama_init_from_model(model, p)
    draw = l.llama_sampler_init_dist(1)
    room = l.llama_batch_init(batch, 0, 1)

    def work():
        ids = [1] * batch
        l.llama_memory_clear(l.llama_get_memory(context), True)
        for t in range(tokens):
            room.n_tokens = batch
            for i, x in enumerate(ids):
                room.token[i], room.pos[i], room.n_seq_id[i], room.logits[i] = x, t, 1, True
                room.seq_id[i][0] = i
            if l.llama_decode(context, room):
                sys.exit("llama_decode failed")
            ids = [l.llama_sampler_sample(draw, context, i) for i in range(batch)]

    report(rounds, batch * tokens, work)


def main():
    rounds, what, model, *rest = sys.argv[1:]
    try:
        if what == "sample":
            sample(int(rounds), model, int(rest[0]), int(rest[1]))
        elif what == "llama":
            llama(int(rounds), model, int(rest[0]), int(rest[1]))
        else:
            train_or_score(int(rounds), what, model, rest[0])
    except (ImportError, FileNotFoundError) as e:     # a package without its library, too
        print("skipped: %s" % e)


main()
