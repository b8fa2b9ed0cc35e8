#!/bin/bash
# Proximal policy optimisation as a pipeline: iterations of sampling, scoring, advantages
# and one pass of updates.  After any interruption the same command continues.
#
#	ppo.sh DIR      policy in DIR/policy, the records of iteration i in DIR/i.jsonl
#
# From the environment: SFT and REWARD (model folders), ADVANTAGE (options of
# fg-advantage), LR, ITERS, BATCH (answers an iteration),
# SAMPLES (answers to a prompt), SEED, MAXTOKENS, WORLD (the generator of prompts), J (threads);
# KEEP: iterations whose policy is kept as DIR/policy-i; LORA: the policy is an adapter of this
# rank on SFT, and its critic a head that shares the backbone; RESCORE: a jq filter on what the reward model says.
set -euo pipefail
dir=$1
J=${J:-0}
SAMPLES=${SAMPLES:-1}
mkdir -p "$dir"

if [ ! -d "$dir/policy" ]; then
	rm -rf "$dir/policy.new"
	if [ -n "${LORA-}" ]; then
		fg-init -q --from "$SFT" --lora-rank "$LORA" --seed "$SEED" -o "$dir/policy.new"
		fg-init -q --from "$dir/policy.new" --head value --shared -o "$dir/policy.new/critic"
	else
		cp -r "$SFT" "$dir/policy.new"
		rm -f "$dir/policy.new/optimizer.safetensors" "$dir/policy.new/trainer_state.json"
		# the critic: the reward model's backbone with a head of zeros
		fg-init --from "$REWARD" --head value -o "$dir/policy.new/critic"
	fi
	mv "$dir/policy.new" "$dir/policy"
fi
policy=$dir/policy
# a critic that shares the backbone gives its values while the policy samples
values=() critic=(-m "$policy/critic")
[ -z "${LORA-}" ] || values=(--values) critic=()

rescore()
{
	if [ -n "${RESCORE-}" ]; then jq -c "$RESCORE"; else cat; fi
}

# shellcheck disable=SC2086	# ADVANTAGE is a list of options
for i in $(seq "$ITERS"); do
	[ ! -e "$dir/$i.done" ] || continue
	if [ ! -e "$dir/$i.jsonl" ]; then
		"$WORLD" prompts --n $((BATCH / SAMPLES)) --seed "$SEED$i" |
		    fg-rollout -q -j "$J" -m "$policy" "${values[@]}" -n "$SAMPLES" --seed "$SEED$i" --max-tokens "$MAXTOKENS" |
		    fg-score -q -j "$J" -m "$SFT" --as ref_logprob -m "$REWARD" "${critic[@]}" | rescore |
		    fg-advantage -q --expect "$BATCH" --metrics "$dir/metrics.rollout" $ADVANTAGE >"$dir/$i.new"
		mv "$dir/$i.new" "$dir/$i.jsonl"
	fi
	fg-update ppo -q -j "$J" -m "$policy" -o "$policy" --pass "$i" --expect "$BATCH" --batch 32 --epochs 2 --lr "$LR" \
	    --critic-lr 3e-4 --seed "$SEED$i" --metrics "$dir/metrics.update" "$dir/$i.jsonl"
	case " ${KEEP-} " in
	*" $i "*) rm -rf "$dir/policy-$i" && cp -r "$policy" "$dir/policy-$i" ;;
	esac
	touch "$dir/$i.done"
	[ $((i % 10)) != 0 ] || tail -n 1 "$dir/metrics.rollout" |
	    jq -r 'def d: . * 1e3 | round / 1e3; "   \('"$i"') reward \(.token_reward + .score | d) KL \(.kl | d) tokens \(.length | d)"'
	rm -f "$dir/$((i - 1)).jsonl"
done
touch "$dir/done"
