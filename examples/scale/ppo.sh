#!/bin/bash
#SBATCH --job-name=fg-ppo
#SBATCH --nodes=8
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=32
# PPO on several machines: the prompts of an iteration are cut into shards, each of which is sampled
# and scored by a task of its own, and all machines compute the update together under MPI.
#
#	sbatch -N 8 ppo.sh RUN REF REWARD PROMPTS ITERATIONS	on a Slurm allocation
#	TASKS=2 ppo.sh RUN REF REWARD PROMPTS ITERATIONS	here: GNU parallel and mpirun
#
# RUN/policy (with its critic in it) is trained; all machines see the folders and files by the same
# names.  BATCH prompts an iteration (64), SHARDS of them and of the gradient (8; in the result, unlike
# the number of tasks), ROLLOUT and UPDATE: more options.  Type it again after any interruption: what
# is there is not computed again.
set -euo pipefail
export run=$1 ref=$2 reward=$3
prompts=$4 iterations=$5
batch=${BATCH:-64} tasks=${SLURM_NTASKS:-${TASKS:-1}}
export shards=${SHARDS:-8} j=${SLURM_CPUS_PER_TASK:-1} ROLLOUT

# shard $2 of iteration $1
score_shard()
{
	local out
	set -euo pipefail
	out=$run/$1.$(printf '%05d' "$2").jsonl
	[ ! -e "$out" ] || return 0
	# shellcheck disable=SC2086	# a list of options
	split -n "l/$(($2 + 1))/$shards" "$run/$1.prompts.jsonl" |
	    fg-rollout -q -j "$j" -m "$run/policy" --seed "$1" ${ROLLOUT-} |
	    fg-score -q -j "$j" -m "$ref" --as ref_logprob -m "$reward" -m "$run/policy/critic" >"$out.new"
	mv "$out.new" "$out"
}
# a task of srun: every SLURM_NTASKS-th shard
score_shards()
{
	local s
	for ((s = SLURM_PROCID; s < shards; s += SLURM_NTASKS)); do
		score_shard "$1" "$s"
	done
}
export -f score_shard score_shards

# stop all tasks when one fails; only the first reads standard input
each_shard()
{
	if [ -n "${SLURM_JOB_ID-}" ]; then
		srun --kill-on-bad-exit -n "$tasks" bash -c "score_shards $1" </dev/null
	else
		seq 0 $((shards - 1)) | parallel --will-cite --halt now,fail=1 -j "$tasks" score_shard "$1"
	fi
}
together()
{
	if [ -n "${SLURM_JOB_ID-}" ]; then
		srun --mpi="${MPI:-pmix}" --kill-on-bad-exit --input=0 -n "$tasks" "$@"
	elif [ "$tasks" -gt 1 ]; then
		mpirun -n "$tasks" "$@"
	else
		"$@"
	fi
}

mkdir -p "$run"
for i in $(seq "$iterations"); do
	[ ! -e "$run/$i.done" ] || continue
	if [ ! -e "$run/$i.jsonl" ]; then
		fg-split -q --shuffle --sample "$batch" --seed "$i" "$prompts" >"$run/$i.prompts.jsonl.new"
		mv "$run/$i.prompts.jsonl.new" "$run/$i.prompts.jsonl"
		each_shard "$i"
		cat "$run/$i".[0-9]*.jsonl | fg-advantage -q --expect "$batch" >"$run/$i.jsonl.new"
		mv "$run/$i.jsonl.new" "$run/$i.jsonl"
	fi
	# shellcheck disable=SC2086	# a list of options
	together fg-update ppo -q -j "$j" -m "$run/policy" -o "$run/policy" --shards "$shards" --pass "$i" \
	    --expect "$batch" --seed "$i" ${UPDATE-} "$run/$i.jsonl"
	touch "$run/$i.done"
	rm -f "$run/$i".[0-9]*.jsonl "$run/$i.prompts.jsonl"
done
