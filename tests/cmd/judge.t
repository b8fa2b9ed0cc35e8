#!/bin/sh
# fg-judge: verdicts through a command, order, resuming.
. "$(dirname "$0")/../lib.sh"
w=$BUILD/examples/world/world

$w corpus --n 400 --seed 11 >a
$w corpus --n 400 --seed 11 --clean | jq -c '{reference:.response}' >b
paste -d '\n' a b | jq -c -s '[range(0;length;2) as $i | .[$i] + .[$i+1]][]' >in
$w judge <in | jq .win >want
printf '#!/bin/sh\nexec %s judge\n' "$w" >court; chmod +x court
fg-judge --command ./court --cache cache in >out.jsonl
jq .win out.jsonl >got
same "the world's judge through a pipe" got want
printf '#!/bin/sh\nexit 1\n' >court
fg-judge --command ./court --cache cache in >again
same "the cache answers" again out.jsonl
exits 3 "for the judge that it knows alone" fg-judge --command false --cache cache in

# one who always favours the first: half of the prompts are turned round
first="sed -u 's/.*/{\"win\":1}/'"
n=$(fg-judge --command "$first" in | jq -c 'select(.win==1)' | wc -l)
ok "places are dealt by prompt" test "$n" -gt 120 -a "$n" -lt 280
fg-judge --command "$first" in | jq -r '[.prompt,.win]|@tsv' | sort -u >x
cut -f 1 x | sort -u >y
is "the same way for a prompt" "$(wc -l <x)" "$(wc -l <y)"
head -1 in >one
exits 1 "no verdict" fg-judge --command "sed -u 's/.*/{}/'" one
exits 1 "a verdict of two" fg-judge --command "sed -u 's/.*/{\"win\":2}/'" one
is "its message" "$(cat err)" "fg-judge: one:1: win: the judge's answer has no win from 0 to 1"
exits 3 "a command that only dies" fg-judge --command false one
exits 3 "a command that says nothing" timeout 20 fg-judge --timeout 0.2 --command 'cat >/dev/null' one
is "is not waited for" "$(cat err)" "fg-judge: no answer within 0.2 seconds: cat >/dev/null"
exits 2 "no command" fg-judge one

http_server
for i in 1 2 3 4 5 6 7 8; do
	echo "{\"prompt\":\"p$i\",\"response\":\"a good one $i\",\"reference\":\"a bad one $i\"}"
done >good
is "an endpoint, whichever stands first" "$(fg-judge -q --url "$url/judge" good | jq -c .win | sort -u)" 1
is "and turned round" "$(sed 's/good/x/; s/bad/good/' good | fg-judge -q --url "$url/judge" | jq -c .win | sort -u)" 0
exits 1 "an answer of words" fg-judge --url "$url/ok" good
# a reward model
. "$src/tests/model.sh"
small_world 40
fg-init --from model --head sequence -o scores
jq -c '.reference = "No."' corpus.jsonl >two
fg-judge -q -m scores --cache kept two | jq -c .win >got
fg-judge -q -m scores --cache kept two | jq -c .win >again
same "a reward model is remembered" again got
fg-score -q -m scores corpus.jsonl | jq .response_score >s1
jq -c '.response = "No."' corpus.jsonl | fg-score -q -m scores | jq .response_score >s2
paste s1 s2 | awk '{ print ($1 > $2) ? 1 : ($1 < $2) ? 0 : 0.5 }' >want
same "a reward model" got want
exits 2 "a model without rewards" fg-judge -m model two

# references out of a file
court="sed -u 's/.*/{\"win\":0.5}/'"
cat >refs <<'X'
{"id":"a","prompt":"p","response":"first","sample":0}
{"id":"a","prompt":"p","response":"second","sample":1}
{"id":"b","prompt":"q","response":"third"}
{"id":"b","prompt":"q","response":"never"}
{"prompt":"r","response":"fourth","sample":3}
X
cat >new <<'X'
{"id":"a","prompt":"p","response":"x","sample":1}
{"id":"a","prompt":"p","response":"x","sample":7}
{"id":"b","prompt":"other","response":"x","reference":"old"}
{"id":"z","prompt":"r","response":"x"}
X
is "by id and sample, else by prompt" "$(fg-judge --command "$court" --against refs new 2>err | jq -r .reference | tr '\n' ' ')" \
    "second first third fourth "
is "what comes twice there is said" "$(cat err)" \
    "fg-judge: refs: 1 records have the prompt and sample of an earlier one, which is the reference"
echo '{"id":"y","prompt":"s","response":"x"}' >>new
exits 1 "no reference" fg-judge -q --command "$court" --against refs new
is "is said" "$(cat err)" "fg-judge: new:5:20: prompt: no record of refs has it"
exits 0 "or put aside" fg-judge -q --command "$court" --against refs --bad aside new
is "with its reason" "$(jq -r .error aside)" "new:5:20: prompt: no record of refs has it"
exits 1 "nothing to refer to" fg-judge --command "$court" --against /dev/null new
is "is said, too" "$(cat err)" "fg-judge: /dev/null: no responses"
echo '{"response":"x"}' >nameless
exits 1 "a reference of nothing" fg-judge --command "$court" --against nameless new
is "is a bad record" "$(cat err)" "fg-judge: nameless:1: prompt: missing, and so is id: which record is it a reference of?"
exits 1 "nor can one be found for it" fg-judge -q --command "$court" --against refs nameless
is "says so" "$(cat err)" "fg-judge: nameless:1: prompt: missing, and so is id: no reference can be found"
cat refs refs | jq -c '.reference = "r"' >both
jq -c '.reference = "r"' refs | head -n 1 >refs.two
exits 0 "a file read twice" fg-judge --command "$court" both
is "is said" "$(cat err)" "fg-judge: 3 records have the id, policy and sample of another one: is a file read twice?"
echo '{"id":"c","prompt":"p","response":"x","reference":"r","sample":0}' >third
exits 0 "one prompt of two ids" fg-judge --command "$court" third refs.two
is "is not" "$(cat err)" ""
done_testing
