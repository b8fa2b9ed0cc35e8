#!/bin/bash
# fg-update killed at any instant and typed again: the bytes of a run that was left alone.
# FG_SLOW=1: a hundred kills of every kind of run.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

small_world 80
small_pairs
for h in token sequence value; do
	fg-init --from model --head $h -o $h
done
fg-init --from model --lora-rank 4 -o lora
fg-score -q -m model --as ref_logprob pairs.jsonl >dpo.jsonl
fg-rollout -q -m model -n 1 --max-tokens 16 corpus.jsonl | fg-score -q -m model --as ref_logprob |
    fg-score -q -m token | fg-score -q -m value | fg-advantage -q >ppo.jsonl

kills=2
[ -z "${FG_SLOW-}" ] || kills=50

now() { date +%s%N; }
sum() { (cd "$1" && find . -name '*.safetensors' -o -name trainer_state.json | sort | xargs cksum); }

# a critic that shares the policy's backbone
cp -r model beside
fg-init --from beside --head value --shared -o beside/critic

# name, then the command without -o
survives()
{
	name=$1
	shift
	t0=$(now)
	fg-update "$@" -q -o "$name-ref" || { tap "not ok" "$name runs"; return; }
	took=$(($(now) - t0))
	want=$(sum "$name-ref")
	hit=0
	for k in $(seq $kills); do
		rm -rf "$name" "$name.part" "$name.old"
		# instants spread over the run; the length of the rest is measured by running it
		for try in 1 2; do
			at=$(((k * 37 + try * 29) % 97 * took / 100))
			fg-update "$@" -q -o "$name" -j $try --micro-batch $((try * 300)) --save-every 1 2>/dev/null &
			pid=$!
			sleep "$(printf '%d.%09d' $((at / 1000000000)) $((at % 1000000000)))"
			kill -9 $pid 2>/dev/null && hit=$((hit + 1))
			wait $pid 2>/dev/null
		done
		fg-update "$@" -q -o "$name" --save-every 2 2>err
		[ "$(sum "$name")" = "$want" ] || break
	done
	is "$name after $kills times two kills" "$(sum "$name")" "$want"
	ok "$name leaves nothing beside it" test ! -e "$name.part" -a ! -e "$name.old"
	echo "# $hit kills hit"
}

o="--lr 1e-2 --batch 8"
# shellcheck disable=SC2086	# lists of options
{
	survives sft sft -m model $o --epochs 2 corpus.jsonl
	survives adapter sft -m lora $o --epochs 2 corpus.jsonl
	survives reward-token reward -m token $o --epochs 2 pairs.jsonl
	survives reward-soft reward --objective token-soft -m token $o pairs.jsonl
	survives reward-mean reward --objective token-mean -m token $o pairs.jsonl
	survives reward-sequence reward --objective sequence -m sequence $o --epochs 2 pairs.jsonl
	survives dpo dpo -m model $o --epochs 2 dpo.jsonl
	survives ppo ppo -m model --critic value $o --kl-target 1 ppo.jsonl
	survives shared ppo -m beside $o --critic-warmup 1 ppo.jsonl
}

# the same folder in and out: killed between passes and inside of them
cp -r model chain
cp -r value chain/critic
cp -r chain chain-ref
pass=(fg-update ppo -q --lr 1e-3 --batch 20 --save-every 1 ppo.jsonl)
"${pass[@]}" -m chain-ref -o chain-ref
"${pass[@]}" -m chain -o chain &
pid=$!
sleep 0.05
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
"${pass[@]}" -m chain -o chain
is "the same folder in and out" "$(sum chain)" "$(sum chain-ref)"

# a disk that is full leaves what was there
if [ -w /dev/full ]; then
	before=$(sum chain)
	fg-update sft -m chain -o chain --metrics /dev/full corpus.jsonl >out 2>err
	is "a full disk" $? 3
	is "leaves the policy as it was" "$(sum chain)" "$before"
fi
done_testing
