#!/bin/bash
# fg-update when writes, syncs and closes fail, at every place in turn: the model that was
# there stays whole, and the same command gives the bytes of a run that nothing befell.
# FG_SLOW=1 alone: it takes half a minute.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

[ -n "${FG_SLOW-}" ] || skip_all "FG_SLOW is not set"
# shellcheck source=tests/fault/shim.sh
. "$src/tests/fault/shim.sh"

small_world 12
small_pairs
fg-init --from model --head token -o token
fg-init --from model --lora-rank 4 -o lora
sum() { (cd "$1" && find . -name '*.safetensors' -o -name trainer_state.json | sort | xargs cksum); }

# NAME command without -m and -o; what is there before is a first pass in the same folder
whole()
{
	name=$1 from=$2
	shift 2
	cp -r "$from" "$name-ref"
	"$@" --seed 1 -m "$name-ref" -o "$name-ref" 2>err || tap "not ok" "$name: a first pass"
	cp -r "$name-ref" "$name-before"
	before=$(sum "$name-before")
	"$@" --seed 2 -m "$name-ref" -o "$name-ref" 2>err || tap "not ok" "$name: a second"
	want=$(sum "$name-ref")
	isnt=$([ "$before" != "$want" ] && echo differ)
	is "$name: the passes differ" "$isnt" differ
	for kind in write fsync close; do
		n=1 failed=0 kept=0
		: >wrong
		while :; do
			for how in once on; do
				rm -rf "$name" "$name.part" "$name.old"
				cp -r "$name-before" "$name"
				env LD_PRELOAD="$shim" FAULT_CALL=$kind FAULT_HOW=$how FAULT_NTH=$n FAULT_MARK=9 \
				    "$@" --seed 2 -m "$name" -o "$name" >out 2>err 9>mark
				code=$?
				got=$(sum "$name")
				case $code in
				0) [ "$got" = "$want" ] || echo "$n $how: exit 0, other bytes" ;;
				3)
					failed=$((failed + 1))
					grep -q '^fg-update: ' err || echo "$n $how: no message"
					[ "$got" != "$before" ] || kept=$((kept + 1))
					[ "$got" = "$before" ] || [ "$got" = "$want" ] || echo "$n $how: neither the old model nor the new"
					;;
				*) echo "$n $how: exit $code: $(head -n 1 err)" ;;
				esac >>wrong
				"$@" --seed 2 -m "$name" -o "$name" >out 2>err
				code=$?
				[ "$code $(sum "$name")" = "0 $want" ] || echo "$n $how: again: exit $code: $(head -n 1 err)" >>wrong
			done
			[ -s mark ] || break
			n=$((n + 1 + n / 6))
		done
		is "$name: $kind fails" "$(head -n 5 wrong)" ""
		echo "# $name $kind: up to call $((n - 1)), $failed failures, $kept left the model that was there"
	done
}
o="--lr 1e-2 --batch 8 --save-every 1 -j 1 -q"
# shellcheck disable=SC2086	# a list of options
{
	whole sft model fg-update sft $o corpus.jsonl
	whole reward token fg-update reward $o pairs.jsonl
	whole adapter lora fg-update sft $o corpus.jsonl
}
done_testing
