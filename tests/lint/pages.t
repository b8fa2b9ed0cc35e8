#!/bin/sh
# Manual pages: mandoc's own checks, and the options of the page are those of the program.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
command -v mandoc >/dev/null || skip_all "no mandoc"

for p in "$src"/man/*.[1-8]; do
	n=$(basename "$p")
	mandoc -Tlint -W warning "$p" >out 2>&1
	is "mandoc finds nothing in $n" "$(sed "s|$src/||" out)" ""
	# references to pages of this project lead somewhere
	sed -n 's/^\.Xr \(f[a-z-]*\) \([1-8]\).*/\1.\2/p' "$p" | sort -u | while read -r x; do
		case $x in
		fg-* | finegrain*) [ -f "$src/man/$x" ] || echo "$n: no page $x" ;;
		esac
	done >out
	is "references of $n" "$(cat out)" ""
done
for p in "$src"/man/fg-*.1; do
	n=$(basename "$p" .1)
	# long options of --help in front of the common ones, and those that the page explains
	"$n" -h | sed '/--config FILE/,$d' | sed -n 's/^ *\(-[a-zA-Z], *\)\{0,1\}--\([a-z0-9-]*\).*/\2/p' | sort >want
	sed -n 's/^\.It Fl \([a-zA-Z] , Fl \)\{0,1\}-\([a-z0-9-]*\).*/\2/p' "$p" | sort >got
	same "options of $n" got want
	for s in NAME SYNOPSIS DESCRIPTION "EXIT STATUS" EXAMPLES "SEE ALSO"; do
		ok "$n has $s" grep -q "^\.Sh $s$" "$p"
	done
done
done_testing
