#!/bin/sh
# Real preference data, imported, checked, split and deduplicated: every item of a source
# is a record or a reject with its reason.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

sets=$src/shared/data/pairs
[ -d "$sets" ] || sets=$src/../shared/data/pairs
[ -d "$sets" ] || skip_all "no data sets"
command -v jq >/dev/null || skip_all "no jq"

lines() { wc -l <"$1" | tr -d ' '; }

alike=0  # pairs whose sides are the same

# NAME ITEMS RECORDS REJECTS DUPLICATES OVERLAPS LAYOUT FILE...: as counted from the source by other means
# shellcheck disable=SC2031
set_of()
{
	name=$1 items=$2 records=$3 rejects=$4 dups=$5 overlaps=$6 from=$7
	shift 7
	rm -f bad
	: >bad
	fg-import -v --from "$from" --bad bad "$@" >records 2>said
	is "$name: items" "$(sed -n 's/^fg-import: \([0-9]* items, [0-9]* records\)$/\1/p' said)" "$items items, $records records"
	is "$name: records and rejects" "$(lines records) $(lines bad)" "$records $rejects"
	is "$name: every reject has a reason" "$(jq -c 'select((.error // "") == "")' bad | wc -l | tr -d ' ')" 0
	fg-check -q records >faults
	is "$name: the records keep the rules" "$? $(cat faults)" "0 "
	is "$name: both sides, not the same" "$(jq -c 'select(.chosen == .rejected or .chosen == "" or .rejected == "")' records |
	    wc -l | tr -d ' ')" $alike
	fg-split --train 0.8 --valid 0.1 --part train records >train
	fg-split --train 0.8 --valid 0.1 --part valid records >valid
	fg-split --train 0.8 --valid 0.1 --part test records >test
	cat train valid test | sort >parts
	sort records >want
	same "$name: the parts are the whole" parts want
	n=$(lines train)
	ok "$name: four fifths are train: $n" test $((100 * n)) -gt $((75 * records)) -a $((100 * n)) -lt $((85 * records))
	fg-dedup -q --min-bytes 200 -f prompt -f chosen -f rejected records >marked
	is "$name: duplicates and shared text" "$(grep -c '"dup":' marked) $(grep -c '"overlap":' marked)" "$dups $overlaps"
	fg-dedup -q --min-bytes 0 --drop -f prompt -f chosen -f rejected records >dropped
	is "$name: without duplicates" "$(lines dropped)" $((records - dups))
	alike=0
}

# a record of the test part, planted into the train part whole and with another beginning
contaminate()
{
	jq -c 'select((.prompt + .chosen) | length > 400)' test | head -n 1 >one
	{ cat train; jq -c '.id = "copy"' one; jq -c '.id = "near" | .chosen = "No: " + .chosen[1:]' one; } >dirty
	fg-dedup -q --against test --min-bytes 100 dirty >marked
	is "$name: the copy is found" "$(jq -r 'select(.id == "copy") | .dup' marked)" "$(jq -r .id one)"
	is "$name: and the near-copy" "$(jq -r --arg id "$(jq -r .id one)" \
	    'select(.id == "near") | any(.overlap[]; .with == $id)' marked)" true
}

gzip -dc "$sets/hh-rlhf/harmless-base-test.jsonl.gz" >hh.jsonl
is "hh: lines" "$(lines hh.jsonl)" 2312
set_of hh 2312 2303 9 0 79 hh hh.jsonl
is "hh: reasons" "$(jq -r .error bad | sed 's/.*[0-9]: //' | sort | uniq -c | sed 's/^ *//')" "4 chosen: empty
5 rejected: its prompt differs from chosen's"
contaminate

is "qa-feedback: elements" "$(jq length "$sets/qa-feedback/feedback.json")" 311
alike=3
set_of qa-feedback 311 303 8 0 0 qa-feedback "$sets/qa-feedback/feedback.json"
is "qa-feedback: reasons" "$(jq -r .error bad | sed 's/.*[0-9]: //' | sort | uniq -c | sed 's/^ *//')" \
    "8 feedback: corrected-prediction: empty"

# two rows a pair
alike=1
set_of cad-train 3414 1707 0 0 0 pairs "$sets/cad-imdb/train_paired.tsv"
contaminate
set_of cad-dev 490 245 0 0 0 pairs "$sets/cad-imdb/dev_paired.tsv"

# 10,738 lines after the header, some of them within a cell in quotes, and one with a quote that opens
# and has no end; a record a rewrite
alike=110
set_of paradetox 10733 17778 2 452 0 pairs "$sets/paradetox/paradetox.tsv"
is "paradetox: reasons" "$(jq -r .error bad | sed 's/.*[0-9]: //' | sort)" "expected 4 fields, got 2
text after a closing quote"

# the summaries that an edit made false, as a layout of texts
jq -c '.[] | select(.label == 0) | { id, prompt: .doc, chosen: .original_summary, rejected: .summary, edit_types }' \
    "$sets"/summedits/*.json >summedits.jsonl
set_of summedits 1687 1687 0 13 1601 trl summedits.jsonl

# together, as one stream: as many as apart
fg-import -q --from hh --bad bad hh.jsonl | cat - records | fg-check -q >faults
is "streams one after the other" "$(lines faults)" 0
done_testing
