#!/bin/bash
# Whole lines on standard output, whatever ends a run: signals at any instant, a pipe that is read
# slowly, a file at its limit, a disk that is full.
# FG_SLOW=1: two hundred signals and twenty full disks.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

kills=12 disks=4
[ -z "${FG_SLOW-}" ] || kills=200 disks=20
awk 'BEGIN { for (i = 0; i < 60000; i++) printf "{\"id\":\"%d\",\"text\":\"a line of text, number %d, of some length: %0*d\"}\n", i, i, i % 900, 7 }' >in

# fg-split on that many threads; its process in ./pid, and how it ended in ./code
start()
{
	rm -f pid code
	fg-split -q -j "$1" in 2>err &
	echo $! >pid.new
	mv pid.new pid
	wait $!
	echo $? >code
}

# a signal that comes before the shell's child has become fg-split would have it clean up for us
is_there()
{
	until [ -s "$1" ]; do sleep 0.001; done
	until [ "$(cat "/proc/$(cat "$1")/comm" 2>/dev/null || echo fg-split)" = fg-split ]; do sleep 0.001; done
}

# the last byte of a file, if there is one, ends a line
whole() { [ ! -s "$1" ] || [ "$(tail -c 1 "$1" | wc -l)" = 1 ]; }
: >wrong
hit=0
rm -f pid
for k in $(seq $kills); do
	for sig in TERM HUP; do
		# a reader that is slow, so that the writer waits in the middle of a line
		rm -f pid
		start "$((k % 3 + 1))" | (sleep 0.01 && exec cat) >slow &
		reader=$!
		is_there pid
		sleep "0.00$((k * 7 % 10))$((k % 10))"
		kill -$sig "$(cat pid)" 2>/dev/null
		wait $reader
		[ "$(cat code)" -lt 128 ] || hit=$((hit + 1))
		whole slow || echo "signal $sig, pipe, round $k" >>wrong
		fg-split -q -j $((k % 3 + 1)) in >out 2>err &
		pid=$!
		echo $pid >own
		is_there own
		sleep "0.00$((k * 3 % 10))$((k % 10))"
		kill -$sig $pid 2>/dev/null
		wait $pid 2>/dev/null
		[ $? -lt 128 ] || hit=$((hit + 1))
		whole out || echo "signal $sig, file, round $k" >>wrong
	done
done
is "whole lines after $kills times four signals" "$(head -n 5 wrong)" ""
ok "some of them came in time" test $hit -gt $kills
echo "# $hit signals"

# a signal ends with its own status, at once, also when nobody reads
rm -f pid
start 1 | { sleep 9; } &
reader=$!
is_there pid
sleep 0.3
kill -TERM "$(cat pid)"
for try in $(seq 80); do
	[ -s code ] && break
	sleep 0.1
done
is "a signal in a write that waits" "$(cat code) $(cat err)" "143 "
wait $reader

# a file at its limit
: >wrong
for k in $(seq $disks); do
	rm -f out
	(
		ulimit -f $((20 + 37 * k))
		exec fg-split -q -j $((k % 2 + 1)) in
	) >out 2>err
	code=$?
	[ "$code $(cat err)" = "3 fg-split: standard output: write: File too large; the half line was cut off" ] ||
	    [ "$code $(cat err)" = "3 fg-split: standard output: write: File too large" ] || echo "limit $k: $code $(cat err)"
	whole out || echo "limit $k: half a line"
	cmp -n "$(wc -c <out)" in out || echo "limit $k: other lines"
done >wrong 2>&1
is "whole lines in files at their limit" "$(head -n 5 wrong)" ""
(
	ulimit -f 40
	exec fg-split -q in
) >>out 2>err
is "it is said" "$? $(cat err)" "3 fg-split: standard output: write: File too large"
printf 'before\n' >out
(
	ulimit -f 40
	exec fg-split -q in
) >>out 2>err
is "what a file held before stays" "$? $(head -n 1 out) $(tail -c 1 out | wc -l)" "3 before 1"
(
	ulimit -f 40
	exec fg-split -q --bad out2 /dev/null
) >/dev/null 2>err
is "a limit that is not reached" "$?" 0

# a disk that is full
if [ "$(id -u)" = 0 ] && mkdir disk && mount -t tmpfs -o size=1m tmpfs disk 2>/dev/null; then
	trap 'umount disk; rm -rf "$tmp"' EXIT
	for k in $(seq $disks); do
		rm -f disk/*
		head -c $((k * 20000)) /dev/zero >disk/fill
		fg-split -q -j $((k % 2 + 1)) in >disk/out 2>err
		code=$?
		grep -q 'No space left on device' err || echo "disk $k: $(cat err)"
		[ $code = 3 ] || echo "disk $k: exit $code"
		whole disk/out || echo "disk $k: half a line"
		cmp -n "$(wc -c <disk/out)" in disk/out || echo "disk $k: other lines"
	done >wrong 2>&1
	is "whole lines on full disks" "$(head -n 5 wrong)" ""
else
	skip "whole lines on full disks" "no file system can be mounted here"
fi
done_testing
