#!/bin/bash
# What lies under examples/, at a small size.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"
command -v jq >/dev/null || skip_all "no jq"
export BUILD MAXTOKENS=12

for f in "$src"/examples/recipes/*.yaml; do
	for p in rollout advantage update; do
		ok "$(basename "$f") for fg-$p" "fg-$p" -c "$f" --print-config
	done
done

small_world 60
small_pairs
fg-init --from model --head token -o reward

# the recipes for adapters say what holds without them, but for the objective
fg-init --from model --lora-rank 2 -o lora
fg-init --from lora --head value --shared -o lora/critic
for kind in sft reward dpo ppo; do
	fg-update $kind -m lora --print-config | grep -v '^objective:' >want
	fg-update $kind -m lora -c "$src/examples/recipes/lora-$kind.yaml" --print-config |
	    grep -v -e '^objective:' -e '^config:' >got
	same "lora-$kind.yaml has the defaults" got want
done
is "and that of a reward learns costs" \
    "$(fg-update reward -c "$src/examples/recipes/lora-reward.yaml" --print-config | grep '^objective:')" "objective: cost"
"$world" prompts --n 80 >prompts.jsonl
sum() { (cd "$1" && find . -name '*.safetensors' | sort | xargs cksum); }

# best of n: one of the samples, the best of them
fg-rollout -q -m model -n 4 --max-tokens 12 prompts.jsonl | fg-score -q -m reward |
    jq -s -c 'group_by(.id) | map(map(.response_reward | map([., 0] | min) | add) | max) | sort | map(. * 1e4 | round)' >want
"$src/examples/best-of-n/best-of-n.sh" 4 model reward <prompts.jsonl >best
jq -s -c 'map(.response_reward | map([., 0] | min) | add) | sort | map(. * 1e4 | round)' best >got
same "the best of four" got want
cp -r model expert
ok "expert iteration" "$src/examples/best-of-n/expert-iteration.sh" 2 expert reward prompts.jsonl 2
ok "it learned" sh -c '! cmp -s model/model.safetensors expert/model.safetensors'

# the loop, and the Makefile: run, and run after an interruption
cp -r model policy
fg-init --from reward --head value -o policy/critic
ok "the ten-line loop" "$src/examples/ppo/loop.sh" policy model reward prompts.jsonl 1
fg-update sft -q -m model -o sft --lr 1e-2 --batch 16 corpus.jsonl
fg-update reward -q -m reward -o trained --lr 1e-2 --batch 16 pairs.jsonl
run() { make -C "$src/examples/ppo" RUN="$PWD/$1" SFT="$PWD/sft" REWARD="$PWD/trained" PROMPTS="$PWD/prompts.jsonl" BATCH=8 UPDATE="--lr 1e-3" ITERS="$2"; }
ok "iterations from a recipe" run a 3
ok "one after the other" run b 1
rm b/policy-1/config.json
ok "and on" run b 3
ok "a policy" test -s a/policy/critic/model.safetensors
make -C "$src/examples/ppo" RUN="$PWD/h" SFT="$PWD/model" REWARD="$PWD/reward" PROMPTS="$PWD/prompts.jsonl" BATCH=4 ITERS=1 >h.out 2>&1
ok "from models that nobody trained here" test -s h/policy/model.safetensors
ok "rounded numbers are said" grep -qE '^iteration 1: reward [-0-9.]{1,7}, KL [-0-9.]{1,6}, [0-9.]{1,6} tokens$' h.out
is "the same policy" "$(sum b/policy)" "$(sum a/policy)"
CRITIC=shared ok "with a shared critic" run s 2
ok "which is a head" test -s s/policy/critic/head.safetensors

if command -v parallel >/dev/null; then
	"$src/examples/scale/parallel.sh" model model reward <prompts.jsonl >whole
	BLOCK=1k "$src/examples/scale/parallel.sh" model model reward <prompts.jsonl >cut
	same "GNU parallel, however it cuts" cut whole
	fg-rollout -q -m model --max-tokens 12 prompts.jsonl | fg-score -q -m model --as ref_logprob |
	    fg-score -q -m reward >one
	same "or not at all" one whole
else
	skip "GNU parallel" "not here"
fi
for f in slurm hadoop; do
	ok "$f.sh reads as shell" bash -n "$src/examples/scale/$f.sh"
done
SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=4 POLICY=model REF=model REWARD=reward PROMPTS=prompts.jsonl \
    ok "a task of the array" bash "$src/examples/scale/slurm.sh"
ok "has its shard" test -s scored.0001.jsonl
done_testing
