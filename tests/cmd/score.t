#!/bin/sh
# fg-score: heads, fields, other tokenizers, refusals; the reference loss of stories260K.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

text()
{
	i=0
	while [ $i -lt 40 ]; do
		echo "The quick brown fox jumps over the lazy dog, and dog $i sleeps in the sun."
		i=$((i + 1))
	done
}
text >text
mkdir tok other
fg-vocab --text --size 300 -o tok text
fg-vocab --text --size 280 -o other text
small="--dim 32 --layers 2 --heads 4 --kv-heads 2 --init-range 0.3 --max-length 64"
# shellcheck disable=SC2086
fg-init -q -t tok -o lm $small
# shellcheck disable=SC2086
fg-init -q -t other -o lm2 $small
# shellcheck disable=SC2086
fg-init -q -t tok -o ref --seed 1 $small
for h in token sequence value; do
	fg-init -q --from lm --head $h -o $h
done
fg-init -q --from lm2 --head token -o token2
fg-init -q --from lm2 --head sequence -o sequence2
fg-init -q --from lm2 --head value -o value2

cat >in <<'J'
{"prompt":"The quick","response":" brown fox"}
{"prompt":"The lazy dog","response":" sleeps","finish":"length","temperature":0.5}
{"prompt":"","response":"dog"}
J
keys()
{
	jq -r 'keys_unsorted | join(" ")' | sort -u
}

fg-score -q -m lm in >out.lm
is "what a language model adds" "$(keys <out.lm | tail -n 1)" \
    "prompt response prompt_ids response_ids response_ends tokenizer response_logprob"
is "a number a token" "$(jq -c '(.response_logprob|length) == (.response_ids|length)' out.lm | sort -u)" true
ok "log-probabilities" jq -se '[.[].response_logprob[]] | max < 0 and min > -30' out.lm
fg-score -q -m lm --entropy in >got
ok "an entropy" jq -se '[.[].response_entropy[]] | min > 0 and max < (300 | log)' got
is "--as" "$(fg-score -q -m lm --as ref_logprob in | jq -c .response_ref_logprob)" \
    "$(jq -c .response_logprob out.lm)"
is "ids that are there are kept" "$(fg-score -q -m lm out.lm)" "$(cat out.lm)"
is "the record's temperature" "$(head -n 2 in | tail -n 1 | fg-score -q -m lm --temperature 0.5 | jq -c .response_logprob)" \
    "$(jq -c .response_logprob out.lm | sed -n 2p)"
ok "another one" sh -c '[ "$(head -n 1 in | fg-score -q -m lm --temperature 2 | jq -c .response_logprob)" != \
    "$(head -n 1 in | fg-score -q -m lm | jq -c .response_logprob)" ]'

# logprob(a, b) = logprob(a) + logprob(b after a)
fg-tokenize -q -t tok --special in | head -n 1 >a
jq -c '.prompt_ids += .response_ids[:1] | .response_ids |= .[1:] | .response_ends |= .[1:]' a >b
is "the chain rule" "$(fg-score -q -m lm b | jq -c .response_logprob)" \
    "$(fg-score -q -m lm a | jq -c '.response_logprob[1:]')"

is "ids without a text" "$(jq -c 'del(.response)' a | fg-score -q -m lm | jq -c .response_logprob)" \
    "$(fg-score -q -m lm a | jq -c .response_logprob)"

# divergences: none from itself, as much as sampled ones say
is "no divergence from itself" "$(fg-score -q -m lm --full-kl lm in | jq -s '[.[].response_kl[]] | map(fabs) | max < 1e-6')" true
ok "a divergence" sh -c "fg-score -q -m lm --full-kl ref in | jq -se '[.[].response_kl[]] | min > 0.01'"
exits 2 "a reference of another tokenizer" fg-score -m lm --full-kl lm2 in

fg-score -q -m token in >got
is "rewards" "$(jq -c '(.response_reward|length) == (.response_ids|length)' got | sort -u)" true
fg-score -q -m token --reward logit in >logit
jq -c '[.response_reward[] | (. / 2 | tanh) * 1e5 | round]' logit >x
jq -c '[.response_reward[] * 1e5 | round]' got >y
same "prob is tanh of half the logit" x y
is "a score" "$(fg-score -q -m sequence in | keys | tail -n 1)" "prompt response response_score"
ok "no end is padding" sh -c '! grep -q "\"pad_token_id\": $(jq .eos_token_id sequence/config.json)," sequence/config.json'
is "a new critic says 0" "$(fg-score -q -m value in | jq -c '.response_value|unique' | sort -u)" "[0]"
exits 2 "--entropy of a reward model" fg-score -m token --entropy in

cat >pair <<'J'
{"prompt":"The","chosen":" lazy dog sleeps","rejected":" fox"}
J
is "chosen and rejected" "$(fg-score -q -m sequence pair | keys)" "prompt chosen rejected chosen_score rejected_score"
is "a field" "$(fg-score -q -m sequence -f chosen pair | keys)" "prompt chosen rejected chosen_score"

# what both sides begin with is computed once, and it does not show
jq -nc '{prompt:"The quick brown fox", chosen:" jumps over the lazy dog, and sleeps.", rejected:" jumps over the lazy dog, and fox."},
    {prompt:"The quick brown fox", chosen:" jumps over", rejected:" jumps over"}' >twin
for h in lm token sequence value; do
	fg-score -q -m $h twin >got
	fg-score -q -m $h -f chosen twin | fg-score -q -m $h --batch 1 -f rejected >x
	jq -cS . got >got.s
	jq -cS . x | cmp -s - got.s
	is "$h: both sides as one by one" $? 0
done

# another tokenizer: sums are kept, ids stay
fg-tokenize -q -t other --special in >other.ids
own=$(jq -c '[.prompt, .response, .response_ids]' other.ids)
fg-score -q -m token other.ids >got
is "ids of another tokenizer stay" "$(jq -c '[.prompt, .response, .response_ids]' got)" "$own"
is "a reward for each of them" "$(jq -c '(.response_reward|length) == (.response_ids|length)' got | sort -u)" true
sum='.response_reward | add * 1e4 | round'
is "the sum is kept" "$(jq "$sum" got)" "$(jq -c 'del(.response_ids,.prompt_ids,.tokenizer)' other.ids |
    fg-score -q -m token | jq "$sum")"
is "a score of them" "$(fg-score -q -m sequence other.ids | jq .response_score)" \
    "$(fg-score -q -m sequence in | jq .response_score)"
exits 1 "values of them" fg-score -q -m value other.ids
is "its message" "$(cat err)" \
    "fg-score: other.ids:1:$(($(head -n 1 other.ids | sed 's/"tokenizer":.*/"tokenizer":/' | wc -c))): tokenizer: values need ids of the model's own tokenizer"
jq -c 'del(.response_ends)' other.ids >x
exits 1 "no ends" fg-score -q -m token x
jq -c '.response_ends[0] = 99' other.ids >x
exits 1 "ends that fall" fg-score -q -m token x

# refusals
echo '{"x":1}' | exits 1 "no text" fg-score -q -m lm
echo '{"prompt":"a","response":"b","temperature":0}' | exits 1 "temperature 0" fg-score -q -m lm
# the bos in place of an empty prompt is part of what was read
is "an empty prompt is the bos" "$(printf '%s\n' '{"response":"dog"}' '{"prompt_ids":[],"response":"dog"}' '{"prompt":"","response":"dog"}' |
    fg-score -q -m lm | jq -c '[.prompt_ids, .response_logprob]' | sort -u | jq -c '.[0]')" '[0]'
is "finish is about the response" "$(echo '{"prompt":"a","response":"b","chosen":"b","finish":"length"}' |
    fg-score -q -m lm -f response -f chosen | jq -c '(.chosen_ids | length) - (.response_ids | length)')" 1

echo '{"prompt_ids":[300],"response_ids":[1]}' | exits 1 "an id outside" fg-score -q -m lm -f response
jq -nc '{prompt:"dog", response:([range(70)] | map(" dog") | join(""))}' >long
exits 1 "too long" fg-score -q -m lm long
ok "--max-length" fg-score -q -m lm --max-length 100 long
exits 1 "and no longer" fg-score -q -m lm --max-length 20 long
{ head -n 1 in; echo '{"x":1}'; tail -n 1 in; } | fg-score -q -m lm --bad bad >got 2>/dev/null
is "--bad" "$(wc -l <got) $(jq -r .error bad)" "2 stdin:2: response: missing, and so is chosen; name a field with -f"
{ head -n 1 in; echo '{"x":1}'; } | fg-score -q -m lm 2>/dev/null >got
same "what came before a bad record" got - <<X
$(head -n 1 out.lm)
X
exits 2 "no model" fg-score in
echo '{"prompt":"a","answer":"b"}' | exits 1 "nothing to score" fg-score -m lm
ok "is said" grep -q 'response: missing, and so is chosen' err
exits 2 "a name that is the tokens' own" fg-score -m lm --as ids in
exits 2 "a prompt after itself" fg-score -m lm -f prompt in
exits 3 "no such model" fg-score -m nowhere in

if [ -e /dev/full ]; then
	fg-score -q -m lm in >/dev/full 2>err
	is "a full disk" "$?" 3
fi
i=0
while [ $i -lt 2000 ]; do
	cat in
	i=$((i + 1))
done >many
fg-score -q -m lm many 2>err | head -n 1 >got
is "a reader that leaves" "$(wc -l <got) $(wc -c <err)" "1 0"
fg-score -q -m lm --metrics m.jsonl in >/dev/null
is "--metrics" "$(jq -c '[.records, .sequences]' m.jsonl)" "[3,3]"


# a record is written before the next is read
if command -v timeout >/dev/null; then
	mkfifo to from
	timeout 60 fg-score -q -m lm <to >from &
	exec 3>to 4<from
	head -n 1 in >&3
	IFS= read -r line <&4
	tail -n 1 in >&3
	exec 3>&-
	{ echo "$line"; cat <&4; } >got
	wait $!
	{ head -n 1 out.lm; tail -n 1 out.lm; } >want
	same "no record waits for the next" got want
else
	skip "no record waits for the next" "no timeout"
fi

# weights that are no numbers: named, and nothing is written
cp -r lm broken
size=$(wc -c <broken/model.safetensors)
head -c 4096 /dev/zero | tr '\0' '\377' | dd of=broken/model.safetensors bs=1 seek=$((size - 4096)) conv=notrunc 2>/dev/null
exits 4 "weights that are no numbers" fg-score -q -m broken in
is "their message" "$(cat err)" "fg-score: in:1: response_logprob: number 1 is not finite"
exits 4 "sampled" fg-rollout -q -m broken in

# ---- what all prompts begin with, and what the answers to one share, are computed once ----
for p in jumps sleeps "is lazy" sleeps jumps; do
	for r in "over the dog" "over the sun" "in the sun"; do
		echo "{\"prompt\":\"The quick brown fox and the lazy dog, and dog 7 $p\",\"response\":\" $r.\"}"
	done
done >groups
for h in lm token sequence value; do
	fg-score -q -m $h --batch 1 groups >alone
	fg-score -q -m $h groups >got
	ok "$h: groups as one by one" cmp alone got
done
fg-score -q -m lm --full-kl ref --entropy --batch 1 groups >alone
fg-score -q -m lm --full-kl ref --entropy groups >got
ok "divergence: groups as one by one" cmp alone got
is "all are there" "$(jq -c '.response_kl | length > 0' got | sort | uniq -c | tr -s ' ')" " 15 true"

# shellcheck disable=SC2154
stories=$src/../shared/data/models/stories260K
tiny=$src/../shared/data/text/tinystories.txt
if [ -f "$stories/config.json" ] && [ -f "$tiny" ] && command -v jq >/dev/null; then
	jq -Rsc 'split("<|endoftext|>") | map(gsub("^\\s+|\\s+$"; "")) | map(select(. != ""))[:300][] |
	    {prompt: "", response: ., finish: "length"}' "$tiny" |
	    fg-tokenize -q -t "$stories" --special --no-eos |
	    jq -c '.response_ids |= .[:511] | .response = "" | del(.response_ends)' |
	    fg-score -q -m "$stories" |
	    jq -s '[.[].response_logprob[]] | [length, (-add / length * 1000 | round)]' -c >got
	is "stories260K: 1.500 nats a token" "$(cat got)" "[120756,1500]"
else
	skip "stories260K: 1.500 nats a token" "no data"
fi
# a text of many megabytes is refused before it becomes gigabytes of tokens
awk 'BEGIN { printf "{\"prompt\":\"a\",\"response\":\""; for (i = 0; i < 400000; i++) printf "aaaaaaaaaaaaaaaaaaaaaaaaa"; print "\"}" }' >vast
# a sanitizer takes more
ldd "$BUILD/bin/fg-score" | grep -q asan && most=unlimited || most=600000
# shellcheck disable=SC3045	# the shells that run this have it
(ulimit -v $most; exec fg-score -q -j 1 -m lm vast) >out 2>err
is "a text far too long" "$? $(sed 's/at most [0-9]* bytes/at most N bytes/' err)" \
    "1 fg-score: vast:1:26: response: 10000000 bytes, far more than the longest sequence of 64 tokens of at most N bytes"
done_testing
