#!/bin/bash
# One whole iteration of PPO: rollout, reference, score, value, advantages, update with four
# epochs; seconds of every stage on one thread, and what reading the records costs.  With
# trl under $PYTHON (python3): beside its PPO trainer, same models, prompts and settings,
# the same run.  ITERATIONS, PROMPTS, TOKENS narrow it down.
#
#	full	every response has TOKENS tokens: the work is the same, number by number
#	ragged	prompts of 1 to 60 tokens, responses end where the model ends them: the peer pads
set -eu
# shellcheck source=tests/scratch.sh
. "$(dirname "$0")/../scratch.sh"
n=${PROMPTS:-16} rounds=${ITERATIONS:-3} tokens=${TOKENS:-48}
TIMEFORMAT='%R %U %S'

# ids 3.. at random: prompts (1), texts that end after 16 tokens or so (2)
prompts()
{
	awk -v n="$n" -v ragged="$1" 'BEGIN {
		srand(2)
		for (i = 0; i < n; i++) {
			printf "{\"id\":\"%d\",\"prompt_ids\":[1", i
			for (k = ragged ? int(rand() * 60) : 15; k > 0; k--)
				printf ",%d", 3 + int(rand() * 4000)
			print "]}"
		}
	}'
}
texts()
{
	awk 'BEGIN {
		srand(1)
		for (i = 0; i < 320; i++) {
			printf "{\"id\":\"%d\",\"prompt_ids\":[1,%d],\"response_ids\":[", i, 3 + int(rand() * 4000)
			while (rand() > 1 / 16)
				printf "%d,", 3 + int(rand() * 4093)
			print "2]}"
		}
	}'
}

# a stage and its CPU seconds
stage()
{
	local name=$1
	shift
	{ time "$@" >"$name.jsonl"; } 2>seconds
	read -r wall user sys <seconds
	awk -v w="$wall" -v c="$user" -v s="$sys" 'BEGIN { print w, c + s }' >>"$kind.$name"
}
iteration()
{
	stage rollout fg-rollout -q -j 1 -m policy --max-tokens "$max" prompts.jsonl
	stage reference fg-score -q -j 1 -m start --as ref_logprob rollout.jsonl
	stage reward fg-score -q -j 1 -m reward reference.jsonl
	stage value fg-score -q -j 1 -m policy/critic reward.jsonl
	stage advantage fg-advantage -q -j 1 --token-weight 0 --sequence-weight 1 --kl 0.05 --expect "$n" value.jsonl
	stage update fg-update ppo -q -j 1 -m policy -o policy --expect "$n" --epochs 4 --minibatches 1 \
	    --lr 3e-6 --clip-norm 0 --beta2 0.999 advantage.jsonl
	# a reader of every record that a stage reads: what JSON costs
	stage json fg-check -q -j 1 prompts.jsonl rollout.jsonl reference.jsonl reward.jsonl value.jsonl advantage.jsonl
}
ids()
{
	sed 's/.*"'"$1"'_ids":\[\([^]]*\)\].*/\1/' rollout.jsonl | tr , '\n' | wc -l
}
median()
{
	sort -n "$1" | awk -v f="$2" '{ a[NR] = $f } END { print a[int((NR + 1) / 2)] }'
}

fg-init -q -o tiny --vocab 4096 --dim 288 --layers 6 --heads 6 --ffn 768 --tied --bos 1 --max-length 1024
fg-init -q -o never --vocab 4096 --dim 288 --layers 6 --heads 6 --ffn 768 --tied --bos 1 --eos 2 --max-length 1024
texts >texts.jsonl
fg-update sft -q -m never -o stops --lr 3e-3 --batch 32 --schedule constant --warmup 0 texts.jsonl
for kind in full ragged; do
	rm -rf start policy value reward
	case $kind in
	full) cp -r tiny start; prompts 0 >prompts.jsonl; max=$tokens stop= ;;
	ragged) cp -r stops start; rm start/optimizer.safetensors start/trainer_state.json
		prompts 1 >prompts.jsonl; max=128 stop=stop ;;
	esac
	fg-init -q --from start --head sequence -o reward
	fg-init -q --from start --head value -o value
	cp -r start policy
	cp -r value policy/critic
	for _ in $(seq "$rounds"); do
		iteration
	done
	own=0 wall=0 np=$(ids prompt) nr=$(ids response)
	echo "$kind: $n prompts of $np tokens, responses of $nr"
	for s in rollout reference reward value advantage update; do
		own=$(awk -v a="$own" -v b="$(median "$kind.$s" 2)" 'BEGIN { print a + b }')
		wall=$(awk -v a="$wall" -v b="$(median "$kind.$s" 1)" 'BEGIN { print a + b }')
	done
	for s in rollout reference reward value advantage update json; do
		awk -v s="$s" -v a="$(median "$kind.$s" 2)" -v b="$own" 'BEGIN { printf "  %-10s %8.3f s of CPU  %5.1f%%\n", s, a, 100 * a / b }'
	done
	printf '  %-10s %8.3f s of CPU, %.3f s\n' all "$own" "$wall"
	"${PYTHON:-python3}" "$here/tests/bench/ppo_trl.py" start value reward prompts.jsonl "$max" 4 "$rounds" ${stop:+"$stop"} >peer 2>err ||
	    { tail -n 3 err; continue; }
	if grep -q skipped peer; then
		sed 's/^/  TRL /' peer
		continue
	fi
	grep -v '#' peer >lines
	for f in 1 2 3 4 5; do
		awk -v f=$f '{ print $f }' lines >field
		eval "t$f=$(median field 1)"
	done
	# shellcheck disable=SC2154	# t1..t5
	awk -v own="$own" -v w="$wall" -v np="$np" -v nr="$nr" -v t1="$t1" -v t2="$t2" -v t3="$t3" -v t4="$t4" -v t5="$t5" \
	    -v start="$(sed -n 's/# start //p' peer)" 'BEGIN {
		printf "  %-10s %8.3f s of CPU, %.3f s; responses of %d tokens; generation %.3f, reward and value %.3f\n", "TRL", t2, t1, t5, t3, t4
		k = (np + nr) / (np + t5)
		printf "  TRL takes %.2f times the CPU and %.2f times the time a token; as programs, with the start of both: %.2f times the CPU\n",
		    t2 * k / own, t1 * k / w, (t2 * k + start) / own
	}'
done
