#!/usr/bin/env python3
"""Hold fg-advantage and fg-update ppo against TRL's and verl's own functions, on random
ragged batches.

usage: peer_rl.py BUILD [ROUNDS [SEED]]

BUILD is the folder of the build (build).  Needs torch, transformers and numpy; of the
peers what is installed is compared: trl 1.12.0, verl 0.9.1 (`pip install --no-deps verl`
is enough: of verl the two files with the functions are loaded and nothing else).  Peers
count in double.  What TRL has no function for, because it stands in the middle of a
trainer's method, is cut out of the installed trainer's source and run as it is.

Where a peer's convention is another one the comparison is made after a correction:

  verl: nothing for advantages, returns, whitening (Bessel-corrected, 1e-8 below the root),
    k1, k2 and the losses.  k3 is clamped to 10 and the ratio's logarithm to 20 there; no
    number here is that large.  GRPO adds 1e-6 to the deviation, here 1e-4: its own
    argument `epsilon` is set.  A prompt with a single sample keeps its reward there (GRPO,
    RLOO) and gets 0 here: such prompts are left out.  The second clip (c = 3) is always on
    there: it is given here with --dual-clip.
  TRL: an ended response has one more action, at the first pad: the score is paid there,
    and a value is read there, after the last token.  Here the score is paid at the last
    token.  The two are the same where that value is the one that makes the pad's action
    worth nothing, which is the score itself at gamma 1: it is put there.  The value loss
    counts that action as well: the mask without it is given.  No second clip, no k2.
    GRPO and RLOO are the same.

Not part of `make check`."""
import importlib
import importlib.util
import inspect
import json
import math
import os
import subprocess
import sys
import tempfile
import textwrap
import types

os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
os.environ["TQDM_DISABLE"] = "1"

try:
    import numpy as np
    import torch
except ImportError as e:
    print("skipped: %s" % e)
    sys.exit(0)


class Record(dict):
    __getattr__ = dict.get


# ---- the peers ----

def verl():
    """verl.trainer.ppo.core_algos without the packages around it."""
    spec = importlib.util.find_spec("verl")
    if spec is None:
        raise ImportError("No module named 'verl'")
    top = os.path.dirname(spec.origin)
    for name in ("verl", "verl.utils", "verl.trainer", "verl.trainer.ppo", "verl.plugin"):
        m = types.ModuleType(name)
        m.__path__ = [os.path.join(top, *name.split(".")[1:])]
        sys.modules[name] = m
    for name, what in (("verl.trainer.config", "AlgoConfig"), ("verl.workers", None), ("verl.workers.config", "ActorConfig"),
                       ("omegaconf", "DictConfig"), ("tensordict", "TensorDict")):
        m = sys.modules[name] = types.ModuleType(name)
        if what:
            setattr(m, what, type(what, (), {}))
    groups = importlib.import_module("verl.utils.groupwise")
    for what in groups.__all__:
        setattr(sys.modules["verl.utils"], what, getattr(groups, what))
    return importlib.import_module("verl.trainer.ppo.core_algos")


def piece(function, first, last):
    """The lines of a function's source from the one that holds `first` to the next that
    holds `last`, to be run."""
    lines = inspect.getsource(function).splitlines()
    a = next(i for i, s in enumerate(lines) if first in s)
    b = next(i for i, s in enumerate(lines) if i >= a and last in s)
    return compile(textwrap.dedent("\n".join(lines[a:b + 1])), "trl", "exec")


def trl():
    from trl import GRPOTrainer, RLOOTrainer
    from trl.experimental.ppo import ppo_trainer as p
    from trl.trainer import grpo_trainer as g
    from trl.trainer import rloo_trainer as r
    out = types.SimpleNamespace(ppo=vars(p), grpo=vars(g), rloo=vars(r))
    out.advantages = piece(p.PPOTrainer.train, "response_idxs = torch.arange", "torch.masked_fill(advantages, padding_mask, 0)")
    out.losses = piece(p.PPOTrainer.train, "vpredclipped = torch.clamp(", "pg_loss = masked_mean(")
    out.grpo_advantages = piece(GRPOTrainer._generate_and_score_completions, "mean_grouped_rewards = torch.nanmean(rewards.view",
                                "advantages = advantages / (std_rewards + 1e-4)")
    out.rloo_advantages = piece(RLOOTrainer._generate_and_score_completions, "grouped_rewards = rewards.view(",
                                "advantages = torch.zeros_like(rewards)")
    return out


def peers():
    out = {}
    for name, load in (("verl", verl), ("trl", trl)):
        try:
            out[name] = load()
        except (ImportError, StopIteration) as e:
            print("skipped: %s: %s" % (name, e or "its source has other lines"))
    return out


# ---- what was found ----

worst = {}


def near(what, peer, got, want, bound):
    got, want = np.asarray(got, dtype=np.float64).ravel(), np.asarray(want, dtype=np.float64).ravel()
    assert got.shape == want.shape, (what, got.shape, want.shape)
    d = float(np.max(np.abs(got - want) / (1 + np.abs(want)))) if got.size else 0.0
    n, old, _ = worst.get((what, peer), (0, 0.0, 0.0))
    worst[what, peer] = n + got.size, max(old, d if math.isfinite(d) else math.inf), bound


def report():
    bad = 0
    print("%-34s %-5s %8s %12s %8s" % ("", "peer", "numbers", "difference", "bound"))
    for (what, peer), (n, d, bound) in worst.items():
        print("%-34s %-5s %8d %12.2g %8.0e%s" % (what, peer, n, d, bound, "" if d <= bound else "  TOO LARGE"))
        bad += d > bound
    return bad


# ---- batches ----

def run(build, *args, records=None):
    data = None if records is None else "".join(json.dumps(r) + "\n" for r in records).encode()
    out = subprocess.run([os.path.join(build, "bin", args[0]), *args[1:], "-q", "-j", "1"], input=data,
                         stdout=subprocess.PIPE, check=True).stdout
    return [json.loads(s) for s in out.splitlines()]


def f32(x):
    return np.asarray(x, dtype=np.float32).astype(np.float64).tolist()


def padded(rows, fill=0.0, width=None):
    width = width or max(len(r) for r in rows)
    return torch.tensor([list(r) + [fill] * (width - len(r)) for r in rows], dtype=torch.float64)


def real(rows, x):
    """The numbers at tokens that are there, in order."""
    return torch.cat([x[i, :len(r)] for i, r in enumerate(rows)])


def flat(records, field):
    return [v for r in records for v in r["response_" + field]]


def batch(rng, groups, singles=True):
    out = []
    for g in range(groups):
        for s in range(int(rng.integers(1 if singles else 2, 6))):
            n = int(rng.integers(1, 33))
            logprob = -np.abs(rng.normal(size=n)) * 2
            out.append({"id": "p%d" % g, "sample": s, "finish": "eos" if rng.random() < 0.7 else "length",
                        "response_logprob": f32(logprob), "response_ref_logprob": f32(logprob + 0.5 * rng.normal(size=n)),
                        "response_reward": f32(rng.normal(size=n)), "response_value": f32(rng.normal(size=n)),
                        "response_score": f32([3 * rng.normal()])[0]})
    return out


def columns(records):
    mask = padded([[1] * len(r["response_logprob"]) for r in records])
    return mask, *(padded([r["response_" + k] for r in records]) for k in ("logprob", "ref_logprob", "reward", "value"))


# ---- advantages ----

def advantages(build, peer, rng):
    r = batch(rng, 12)
    rows = [x["response_logprob"] for x in r]
    mask, lp, ref, token, value = columns(r)
    score = torch.tensor([x["response_score"] for x in r], dtype=torch.float64)
    gamma, lam = [(1, 0.95), (1, 1), (0.9, 0.95), (1, 0), (0.99, 0.5)][int(rng.integers(5))]
    beta, wt, ws = 0.05, float(rng.integers(0, 2)), float(rng.integers(0, 2))
    common = ["--gamma", str(gamma), "--lambda", str(lam), "--kl", str(beta), "--token-range=-1e9:1e9"]
    last = mask.sum(1).long() - 1
    v, t = peer.get("verl"), peer.get("trl")

    if v:
        for kind in ("k1", "k2", "k3"):
            args = ["--kl-estimator", kind, "--token-weight", str(wt), "--sequence-weight", str(ws)]
            raw = run(build, "fg-advantage", "--no-whiten", *common, *args, records=r)
            white = run(build, "fg-advantage", *common, *args, records=r)
            kl = v.kl_penalty(lp, ref, kind)
            near("KL " + kind, "verl", flat(raw, "kl"), real(rows, kl), 1e-6)
            rewards = wt * token
            rewards[torch.arange(len(r)), last] += ws * score
            rewards = v.compute_rewards(rewards, lp, ref, beta) if kind == "k1" else rewards - beta * kl
            rewards = rewards * mask
            adv, ret = v.compute_gae_advantage_return(rewards, value * mask, mask, gamma, lam)
            near("advantages, whitened", "verl", flat(white, "advantage"), real(rows, adv), 2e-6)
            near("returns", "verl", flat(white, "return"), real(rows, ret), 1e-6)
            near("advantages", "verl", flat(raw, "advantage"), real(rows, ret - value), 1e-6)
            near("whitening alone", "verl", flat(white, "advantage"),
                 real(rows, v.verl_F.masked_whiten(padded([x["response_advantage"] for x in raw]), mask)), 1e-6)
    if t:
        width, penalty = mask.shape[1], 2.0
        for kind in ("k1", "k3"):
            args = ["--kl-estimator", kind, "--token-weight", "0", "--sequence-weight", "1", "--missing-eos", str(penalty)]
            raw = run(build, "fg-advantage", "--no-whiten", *common, *args, records=r)
            white = run(build, "fg-advantage", *common, *args, records=r)
            paid = score - penalty * torch.tensor([float(x["finish"] == "length") for x in r])
            at_pad = value.clone()
            for i, x in enumerate(rows):
                if len(x) < width:
                    at_pad[i, len(x)] = paid[i] * ((1 - gamma * lam) / (gamma * (1 - lam)) if lam < 1 else 1 / gamma)
            names = dict(t.ppo, responses=lp, logprobs=lp.clone(), ref_logprobs=ref.clone(), values=at_pad, scores=paid.clone(),
                         sequence_lengths=last, args=Record(kl_estimator=kind, kl_coef=beta, gamma=gamma, lam=lam))
            exec(t.advantages, names)
            near("KL " + kind, "trl", flat(raw, "kl"), real(rows, names["kl"]), 1e-6)
            near("advantages, whitened", "trl", flat(white, "advantage"), real(rows, names["advantages"]), 2e-6)
            near("returns", "trl", flat(white, "return"), real(rows, names["returns"]), 1e-6)
            near("whitening alone", "trl", flat(white, "advantage"), real(rows, t.ppo["masked_whiten"](
                padded([x["response_advantage"] for x in raw]), mask.bool())), 1e-6)


def groups(build, peer, rng):
    r = batch(rng, 12, singles=False)
    rows = [x["response_logprob"] for x in r]
    mask, lp, ref, token, _ = columns(r)
    beta = 0.1
    args = ["--kl", str(beta), "--token-range=-1e9:1e9", "--sequence-weight", "1"]
    ours = {k: run(build, "fg-advantage", "--group", k, *args, records=r) for k in ("grpo", "rloo")}
    rewards = token.clone()
    rewards[torch.arange(len(r)), mask.sum(1).long() - 1] += torch.tensor([x["response_score"] for x in r], dtype=torch.float64)
    rewards = (rewards - beta * (lp - ref)) * mask
    if "verl" in peer:
        v, index = peer["verl"], np.array([x["id"] for x in r])
        grpo, _ = v.compute_grpo_outcome_advantage(rewards.clone(), mask, index, epsilon=1e-4)
        rloo, _ = v.compute_rloo_outcome_advantage(rewards.clone(), mask, index)
        near("group-relative: GRPO", "verl", flat(ours["grpo"], "advantage"), real(rows, grpo), 1e-6)
        near("group-relative: RLOO", "verl", flat(ours["rloo"], "advantage"), real(rows, rloo), 1e-6)
    if "trl" in peer:       # groups of one size
        t, k = peer["trl"], 4
        r = [dict(x, id="q%d" % (i // k)) for i, x in enumerate(r[:len(r) // k * k])]
        total, rows = rewards.sum(1)[:len(r)], rows[:len(r)]
        me = types.SimpleNamespace(scale_rewards="group", normalize_advantages=False)
        for kind, code, space in (("grpo", t.grpo_advantages, t.grpo), ("rloo", t.rloo_advantages, t.rloo)):
            names = dict(space, self=me, rewards=total.clone(), num_generations=k)
            exec(code, names)
            got = run(build, "fg-advantage", "--group", kind, *args, records=r)
            near("group-relative: " + kind.upper(), "trl", flat(got, "advantage"),
                 real(rows, names["advantages"][:, None].expand(-1, mask.shape[1])), 1e-6)


# ---- losses ----

def model(build):
    """A policy and a critic whose head is not zero."""
    run(build, "fg-init", "-o", "policy", "--vocab", "61", "--dim", "32", "--layers", "2", "--heads", "4", "--ffn", "64",
        "--bos", "1", "--max-length", "128", "--init-range", "0.2", "--seed", "3")
    run(build, "fg-init", "--from", "policy", "--head", "value", "-o", "critic")
    one = {"id": "a", "prompt_ids": [1], "response_ids": [5, 6, 7]}
    one = run(build, "fg-score", "-m", "critic", records=run(build, "fg-score", "-m", "policy", records=[one]))[0]
    one.update(response_advantage=[0, 0, 0], response_return=[1, -1, 2])
    run(build, "fg-update", "ppo", "-m", "policy", "-o", "moved", "--critic", "critic", "--critic-lr", "0.05", "--lr", "0",
        records=[one])


def losses(build, peer, rng):
    r = []
    for i in range(24):
        n, p = int(rng.integers(1, 33)), int(rng.integers(1, 9))
        r.append({"id": "r%d" % i, "prompt_ids": [1] + rng.integers(2, 61, size=p - 1).tolist(),
                  "response_ids": rng.integers(2, 61, size=n).tolist(), "temperature": [1, 0.7][i % 2]})
    r = run(build, "fg-score", "-m", "moved/critic", records=run(build, "fg-score", "-m", "moved", records=r))
    rows = [x["response_logprob"] for x in r]
    new, vpred = padded(rows), padded([x["response_value"] for x in r])
    mask = padded([[1] * len(x) for x in rows])
    for x in r:
        n = len(x["response_ids"])
        x["response_logprob"] = f32(np.array(x["response_logprob"]) - rng.normal(size=n) * 0.5)
        x["response_value"] = f32(np.array(x["response_value"]) + rng.normal(size=n) * 0.3)
        x["response_advantage"], x["response_return"] = f32(rng.normal(size=n)), f32(rng.normal(size=n))
    old, value, adv, ret = (padded([x["response_" + k] for x in r]) for k in ("logprob", "value", "advantage", "return"))
    low, high, c, vc = 0.2, [0.2, 0.28][int(rng.integers(2))], [3.0, 1.5][int(rng.integers(2))], [0.2, 0.5][int(rng.integers(2))]
    args = ["--clip", str(low), "--clip-high", str(high), "--value-clip", str(vc), "--steps", "1", "--batch", "0"]

    def update(*more):
        run(build, "fg-update", "ppo", "--fresh", "-m", "moved", "-o", "out", "--metrics", "metrics", "--lr", "1e-3", *args, *more,
            records=r)
        with open("metrics") as f:
            return json.loads(f.read().splitlines()[-1])

    if "verl" in peer:
        v = peer["verl"]
        config = Record(clip_ratio=low, clip_ratio_low=low, clip_ratio_high=high, clip_ratio_c=c, global_batch_info={})
        got = update("--dual-clip", str(c))
        want, m = v.compute_policy_loss_vanilla(old, new, adv, mask, "token-mean", config)
        near("policy loss, second clip", "verl", got["loss"], want, 1e-6)
        near("clipped fraction", "verl", got["clip_fraction"], m["actor/pg_clipfrac"], 1e-6)
        near("KL from the sampler, k1", "verl", got["kl_old_k1"], m["actor/ppo_kl"], 1e-6)
        want, fraction = v.compute_value_loss(vpred, ret, value, mask, vc)
        near("value loss", "verl", got["value_loss"], want, 1e-6)
        near("value, clipped fraction", "verl", got["value_clip_fraction"], fraction, 1e-6)
        gradients(v, r, rows, mask, (old, adv, value, ret), config, vc, got, update("--dual-clip", str(c), "--entropy", "0.01"))
    if "trl" in peer:
        args[3] = str(low)              # one range there
        got = update()
        names = dict(peer["trl"].ppo, vpred=vpred, mb_values=value, mb_return=ret, new_logprobs=new, mb_logprobs=old,
                     mb_advantage=adv, args=Record(cliprange=low, cliprange_value=vc), micro_batch_inds=slice(None),
                     padding_mask=mask == 0, padding_mask_p1=mask == 0)
        exec(peer["trl"].losses, names)
        near("policy loss", "trl", got["loss"], names["pg_loss"], 1e-6)
        near("value loss", "trl", got["value_loss"], names["vf_loss"], 1e-6)
        near("value, clipped fraction", "trl", got["value_clip_fraction"], names["vf_clipfrac"], 1e-6)


def gradients(v, r, rows, mask, given, config, vc, got, entropy):
    """The losses of verl on transformers' models in double, differentiated by torch."""
    try:
        from transformers import AutoModelForCausalLM, AutoModelForTokenClassification
    except ImportError as e:
        print("skipped: gradients: %s" % e)
        return
    old, adv, value, ret = given
    policy = AutoModelForCausalLM.from_pretrained("moved", attn_implementation="eager").double()
    critic = AutoModelForTokenClassification.from_pretrained("moved/critic", attn_implementation="eager").double().eval()
    vocab = policy.config.vocab_size
    logits, vpred = [], []
    for x in r:
        p, n = len(x["prompt_ids"]), len(x["response_ids"])
        ids = torch.tensor([x["prompt_ids"] + x["response_ids"]])
        at = slice(p - 1, p + n - 1)
        z = policy(input_ids=ids).logits[0, at] / x["temperature"]
        logits.append(torch.cat([z, torch.zeros(mask.shape[1] - n, vocab, dtype=z.dtype)]))
        z = critic(input_ids=ids).logits[0, at, 0]
        vpred.append(torch.cat([z, torch.zeros(mask.shape[1] - n, dtype=z.dtype)]))
    logits, vpred = torch.stack(logits), torch.stack(vpred)
    target = padded([x["response_ids"] for x in r], width=mask.shape[1]).long()
    new = torch.log_softmax(logits, -1).gather(-1, target[..., None])[..., 0]
    loss, _ = v.compute_policy_loss_vanilla(old, new, adv, mask, "token-mean", config)
    bonus = v.compute_entropy_loss(logits, mask)

    def norm(net, x):
        net.zero_grad()
        x.backward(retain_graph=True)
        return math.sqrt(sum(float((p.grad ** 2).sum()) for p in net.parameters() if p.grad is not None))

    near("entropy", "verl", got["entropy"], bonus.detach(), 1e-5)
    near("norm of the policy's gradient", "verl", got["grad_norm"], norm(policy, loss), 1e-4)
    near("loss with the entropy", "verl", entropy["loss"], (loss - 0.01 * bonus).detach(), 1e-5)
    near("gradient with the entropy", "verl", entropy["grad_norm"], norm(policy, loss - 0.01 * bonus), 1e-4)
    near("norm of the critic's gradient", "verl", got["critic_grad_norm"],
         norm(critic, v.compute_value_loss(vpred, ret, value, mask, vc)[0]), 1e-4)


def controller(build, peer, rng):
    if "verl" not in peer:
        return
    r = batch(rng, 6)
    for i, x in enumerate(r):
        n = len(x["response_logprob"])
        x.update(id="r%d" % i, prompt_ids=[1], response_ids=rng.integers(2, 61, size=n).tolist())
    r = run(build, "fg-advantage", "--kl", "0.1", records=r)
    target, horizon = float(rng.random() * 4), 500.0
    run(build, "fg-update", "ppo", "--fresh", "-m", "policy", "-o", "out", "--no-critic", "--steps", "1", "--kl-target", str(target),
        "--kl-horizon", str(horizon), records=r)
    want = peer["verl"].AdaptiveKLController(0.1, target, horizon)
    want.update(float(np.mean([np.sum(x["response_kl"]) for x in r])), len(r))
    with open("out/trainer_state.json") as f:
        near("adaptive KL controller", "verl", json.load(f)["controller"]["beta"], want.value, 1e-12)


def main():
    build = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    peer = peers()
    if not peer:
        print("skipped: no peer")
        return 0
    print("seed %d, %d rounds" % (seed, rounds))
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as tmp:
        os.chdir(tmp)
        model(build)
        for _ in range(rounds):
            advantages(build, peer, rng)
            groups(build, peer, rng)
            losses(build, peer, rng)
            controller(build, peer, rng)
        os.chdir("/")
    return 1 if report() else 0


sys.exit(main())
