#!/bin/sh
# Unigram vocabularies: sizes, threads, texts that come back, refusals.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

"$BUILD/examples/world/world" corpus --n 300 | sed 's/.*"response":"\(.*\)"}/\1/' >text
fg-vocab -j 1 --model unigram --size 300 --text -o uni.json text
fg-vocab -j 3 --model unigram --size 300 --text -o uni2.json text
same "the same on any number of threads" uni.json uni2.json
is "as many tokens as were asked for" "$(grep -c '^\["' uni.json)" 300
is "unknown and special tokens come first" "$(sed -n '2,3p' uni.json | tr -d '\n')" '["<unk>",0],["<|endoftext|>",0],'
ok "words are pieces" grep -q '^\["▁is",' uni.json
head -50 text | fg-tokenize -q --text -t uni.json | fg-tokenize -q -d -f text -t uni.json >again
sed 's/.*"text":"\([^"]*\)".*/\1/' again >got
head -50 text >want
same "texts come back" got want
is "no piece is unknown" "$(grep -c '"text_ids":\[\(.*,\)\{0,1\}0[],]' again)" 0
fg-init -t uni.json -o model --dim 32 --layers 1
ok "a model takes it" fg-check model
# letters that share their first byte: "ĀĀ" goes on with another, and with another's half
echo 'aĀĀāĀĀĀĀĀĀĀĀ' >halves
fg-vocab -q --model unigram --size 70 --text -o halves.json halves
is "no piece comes twice" "$(grep '^\["' halves.json | cut -d, -f 1 | sort | uniq -d)" ""
printf '<unk> and <unk>, <unk> or <unk>\n' >unknown
fg-vocab -q --model unigram --size 20 --text -o unknown.json unknown
is "nor one that is special" "$(grep -c '^\["<unk>"' unknown.json)" 1
exits 2 "which is not to be asked for" fg-vocab --model unigram --size 20 --special '<unk>' --text -o x.json unknown
exits 1 "no text" fg-vocab --model unigram --size 300 --text -o x.json /dev/null
printf '\n\r\n' | exits 1 "nothing but line ends" fg-vocab --model unigram --size 300 --text -o x.json
exits 2 "no room" fg-vocab --model unigram --size 2 --text -o x.json text
printf 'abcd e\n' | exits 2 "no room for the characters" fg-vocab --model unigram --size 8 --text -o x.json
is "which are counted" "$(cat err)" \
    "fg-vocab: --size: the text has 7 characters, each of which is a token; there is room for 6"
printf 'abcd e\n' | exits 0 "just room" fg-vocab --model unigram --size 9 --text -o x.json
printf 'a\377b\n' | exits 1 "invalid UTF-8" fg-vocab --model unigram --size 300 --text -o x.json
is "its place" "$(cat err)" "fg-vocab: stdin:1:2: invalid UTF-8"
done_testing
