#!/bin/bash
# The demo at a small size: whole, and interrupted and typed again.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
command -v jq >/dev/null || skip_all "no jq"

export BUILD
demo() { ${2-} bash -c 'echo $$ >"$0.pid"; exec "$@"' "$1" make -C "$src/examples/demo" D="$PWD/$1" CORPUS=400 PAIRS=60 ITERS=2 TEST=20 BATCH=16 MODEL="--dim 32 --layers 2 --tied --max-length 256"; }
t0=$(date +%s%N)
demo whole >log 2>&1
is "the demo runs" $? 0
took=$(($(date +%s%N) - t0))
for w in 'Three answers' 'fine  ' 'sequence  ' 'win %'; do
	ok "it shows $w" grep -q "$w" log
done
for k in 1 2; do
	rm -f cut.pid
	demo cut setsid >cut.log 2>&1 &
	pid=$!
	for _ in {1..500}; do [ -s cut.pid ] || sleep 0.01; done
	at=$((took * k / 4))
	sleep "$(printf '%d.%09d' $((at / 1000000000)) $((at % 1000000000)))"
	# the group of what setsid began: make and all that it runs
	pkill -9 -s "$(cat cut.pid)" 2>/dev/null
	wait $pid 2>/dev/null
	# what is being killed may hold a lock for a moment yet (a zombie holds none)
	for _ in {1..300}; do
		pgrep -r R,S,D -s "$(cat cut.pid)" >/dev/null || break
		sleep 0.01
	done
done
demo cut >cut.log 2>&1
is "typed again after two interruptions it ends" $? 0
tail -n 3 cut.log | sed 's/^/# /'
for a in sequence fine; do
	same "with the same verdicts of $a" cut/verdicts/$a.jsonl whole/verdicts/$a.jsonl
done
ok "its records are sound" fg-check -q whole/labels.jsonl
ok "and its models" fg-check -q whole/sft whole/reward-token whole/ppo-fine/policy whole/ppo-fine/policy/critic
done_testing
