#!/usr/bin/env python3
"""Make the reference vectors of tests/ref/folders.c with transformers, peft and PyTorch.

usage: folders_vectors.py OUT [STORIES260K]
       ONLY=olmo2,lora-olmo2 folders_vectors.py OUT

OUT          the folder that gets a model folder a case (tests/ref/folders)
STORIES260K  that model's folder; its vectors go to OUT/stories260K.safetensors
ONLY         these cases alone

Every case is a random tiny model as transformers saves it, with weights that bfloat16
holds exactly, and vectors.safetensors: ids of three ragged sequences, all logits (or
scores), the loss, and of every gradient some elements and the norm.  Computed in float64.
Not part of `make check`, which reads the committed files."""
import json
import os
import shutil
import sys

import numpy
import peft
import safetensors.torch
import torch
import transformers
from transformers import (GPTNeoXConfig, GPTNeoXForCausalLM, GPTNeoXForSequenceClassification, Gemma2Config, Gemma2ForCausalLM, Gemma3ForCausalLM, Gemma3TextConfig,
                          Gemma3TextForSequenceClassification, GraniteConfig, GraniteForCausalLM, LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification, LlamaForTokenClassification,
                          MistralConfig, MistralForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config,
                          Qwen3ForCausalLM, Qwen3ForSequenceClassification, Olmo2Config, Olmo2ForCausalLM, Phi3Config, Phi3ForCausalLM,
                          Phi3ForTokenClassification, SmolLM3Config, SmolLM3ForCausalLM)

LENGTHS = (24, 1, 9)
SAMPLES = 8     # elements of a gradient that are kept
VERSIONS = {"transformers": transformers.__version__, "torch": torch.__version__, "peft": peft.__version__,
            "numpy": numpy.__version__}
BASE = dict(vocab_size=21, hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=2,
            num_key_value_heads=1, head_dim=8, max_position_embeddings=64, bos_token_id=1, eos_token_id=2,
            tie_word_embeddings=False, rms_norm_eps=1e-5, attn_implementation="eager")


def rope(kind, **more):
    return dict(rope_parameters=dict(rope_type=kind, rope_theta=500.0, **more))


NEOX = dict(num_attention_heads=2, num_key_value_heads=None, head_dim=None, rms_norm_eps=None, layer_norm_eps=1e-3,
            classifier_dropout=0.0, rope_parameters=dict(rope_type="default", rope_theta=300.0, partial_rotary_factor=0.5))
GEMMA = dict(hidden_size=20, num_hidden_layers=3, tie_word_embeddings=True, pad_token_id=0, sliding_window=5,
             layer_types=["sliding_attention", "full_attention", "sliding_attention"], query_pre_attn_scalar=12)
CASES = {
    "llama": (LlamaConfig, LlamaForCausalLM, dict(num_attention_heads=4, num_key_value_heads=2, head_dim=6)),
    "llama-tied": (LlamaConfig, LlamaForCausalLM, dict(tie_word_embeddings=True, num_attention_heads=4, head_dim=4)),
    "llama-bias": (LlamaConfig, LlamaForCausalLM, dict(attention_bias=True, mlp_bias=True, num_key_value_heads=2)),
    "llama-linear": (LlamaConfig, LlamaForCausalLM, rope("linear", factor=2.5)),
    "llama-llama3": (LlamaConfig, LlamaForCausalLM, rope("llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                                                         original_max_position_embeddings=16)),
    "llama-yarn": (LlamaConfig, LlamaForCausalLM, rope("yarn", factor=4.0, original_max_position_embeddings=16)),
    "llama-bf16": (LlamaConfig, LlamaForCausalLM, dict(dtype="bfloat16")),
    "llama-f16": (LlamaConfig, LlamaForCausalLM, dict(dtype="float16")),
    "mistral": (MistralConfig, MistralForCausalLM, dict(sliding_window=7)),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM, dict(head_dim=None)),
    "qwen2-window": (Qwen2Config, Qwen2ForCausalLM, dict(head_dim=None, use_sliding_window=True, sliding_window=5,
                                                        max_window_layers=1)),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM, dict(head_dim=12)),
    "llama-token": (LlamaConfig, LlamaForTokenClassification, dict(num_labels=1)),
    "llama-sequence": (LlamaConfig, LlamaForSequenceClassification, dict(num_labels=1, pad_token_id=0)),
    "qwen3-sequence": (Qwen3Config, Qwen3ForSequenceClassification, dict(num_labels=1, pad_token_id=0)),
    "smollm3": (SmolLM3Config, SmolLM3ForCausalLM, dict(head_dim=None, no_rope_layer_interval=2, pad_token_id=0,
                                                        tie_word_embeddings=True)),
    "granite": (GraniteConfig, GraniteForCausalLM, dict(head_dim=None, embedding_multiplier=3.0, residual_multiplier=0.22,
                                                        attention_multiplier=0.2, logits_scaling=1.5)),
    "olmo2": (Olmo2Config, Olmo2ForCausalLM, dict(head_dim=None, num_attention_heads=4, num_key_value_heads=2, pad_token_id=0)),
    "gemma3": (Gemma3TextConfig, Gemma3ForCausalLM, dict(GEMMA, final_logit_softcapping=2.5, rope_parameters={
        "full_attention": dict(rope_type="linear", factor=4.0, rope_theta=500.0),
        "sliding_attention": dict(rope_type="default", rope_theta=100.0)})),
    "gemma3-bf16": (Gemma3TextConfig, Gemma3ForCausalLM, dict(GEMMA, dtype="bfloat16", attention_bias=True)),
    "gemma3-sequence": (Gemma3TextConfig, Gemma3TextForSequenceClassification, dict(GEMMA, num_labels=1)),
    "gemma2": (Gemma2Config, Gemma2ForCausalLM, dict(GEMMA, final_logit_softcapping=2.5, attn_logit_softcapping=1.5)),
    "phi3": (Phi3Config, Phi3ForCausalLM, dict(head_dim=None, num_attention_heads=4, num_key_value_heads=2, pad_token_id=0,
                                               sliding_window=7)),
    "phi3-long": (Phi3Config, Phi3ForCausalLM, dict(
        head_dim=None, pad_token_id=0, tie_word_embeddings=True, original_max_position_embeddings=32,
        rope_parameters=dict(rope_type="longrope", rope_theta=500.0, partial_rotary_factor=0.75, short_factor=[1.0, 1.25, 2.5],
                             long_factor=[1.5, 3.0, 7.0]))),
    "phi3-token": (Phi3Config, Phi3ForTokenClassification, dict(head_dim=None, pad_token_id=0, num_labels=1)),
    "llama-longrope": (LlamaConfig, LlamaForCausalLM, rope(
        "longrope", factor=4.0, original_max_position_embeddings=32, short_factor=[1.0, 1.5, 2.0, 3.0],
        long_factor=[2.0, 3.0, 4.0, 5.0])),
    "llama-dynamic": (LlamaConfig, LlamaForCausalLM, rope("dynamic", factor=2.0)),
    "gpt-neox": (GPTNeoXConfig, GPTNeoXForCausalLM, NEOX),
    "gpt-neox-sequence": (GPTNeoXConfig, GPTNeoXForSequenceClassification, dict(NEOX, num_labels=1, attention_bias=False, pad_token_id=0)),
}


def draw(model, seed):
    """Every parameter anew, in numbers that bfloat16 holds."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            x = torch.randn(p.shape, generator=g, dtype=torch.float64) * (0.1 if p.dim() == 1 else 0.25)
            # Gemma keeps them without their 1
            if p.dim() == 1 and "norm" in name and "Gemma" not in type(model).__name__:
                x += 1
            p.copy_(x.to(torch.bfloat16))


def ids_of(vocab):
    n = sum(LENGTHS)
    return [(i * i * 7 + 3 * i) % vocab for i in range(n)]


def compute(model, vocab):
    """ids, logits or scores of all tokens, the loss, and its gradients in model"""
    ids, outs, loss, at, targets = ids_of(vocab), [], 0, 0, sum(n - 1 for n in LENGTHS)
    for n in LENGTHS:
        x = torch.tensor([ids[at:at + n]])
        plain = model.get_base_model() if hasattr(model, "get_base_model") else model
        # PyTorch keeps the row of a padding token from learning
        plain.get_input_embeddings().padding_idx = None
        if hasattr(plain, "score"):
            h = plain.base_model(input_ids=x).last_hidden_state
            z = plain.score(h)[0]
            whole = model(input_ids=x).logits[0]
            assert torch.allclose(whole.reshape(-1)[-1], z[-1, 0]), "the head is not what it seems"
            loss = loss + sum(((at + i) * 7 % 5 - 2) / 3 * z[i, 0] for i in range(n))
        else:
            z = model(input_ids=x).logits[0]
            lp = torch.log_softmax(z[:-1], -1)
            loss = loss - lp.gather(1, x[0, 1:, None]).sum() / targets
        outs.append(z.detach())
        at += n
    model.zero_grad()
    loss.backward()
    return ids, torch.cat(outs), loss.detach()


def clean(name):
    return name.replace(".default.", ".").replace(".modules_to_save.", ".").replace(".original_module.", ".")


def vectors(path, model, vocab, rows=None):
    ids, z, loss = compute(model, vocab)
    names, grads, norms, seen = [], [], [], set()
    # files name the head of GPT-NeoX otherwise
    head = "embed_out." if any("gpt_neox." in k for k, _ in model.named_parameters()) else "lm_head."
    for name, p in sorted(model.named_parameters(), key=lambda x: clean(x[0])):
        if p.grad is None or clean(name) in seen:
            continue
        seen.add(clean(name))
        flat = p.grad.reshape(-1)
        step = -(-flat.numel() // SAMPLES)
        some = torch.zeros(SAMPLES, dtype=torch.float64)
        some[:len(flat[::step])] = flat[::step]
        names.append(clean(name).replace("lm_head.", head))
        grads.append(some)
        norms.append(flat.norm())
    out = {"id": torch.tensor(ids, dtype=torch.float32), "length": torch.tensor(LENGTHS, dtype=torch.float32),
           "logits": (z if rows is None else z[rows]).float(), "loss": loss.reshape(1).float(),
           "grad": torch.stack(grads).float().contiguous(), "norm": torch.stack(norms).float()}
    if rows is not None:
        out["row"] = torch.tensor(rows, dtype=torch.float32)
    safetensors.torch.save_file(out, path, metadata=dict(VERSIONS, names="\n".join(names)))


def set_dtype(folder, dtype):
    """The weights stay in the file's type; the computation is in dtype."""
    path = os.path.join(folder, "config.json")
    with open(path) as f:
        c = json.load(f)
    c["dtype"] = dtype
    with open(path, "w") as f:
        json.dump(c, f, indent=1, sort_keys=True)
        f.write("\n")


def wanted(name):
    return name in os.environ.get("ONLY", name).split(",")


def make(out, name, seed):
    if not wanted(name):
        return
    config, cls, more = CASES[name]
    args = {k: v for k, v in {**BASE, **more}.items() if v is not None}
    dtype = args.pop("dtype", "float32")
    model = cls(config(**args)).eval()
    draw(model, seed)
    folder = os.path.join(out, name)
    shutil.rmtree(folder, ignore_errors=True)
    model.to(torch.float16 if dtype == "float16" else torch.bfloat16).save_pretrained(folder)
    set_dtype(folder, dtype)
    # what rounding took, also from the rotary frequencies, is no part of the reference
    model = cls.from_pretrained(folder, attn_implementation="eager").eval()
    vectors(os.path.join(folder, "vectors.safetensors"), model.double(), args["vocab_size"])


def make_lora(out, name, base, seed, cls=None, **more):
    """An adapter on case base; cls: on another head than the base's, which the adapter then brings."""
    if not wanted(name):
        return
    cls, own = cls or CASES[base][1], {} if cls is None else dict(num_labels=1, pad_token_id=0)
    model = cls.from_pretrained(os.path.join(out, base), attn_implementation="eager", **own).eval()
    kind = "SEQ_CLS" if own else "TOKEN_CLS" if hasattr(model, "score") else "CAUSAL_LM"
    more = {**dict(r=3, lora_alpha=5, target_modules=["q_proj", "v_proj", "o_proj", "gate_proj", "down_proj"]), **more}
    model = peft.get_peft_model(model, peft.LoraConfig(task_type=kind, **more)).eval()
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for n, p in sorted(model.named_parameters()):
            if "lora_" in n or (own and "score." in n):
                p.copy_((torch.randn(p.shape, generator=g) * 0.2).to(torch.bfloat16))
    folder = os.path.join(out, name)
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    path = os.path.join(folder, "adapter_config.json")
    with open(path) as f:
        c = json.load(f)
    c["base_model_name_or_path"] = "../" + base
    with open(path, "w") as f:
        json.dump(c, f, indent=1, sort_keys=True)
        f.write("\n")
    os.unlink(os.path.join(folder, "README.md"))
    vectors(os.path.join(folder, "vectors.safetensors"), model.double(), BASE["vocab_size"])


def main():
    out = sys.argv[1]
    for seed, name in enumerate(CASES):
        make(out, name, seed + 1)
    make_lora(out, "lora", "llama", 101)
    make_lora(out, "lora-token", "llama-token", 102)
    make_lora(out, "lora-pattern", "llama", 103, target_modules=["q_proj", "up_proj", "down_proj"], use_rslora=True,
              rank_pattern={"q_proj": 5, "layers.1.mlp.down_proj": 2}, alpha_pattern={"^model.layers.0.mlp.up_proj": 11})
    make_lora(out, "lora-regex", "llama", 104, target_modules=r".*\.1\..*(q_proj|down_proj)")
    make_lora(out, "lora-layers", "llama", 105, target_modules=["self_attn.k_proj", "up_proj"], layers_to_transform=[0],
              exclude_modules=["self_attn.k_proj"])
    make_lora(out, "lora-score", "llama", 106, LlamaForSequenceClassification, target_modules=["q_proj", "v_proj"],
              modules_to_save=["score"])
    make_lora(out, "lora-smollm3", "smollm3", 107)
    make_lora(out, "lora-granite", "granite", 108)
    make_lora(out, "lora-olmo2", "olmo2", 109)
    make_lora(out, "lora-gemma3", "gemma3", 110)
    make_lora(out, "lora-gemma2", "gemma2", 111)
    make_lora(out, "lora-gpt-neox", "gpt-neox", 114, target_modules=["query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"])
    make_lora(out, "lora-phi3", "phi3", 112, target_modules=["qkv_proj", "o_proj", "gate_up_proj", "down_proj"])
    # PEFT leaves a name alone that this base has not, where another is there
    make_lora(out, "lora-phi3-mixed", "phi3", 114, target_modules=["q_proj", "o_proj", "down_proj"])
    make_lora(out, "lora-phi3-all", "phi3-long", 113, target_modules="all-linear", rank_pattern={"qkv_proj": 4})
    if len(sys.argv) > 2:
        model = LlamaForCausalLM.from_pretrained(sys.argv[2], attn_implementation="eager").eval().double()
        vectors(os.path.join(out, "stories260K.safetensors"), model, model.config.vocab_size, [0, 7, 23, 24, 33])


main()
