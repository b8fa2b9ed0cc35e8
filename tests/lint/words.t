#!/bin/sh
# What has no place in the tree: left-over marks, paths of one machine, files that grew.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

cd "$src" || exit 1
files()
{
	find cmd lib man tests examples Makefile README.md .ci -type f ! -path '*/run/*' ! -name '*.gz' ! -name words.t |
	    grep -v -e '\.corpus/' -e '\.golden/' -e 'tests/ref/.*/'
}
files | xargs grep -nE '\b(TODO|FIXME|XXX|HACK)\b' >"$tmp/out"
is "no marks" "$(head "$tmp/out")" ""
files | xargs grep -nE '/(work|root|home)/' >"$tmp/out"
is "no paths of one machine" "$(head "$tmp/out")" ""
# `make deps demo` reads it before there is a compiler
grep -nE ':=.*\$\(shell|^ifn?eq.*\$\(shell' Makefile >"$tmp/out"
is "the compiler is asked nothing when the Makefile is read" "$(cat "$tmp/out")" ""
files | grep '\.[ch]$' | xargs grep -nE '^[[:space:]]*//' >"$tmp/out"
is "no line comments" "$(head "$tmp/out")" ""
for f in $(files | grep '\.[ch]$'); do
	l=$(wc -l <"$f")
	[ "$l" -le 700 ] || echo "$f has $l lines"
done >"$tmp/out"
is "files of one thing" "$(cat "$tmp/out")" ""
files | grep '\.[ch]$' | xargs grep -nE '[[:space:]]$' >"$tmp/out"
is "no white space at the end of a line" "$(head "$tmp/out")" ""
done_testing
