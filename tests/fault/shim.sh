# Sourced: $shim becomes shim.c as a library to preload, or the whole test is skipped.
# shellcheck shell=sh
# shellcheck disable=SC2154	# lib.sh sets src
ldd "$BUILD/bin/fg-split" 2>/dev/null | grep -q -e libc.so.6 || skip_all "not glibc"
ldd "$BUILD/bin/fg-split" | grep -q asan && skip_all "a sanitizer has its own allocator"
shim=$PWD/shim.so
# shellcheck disable=SC2086	# a list of words
${CC:-cc} -std=c11 -D_GNU_SOURCE -O1 -shared -fPIC -o "$shim" "$src/tests/fault/shim.c" 2>err ||
    skip_all "no shim: $(head -n 1 err)"
