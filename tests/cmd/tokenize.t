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

is "an empty text has no tokens, the first one too" "$(printf '{"response":""}\n{"response":"a"}\n{"response":""}\n' |
    enc | jq -c '[.response_ids, .response_ends]')" "$(printf '[[],[]]\n[[0],[1]]\n[[],[]]')"
{
	yes '{"text":""}' | head -n 20000
	echo '{"text":"a"}'
	yes '{"text":""}' | head -n 20000
} >empties
enc -j 1 -f text empties >one.thread
enc -j 4 -f text empties >more.threads
same "empty texts on threads" one.thread more.threads
is "lines that end with CR LF" "$(printf 'ab\r\nb\r\n' | enc --text | jq -c .text)" "$(printf '"ab"\n"b"')"

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

# the end of a text: of a list the id that the tokenizer names; -1 and null are no id
end_of()
{
	mkdir -p end
	jq '.added_tokens += [{id: 11, content: "<a>", special: true}, {id: 12, content: "<b>", special: true}]' \
	    t.json >end/tokenizer.json
	rm -f end/*config.json end/*map.json
	for end_file in "$@"; do
		echo "${end_file#*=}" >"end/${end_file%%=*}"
	done
	echo '{"response":"a"}' | fg-tokenize -q -t end --special 2>err | jq -c '.response_ids[1:]'
}
is "the first of a list" "$(end_of 'generation_config.json={"eos_token_id":[10,11]}')" '[10]'
is "the one that is named" "$(end_of 'generation_config.json={"eos_token_id":[10,12,11]}' \
    'tokenizer_config.json={"eos_token":"<a>"}')" '[11]'
is "a name that the list has not" "$(end_of 'config.json={"eos_token_id":[10,12]}' \
    'tokenizer_config.json={"eos_token":{"content":"<a>"}}')" '[10]'
is "-1 is no id" "$(end_of 'config.json={"bos_token_id":-1,"eos_token_id":-1}' \
    'tokenizer_config.json={"eos_token":"<a>"}')" '[11]'
is "null is no id" "$(end_of 'config.json={"bos_token_id":null,"eos_token_id":[null,-1]}' \
    'tokenizer_config.json={"eos_token":"<a>"}')" '[11]'
is "special_tokens_map.json" "$(end_of 'special_tokens_map.json={"eos_token":"<b>"}')" '[12]'
is "none" "$(end_of 'config.json={"eos_token_id":[]}'; cat err)" \
    "fg-tokenize: stdin:1:13: response: the tokenizer names no end-of-sequence id (--eos gives one)"
is "a response that was cut has none" "$(echo '{"response":"a","finish":"length"}' | enc --special --eos 10 |
    jq -c .response_ids)" '[0]'
is "and no other field is cut" "$(echo '{"chosen":"a","finish":"length"}' | enc --special --eos 10 |
    jq -c .chosen_ids)" '[0,10]'

# tokens that only the files beside it add
declared()
{
	mkdir -p more
	cp t.json more/tokenizer.json
	rm -f more/*config.json more/added_tokens.json
	echo "$2" >"more/$1"
	echo '{"text":"a<new> b"}' | fg-tokenize -q -t more -f text 2>err | jq -c .text_ids
	cat err
}
is "added_tokens_decoder" "$(declared tokenizer_config.json \
    '{"added_tokens_decoder":{"10":{"content":"<end>"},"11":{"content":"<new>","rstrip":true}}}')" '[0,11,1]'
is "added_tokens.json" "$(declared added_tokens.json '{"<new>":11}')" '[0,11,2,1]'
is "an id that it does not get" "$(declared tokenizer_config.json '{"added_tokens_decoder":{"12":{"content":"<new>"}}}')" \
    "fg-tokenize: more/tokenizer.json: a token added by the files beside it has id 12 there, but gets id 11"
is "another id than it has" "$(declared tokenizer_config.json '{"added_tokens_decoder":{"9":{"content":"<end>"}}}')" \
    "fg-tokenize: more/tokenizer.json: a token added by the files beside it has id 9 there, but gets id 10"

# BOS or EOS that is in the text too is said
echo '{"prompt":"<end>a","response":"b<end>"}' >both
mkdir -p twice
cp t.json twice/tokenizer.json
is "both come twice" "$(fg-tokenize -t twice --special --eos 10 both 2>err | jq -c '[.prompt_ids, .response_ids]')" '[[10,10,0],[1,10,10]]'
is "and that is said" "$(cat err)" "fg-tokenize: texts that begin with BOS, which was added again: 1
fg-tokenize: texts that end with EOS, which was added again: 1"

# a text after an added token gets the prefix that it has in the whole text, as one after text does not
cat >p.json <<'J'
{"added_tokens":[{"id":5,"content":"<end>","special":true,"normalized":false,"rstrip":true}],
"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},
{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},
"model":{"type":"BPE","vocab":{"a":0,"b":1,"▁":2,"▁a":3,"▁b":4,"?":6},"merges":["▁ a","▁ b"],"unk_token":"?"}}
J
cat >prompts <<'J'
{"prompt":"a","response":"b"}
{"prompt":"a<end>","response":"b"}
{"prompt":"a<end> ","response":"b"}
{"prompt":"a<end>","response":" b"}
{"prompt":"","response":"b"}
{"response":"b"}
J
is "the prefix of a reply" "$(fg-tokenize -q -t p.json --special --no-eos prompts | jq -c '[.prompt_ids, .response_ids, .response_ends]')" \
'[[3],[1],[1]]
[[3,5],[4],[1]]
[[3,5],[4],[1]]
[[3,5],[4],[2]]
[[],[4],[1]]
[null,[4],[1]]'
is "whichever field is asked for" "$(fg-tokenize -q -t p.json --special --no-eos -f response prompts | jq -c .response_ids | tr '\n' ' ')" \
    '[1] [4] [4] [4] [4] [4] '

# a .tiktoken file is used whole or not at all
awk 'BEGIN { for (i = 0; i < 300; i++) print "YQ== " i }' >same.tiktoken
mkdir -p cut
awk 'BEGIN {
	d = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for (i = 0; i < 50256; i++) {
		v = i < 256 ? i : i - 256
		if (i < 256)
			print substr(d, int(v / 4) + 1, 1) substr(d, v % 4 * 16 + 1, 1) "== " i
		else
			print substr(d, int(v / 1024) + 1, 1) substr(d, int(v / 16) % 64 + 1, 1) substr(d, v % 16 * 4 + 1, 1) "= " i
	}
}' >cut/gpt2.whole
cp cut/gpt2.whole gpt2.tiktoken
is "a whole one" "$(echo '{"text":"ab<|endoftext|>"}' | fg-tokenize -q -t gpt2.tiktoken -f text | jq -c .text_ids)" '[25186,50256]'
head -n 50000 cut/gpt2.whole >cut/gpt2.tiktoken
echo '{"text":"ab"}' | exits 1 "one that was cut" fg-tokenize -t cut/gpt2.tiktoken -f text
is "and why" "$(cat err)" \
    "fg-tokenize: cut/gpt2.tiktoken: 50000 tokens with ranks up to 49999; gpt2 has 50256 and no gap: the file was cut, or is another"
sed '300d' cut/gpt2.whole >cut/gpt2.tiktoken
echo '{"text":"ab"}' | exits 1 "one with a gap" fg-tokenize -t cut/gpt2.tiktoken -f text

# other files are named for what they are
named()
{
	mkdir -p kinds
	# shellcheck disable=SC2059
	printf "$2" >kinds/tokenizer.json
	echo '{"text":"a"}' | exits 1 "$1" fg-tokenize -t kinds -f text
	is "$1 is named" "$(cat err)" "fg-tokenize: kinds/tokenizer.json: $3"
}
named "a pointer" 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n' \
    "not a tokenizer, but a Git LFS pointer; 'git lfs pull' fetches the file itself"
named "GGUF" 'GGUF\003\000\000\000' "not a tokenizer, but a GGUF file"
named "UTF-16" '\377\376{\000}\000' "not a tokenizer, but UTF-16; 'iconv -f UTF-16 -t UTF-8' converts it"
named "a byte order mark" '\357\273\277{}' "not a tokenizer, but a byte order mark; the text has to begin without one"
named "SentencePiece" '\n\016\n\005<unk>\025\000' \
    "not a tokenizer, but a SentencePiece model; transformers saves a tokenizer.json of it"
named "tekken" '{"config":{},"vocab":[]}' \
    "not a tokenizer.json, but Mistral's tekken.json; transformers saves a tokenizer.json of it"
mkdir -p bare
touch bare/tokenizer.model
echo '{"text":"a"}' | exits 1 "a folder with another" fg-tokenize -t bare -f text
is "and which" "$(cat err)" "fg-tokenize: bare: there is tokenizer.model, but no tokenizer.json; transformers saves one"

# the longest text
echo '{"text":"ababab"}' | exits 1 "a long text" fg-tokenize -t t.json -f text --max-text 5
is "and what is allowed" "$(cat err)" "fg-tokenize: stdin:1:9: text: a text of 6 bytes: at most 5 are tokenized at once"
is "the longest text" "$(echo '{"text":"ababa"}' | fg-tokenize -q -t t.json -f text --max-text 5 | jq -c .text_ids)" '[3,3,0]'

# special tokens are not text, unless that is wanted
echo '{"response_ids":[0,10,1,10]}' >inside
is "left out" "$(fg-tokenize -t t.json -d inside 2>err | jq -c '[.response, .response_ends]')" '["ab",[1,1,2,2]]'
is "and said" "$(cat err)" "fg-tokenize: special tokens inside of texts, which were left out: 2 (--keep-special)"
is "kept" "$(fg-tokenize -t t.json -d --keep-special inside 2>&1 | jq -c '[.response, .response_ends]')" '["a<end>b<end>",[1,6,7,12]]'
exits 2 "--keep-special alone" fg-tokenize -t t.json --keep-special

# WordPiece: the longest piece first, within the longest word
cat >w.json <<'J'
{"pre_tokenizer":{"type":"Whitespace"},"model":{"type":"WordPiece","unk_token":"?","max_input_chars_per_word":8,
"vocab":{"?":0,"a":1,"ab":2,"##c":3,"##cd":4,"##d":5,"##é":6,"abcde":7}}}
J
is "the longest piece first" "$(echo '{"text":"abcd acd abcdé abcdef aécd abcdcdcd abcdcdcdc"}' | fg-tokenize -q -t w.json -f text |
    jq -c .text_ids)" '[2,4,1,4,2,4,6,0,1,6,4,2,4,4,4,0]'
sed 's/word":8/word":5000/' w.json >u.json
exits 1 "too long a word" fg-tokenize -t u.json

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

# what a stranger's tokenizer makes of a text is bounded
long() { head -c "$1" /dev/zero | tr '\0' a; }
printf '{"model":{"type":"Unigram","unk_id":0,"vocab":[["?",0],["a",-1],["%s",-2]]}}' "$(long 1024)" >u.json
is "a long piece" "$(printf '{"text":"%s"}\n' "$(long 1025)" | fg-tokenize -q -t u.json -f text | jq -c .text_ids)" '[1,2]'
printf '{"model":{"type":"Unigram","unk_id":0,"vocab":[["?",0],["a",-1],["%s",-2]]}}' "$(long 1025)" >u.json
echo '{"text":"a"}' | exits 1 "and a longer one" fg-tokenize -t u.json -f text
is "its message" "$(cat err)" "fg-tokenize: u.json:1:66: vocab: a token of more than 1024 bytes"
printf '{"normalizer":{"type":"Replace","pattern":{"String":"b"},"content":"%s"},"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":[]}}' \
    "$(long 30000)" >u.json
is "a letter becomes a long text" "$(echo '{"text":"bb"}' | fg-tokenize -q -t u.json -f text | jq '.text_ids | length')" 60000
{ echo '{"text":"ab"}' && echo '{"text":"bbb"}' && echo '{"text":"b"}'; } |
	exits 0 "but not as long as it likes" fg-tokenize -q --bad bad -t u.json -f text
is "and why" "$(wc -l <out) $(jq -r .error bad)" "2 stdin:2:9: text: normalization makes too long a text of it"

# ids of one tokenizer in a record, and what is counted in them
jq '.added_tokens += [{id: 99, content: "<more>", special: true}]' t.json >v.json
printf '{"prompt":"ab","response":"ab","reference":"ab"}\n' | fg-tokenize -q -t t.json -f prompt -f response -f reference |
	jq -c '. + {response_label: [0], response_note: [7], score: 1, hunks: []}' >mine
is "another's are removed with what depends on them" \
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
