#!/bin/sh
# fg-vocab: counts that can be done by hand, refusals, and the reference vocabularies.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
shared=$src/../shared/data
merges() { jq -r '.model.merges | join(",")' "$1"; }

cat >text <<'X'
low low low low low lower lower newest newest newest newest newest newest
widest widest widest<|endoftext|>low
X
# es, st 9; lo, ow, we 8, then (w,est) 6; ne, ew, Ġn 6
fg-vocab --text --size 263 -o a.json text
is 'ids break ties: smaller first' "$(merges a.json)" 'e s,es t,l o,lo w,e w,n ew'
fg-vocab --text --ties text --size 263 -o b.json text
is 'text breaks ties: greater first' "$(merges b.json)" 's t,e st,o w,l ow,w est,n e'
is 'special tokens have the first ids, bytes follow' \
	"$(jq -c '[.model.vocab["<|endoftext|>","!","Ń","es"]]' a.json)" '[0,1,256,257]'
ok 'only a tokenizer.json has a config beside it' test ! -e tokenizer_config.json

mkdir d
fg-vocab --text --size 260 --special '<s>' --special '</s>' --eos '</s>' -o d text
is 'bos and eos go to the config' \
	"$(jq -r '.bos_token + " " + .eos_token' d/tokenizer_config.json)" '<s> </s>'
is 'two special tokens' "$(jq -c '[.added_tokens[].content]' d/tokenizer.json)" '["<s>","</s>"]'

jq -Rc '{text: .}' text >text.jsonl
fg-vocab --size 263 -o c.json text.jsonl
is 'records count like text' "$(merges c.json)" "$(merges a.json)"
fg-vocab --text --size 263 -o c.json <text
same 'standard input counts like a file' a.json c.json

# blocks: a text of several reads equals the same text as one record
i=0
while [ $i -lt 30000 ]; do
	echo "line $i isn't  the same\tas 'ère  $((i * 7919 % 104729)) "
	i=$((i + 1))
done >long
fg-vocab --text --size 400 -o long1.json long
jq -Rsc '{text: .}' long | fg-vocab --size 400 -o long2.json
same 'blocks do not change the counts' long1.json long2.json

exits 2 'an alphabet does not fit' fg-vocab --text --size 256 -o x.json text
is 'what would' "$(cat err)" 'fg-vocab: --size: expected 257 to 2147483647'
printf 'good\nb\377d\n' >bad
exits 1 'invalid UTF-8' fg-vocab --text --size 300 -o x.json bad
is 'has its place' "$(cat err)" 'fg-vocab: bad:2:2: invalid UTF-8'
ok 'and nothing is written' test ! -e x.json
echo '{"n":1}' >none.jsonl
exits 1 'a record without text' fg-vocab --size 300 -o x.json none.jsonl
is 'is named' "$(cat err)" 'fg-vocab: none.jsonl:1: text: no text field; name one with -f'
exits 3 'an output that cannot be written' fg-vocab --text --size 260 -o /nonexistent/x.json text

ref=$shared/tokenizers/bpe-training
if [ -d "$ref" ]; then
	fg-vocab --text --size 500 --ties text -o ref.json "$ref/corpus.en"
	jq -r '.model.merges[]' ref.json >merges.txt
	same 'the reference merges' merges.txt "$ref/merges.txt"
	jq -S .model.vocab ref.json >vocab.json
	jq -S . "$ref/vocab.json" >want.json
	same 'the reference vocabulary' vocab.json want.json
else
	skip 'the reference merges' 'no shared data'
	skip 'the reference vocabulary' 'no shared data'
fi
exits 2 "an empty name for the output" fg-vocab --size 270 -o '' /dev/null
# a link stays, and files beside it are nobody's to take
mkdir there
echo old >there/t.json
chmod 640 there/t.json
ln -s there/t.json link.json
echo mine >link.json.tmp
echo mine >there/t.json.tmp
printf '{"text":"a few words of a text, and a few words more"}\n' >words.jsonl
fg-vocab -q --size 270 -f text -o link.json words.jsonl
is "where a link leads is written" "$(readlink link.json) $(head -c 1 there/t.json) $(stat -c %a there/t.json)" "there/t.json { 640"
is "a file whose name ends in .tmp is left alone" "$(cat link.json.tmp there/t.json.tmp)" "mine
mine"
is "nothing else is left" "$(ls there)" "t.json
t.json.tmp"
done_testing
