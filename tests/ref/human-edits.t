#!/bin/bash
# Labels against people: fg-difflabel on corrections that annotators wrote, held against
# the error spans that they marked: micro F1 over characters that are no white space.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
data=$src/../shared/data/pairs/qa-feedback/feedback.json
[ -f "$data" ] || skip_all "no data"
command -v jq >/dev/null || skip_all "no jq"

# a byte a token: offsets of hunks need no vocabulary
fg-vocab -q --model bpe --size 257 --text -o t.json </dev/null 2>/dev/null || echo 'abc abc' | fg-vocab -q --model bpe --size 257 --text -o t.json
jq -c '.[] | select(.feedback["corrected-prediction"] != "" and (.feedback.errors | length) > 0) | {id: .question, rejected: .["prediction 1"],
    chosen: .feedback["corrected-prediction"], errors: [.feedback.errors[] | [.start, .end]]}' "$data" >pairs.jsonl
is "pairs with errors and a correction" "$(wc -l <pairs.jsonl)" 282

# F1 of the options given, times 1000
f1()
{
	fg-difflabel -q -t t.json --eos 0 "$@" pairs.jsonl | jq -c -s '
	    # bytes are characters where the text is ASCII; else by counting
	    def chars: . as [$s, $a, $b] | ($s | explode) as $e
	        | reduce range($e | length) as $i ([0, []]; (if $e[$i] < 128 then 1 elif $e[$i] < 2048 then 2
	            elif $e[$i] < 65536 then 3 else 4 end) as $w
	            | if .[0] >= $a and .[0] < $b then .[1] += [$i] else . end | .[0] += $w) | .[1];
	    # white space belongs to nobody
	    def ink($s): ($s | explode) as $e | map(select($e[.] > 32));
	    map(.rejected as $s
	        | ([.hunks[] | [$s, .from_bytes[0], .from_bytes[1]] | chars[]] | unique | ink($s)) as $p
	        | ([.errors[] | range(.[0]; .[1])] | unique | ink($s)) as $g
	        | {p: ($p | length), g: ($g | length), both: (($p | length) + ($g | length) - ([$p[], $g[]] | unique | length))})
	    | (map(.p) | add) as $p | (map(.g) | add) as $g | (map(.both) | add) as $b
	    | 2000 * $b / ($p + $g) | round'
}
best=$(f1)
echo "# character F1 of the defaults: 0.$best"
ok "the defaults reach .92" test "$best" -ge 920
best=$(f1 -u bare)
echo "# of bare words: 0.$best"
ok "bare words reach .93" test "$best" -ge 930

# units, hunk costs and published rules, tokens from a vocabulary of these texts
if [ -n "${FG_SLOW-}" ]; then
	echo "# | unit | hunk cost 0 | 1 | 2 | 3 | 4 | Levenshtein |"
	for u in bare word token char; do
		line="# | $u |"
		[ $u != token ] || fg-vocab -q --model bpe --size 4096 -f rejected -f chosen -o t.json pairs.jsonl
		for o in "--hunk-cost 0" "--hunk-cost 1" "--hunk-cost 2" "--hunk-cost 3" "--hunk-cost 4" "--align levenshtein"; do
			# shellcheck disable=SC2086	# a list of options
			line="$line .$(f1 -u $u $o) |"
		done
		echo "$line"
	done
	echo "# TLCR: .$(f1 -u token --align levenshtein --eos-label none), FIGA: .$(f1 -u token --align levenshtein --eos-label always)"
fi
done_testing
