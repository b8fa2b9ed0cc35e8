#!/bin/sh
# fg-vocab: counts that can be done by hand, refusals, and the reference vocabularies.
here=$(cd "$(dirname "$0")/../.." && pwd)
PATH=${BUILD:-$here/build}/bin:$PATH
shared=$here/shared/data
[ -d "$shared" ] || shared=$here/../shared/data
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
n=0
ok() { # description, then a command
	n=$((n + 1))
	d=$1
	shift
	if "$@" >"$tmp/.log" 2>&1; then echo "ok $n - $d"
	else echo "not ok $n - $d"; sed 's/^/# /' "$tmp/.log"; fi
}
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }
is() { [ "$1" = "$2" ] || { printf '%s\n--- expected\n%s\n' "$1" "$2"; return 1; }; }
merges() { jq -r '.model.merges | join(",")' "$1"; }

cat >text <<'X'
low low low low low lower lower newest newest newest newest newest newest
widest widest widest<|endoftext|>low
X
# es, st 9; lo, ow, we 8, then (w,est) 6; ne, ew, Ġn 6
fg-vocab --text --size 263 -o a.json text
ok 'ids break ties: smaller first' is "$(merges a.json)" 'e s,es t,l o,lo w,e w,n ew'
fg-vocab --text --ties text --size 263 -o b.json text
ok 'text breaks ties: greater first' is "$(merges b.json)" 's t,e st,o w,l ow,w est,n e'
ok 'special tokens have the first ids, bytes follow' is \
	"$(jq -c '[.model.vocab["<|endoftext|>","!","Ń","es"]]' a.json)" '[0,1,256,257]'
ok 'only a tokenizer.json has a config beside it' test ! -e tokenizer_config.json

mkdir d
fg-vocab --text --size 260 --special '<s>' --special '</s>' --eos '</s>' -o d text
ok 'bos and eos go to the config' is \
	"$(jq -r '.bos_token + " " + .eos_token' d/tokenizer_config.json)" '<s> </s>'
ok 'two special tokens' is "$(jq -c '[.added_tokens[].content]' d/tokenizer.json)" '["<s>","</s>"]'

jq -Rc '{text: .}' text >text.jsonl
fg-vocab --size 263 -o c.json text.jsonl
ok 'records count like text' is "$(merges c.json)" "$(merges a.json)"
fg-vocab --text --size 263 -o c.json <text
ok 'standard input counts like a file' cmp a.json c.json

# blocks: a text of several reads equals the same text as one record
i=0
while [ $i -lt 30000 ]; do
	echo "line $i isn't  the same\tas 'ère  $((i * 7919 % 104729)) "
	i=$((i + 1))
done >long
fg-vocab --text --size 400 -o long1.json long
jq -Rsc '{text: .}' long | fg-vocab --size 400 -o long2.json
ok 'blocks do not change the counts' cmp long1.json long2.json

fails() { # status, message, command
	want=$1 msg=$2
	shift 2
	"$@" >out 2>err </dev/null
	is "$? $(cat out; cat err)" "$want $msg"
}
ok 'an alphabet does not fit' fails 2 'fg-vocab: --size: expected 257 to 2147483647' \
	fg-vocab --text --size 256 -o x.json
printf 'good\nb\377d\n' >bad
ok 'invalid UTF-8 has its place' fails 1 'fg-vocab: bad:2:2: invalid UTF-8' \
	fg-vocab --text --size 300 -o x.json bad
ok 'and nothing is written' test ! -e x.json
echo '{"n":1}' >none.jsonl
ok 'a record without text' fails 1 'fg-vocab: none.jsonl:1: text: no text field; name one with -f' \
	fg-vocab --size 300 -o x.json none.jsonl
ok 'an output that cannot be written is status 3' sh -c \
	'fg-vocab --text --size 260 -o /nonexistent/x.json text; [ $? = 3 ]'

ref=$shared/tokenizers/bpe-training
if [ -d "$ref" ]; then
	fg-vocab --text --size 500 --ties text -o ref.json "$ref/corpus.en"
	jq -r '.model.merges[]' ref.json >merges.txt
	ok 'the reference merges' cmp merges.txt "$ref/merges.txt"
	jq -S .model.vocab ref.json >vocab.json
	jq -S . "$ref/vocab.json" >want.json
	ok 'the reference vocabulary' cmp vocab.json want.json
else
	skip 'the reference merges' 'no shared data'
	skip 'the reference vocabulary' 'no shared data'
fi
echo "1..$n"
