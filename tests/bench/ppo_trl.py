#!/usr/bin/env python3
"""The peer of ppo.sh: iterations of TRL's PPO trainer (trl 1.12.0, experimental) on the
models and prompts that the script made, on one thread of the CPU.

ppo_trl.py POLICY VALUE REWARD PROMPTS TOKENS EPOCHS ITERATIONS [stop] prints a line for
each iteration: wall and CPU seconds of all of it, CPU seconds of the generation and of the
scores of value and reward model, tokens of the responses; and last `# start` with the CPU
seconds of everything before the first iteration.  With `stop` token 2 ends a response."""
import json
import os
import sys
import time
import warnings

os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
os.environ["TQDM_DISABLE"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
warnings.filterwarnings("ignore")
try:
    import torch
    from datasets import Dataset
    from tokenizers import Tokenizer, models
    from transformers import (AutoModelForCausalLM, AutoModelForSequenceClassification, AutoModelForTokenClassification,
                              PreTrainedTokenizerFast, TrainerCallback)
    from transformers.utils import logging
    from trl.experimental.ppo import PPOConfig, PPOTrainer, ppo_trainer
except ImportError as e:
    print("skipped: %s" % e)
    sys.exit(0)


def clock():
    t = os.times()
    return time.perf_counter(), t.user + t.system


def since(start):
    return [b - a for a, b in zip(start, clock())]


def timed(function, sums):
    def call(*args, **named):
        start = clock()
        out = function(*args, **named)
        for i, d in enumerate(since(start)):
            sums[i] += d
        return out
    return call


class Lines(TrainerCallback):
    """Where an iteration ends."""

    def __init__(self):
        self.generation, self.scores, self.tokens, self.lines = [0, 0], [0, 0], [0], []

    def begin(self):
        self.generation[:], self.scores[:], self.tokens[0] = [0, 0], [0, 0], 0
        self.start = clock()

    def on_train_begin(self, *args, **named):
        self.begin()
        self.before = self.start[1]

    def on_step_end(self, *args, **named):
        self.lines.append([*since(self.start), self.generation[1], self.scores[1], self.tokens[0]])
        self.begin()


def counted(whiten, tokens):
    def call(values, mask, *args, **named):
        tokens[0] = int(mask.sum())
        return whiten(values, mask, *args, **named)
    return call


def main():
    policy, value, reward, prompts = sys.argv[1:5]
    tokens, epochs, iterations = map(int, sys.argv[5:8])
    stop = sys.argv[8:] == ["stop"]
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    with open(prompts) as f:
        ids = [json.loads(line)["prompt_ids"] for line in f]
    model = AutoModelForCausalLM.from_pretrained(policy)
    vocab = model.config.vocab_size
    # padding outside of the vocabulary, so that no sampled token is taken for it
    words = {"t%d" % i: i for i in range(vocab)}
    words["<pad>"] = vocab
    tok = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordLevel(words, unk_token="t0")), pad_token="<pad>",
                                  eos_token="t2", padding_side="left")
    n = len(ids)
    lines = Lines()
    ppo_trainer.batch_generation = timed(ppo_trainer.batch_generation, lines.generation)
    ppo_trainer.get_reward = timed(ppo_trainer.get_reward, lines.scores)
    ppo_trainer.masked_whiten = counted(ppo_trainer.masked_whiten, lines.tokens)
    args = PPOConfig(
        output_dir="trl", per_device_train_batch_size=n, gradient_accumulation_steps=1, num_mini_batches=1, num_ppo_epochs=epochs,
        total_episodes=n * iterations, local_rollout_forward_batch_size=n, response_length=tokens, temperature=1.0,
        stop_token="eos" if stop else None,
        num_sample_generations=0, learning_rate=3e-6, kl_coef=0.05, gradient_checkpointing=False, bf16=False, use_cpu=True,
        report_to="none", save_strategy="no", disable_tqdm=True, logging_steps=1e9)
    data = Dataset.from_dict({"input_ids": ids * iterations})
    trainer = PPOTrainer(
        args=args, processing_class=tok, model=model, ref_model=AutoModelForCausalLM.from_pretrained(policy),
        reward_model=AutoModelForSequenceClassification.from_pretrained(reward),
        value_model=AutoModelForTokenClassification.from_pretrained(value), train_dataset=data, eval_dataset=data,
        callbacks=[lines])
    out, sys.stdout = sys.stdout, sys.stderr
    trainer.train()
    for line in lines.lines:
        print("%.3f %.3f %.3f %.3f %d" % tuple(line), file=out)
    print("# start %.3f" % lines.before, file=out)


main()
