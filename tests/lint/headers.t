#!/bin/sh
# Every header compiles alone, with every compiler that is here, without a warning.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

flags="-std=c11 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes -fsyntax-only"
for cc in ${CC:-cc} clang; do
	if ! command -v "${cc%% *}" >/dev/null; then
		skip "headers with $cc" "not here"
		continue
	fi
	for h in "$src"/lib/*/*.h "$src"/lib/*/*/*.h "$src"/cmd/common/*.h; do
		case $h in
		*_body.h) continue ;;   # included with names defined
		esac
		echo "#include \"$h\"" >one.c
		# shellcheck disable=SC2086	# a list of words
		$cc $flags -I"$src/lib" -I"$src/cmd" one.c 2>&1 || echo "fails"
	done >out
	is "headers with $cc" "$(head -20 out)" ""
done
done_testing
