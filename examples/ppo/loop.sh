#!/bin/bash
# Fine-grained PPO in ten lines: loop.sh POLICY REF REWARD PROMPTS ITERATIONS
set -euo pipefail
for i in $(seq "$5"); do
	fg-split --shuffle --sample 64 --seed "$i" "$4" |
	    fg-rollout -m "$1" --seed "$i" |
	    fg-score -m "$2" --as ref_logprob -m "$3" -m "$1/critic" |
	    fg-advantage --expect 64 >"$1.$i.jsonl"
	fg-update ppo -m "$1" -o "$1" --pass "$i" --expect 64 --seed "$i" "$1.$i.jsonl"
done
