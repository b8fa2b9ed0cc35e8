#!/bin/sh
# jq reads what the filters write as the same texts and numbers that it reads in their input.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
command -v jq >/dev/null || skip_all "no jq"

cat >strings <<'J'
{"instruction":"i","output":"plain"}
{"instruction":"i","output":"\"quoted\" \\ \/ \b\f\n\r\t"}
{"instruction":"i","output":"\u0041\u00e4\u20ac\ud83d\ude00\u007f"}
{"instruction":"i","output":"x\u0000y\u001fz"}
{"instruction":"i","output":"äöü€😀  "}
{ "instruction" : "i" , "output" : " around " , "n" : [ 1 , 2.50 , -0 , 1e3 , 1E-2 , {"a": []} ] , "\u006b\n" : null }
{"instruction":"i","output":"0123456789abcde\"0123456789abcdef\\0123456789abcdef\n"}
J
sed 's/"output"/"rejected":"r","chosen"/; s/"instruction"/"prompt"/' strings >pairs
fg-import --from trl pairs >records
jq -c '[.prompt, .rejected, .chosen]' pairs >want
jq -c '[.prompt, .rejected, .chosen]' records >got
same "texts printed again" got want
jq -c 'del(.prompt, .chosen, .rejected)' pairs >want
jq -c 'del(.id, .prompt, .chosen, .rejected)' records >got
same "fields that pass through" got want
fg-split strings >records
jq -c . strings >want
jq -c 'del(.id)' records >got
same "records that get an id" got want

i=0
while [ $i -lt 200 ]; do
	i=$((i + 1))
	echo "[$i]"
done | jq -c '.[0] as $i | { id: "\($i)", finish: "eos",
	response_logprob: [range(20) | -((. * 7919 + $i * 104729) % 1000003) / 131071],
	response_ref_logprob: [range(20) | -((. * 6007 + $i * 15485863) % 999983) / (131071 + .) ],
	response_reward: [range(20) | ((. * 37 + $i) % 41 - 20) / 7e5] }' >numbers
fg-advantage --kl 0.1 --lambda 1 --group rloo numbers >records 2>err ||
    fg-advantage --kl 0.1 --lambda 1 --group grpo numbers >records
jq -c '[.response_logprob, .response_ref_logprob] | transpose | map(.[0] - .[1])' numbers >want
jq -c '.response_kl' records >got
is "numbers read and printed" "$(jq -n --slurpfile a want --slurpfile b got \
    '[range($a | length) as $i | range(20) as $j | ($a[$i][$j] - $b[$i][$j]) | fabs] | max < 4e-6')" true
is "as many" "$(jq length got | sort -u)" 20

sets=$src/shared/data/pairs
[ -d "$sets" ] || sets=$src/../shared/data/pairs
if [ -d "$sets" ]; then
	gzip -dc "$sets/hh-rlhf/harmless-base-test.jsonl.gz" >hh
	fg-import -q --from hh --bad bad hh >records
	jq -c 'def cut: split("\n\nAssistant:") | [(.[:-1] | join("\n\nAssistant:")) + "\n\nAssistant:", .[-1]];
	    (.chosen | cut) as $c | (.rejected | cut) as $r |
	    select($c[0] == $r[0] and ($c[1] | test("\\S")) and ($r[1] | test("\\S"))) |
	    [$c[0], $r[1], $c[1]]' hh >want
	jq -c '[.prompt, .rejected, .chosen]' records >got
	same "hh: what jq makes of it" got want
	jq -c '.[] | select(.feedback["corrected-prediction"] | test("\\S")) | [.question + "\n", .["prediction 1"], .feedback["corrected-prediction"], .passages]' \
	    "$sets/qa-feedback/feedback.json" >want
	fg-import -q --from qa-feedback --bad bad "$sets/qa-feedback/feedback.json" | jq -c '[.prompt, .rejected, .chosen, .passages]' >got
	same "qa-feedback: what jq makes of it" got want
else
	skip "real sets" "not here"
fi
done_testing
