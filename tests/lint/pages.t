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
	# what --help lists before the common options, of every kind where there are kinds; and
	# what the page explains, with the kinds that its text begins with: "sft, ppo: the text"
	kinds=$("$n" -h | sed -n 's/^usage: [a-z-]* \([a-z|]*\) \[options\].*/\1/p' | tr '|' ' ')
	for k in ${kinds:-''}; do
		# shellcheck disable=SC2086 # no kind is no operand
		"$n" $k -h | sed '/--config FILE/,$d; /^All programs:/d; /^Rarely needed:/{ s///; s/,/\n/g; }' |
		    sed -n 's/^ *\(-[a-zA-Z], *\)\{0,1\}--\([a-z0-9-]*\).*/\2/p' | sed "s/\$/ $k/"
	done | awk -v all="$(echo "$kinds" | wc -w)" '
		{ kinds[$1] = kinds[$1] " " $2; seen[$1]++ }
		END { for (o in seen) print o (seen[o] < all ? kinds[o] : "") }' | sort >want
	awk -v kinds="$kinds" '
		/^\.It Fl / { o = $4 == "," ? $6 : $3; sub(/^-/, "", o); next }
		o { s = $0; if (!sub(/:.*/, "", s)) s = ""; n = split(s, w, ", "); of = ""
			for (i = 1; i <= n; i++) if (index(" " kinds " ", " " w[i] " ")) of = of " " w[i]; else n = 0
			print o (n ? of : ""); o = "" }' "$p" | sort >got
	same "options of $n" got want
	for s in NAME SYNOPSIS DESCRIPTION "EXIT STATUS" EXAMPLES "SEE ALSO"; do
		ok "$n has $s" grep -q "^\.Sh $s$" "$p"
	done
done
done_testing
