#!/bin/sh
# Every source with both compilers, without a warning; and as cppcheck reads it.
# FG_SLOW=1 builds everything with the compilers, for what only the optimiser sees.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

for cc in gcc clang; do
	if ! command -v $cc >/dev/null; then
		skip "sources with $cc" "not here"
		continue
	fi
	make -s -k -C "$src" CC=$cc SAN= BUILD="$BUILD/lint/$cc" syntax >out 2>&1 || echo "fails" >>out
	is "sources with $cc" "$(head -n 40 out)" ""
	if [ -z "${FG_SLOW-}" ]; then
		skip "a build with $cc" "FG_SLOW is not set"
		continue
	fi
	make -s -k -C "$src" CC=$cc SAN= BUILD="$BUILD/lint/$cc" all unit fuzz benches >out 2>&1 || echo "fails" >>out
	is "a build with $cc" "$(head -n 40 out)" ""
done

if ! command -v cppcheck >/dev/null; then
	skip "sources with cppcheck" "not here"
	done_testing
	exit
fi
cd "$src" || exit 1
# EVERY: a loop of lib/tensor/opencl/common.cl, which its other files do not include
cppcheck -q --std=c11 --enable=warning,performance,portability --suppressions-list=tests/lint/cppcheck.txt \
    --template='{file}:{line}: {message} [{id}]' -D_GNU_SOURCE -DHAVE_CURL -D__x86_64__ '-DEVERY(i,n)=while((i=(n)))' \
    -Ilib -Icmd lib cmd examples >"$tmp/out" 2>&1
# what it believes changes with its version: another's word is shown, not taken
case $(cppcheck --version) in
"Cppcheck 2.1"[0-9]) is "sources with cppcheck" "$(cat "$tmp/out")" "" ;;
*)
	sed 's/^/# /' "$tmp/out"
	skip "sources with cppcheck" "the suppressions were made for others than $(cppcheck --version)"
	;;
esac
done_testing
