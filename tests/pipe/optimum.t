#!/bin/bash
# A task whose optimum is known: every token of odd id costs 1.  PPO on the tokens' own
# rewards comes within 5% of the best, and sooner than on their sum as one score.
# FG_SLOW=1: five seeds in place of one.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
command -v jq >/dev/null || skip_all "no jq"

fg-init -o start --vocab 32 --dim 32 --layers 1 --heads 2 --bos 0 --eos 0 --max-length 32
for i in $(seq 64); do
	echo "{\"id\":\"p$i\",\"prompt_ids\":[$((i % 31 + 1))]}"
done >prompts.jsonl
# the end is no way out: a response that ends early pays for what it left away
price='.response_reward = [.response_ids[] | -(. % 2)] | .response_reward[-1] -= (28 - (.response_ids | length))
    | .response_score = (.response_reward | add)'

# how many iterations arm $1 with options $3.. takes to cost less than 5%, seed $2; 60: not in time
iterations()
{
	arm=$1 seed=$2
	shift 2
	rm -rf "$arm"
	cp -r start "$arm"
	fg-init --from start --head value -o "$arm/critic"
	for it in $(seq 60); do
		fg-rollout -q -j 1 -m "$arm" --seed "$seed$it" --max-tokens 28 prompts.jsonl | jq -c "$price" |
		    fg-score -q -j 1 -m "$arm/critic" >s.jsonl
		cost=$(jq -s '[.[].response_score] | add / length / 28 * -1000 | round' s.jsonl)
		[ "$cost" -ge 50 ] || break
		fg-advantage -q --kl 0 --lambda 0.9 "$@" s.jsonl | fg-update ppo -q -j 1 -m "$arm" -o "$arm" --batch 0 --epochs 4 --lr 1e-3 \
		    --critic-lr 1e-2 --seed "$seed$it"
	done
	echo "$it"
}

seeds=1
[ -z "${FG_SLOW-}" ] || seeds="1 2 3 4 5"
for seed in $seeds; do
	token=$(iterations token "$seed" --token-range=-20:0)
	sequence=$(iterations sequence "$seed" --token-weight 0 --sequence-weight 1)
	echo "# seed $seed: $token iterations on tokens, $sequence on the sum"
	ok "seed $seed: tokens reach 95% of the optimum" test "$token" -lt 60
	ok "seed $seed: in fewer iterations than their sum" test "$token" -lt "$sequence"
done
done_testing
