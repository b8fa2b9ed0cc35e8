#!/bin/bash
# Rounds of annotation: the policy as it is now answers, the answers are annotated, the
# reward model learns from all annotations so far, and PPO goes on with it.
#
#	rounds.sh DIR      DIR/K has the annotations, the reward model and the policy of round K
#
# After any interruption the same command continues.  From the environment: SFT (the model
# before), START (it with a head), DATA (pairs, edits or labels) and OBJECTIVE of the reward model, ROUNDS, PAIRS
# (annotations a round), REWARD_OPT (options of fg-update reward), ANNOTATOR (a program with
# prefer and annotate), EDITED (what is edited: of each pair the answer less liked, or all samples), and
# what ppo.sh takes.
set -euo pipefail
here=$(dirname "$0")
dir=$1
J=${J:-0}
previous=$SFT

# a stage's file appears complete: stage FILE COMMAND
stage()
{
	[ -e "$1" ] || { "${@:2}" >"$1.new" && mv "$1.new" "$1"; }
}
answers()
{
	"$WORLD" prompts --n "$PAIRS" --seed "${SEED}7$k" |
	    fg-rollout -q -j "$J" -m "$previous" -n 2 --seed "${SEED}7$k" --max-tokens "$MAXTOKENS"
}
prefer() { "$ANNOTATOR" prefer <"$d/samples.jsonl"; }
annotate()
{
	case ${EDITED:-pairs} in
	pairs) fg-edit -q --command "$ANNOTATOR annotate" --max-ratio 1 --bad "$d/unedited.jsonl" "$d/pairs.jsonl" ;;
	samples) "$here/edits.sh" "$d/samples.jsonl" "$d/unedited.jsonl" ;;
	esac
}
label() { fg-difflabel -q -j "$J" --cost tokens -t "$SFT" "$d/edits.jsonl"; }
so_far() { for i in $(seq "$k"); do cat "$dir/$i/$DATA.jsonl"; done; }

for k in $(seq "$ROUNDS"); do
	d=$dir/$k
	mkdir -p "$d"
	stage "$d/samples.jsonl" answers
	stage "$d/pairs.jsonl" prefer
	[ "$DATA" = pairs ] || stage "$d/edits.jsonl" annotate
	[ "$DATA" != labels ] || stage "$d/labels.jsonl" label
	stage "$d/train.jsonl" so_far
	# shellcheck disable=SC2086	# REWARD_OPT is a list of options
	[ -e "$d/reward/trainer_state.json" ] || fg-update reward -q -j "$J" -m "$START" -o "$d/reward" --objective "$OBJECTIVE" \
	    --seed "$SEED" --normalize "$d/samples.jsonl" $REWARD_OPT "$d/train.jsonl"
	# the policy goes on from the round before, with a new optimizer
	if [ "$k" -gt 1 ] && [ ! -d "$d/policy" ]; then
		rm -rf "$d/policy.new"
		cp -r "$previous" "$d/policy.new"
		rm -f "$d"/policy.new/{,critic/}{trainer_state.json,optimizer.safetensors}
		mv "$d/policy.new" "$d/policy"
	fi
	[ -e "$d/done" ] || REWARD=$d/reward "$here/../world/ppo.sh" "$d"
	previous=$d/policy
done
