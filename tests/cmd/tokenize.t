#!/bin/sh
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

cat >t.json <<'J'
{"added_tokens":[{"id":10,"content":"<end>","special":true,"normalized":false}],
"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},
"decoder":{"type":"ByteLevel"},
"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<end>","type_id":0}},
 {"Sequence":{"id":"A","type_id":0}}],"special_tokens":{"<end>":{"id":"<end>","ids":[10],"tokens":["<end>"]}}},
"model":{"type":"BPE","vocab":{"a":0,"b":1,"Ġ":2,"ab":3,"Ġab":4,"Ã":5,"©":6,"c":7,"abc":8},
"merges":["a b","Ġ ab",["ab","c"]]}}
J
enc()
{
	fg-tokenize -q -t t.json "$@"
}
sans()
{
	sed 's/,"tokenizer":"[0-9a-f]*"//'
}

is "ids and ends" "$(echo '{"response":"ab abc"}' | enc | sans)" \
    '{"response":"ab abc","response_ids":[3,4,7],"response_ends":[2,5,6]}'
is "a character in two tokens" "$(echo '{"response":"é"}' | enc | sans)" \
    '{"response":"é","response_ids":[5,6],"response_ends":[1,2]}'
is "an added token in the text" "$(echo '{"response":"a<end>b"}' | enc | sans)" \
    '{"response":"a<end>b","response_ids":[0,10,1],"response_ends":[1,6,7]}'
is "special" "$(echo '{"prompt":"a","response":"b"}' | enc --special --eos 10 | sans)" \
    '{"prompt":"a","response":"b","prompt_ids":[10,0],"prompt_ends":[0,1],"response_ids":[1,10],"response_ends":[1,1]}'
is "no eos" "$(echo '{"prompt":"a","response":"b"}' | enc --special --no-eos | sans)" \
    '{"prompt":"a","response":"b","prompt_ids":[10,0],"prompt_ends":[0,1],"response_ids":[1],"response_ends":[1]}'
is "decode" "$(echo '{"response_ids":[3,4,5,6,10]}' | enc -d | sans)" \
    '{"response_ids":[3,4,5,6,10],"response":"ab abé","response_ends":[2,5,6,7,7]}'
is "a cut character" "$(echo '{"response_ids":[5]}' | enc -d | sans)" \
    '{"response_ids":[5],"response":"�","response_ends":[3]}'
is "lines of text" "$(printf 'ab\nb\n' | enc --text | sans)" \
    '{"text":"ab","text_ids":[3],"text_ends":[2]}
{"text":"b","text_ids":[1],"text_ends":[1]}'

awk 'BEGIN { for (i = 0; i < 30000; i++) print (i % 7 ? "ab abc<end>" : ""), i % 5 ? "a\\\"" : "é" }' >lines
enc -j 1 --text lines >one.thread
enc -j 3 --text lines >more.threads
same "lines of text on threads" one.thread more.threads
is "a record a line" "$(wc -l <one.thread)" 30000
printf 'ab\na\377\nb' | enc --text --bad bad >out 2>err
is "bad lines aside" "$(sans <out; cat bad)" '{"text":"ab","text_ids":[3],"text_ends":[2]}
{"text":"b","text_ids":[1],"text_ends":[1]}
{"line":"a�","error":"stdin:2:2: not UTF-8"}'

echo '{"response":"b"}' | exits 1 "no end id" enc --special
printf 'a\377\n' | exits 1 "invalid UTF-8" enc --text
is "its place" "$(cat err)" "fg-tokenize: stdin:1:2: not UTF-8"
echo '{"response_ids":[99]}' | exits 1 "an id outside" enc -d
exits 2 "no tokenizer" fg-tokenize
sed 's/"ByteLevel","add/"Nothing","add/' t.json >u.json
exits 1 "an unknown part" fg-tokenize -t u.json
sed 's/"a b"/"a z"/' t.json >u.json
exits 1 "a merge of an unknown token" fg-tokenize -t u.json

# Oniguruma's \w: superscript two, not four, and not in a class
for re in '\\w:[0,0]' '[\\w]:[0,1,0]'; do
	cat >u.json <<-J
	{"pre_tokenizer":{"type":"Sequence","pretokenizers":[
	{"type":"Split","pattern":{"Regex":"${re%%:*}"},"behavior":"Removed","invert":false},
	{"type":"Split","pattern":{"Regex":"."},"behavior":"Isolated","invert":false}]},
	"model":{"type":"WordLevel","unk_token":"?","vocab":{"-":0,"²":1,"⁴":2,"?":3}}}
	J
	is "word characters of ${re%%:*}" "$(echo '{"response":"-²a-"}' | fg-tokenize -q -t u.json | sed 's/.*ids":\(\[[^]]*\]\).*/\1/')" "${re#*:}"
done

# ids of one tokenizer in a record, and what is counted in them
jq '.added_tokens += [{id: 99, content: "<more>", special: true}]' t.json >v.json
printf '{"prompt":"ab","response":"ab","reference":"ab"}\n' | fg-tokenize -q -t t.json -f prompt -f response -f reference |
	jq -c '. + {response_label: [0], response_note: [7], score: 1, hunks: []}' >mine
is "another's go with what hangs on them" \
	"$(fg-tokenize -q -t v.json -f prompt mine | jq -c keys_unsorted)" \
	'["prompt","response","reference","tokenizer","response_note","score","prompt_ids","prompt_ends"]'
is "its own stay" "$(fg-tokenize -q -t t.json -f prompt mine | jq -c 'keys_unsorted | length')" 14
exits 1 "ids of another are not decoded" fg-tokenize -t v.json -d mine
ok "and that is said" grep -q "mine:1:[0-9]*: tokenizer: the ids are another tokenizer's; v.json is" err

# the usual libraries' own vectors, where the data is here
# shellcheck disable=SC2154
data=$src/../shared/data/tokenizers
for pair in gpt2:gpt-2 phi-3:phi-3 falcon:falcon roberta:roberta-bpe; do
	v=$data/vectors/llama.cpp/${pair#*:}
	if [ ! -f "$v.inp" ] || ! command -v jq >/dev/null; then
		skip "vectors of ${pair%:*}" "no data or no jq"
		continue
	fi
	# the file ends with a marker
	jq -Rsc 'split("\n__ggml_vocab_test__\n")[:-1][] | {response: .}' "$v.inp" |
	    fg-tokenize -q -t "$data/${pair%:*}" | jq -r '.response_ids | map(tostring) | join(" ")' >got
	sed 's/^ *//;s/ *$//' "$v.out" >want
	same "vectors of ${pair%:*}" got want
done
for pair in gpt2:distilgpt2 falcon:tiiuae/falcon-7b t5-small:t5-base; do
	v=$data/vectors/tokenizer_tests.json
	if [ ! -f "$v" ] || ! command -v jq >/dev/null; then
		skip "tests of ${pair#*:}" "no data or no jq"
		continue
	fi
	jq -c --arg k "${pair#*:}" '.[$k][] | {response: .input}' "$v" | fg-tokenize -q -t "$data/${pair%:*}" |
	    jq -c .response_ids >got
	# T5 ends with </s>
	jq -c --arg k "${pair#*:}" '.[$k][].encoded.input_ids | if $k == "t5-base" then .[:-1] else . end' "$v" >want
	same "tests of ${pair#*:}" got want
done
done_testing
