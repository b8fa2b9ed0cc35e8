#!/bin/bash
#SBATCH --job-name=fg-rollout
#SBATCH --array=0-15
#SBATCH --cpus-per-task=8
# One shard of the prompts a task of the array; the advantages then need all of them:
#
#	jid=$(sbatch --parsable slurm.sh)
#	sbatch --dependency=afterok:$jid --wrap \
#	    'cat scored.*.jsonl | fg-advantage --expect N > advantages.jsonl && fg-update ppo ...'
#
# POLICY, REF, REWARD and PROMPTS come from the environment (sbatch --export).
set -euo pipefail
i=${SLURM_ARRAY_TASK_ID:?} n=${SLURM_ARRAY_TASK_COUNT:?}
out=scored.$(printf '%04d' "$i").jsonl
[ ! -e "$out" ] || exit 0
split -n "l/$((i + 1))/$n" "$PROMPTS" |
    fg-rollout -q -m "$POLICY" |
    fg-score -q -m "$REF" --as ref_logprob -m "$REWARD" >"$out.new"
mv "$out.new" "$out"
