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

# the least that is a device: these lines, and its row in context.c
cat >abacus.c <<'END'
#include "tensor/device.h"

static bool
unit(size_t i, struct device_unit *u)
{
	*u = (struct device_unit){ .name = "beads on wires", .memory = 10, .lacks = "it has no operations" };
	return i == 0;
}

extern const struct device device_abacus;
const struct device device_abacus = { .name = "abacus", .unit = unit };
END
sed 's/^static const struct device \*const devices\[\] = {/extern const struct device device_abacus;\n& \&device_abacus,/' \
    "$src/lib/tensor/context.c" >context.c
if nm "$BUILD/libfinegrain.a" 2>/dev/null | grep -q __asan; then
	skip "an empty device" "the library is built with sanitizers"
	done_testing
	exit
fi
ok "an empty device compiles" "${CC:-cc}" -std=c11 -D_GNU_SOURCE -pthread -Wall -Wextra -Werror -I"$src/lib" -o more \
    "$src/cmd/finegrain.c" context.c abacus.c "$BUILD/libfinegrain.a" -lxxhash -ldl -lm
is "and is listed" "$(./more devices | sed -n 1p)" "abacus:0      0.0 GB  refused: it has no operations  beads on wires"
done_testing
