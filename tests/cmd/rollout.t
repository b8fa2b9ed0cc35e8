#!/bin/sh
# fg-rollout: fields, ends, order, options, refusals; the greedy text of stories260K.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

i=0
while [ $i -lt 40 ]; do
	echo "The quick brown fox jumps over the lazy dog, and dog $i sleeps in the sun."
	i=$((i + 1))
done >text
mkdir tok other
fg-vocab --text --size 280 -o tok text
fg-vocab --text --size 300 -o other text
fg-init -q -t tok -o lm --dim 32 --layers 2 --heads 4 --kv-heads 2 --init-range 0.3 --max-length 64
fg-init -q --from lm --head value -o value
cat >in <<'J'
{"id":"a","prompt":"The quick","x":[1, 2]}
{"id":"b","prompt":"The lazy dog"}
{"prompt":""}
{"id":"d","prompt":"and dog"}
J
roll()
{
	fg-rollout -q -m lm "$@" in
}

exits 2 "no critic" fg-rollout -m lm --values in
is "says so" "$(head -n 1 err)" "fg-rollout: --values: no critic in lm"
cp -r lm own
cp -r value own/critic
exits 2 "a critic of its own" fg-rollout -m own --values in
is "says what to do" "$(head -n 1 err)" "fg-rollout: --values: own/critic has a backbone of its own: fg-score computes its values"

roll -n 3 --max-tokens 20 >out
is "K of each in order" "$(jq -r '"\(.id[:1])\(.sample)"' out | paste -sd' ' -)" \
    "a0 a1 a2 b0 b1 b2 $(sed -n 7p out | jq -r '.id[:1]')0 $(sed -n 8p out | jq -r '.id[:1]')1 $(sed -n 9p out |
    jq -r '.id[:1]')2 d0 d1 d2"
is "the fields" "$(head -n 1 out | jq -r 'keys_unsorted | join(" ")')" \
    "id prompt x prompt_ids response response_ids response_ends tokenizer response_logprob sample temperature policy finish"
is "what was there stays" "$(head -n 1 out | cut -c 1-42)" '{"id":"a","prompt":"The quick","x":[1, 2],'
is "numbers a token" "$(jq -c '[(.response_logprob|length), (.response_ends|length)] | unique == [. [0]]' out | sort -u)" true
is "an end is an end" "$(jq -c '(.finish == "eos") == (.response_ids[-1] == 0) and
    (.finish == "eos" or (.response_ids|length) == 20)' out | sort -u)" true
roll -n 20 --max-tokens 58 >got
is "some end by themselves" "$(jq -r 'select((.finish == "eos") == (.response_ids[-1] == 0)).finish' got | sort -u |
    paste -sd' ' -)" "eos length"
is "ids are the text" "$(fg-tokenize -q -t tok -d -f response out | jq -c '[.response,.response_ends]')" \
    "$(jq -c '[.response,.response_ends]' out)"
is "no prompt: the model's bos" "$(jq -c 'select(.prompt == "").prompt_ids' out | sort -u)" "[0]"
is "samples differ" "$(jq -c 'select(.id == "a").response_ids' out | sort -u | wc -l)" 3
is "one policy" "$(jq -r .policy out | sort -u | grep -c '^[0-9a-f]\{32\}$')" 1

# the same bytes in any way
for o in "-j 1" "-j 3" "--batch 1" "--batch 2" "--batch 5 -j 2"; do
	# shellcheck disable=SC2086
	roll -n 3 --max-tokens 20 $o >got
	same "the same with $o" got out
done
sort -r in >turned
fg-rollout -q -m lm -n 3 --max-tokens 20 turned | sort >got
sort out >want
same "in any order" got want
roll -n 2 --max-tokens 20 >got
jq -c 'select(.sample < 2)' out >want
jq -c . got >x
same "fewer samples are the first ones" x want
roll -n 3 --max-tokens 20 --seed 1 >got
ok "another seed" sh -c '! cmp -s got out'

roll --greedy >got
is "greedy" "$(jq -r '.temperature' got | sort -u)" 1
roll --top-k 1 >x
is "top-k 1 is greedy" "$(jq -c .response_ids x)" "$(jq -c .response_ids got)"
roll --top-p 0 --temperature 0.5 >x
is "top-p 0 is greedy" "$(jq -c .response_ids x)" "$(jq -c .response_ids got)"
roll --min-p 1 --temperature 2 >x
is "min-p 1 is greedy" "$(jq -c .response_ids x)" "$(jq -c .response_ids got)"
is "of the temperature's full distribution" "$(jq -c '[.temperature,.response_logprob]' x)" \
    "$(fg-score -q -m lm --temperature 2 --as x got | jq -c '[2,.response_x]')"
roll --greedy --repetition-penalty 100 --max-tokens 30 >x
is "a penalty: nothing twice" "$(jq -c '.prompt_ids + .response_ids | length == (unique | length)' x | sort -u)" true
roll --greedy --stop dog --stop ' f' --max-tokens 60 >x
is "a stop string is in the last token" "$(jq -c 'select(.finish == "length" and (.response_ids | length) < 50) |
    .response_ends[-2] as $n | (.response | test("dog| f")) and (.response[:$n] | test("dog| f") | not)' x | sort -u |
    grep -v true)" ""
is "the longest sequence" "$(roll --max-tokens 1000 -n 20 | jq '(.prompt_ids + .response_ids) | length' | sort -n | tail -n 1)" 64

# fields of another response are removed; ids of another tokenizer are made again
fg-tokenize -q -t other --special in | jq -c '. + {response: "x", response_reward: [1], response_label: [0]}' >old
fg-rollout -q -m lm --max-tokens 20 old >got
is "nothing of the old response" "$(jq -r 'has("response_reward") or has("response_label")' got | sort -u)" false
is "another tokenizer's prompt" "$(jq -c 'select(.prompt != "") | [.prompt_ids, .response_ids]' got)" \
    "$(roll --max-tokens 20 | jq -c 'select(.prompt != "") | [.prompt_ids, .response_ids]')"

# refusals
echo '{"prompt_ids":[280]}' | exits 1 "an id outside" fg-rollout -q -m lm
jq -nc '{prompt:([range(70)] | map(" dog") | join(""))}' >long
exits 1 "no room" fg-rollout -q -m lm long
{ head -n 1 in; cat long; tail -n 1 in; } >mixed
fg-rollout -q -m lm --max-tokens 5 --bad bad mixed >got
is "--bad" "$(wc -l <got) $(wc -l <bad)" "2 1"
fg-rollout -q -m lm --max-tokens 5 mixed >got 2>err
is "what came before a bad record" "$? $(wc -l <got)" "1 1"
exits 2 "no language model" fg-rollout -q -m value in
exits 2 "no model" fg-rollout in
echo '{"id":"q","question":"x"}' | exits 1 "no prompt" fg-rollout -m lm
exits 2 "a stop that is empty" fg-rollout -m lm --stop '' in
exits 2 "a temperature of 0" fg-rollout -m lm --temperature 0 in
if [ -e /dev/full ]; then
	fg-rollout -q -m lm --max-tokens 5 in >/dev/full 2>err
	is "a full disk" "$?" 3
fi
: | ok "no records" fg-rollout -q -m lm
roll -n 2000 --max-tokens 4 2>err | head -n 1 >got
is "a reader that leaves" "$(wc -l <got) $(wc -c <err)" "1 0"
fg-rollout -q -m lm -n 3 --max-tokens 20 --metrics m.jsonl in >got
is "--metrics" "$(jq -c '[.records, .samples, .tokens]' m.jsonl)" "[4,12,$(jq -s '[.[].response_ids | length] | add' got)]"

if command -v timeout >/dev/null; then
	mkfifo to from
	timeout 60 fg-rollout -q -m lm -n 2 --max-tokens 5 <to >from &
	exec 3>to 4<from
	head -n 1 in >&3
	IFS= read -r line <&4
	tail -n 1 in >&3
	exec 3>&-
	{ echo "$line"; cat <&4; } >got
	wait $!
	{ head -n 1 in; tail -n 1 in; } | fg-rollout -q -m lm -n 2 --max-tokens 5 >want
	same "no record waits for the next" got want
else
	skip "no record waits for the next" "no timeout"
fi
ok "a prompt is computed once" jq -e '.prompt_tokens < 2 * 8 + 20' m.jsonl

# a response that is long does not hold up the slots of others: 4 slots, one response that has room for 62 tokens
# and 110 for 1 or 2
jq -nc 'def p($n): [range($n) | 1 + . % 3]; {id:"long",prompt_ids:p(2)}, (range(110) | {id:"\(.)",prompt_ids:p(62 + . % 2)})' >lengths
fg-rollout -q -m lm --seed 4 --batch 4 --metrics lengths.m lengths >got
longest=$(jq '.response_ids | length' got | sort -n | tail -n 1)
ok "a long response among short ones" test "$longest" -gt 55
ok "freed slots get work at once" jq -e "(.tokens / 4 < $longest) and .steps <= $longest + 4" lengths.m
fg-rollout -q -m lm --seed 4 --batch 1 lengths >want
same "their order and bytes" got want

# what prompts begin with is copied from a slot that has it
for w in jumps sleeps "is lazy" sleeps and; do
	echo "{\"prompt\":\"The quick brown fox and the lazy dog and fox, and dog 7 sleeps in the sun; it $w\"}"
done >begin
fg-rollout -q -m lm -n 2 --max-tokens 9 --batch 1 begin >want
for o in "" "--batch 3 -j 2" "--batch 4"; do
	# shellcheck disable=SC2086
	fg-rollout -q -m lm -n 2 --max-tokens 9 $o --metrics begin.m begin >got
	same "a common beginning: $o" got want
done
ok "it is computed once" jq -se '.[0].prompt_tokens < .[1].prompt_tokens and .[0].prompt_tokens * 2 < '"$(jq -s '[.[].prompt_ids | length] | add' want)" begin.m

# shellcheck disable=SC2154
stories=$src/../shared/data/models/stories260K
if [ -f "$stories/config.json" ]; then
	echo '{"prompt":""}' | fg-rollout -q -m "$stories" --greedy --max-tokens 60 | jq -r '.response[:180]' >got
	cat >want <<'X'
Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball. She wanted to play with it, but it was too high
X
	same "stories260K: the greedy text" got want
	echo '{"prompt":""}' | fg-rollout -q -m "$stories" --temperature 0.8 -n 4 --max-tokens 512 |
	    jq -r .finish | sort -u >got
	ok "stories260K: stories end" grep -q eos got
else
	skip "stories260K: the greedy text" "no data"
	skip "stories260K: stories end" "no data"
fi
done_testing
