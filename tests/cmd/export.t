#!/bin/sh
# fg-export: layouts of other tools, and back with nothing lost.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
command -v jq >/dev/null || skip_all "no jq"

cat >records <<'X'
{"id":"1","prompt":"say \"é\"","rejected":"a é 😀 b","n":[1,{"x":null}],"chosen":"a b","edit":"edited","note":"ein\nzwei","annotator":"ann","seconds":2.5,"rejected_spans":[[2,4],[5,9,"rude"]]}
{"id":"1","prompt":"say \"é\"","rejected":"a é 😀 b","n":[1,{"x":null}],"chosen":"a é 😀 b","edit":"unchanged","annotator":"bea"}
{"id":"1","prompt":"say \"é\"","rejected":"a é 😀 b","n":[1,{"x":null}],"edit":"skipped","reason":"no","annotator":"ann"}
{"id":7,"rejected":"not yet"}
{"id":"w","response":"x","reference":"y","win":1,"annotator":"ann"}
{"id":"w","response":"x","reference":"y","win":0.5,"annotator":"bea"}
{"id":"w","response":"x","reference":"y","win":0.25}
{"id":"v","response":"x","reference":"y","verdict":"skipped","annotator":"cid","response_spans":[]}
{"id":"t","text":"","chosen":"=1+1, \"quoted\"","record":"r","annotators":"s"}
X
for to in label-studio argilla; do
	fg-export --to $to records >$to.json
	ok "$to is JSON" jq -e 'type == "array"' $to.json
	fg-import --from $to $to.json | jq -cS . >got
	jq -cS . records >want
	same "$to and back" got want
done
is "records of one task are its annotations" "$(jq -c '[.[] | .annotations | length]' label-studio.json)" "[3,0,3,1,1]"
is "results of Label Studio" "$(jq -c '.[0].annotations[0].result[] | [.type, .from_name, .to_name, .value]' label-studio.json)" \
'["textarea","chosen","rejected",{"text":["a b"]}]
["choices","edit","rejected",{"choices":["edited"]}]
["textarea","note","rejected",{"text":["ein\nzwei"]}]
["labels","rejected_spans","rejected",{"start":2,"end":3,"text":"é","labels":["wrong"]}]
["labels","rejected_spans","rejected",{"start":4,"end":5,"text":"😀","labels":["rude"]}]'
is "a user answers once" "$(jq -c '[.[] | .responses.edit // [] | length]' argilla.json)" "[2,1,0,0,0,0]"
is "its wins are words" "$(jq -c '[.[] | .responses.win // [] | .[].value]' argilla.json)" '["response","tie","0.25"]'
fg-export --to csv -f id -f rejected -f chosen -f edit -f note -f annotator -f seconds -f rejected_spans records >table.csv
is "a table" "$(sed -n 1p table.csv | tr -d '\r')" '"id","rejected","chosen","edit","note","annotator","seconds","rejected_spans"'
fg-import --from csv table.csv | head -1 | jq -cS . >got
head -1 records | jq -cS 'del(.prompt, .n)' >want
same "and back" got want
echo '[{"id":5,"data":{"text":"hello"},"annotations":[{"id":1,"completed_by":9,"was_cancelled":true,"result":[]},{"completed_by":{"id":3},"result":[{"from_name":"mood","to_name":"text","type":"rating","value":{"rating":4}},{"from_name":"p","to_name":"a,b","type":"pairwise","value":{"selected":"right"}}]}]}]' |
	fg-import --from label-studio | jq -cS . >got
printf '%s\n' '{"annotator":"9","edit":"skipped","id":5,"text":"hello"}' '{"annotator":"3","id":5,"mood":4,"text":"hello","win":0}' >want
same "what other projects have" got want

is "nothing" "$(fg-export --to argilla /dev/null | jq -c .)" "[]"
exits 2 "no layout" fg-export records
exits 2 "columns of what is not a table" fg-export --to argilla -f id records
is "gets a message" "$(head -1 err)" "fg-export: fields are named for --to csv alone"
echo '{"id":"s","rejected":"abc","rejected_spans":[[1,9]]}' >bad
exits 1 "a span beyond its text" fg-export --to label-studio bad
is "its message" "$(cat err)" "fg-export: bad:1:45: rejected_spans: expected [from, to] within the text, and maybe a name"
fg-export --to argilla --bad rejected bad records >got
ok "is written to --bad, and the rest is complete" cmp -s got argilla.json
for x in '{}' '{"data":[]}' '{"data":{"a":"b"},"annotations":[{"result":[{}]}]}' \
    '{"data":{"a":"b"},"annotations":[{"result":[{"from_name":"l","to_name":"a","value":{"labels":["x"],"start":3,"end":1}}]}]}'; do
	echo "$x" >bad
	exits 1 "not a task: $x" fg-import --from label-studio bad
done
for x in '{}' '{"fields":1}' '{"fields":{},"responses":{"q":[1]}}' '{"fields":{},"responses":{"q":[{"value":1}]}}' \
    '{"fields":{"rejected":"a"},"responses":{"rejected_spans":[{"user_id":"u","value":[{"start":0}]}]}}'; do
	echo "$x" >bad
	exits 1 "not a record: $x" fg-import --from argilla bad
done
done_testing
