#!/usr/bin/env python3
"""Load what fg-init writes with transformers and peft, and hold fg-score's numbers against
theirs.

usage: transformers_load.py BUILD [ARCH ...]

BUILD is the folder of the build (build).  A vocabulary and a corpus come from the example
world.  Every architecture and head, LoRA adapters, and a merged model; also a model and an
adapter that fg-update trained.  Not part of `make check`."""
import json
import os
import subprocess
import sys
import tempfile

import torch
from peft import PeftModel
from transformers import (AutoModelForCausalLM, AutoModelForSequenceClassification, AutoModelForTokenClassification,
                          AutoTokenizer)


def run(build, *args, stdin=None):
    return subprocess.run([os.path.join(build, "bin", args[0]), *args[1:]], input=stdin, stdout=subprocess.PIPE, check=True).stdout


def records(build, model, corpus):
    out = run(build, "fg-score", "-q", "-m", model, stdin=corpus)
    return [json.loads(line) for line in out.splitlines()]


def load(folder, head):
    kind = {"lm": AutoModelForCausalLM, "token": AutoModelForTokenClassification,
            "value": AutoModelForTokenClassification, "sequence": AutoModelForSequenceClassification}[head]
    path, adapter = folder, os.path.join(folder, "adapter_config.json")
    if os.path.exists(adapter):
        with open(adapter) as f:
            path = os.path.join(folder, json.load(f)["base_model_name_or_path"])
    model, info = kind.from_pretrained(path, attn_implementation="eager", output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"], info
    if path != folder:
        model = PeftModel.from_pretrained(model, folder)
    return model.double().eval()


def compare(build, folder, head, corpus, what):
    model, worst, n = load(folder, head), 0.0, 0
    text = run(build, "fg-tokenize", "-q", "--special", "-t", folder, "-f", "prompt", "-f", "response", stdin=corpus)
    for r in records(build, folder, text):
        ids = r["prompt_ids"] + r["response_ids"]
        p = len(r["prompt_ids"])
        with torch.no_grad():
            z = model(input_ids=torch.tensor([ids])).logits[0]
        if head == "lm":
            lp = torch.log_softmax(z, -1)
            want = [float(lp[i - 1, ids[i]]) for i in range(p, len(ids))]
            got = r["response_logprob"]
        elif head == "sequence":
            want, got = [float(z[0])], [r["response_score"]]
        elif head == "token":
            # a reward is between -1 and 1, fg-score(1)
            want = [float(2 * torch.sigmoid(z[i, 0]) - 1) for i in range(p, len(ids))]
            got = r["response_reward"]
        else:
            want, got = [float(z[i - 1, 0]) for i in range(p, len(ids))], r["response_value"]
        assert len(want) == len(got)
        worst = max([worst] + [abs(x - y) for x, y in zip(want, got)])
        n += len(got)
    print("%-28s %6d numbers, largest difference %.2g" % (what, n, worst))
    return worst < 1e-4


def main():
    build = os.path.abspath(sys.argv[1])
    good = True
    with tempfile.TemporaryDirectory() as tmp:
        os.chdir(tmp)
        world = os.path.join(build, "examples/world/world")
        corpus = subprocess.run([world, "corpus", "--n", "40"], stdout=subprocess.PIPE, check=True).stdout
        with open("corpus.jsonl", "wb") as f:
            f.write(corpus)
        run(build, "fg-vocab", "-q", "--model", "bpe", "--size", "380", "-f", "prompt", "-f", "response",
            "-o", "tokenizer.json", "corpus.jsonl")
        shape = ["--dim", "32", "--heads", "4", "--kv-heads", "2", "--init-range", "0.1"]
        for arch, more in (("llama", ["--tied"]), ("llama", ["--bias", "--rope", "yarn", "--rope-factor", "4"]),
                           ("llama", ["--rope", "llama3", "--rope-factor", "8", "--rope-original", "64"]),
                           ("llama", ["--rope", "linear", "--rope-factor", "2"]), ("llama", ["--dtype", "bfloat16"]),
                           ("mistral", ["--window", "16"]), ("qwen2", ["--window", "16"]), ("qwen3", ["--dtype", "float16"]),
                           ("olmo2", ["--bias"]), ("phi3", ["--window", "16"]), ("gemma2", ["--window", "16", "--tied"]),
                           ("gemma3_text", ["--window", "16", "--dtype", "bfloat16", "--rope", "linear", "--rope-factor", "4"]),
                           ("gpt_neox", ["--kv-heads", "4"])):
            if len(sys.argv) > 2 and arch not in sys.argv[2:]:
                continue
            name = "-".join([arch] + [m.strip("-") for m in more])
            run(build, "fg-init", "-t", ".", "-o", name, "--arch", arch, *shape, *more)
            good &= compare(build, name, "lm", corpus, name)
            # transformers has no class for tokens of these
            for head in ("sequence",) if arch in ("olmo2", "gemma3_text", "gpt_neox") else ("token", "sequence", "value"):
                run(build, "fg-init", "--from", name, "--head", head, "-o", name + "." + head)
                good &= compare(build, name + "." + head, head, corpus, name + "." + head)
            run(build, "fg-init", "--from", name, "--lora-rank", "3", "-o", name + ".lora")
            run(build, "fg-update", "sft", "-q", "-m", name + ".lora", "-o", name + ".lora2", "--lr", "1e-2", "--steps", "3",
                "--batch", "8", "corpus.jsonl")
            good &= compare(build, name + ".lora2", "lm", corpus, name + ".lora, trained")
        if len(sys.argv) > 2:
            return 0 if good else 1
        base = "llama-tied"
        tok = AutoTokenizer.from_pretrained(base)
        for line in corpus.splitlines()[:10]:
            text = json.loads(line)["response"]
            got = json.loads(run(build, "fg-tokenize", "-q", "-t", base, stdin=line + b"\n"))["response_ids"]
            assert tok(text, add_special_tokens=False)["input_ids"] == got, "the tokenizer differs"
        run(build, "fg-init", "--from", base, "--lora-rank", "4", "-o", "lora")
        good &= compare(build, "lora", "lm", corpus, "lora, new")
        run(build, "fg-update", "sft", "-q", "-m", "lora", "-o", "lora2", "--lr", "1e-2", "--steps", "5", "--batch", "8", "corpus.jsonl")
        good &= compare(build, "lora2", "lm", corpus, "lora, trained")
        run(build, "fg-init", "--from", "lora2", "--merge", "-o", "merged")
        good &= compare(build, "merged", "lm", corpus, "lora, merged")
        run(build, "fg-update", "sft", "-q", "-m", base, "-o", "sft", "--lr", "1e-2", "--steps", "5", "--batch", "8", "corpus.jsonl")
        good &= compare(build, "sft", "lm", corpus, "sft")
        run(build, "fg-init", "--from", base + ".token", "--lora-rank", "4", "-o", "lora-token")
        good &= compare(build, "lora-token", "token", corpus, "lora, token head")
    return 0 if good else 1


sys.exit(main())
