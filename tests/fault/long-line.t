#!/bin/bash
# A line that is longer than --max-line, in the input of every program that reads records: its place is
# named, --bad puts it aside and the run goes on, and it is not held in memory.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

small_world 12
fg-init -q --from model --head token -o reward --seed 2
letters() { head -c "$1" /dev/zero | tr '\0' a; }
{ printf '{"text":"' && letters 5000 && printf '"}\n'; } >long
what="a line of more than 4096 bytes (--max-line)"

# PROGRAM option...: on the long line alone, and with --bad
refuses()
{
	program=$1
	shift
	rm -rf made bad
	"$program" "$@" -q --max-line 4096 long >out 2>err
	is "$program ${1-}" "$?:$(cat err)" "1:$program: long:1: $what"
	"$program" "$@" -q --max-line 4K --bad bad long >out 2>err
	is "$program ${1-}, --bad" "$(jq -r '.error + " " + (.line | length | tostring)' bad)" "long:1: $what 4096"
}
refuses fg-split
refuses fg-split -j 3
refuses fg-split --shuffle
refuses fg-dedup
refuses fg-tokenize -t tokenizer.json
refuses fg-tokenize --text -t tokenizer.json
refuses fg-difflabel
refuses fg-show
refuses fg-export --to csv
refuses fg-advantage
refuses fg-winrate
refuses fg-winrate --agreement
refuses fg-vocab --size 300 -o made
refuses fg-edit --command cat
refuses fg-judge --command cat
refuses fg-score -m reward
refuses fg-rollout -m model --max-tokens 2
refuses fg-update sft -m model -o made
refuses fg-import --from trl
refuses fg-import --from hh
fg-check --max-line 4096 long >out 2>err
is "fg-check" "$?:$(cat out)" "1:{\"file\":\"long\",\"line\":1,\"error\":\"$what\"}"
# all programs are here, or read no records
for p in "$BUILD"/bin/fg-*; do
	p=${p##*/}
	[ "$p" = fg-init ] || grep -q "^refuses $p\|^$p --max" "$src/tests/fault/long-line.t" || echo "$p"
done >missing
is "every program" "$(cat missing)" ""

# what is around it goes on, with its own numbers of lines
printf '{"prompt":"a"}\n' >one
{ cat one long one; printf '{"prompt":1\n'; cat one; } >several
for j in 1 3; do
	fg-split -q -j $j --max-line 4096 --bad bad several >out
	is "the records around it, -j $j" "$(jq -c 'del(.id)' out)" "$(cat one one one)"
	is "line numbers after it, -j $j" "$(jq -r .error bad | cut -d' ' -f1)" "several:2:
several:4:12:"
done
fg-import -q --from csv --max-line 4096 --bad bad long 2>err
is "a header" "$?:$(cat err)" "1:fg-import: long:1: $what"
printf 'a,b\nc,d\n"%s",e\nf,"g\nh"\n' "$(letters 5000)" >table
fg-import -q --from csv --max-line 4096 --bad bad table >out
is "the rows around it" "$(jq -c '[.a, .b]' out) $(jq -r .error bad)" '["c","d"]
["f","g\nh"] table:3: '"$what"
{ printf '[{"prompt":"a"},\n' && cat long && printf ']\n'; } >array
fg-import -q --from trl --max-line 4096 --bad bad array >out 2>err
is "inside of an array nothing can follow" "$?:$(cat err)" "1:fg-import: array:2: an item of more than 4096 bytes (--max-line)"
# of just this length
{ printf '{"text":"' && letters 4085 && printf '"}\n'; } >just
fg-split -q --max-line 4096 just >out
is "a line of just this length" "$(jq '.text | length' out)" 4085
fg-split -q --max-line 4095 just >out 2>err
is "and one byte more" "$?:$(cat err)" "1:fg-split: just:1: a line of more than 4095 bytes (--max-line)"
fg-split -q -n 1 --max-line 10 just 2>err
is "the bound has a bound" "$?:$(head -n 1 err)" \
    "2:fg-split: --max-line: expected an integer of at least 64 and at most 1000000000000000, got '10'"

# a line without an end costs no memory, as it is or compressed
if ldd "$BUILD/bin/fg-split" | grep -q asan; then
	skip "its memory" "a sanitizer takes much"
else
	for p in fg-split "fg-import --from trl" "fg-tokenize -t tokenizer.json" fg-dedup; do
		# shellcheck disable=SC2086	# words
		{ letters 300000000; printf '\n'; cat one; } | (ulimit -v 100000 && exec $p -q -j 1 --max-line 1M --bad bad >out 2>err)
		is "300 MB with $p" "$? $(cat err) $(wc -l <out) $(jq -r .error bad | head -n 1)" \
		    "0  1 stdin:1: a line of more than 1048576 bytes (--max-line)"
	done
	letters 100000000 | gzip -1 >long.gz
	(ulimit -v 100000 && exec fg-split -q -j 1 --max-line 1M long.gz >out 2>err)
	is "compressed" "$? $(cat err)" "1 fg-split: long.gz:1: a line of more than 1048576 bytes (--max-line)"
fi
done_testing
