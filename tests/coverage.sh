#!/bin/sh
# coverage.sh BUILD: lines of lib/ and cmd/ that the programs of BUILD ran so far, a row a folder.
# BUILD/uncovered gets the lines that none of them ran, as file:line: text.
build=$1
here=$(pwd)
list=$here/$build/uncovered
: >"$list.raw"
find "$build/lib" "$build/cmd" -name '*.gcda' | sort | while read -r f; do
	gcov -t "$f" 2>/dev/null
done | awk -v out="$list.raw" '
	# "count:line:text"; line 0 names the source
	$0 ~ /^ *-: *0:Source:/ { sub(/^ *-: *0:Source:/, ""); file = $0; ours = file ~ /^(lib|cmd)\/.*\.c$/; next }
	!ours { next }
	{
		n = index($0, ":")
		count = substr($0, 1, n - 1)
		rest = substr($0, n + 1)
		gsub(/ /, "", count)
		if (count == "-")
			next
		folder = file
		sub(/\/[^\/]*$/, "", folder)
		lines[folder]++
		lines["all"]++
		if (count ~ /^[#=]/) {
			line = rest
			sub(/^ */, "", line)
			print file ":" line >out
		} else {
			run[folder]++
			run["all"]++
		}
	}
	END {
		for (f in lines)
			printf "%-16s %6d of %6d lines  %5.1f %%\n", f, run[f], lines[f], 100 * run[f] / lines[f]
	}' | sort
sort -t: -k1,1 -k2,2n "$list.raw" >"$list"
rm -f "$list.raw"
