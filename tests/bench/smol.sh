#!/bin/bash
# One iteration of policy optimisation on a real model, with a LoRA adapter of rank 16: rollout,
# reference, reward, advantages, update with two epochs; CPU seconds of every stage on one
# thread.  With trl under $PYTHON (python3): beside its GRPO trainer (PPO is no part of trl
# 1.16), with the same prompts, answers and epochs, the same run.
#
#	smol.sh MODEL		a Hugging Face folder, such as SmolLM2-135M-Instruct's
#
#	shared	PROMPTS prompts (16) of 200 tokens, half of which all have in common, 4 answers each
#	short	4 times as many prompts of 50 tokens, one answer each (the peer: 2, to half of them)
#
# Answers have up to 64 tokens.  KINDS and ROUNDS narrow it down; BEFORE is a folder of programs
# to run in alternation.  METHOD=ppo: with a critic on the policy's backbone, without a peer.
set -eu
[ $# -eq 1 ] || { echo "skipped: smol.sh MODEL"; exit 0; }
model=$(cd "$1" && pwd)
# shellcheck source=tests/scratch.sh
. "$(dirname "$0")/../scratch.sh"
rounds=${ROUNDS:-3} method=${METHOD:-grpo}
TIMEFORMAT='%R %U %S'

# $1: prompts, $2: words all of them begin with, $3: words of its own
prompts()
{
	awk -v n="$1" -v common="$2" -v own="$3" 'BEGIN {
		srand(7)
		w = split("the house stands near river and people walk along water every day while children play in garden with " \
		    "small dogs under old trees that grow very tall because rain falls often here", word, " ")
		for (k = 0; k < common; k++)
			head = head " " word[1 + int(rand() * w)]
		for (i = 0; i < n; i++) {
			text = "Read" head
			for (k = 0; k < own; k++)
				text = text " " word[1 + int(rand() * w)]
			printf "{\"id\":\"%d\",\"prompt\":\"%s.\"}\n", i, text
		}
	}'
}

# a stage and its CPU seconds; $1: whose, $2: which
stage()
{
	local name=$1.$2
	shift 2
	{ time "$@" >"$name.jsonl"; } 2>seconds || { cat seconds; exit 1; }
	read -r _ user sys <seconds
	awk -v c="$user" -v s="$sys" 'BEGIN { print c + s }' >>"$kind.$name"
}

# $1: whose programs, $2: their folder
iteration()
{
	local PATH=$2:$PATH last=reward value='' critic=--no-critic
	rm -rf "policy.$1"
	cp -r policy "policy.$1"
	stage "$1" rollout fg-rollout -q -j 1 -m "policy.$1" -n "$answers" --max-tokens 64 prompts.jsonl
	# older programs score with one model at a time
	if fg-score -m a -m b --print-config | grep -q '"a", "b"'; then
		stage "$1" reference+reward fg-score -q -j 1 -m "$model" --as ref_logprob -m reward "$1.rollout.jsonl"
		mv "$1.reference+reward.jsonl" "$1.reward.jsonl"
	else
		stage "$1" reference fg-score -q -j 1 -m "$model" --as ref_logprob "$1.rollout.jsonl"
		stage "$1" reward fg-score -q -j 1 -m reward "$1.reference.jsonl"
	fi
	if [ "$method" = ppo ]; then
		stage "$1" value fg-score -q -j 1 -m "policy.$1/critic" "$1.reward.jsonl"
		last=value critic=
	elif [ "$answers" -gt 1 ]; then
		value="--group grpo"
	else
		value="--group rloo"
	fi
	# shellcheck disable=SC2086
	stage "$1" advantage fg-advantage -q --token-weight 0 --sequence-weight 1 --kl 0.05 $value --expect $((n * answers)) \
	    "$1.$last.jsonl"
	# shellcheck disable=SC2086
	stage "$1" update /usr/bin/time -f %M -o "$1.memory" fg-update ppo -q -j 1 -m "policy.$1" -o "policy.$1" \
	    $critic --expect $((n * answers)) --epochs 2 --minibatches 1 --lr 1e-5 "$1.advantage.jsonl"
}

median()
{
	sort -n "$1" | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}

fg-init -q --from "$model" --lora-rank 16 -o policy
fg-init -q --from "$model" --head sequence -o reward
[ "$method" != ppo ] || fg-init -q --from policy --head value --shared -o policy/critic
for kind in ${KINDS:-shared short}; do
	case $kind in
	shared) n=${PROMPTS:-16} answers=4 peer="$n 4"; prompts "$n" 98 99 >prompts.jsonl ;;
	short) n=$((4 * ${PROMPTS:-16})) answers=1 peer="$((n / 2)) 2"; prompts "$n" 0 48 >prompts.jsonl ;;
	esac
	for _ in $(seq "$rounds"); do
		[ -z "${BEFORE-}" ] || iteration before "$BEFORE"
		iteration now "$BUILD/bin"
	done
	tokens=$(jq -c .response_ids now.rollout.jsonl | tr , '\n' | wc -l)
	echo "$kind, $method: $n prompts of $(head -n 1 now.rollout.jsonl | jq '.prompt_ids | length') tokens, $answers answers, $tokens tokens in all"
	for who in ${BEFORE:+before} now; do
		all=0
		for s in rollout reference reward reference+reward value advantage update; do
			[ -f "$kind.$who.$s" ] || continue
			printf '  %-8s %-16s %8.2f s of CPU\n' $who $s "$(median "$kind.$who.$s")"
			all=$(awk -v a="$all" -v b="$(median "$kind.$who.$s")" 'BEGIN { print a + b }')
		done
		printf '  %-8s %-16s %8.2f s of CPU; the update takes %d MB\n' $who all "$all" $(($(cat $who.memory) / 1000))
	done
	[ "$method" = grpo ] && [ -z "${ALONE-}" ] || continue
	# shellcheck disable=SC2086
	/usr/bin/time -f %M -o peer.memory "${PYTHON:-python3}" "$here/tests/bench/smol_trl.py" "$model" reward prompts.jsonl $peer \
	    >peer 2>err || { tail -n 3 err; continue; }
	grep -q skipped peer && { sed 's/^/  TRL /' peer; continue; }
	awk -v own="$all" -v t="$tokens" -v m="$(cat peer.memory)" '{
		printf "  TRL      %8.2f s of CPU (generation %.2f, the update of one epoch %.2f), answers of %d tokens, %d MB\n",
		    $1, $2, $3, $4, m / 1000
		printf "  TRL takes %.2f times the CPU a token of the answers\n", $1 / $4 * t / own
	}' peer
done
