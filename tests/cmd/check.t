#!/bin/sh
# fg-check: rules of records, models that were tampered with.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

bad()
{
	printf '%s\n' "$1" | fg-check -q >out
	is "$1" "$(sed 's/.*"error":"\(.*\)"}/\1/' out)" "$2"
}

bad '{"prompt":1}' "prompt: expected a string"
bad '{"response":"ab","response_ids":[1,2],"response_ends":[1]}' "response_ends: 1 ends for 2 tokens"
bad '{"response":"ab","response_ids":[1,2],"response_ends":[2,1]}' "response_ends: token 1 ends before the token before it"
bad '{"response":"ab","response_ids":[1,2],"response_ends":[1,3]}' "response_ends: the last token ends at byte 3 of 2"
bad '{"a_ids":[1],"a_label":[0,1]}' "a_label: 2 labels for 1 tokens"
bad '{"a_ids":[1],"a_reward":[]}' "a_reward: 0 numbers for 1 tokens"
bad '{"a":"xy","a_label":[0,2]}' "a_label: element 2: expected an integer in -1..1, got 2"
bad '{"a":"xy","a_ends":[1,3]}' "a_ends: the last token ends at byte 3 of 2"
bad '{"a":"xy","a_logprob":[0.5,null]}' "a_logprob: element 2: expected a number, got null"
bad '{"a":1,"a_logprob":[null],"id":"x","x_kl":0.5}' ""
bad '{"win":2}' "win: expected a number from 0 to 1"
bad '{"finish":"stopped"}' "finish: expected eos or length"
bad '{"edit":"done"}' "edit: expected edited, unchanged or skipped"
bad '{"seconds":-1}' "seconds: expected a number from 0 to 1e+09"
bad '{"tokenizer":"x"}' "tokenizer: expected 32 hexadecimal digits"
bad '{"rejected":"a b","chosen":"a c","hunks":[]}' "hunks: the texts differ outside of the hunks, at bytes 0 and 0"
hunk() { echo "{\"rejected\":\"a b\",\"chosen\":\"a c\",\"hunks\":[{\"op\":\"$1\",\"from\":[1,2],\"to\":[1,2],\"from_bytes\":$2,\"to_bytes\":[2,3]}]}"; }
bad "$(hunk replace '[2,9]')" "hunks: from_bytes: [2,9] is outside of the text"
bad "$(hunk swap '[2,3]')" "hunks: op: expected insert, delete or replace"
bad "$(hunk replace '[2,3]')" ""
bad '{"hunks":5}' "hunks: expected an array"
bad '{"hunks":[{"op":"insert","from":"x"}]}' "hunks: from: expected two numbers"
bad '{"response_ids":"hello"}' "response_ids: expected an array of integers"
bad '{"response":"a","response_ids":5}' "response_ids: expected an array of integers"
bad '{"user_ids":"hello"}' ""
bad '{"response":"a","response_reward":"zz"}' "response_reward: expected an array of numbers"
bad '{"response":"a","response_score":"x"}' 'response_score: expected a number, got \"x\"'
bad '{"sample":1.5}' "sample: expected an integer in 0..9000000000000000, got 1.5"
bad '{"meta":{"a":1,"a":2}}' 'meta: key \"a\" appears twice'
bad '{"meta":[1,{"b":[{"a":1,"\u0061":2}]}]}' 'meta: key \"a\" appears twice'
bad '{"meta":[{"a":1},{"a":1}]}' ""
bad '{"dup":true}' "dup: expected an id"
bad '{"overlap":3}' "overlap: expected an array"
bad '{"id":7}' ""
bad '{"id":true}' "id: expected a string or a number"
printf '{"a":1}\n{"a":\n' | exits 1 "a broken line" fg-check
is "its place" "$(sed 's/,"error.*//' out)" '{"file":"stdin","line":2,"byte":6'
printf '{"a":1}\n{"hunks":[{"op":1,"op":2}]}\n' | exits 1 "a broken hunk" fg-check
is "and its" "$(sed 's/,"error.*//' out)" '{"file":"stdin","line":2,"byte":10'
printf '{"a":1}\n{"a":\n' | fg-check >out 2>err
is "the counts" "$(tail -1 err)" "fg-check: 1 good, 1 bad"
echo '{"prompt":"x"}' | exits 1 "strict: no id" fg-check --strict

small_world 60
small_pairs
exits 0 "labels that fg-difflabel made" fg-check -t model --strict pairs.jsonl
sed 's/"chosen_ids":\[[0-9]*,/"chosen_ids":[7,/' pairs.jsonl | head -1 | exits 1 "other ids" fg-check -t model
exits 0 "a model" fg-check model
cp -r model other
printf x | dd of=other/model.safetensors bs=1 seek=20000 conv=notrunc 2>/dev/null
exits 1 "a byte that was changed" fg-check other
ok "its tensor is named" grep -q 'the bytes are not those that were written' out
sed 's/"num_hidden_layers": *2/"num_hidden_layers": 3/' model/config.json >other/config.json
exits 1 "a layer that is not there" fg-check other
exits 0 "folders and files together" fg-check model pairs.jsonl

printf '{"id":"1"}\n{"finish":"no"}\n{"a":}\n' >three
exits 0 "with --bad" fg-check --bad rejected three
is "nothing is printed" "$(wc -c <out)" 0
is "they are counted" "$(cat err)" "fg-check: 1 good, 2 bad
fg-check: 2 records rejected, see rejected"
is "and put aside" "$(cat rejected)" '{"finish":"no","error":"three:2:11: finish: expected eos or length"}
{"line":"{\"a\":}","error":"three:3:6: expected a value"}'

mkdir empty
exits 1 "a folder without a model" fg-check -q empty
is "its verdict" "$(cat out)" '{"file":"empty/config.json","error":"open: No such file or directory"}'
fg-init -q --from model --lora-rank 2 -o lora
exits 0 "an adapter beside its base" fg-check lora
mv model elsewhere
exits 1 "without it" fg-check -q lora
is "its base is named" "$(cat out)" '{"file":"lora/adapter_config.json","error":"base_model_name_or_path: there is no folder \"../model\" as seen from here; fg-init --from ADAPTER --base DIR -o NEW names another"}'
mv elsewhere model
head -n 4 corpus.jsonl | fg-update -q sft -m model -o trained --steps 1
exits 0 "a trained model with its state" fg-check trained
sed 's/"finished": *true/"finished":false/' trained/trainer_state.json >state
mv state trained/trainer_state.json
exits 1 "a run that has not come to its end" fg-check -q trained
is "said so" "$(cat out)" '{"file":"trained","error":"a run that has not finished"}'
echo '{' >other/tokenizer.json
cp model/config.json model/model.safetensors other
exits 1 "not a tokenizer" fg-check -q other
is "its place" "$(cat out)" '{"file":"other/tokenizer.json","line":2,"byte":3,"error":"expected a key"}'

# ids are compared with texts that have special tokens in them
cat >chat.json <<'J'
{"added_tokens":[{"id":3,"content":"<u>","special":true,"rstrip":true},{"id":4,"content":"<e>","special":true}],
"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},"decoder":{"type":"ByteLevel"},
"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}
J
echo '{"prompt":"<u> ab<e><u>","response":"ab<e>a"}' >chat
for how in "" "--special --eos 4" "--special --no-eos"; do
	# shellcheck disable=SC2086
	fg-tokenize -q -t chat.json $how chat >ids
	ok "a chat's ids $how" fg-check -q -t chat.json ids
done
echo '{"response":"ab","response_ids":[0,1]}' >ids
ok "ids that are not the usual ones" fg-check -q -t chat.json ids
echo '{"response":"ab","response_ids":[0,4,1]}' >ids
ok "ids with a special token that the text lacks" fg-check -q -t chat.json ids
echo '{"response":"ab","response_ids":[1,0]}' | exits 1 "ids of another text" fg-check -q -t chat.json
done_testing
