#!/bin/sh
# Every fuzz target takes its corpus, and mutations of it, without a fault.
. "$(dirname "$0")/../lib.sh"

# a file that is written anew each time waits for no disk there
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
rounds=200
[ -n "${FG_SLOW-}" ] && rounds=20000
for c in "$src"/tests/fuzz/*.c; do
	name=$(basename "$c" .c)
	[ "$name" = driver ] && continue
	corpus=$src/tests/fuzz/$name.corpus
	if [ -d "$corpus" ]; then
		ok "$name" "$BUILD/fuzz/$name" --random $rounds "$corpus"
	else
		is "$name has a corpus" no yes
	fi
done
done_testing
