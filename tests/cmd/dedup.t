#!/bin/sh
# fg-dedup: duplicates, shared text, contamination.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

cat >in <<'J'
{"id":"a","prompt":"the quick brown fox","response":"jumps over the lazy dog"}
{"id":"b","prompt":"another prompt","response":"nothing to see"}
{"id":"c","prompt":"the quick brown fox","response":"jumps over the lazy dog"}
{"id":"d","prompt":"say","response":"he jumps over the lazy cat"}
J
golden mark fg-dedup --min-bytes 15 in
golden drop fg-dedup --min-bytes 15 --drop in
golden exact fg-dedup -q --min-bytes 0 in
is "one field" "$(fg-dedup -q -f prompt --min-bytes 0 in | grep -c dup)" 1
echo '{"id":"t","text":"a lazy dog jumps over the lazy dog"}' >test
golden against fg-dedup --against test --min-bytes 20 in
is "not against each other then" "$(fg-dedup -q --against test --min-bytes 0 in | grep -c dup)" 0
is "from a pipe" "$(fg-dedup -q --min-bytes 15 <in | cksum)" "$(fg-dedup -q --min-bytes 15 in | cksum)"
is "nothing in common" "$(fg-dedup -q --min-bytes 100 -f response in | grep -c overlap)" 0
echo '{"id":"x"}' | exits 1 "no text" fg-dedup
b=$(printf 'B%.0s' $(seq 300))
{
	echo "{\"id\":\"r1\",\"prompt\":\"$b\",\"chosen\":5}"
	echo '{"id":"r2","prompt":"x","chosen":"y"}'
	echo "{\"id\":\"r3\",\"prompt\":\"z$b\"}"
} >half
is "of a record that is rejected nothing counts" "$(fg-dedup -q --bad bad half | grep -c overlap) $(wc -l <bad)" "0 1"
is "marks of an earlier run go" "$(echo '{"id":"1","prompt":"a","dup":"z","overlap":[1]}' | fg-dedup -q)" '{"id":"1","prompt":"a"}'
exits 3 "no reference" fg-dedup --against nowhere in
(echo '{'; cat test) >torn
exits 1 "a torn reference" fg-dedup --against torn in
exits 0 "whose torn line is put aside" fg-dedup -q --against torn --bad bad --min-bytes 20 in
is "where it was" "$(jq -r .error bad)" "torn:1:2: expected a key; an object of several lines becomes one by jq -c ."
is "a reference from a pipe" "$(fg-dedup -q --against - --min-bytes 20 in <test | cksum)" "$(fg-dedup -q --against test --min-bytes 20 in | cksum)"

# a copy planted among many, and one with a word changed
w=$BUILD/examples/world/world
"$w" corpus --n 300 | awk '{ print } NR == 40 { keep = $0 } END {
	print keep; sub(/"response":"/, "\"response\":\"Well. ", keep); print keep }' >many
fg-dedup -q -f response --min-bytes 60 many >out.jsonl
is "the planted copy is found" "$(sed -n 301p out.jsonl | grep -c '"dup":"corpus-1-39"')" 1
is "and the near-copy" "$(sed -n 302p out.jsonl | grep -c '"overlap":\[{"field":"response","bytes":\[[0-9]*,[0-9]*\],"with":"corpus-1-39"')" 1
done_testing
