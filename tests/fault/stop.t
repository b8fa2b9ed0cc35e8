#!/bin/bash
# A training run that is asked to stop saves where it stands, says so, and goes on later to the
# bytes of a run that was left alone.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"
small_world 24

train="fg-update sft -m model --lr 1e-3 --batch 4 --epochs 150 --micro-batch 60"
sum() { (cd "$1" && cat model.safetensors optimizer.safetensors trainer_state.json | cksum); }
$train -q -o alone corpus.jsonl

# stopped SIGNAL STATUS: a run that gets the signal once it has begun
stopped()
{
	# what runs the tests may ignore the signal, and so would its children
	env --default-signal="$1" $train -o "$1" --metrics "$1.m" corpus.jsonl 2>err &
	p=$!
	until [ -s "$1.m" ]; do sleep 0.02; done
	kill "-$1" $p
	wait $p
	is "$1: the status is the signal's" $? "$2"
	ok "$1: it says after which step, and how to go on" \
	    grep -qE '^fg-update: stopped after step [0-9]+ of 900, and saved: the same command goes on$' err
	n=$(sed -n 's/.*after step \([0-9]*\) of.*/\1/p' err)
	ok "$1: nothing is published" test ! -e "$1"
	$train -o "$1" --metrics "$1.m" corpus.jsonl 2>err
	is "$1: it goes on there" "$(cat err)" "fg-update: going on after step $n"
	is "$1: the bytes are those of a run that was left alone" "$(sum "$1")" "$(sum alone)"
	is "$1: a line of metrics for every step" "$(wc -l <"$1.m" | tr -d ' ')" 900
}
stopped TERM 143
if env --default-signal=HUP true 2>err; then
	stopped INT 130
	stopped HUP 129
else
	skip "other signals" "env cannot set them"
fi

# saves by time: a run that is killed loses what came after the last of them
$train -q -o timed --save-minutes 0.0001 --metrics timed.m corpus.jsonl &
p=$!
until [ "$(wc -l 2>/dev/null <timed.m || echo 0)" -gt 40 ]; do sleep 0.02; done
kill -9 $p
wait $p 2>/dev/null
$train -o timed corpus.jsonl 2>err
ok "a save by time is gone on from" grep -q 'going on after step' err
is "to the same bytes" "$(sum timed)" "$(sum alone)"
# a signal while records are read ends the program at once
mkfifo pipe
$train -q -o early pipe 2>err &
p=$!
exec 7>pipe
kill -TERM $p
wait $p
is "while it reads, a signal ends it at once" $? 143
exec 7>&-
done_testing
