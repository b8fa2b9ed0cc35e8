#!/bin/sh
# Every program gives the processor's bytes on every device: same.t again, with the strict
# device, whose memory no code may read or write but by operations, and with OpenCL where it is.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

unset UPDATE
devices=strict
# opencl.t has a part of it
if [ -n "${FG_SLOW-}" ] && finegrain devices | grep -q '^opencl:[0-9]* .* ready '; then
	devices="strict opencl"
	export XDG_CACHE_HOME="${BUILD:?}/cache"
fi
for d in $devices; do
	FINEGRAIN_DEVICE=$d "$src/tests/pipe/same.t" >out 2>&1
	is "same.t passes on $d" "$(grep -v '^ok\|^1\.\.' out | head -n 20)" ""
	ok "all of it" grep -q '^1\.\.' out
done
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"
small_world 10
fg-tokenize -t model --special -f prompt -f response corpus.jsonl >in
for p in "rollout -m model" "score -m model" "update sft -m model -o n"; do
	# shellcheck disable=SC2086	# a list of words
	FINEGRAIN_DEVICE=abacus exits 2 "fg-${p%% *}: no such device" fg-$p in
	is "it is named" "$(cat err)" "fg-${p%% *}: abacus: there is no such device"
done
done_testing
