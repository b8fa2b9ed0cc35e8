#!/usr/bin/env python3
"""The peer of smol.sh: one iteration of TRL's GRPO trainer (trl 1.16) with a LoRA adapter of
rank 16 (peft), on one thread of the CPU.

smol_trl.py MODEL REWARD PROMPTS N ANSWERS takes the first N prompts of the file and prints CPU
seconds of the iteration (generation, reference, reward, two epochs of updates), of its
generation, of the second epoch's update, and the answers' tokens."""
import json
import os
import sys
import warnings

os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
os.environ["TQDM_DISABLE"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
warnings.filterwarnings("ignore")
try:
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer, TrainerCallback
    from transformers.utils import logging
    from trl import GRPOConfig, GRPOTrainer
except ImportError as e:
    print("skipped: %s" % e)
    sys.exit(0)

MICRO = 8       # sequences that are computed together


def cpu():
    t = os.times()
    return t.user + t.system


class Times(TrainerCallback):
    def on_train_begin(self, *args, **named):
        self.at = [cpu()]

    def on_step_end(self, *args, **named):
        self.at.append(cpu())


def main():
    model, reward, prompts = sys.argv[1:4]
    n, answers = map(int, sys.argv[4:6])
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    with open(prompts) as f:
        texts = [json.loads(line)["prompt"] for line in f][:n]
    tok = AutoTokenizer.from_pretrained(model, padding_side="left")
    if tok.pad_token is None:
        tok.pad_token = tok.eos_token
    judge = AutoModelForSequenceClassification.from_pretrained(reward, dtype=torch.float32)
    judge.config.pad_token_id = tok.pad_token_id
    times, spent, tokens = Times(), [0], [0]

    def score(prompts, completions, completion_ids, **named):
        out = []
        ids = tok(text=prompts)["input_ids"]
        tokens[0] = sum(map(len, completion_ids))
        for i in range(0, len(ids), MICRO):
            rows = [p + c for p, c in zip(ids[i:i + MICRO], completion_ids[i:i + MICRO])]
            batch = tok.pad({"input_ids": rows}, return_tensors="pt")
            with torch.no_grad():
                out += judge(**batch).logits[:, 0].tolist()
        return out

    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32),
        reward_funcs=score, processing_class=tok, callbacks=[times],
        train_dataset=Dataset.from_dict({"prompt": texts}),
        peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"),
        args=GRPOConfig(
            output_dir="trl", per_device_train_batch_size=MICRO, gradient_accumulation_steps=n * answers // MICRO,
            num_generations=answers, num_iterations=2, max_steps=2, max_completion_length=64, temperature=1.0, beta=0.05,
            learning_rate=1e-5, gradient_checkpointing=False, bf16=False, use_cpu=True, report_to="none", save_strategy="no",
            disable_tqdm=True, logging_steps=100000))
    generate = trainer._generate_single_turn

    def timed(*args, **named):
        start = cpu()
        out = generate(*args, **named)
        spent[0] += cpu() - start
        return out

    trainer._generate_single_turn = timed
    out, sys.stdout = sys.stdout, sys.stderr
    trainer.train()
    print("%.3f %.3f %.3f %d" % (times.at[-1] - times.at[0], spent[0], times.at[-1] - times.at[-2], tokens[0]), file=out)


main()
