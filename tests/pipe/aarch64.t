#!/bin/sh
# Built for AArch64 and run by qemu, the models give this machine's bytes.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

cross=aarch64-linux-gnu-gcc
command -v $cross >/dev/null || skip_all "no $cross"
qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64) || skip_all "no qemu-aarch64"
[ -f /usr/include/xxhash.h ] || skip_all "no xxhash.h"

want=$(CMOCKA_MESSAGE_OUTPUT=TAP "$BUILD/tests/unit/model_isa.t" | sed -n 's/^# sum //p')
ok "this machine has a sum" test -n "$want"
# the library's own compiler flags; xxHash from its header alone
ok "it builds for AArch64" $cross -std=c11 -D_GNU_SOURCE -pthread -ffp-contract=off -fno-math-errno -O2 -static \
    -DXXH_INLINE_ALL -idirafter /usr/include -I"$src/lib" -o sum "$src"/tests/pipe/aarch64/sum.c "$src"/lib/base/*.c \
    "$src"/lib/json/*.c "$src"/lib/tensor/*.c "$src"/lib/tensor/cpu/*.c "$src"/lib/tensor/opencl/*.c \
    "$BUILD/lib/tensor/opencl/source.c" "$src"/lib/model/*.c -lm
for isa in neon portable; do
	is "$isa" "$("$qemu" ./sum $isa 2>&1)" "$isa $want"
done

# so do labels
for cc in cc $cross; do
	$cc -std=c11 -D_GNU_SOURCE -pthread -ffp-contract=off -fno-math-errno -O2 -static -DXXH_INLINE_ALL -idirafter /usr/include \
	    -I"$src/lib" -o "labels.$cc" "$src"/tests/pipe/aarch64/labels.c "$src"/lib/base/*.c \
	    "$src"/lib/edit/[abclrtw]*.c "$src"/lib/edit/project.c -lm
done
./labels.cc >want
ok "there are labels" grep -q '^token' want
"$qemu" "./labels.$cross" >got 2>&1
same "labels" got want
done_testing
