#!/bin/bash
# fg-difflabel: labels, hunks, projection, end of sequence, published rules.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# a character a token: "a" is 0 ... "z" 25, the space 26, the end 27
{
	printf '{"added_tokens":[{"id":27,"content":"<end>","special":true,"normalized":false}],'
	printf '"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":false},'
	printf '"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","merges":[],"vocab":{'
	i=0
	for c in a b c d e f g h i j k l m n o p q r s t u v w x y z; do
		printf '"%s":%d,' $c $i
		i=$((i + 1))
	done
	printf '"Ġ":26}}}\n'
} >t.json

# labels of pair $1 -> $2 with the options that follow
labels()
{
	x=$1 y=$2
	shift 2
	printf '{"rejected":"%s","chosen":"%s"}\n' "$x" "$y" | fg-difflabel -t t.json --eos 27 "$@" |
	    sed 's/.*"rejected_label":\(\[[^]]*\]\),"chosen_label":\(\[[^]]*\]\).*/\1 \2/'
}

is "a word replaced" "$(labels 'a bc d' 'a e d')" "[0,-1,-1,-1,0,0,0] [0,1,1,0,0,0]"
is "nothing" "$(labels 'ab' 'ab')" "[0,0,0] [0,0,0]"
is "a word deleted" "$(labels 'a b c' 'a c')" "[0,-1,-1,0,0,0] [0,0,0,0]"
is "deleted at the end: stop earlier" "$(labels 'a b' 'a')" "[0,-1,-1,0] [0,1]"
is "inserted at the end: stopped too early" "$(labels 'a' 'a b')" "[0,-1] [0,1,1,0]"
is "no label of the end" "$(labels 'a b' 'a' --eos-label none)" "[0,-1,-1,0] [0,0]"
is "always a label of the end" "$(labels 'a' 'a' --eos-label always)" "[0,0] [0,1]"
is "an anchor in front" "$(labels 'a c' 'a b c' --anchor prev)" "[-1,0,0,0] [0,1,1,0,0,0]"
is "an anchor after" "$(labels 'a c' 'a b c' --anchor next)" "[0,-1,0,0] [0,1,1,0,0,0]"
is "characters" "$(labels 'abc' 'abd' -u char)" "[0,0,-1,0] [0,0,1,0]"
is "one hunk costs no more than two" "$(labels 'a b c' 'x b y')" "[-1,-1,-1,-1,-1,0] [1,1,1,1,1,0]"
is "two hunks where they are free" "$(labels 'a b c' 'x b y' --hunk-cost 0)" "[-1,0,0,-1,-1,0] [1,0,0,1,1,0]"

# costs: 1 for a deleted token, and before a token what is inserted beyond what is deleted
cost() {
	x=$1 y=$2
	shift 2
	printf '{"rejected":"%s","chosen":"%s"}\n' "$x" "$y" | fg-difflabel -t t.json --eos 27 "$@" |
	    sed -n 's/.*"rejected_cost":\(\[[^]]*\]\),"chosen_cost":\(\[[^]]*\]\).*/\1 \2/p'
}
is "none where they are not asked for" "$(cost a b)" ""
is "a longer word in its place" "$(cost 'a b c' 'a efg c' --cost tokens)" "[0,1,1,2,0,0] [0,0,0,0,0,0,0,0]"
is "a word left out" "$(cost 'a c' 'a b c' --cost tokens)" "[0,2,0,0] [0,0,0,0,0,0]"
is "left out at the end" "$(cost 'a' 'a b c' --cost tokens)" "[0,4] [0,0,0,0,0,0]"
is "too much at the end" "$(cost 'a b' 'a' --cost tokens)" "[0,1,1,0] [0,0]"
is "anchors and labels of the end cost nothing" \
    "$(cost 'a c' 'a b c' --cost tokens --anchor both --eos-label always)" "[0,2,0,0] [0,0,0,0,0,0]"
is "in words" "$(cost 'a b c' 'a efg x c' --cost symbols)" "[0,0,1,1,0,0] [0,0,0,0,0,0,0,0,0,0]"
is "in characters" "$(cost 'abc' 'abdd' -u char --cost symbols)" "[0,0,1,1] [0,0,0,0,0]"

# published rules: labels without that of the end, which TLCR has as 0 and FIGA, on the better
# side, as 1; by a table and a walk from its end: keep, delete, add, replace
while read -r x y from to; do
	is "TLCR: $x $y" "$(labels "$x" "$y" -u token --align levenshtein --eos-label none)" "[$from,0] [$to,0]"
	is "FIGA: $x $y" "$(labels "$x" "$y" -u token --align levenshtein --eos-label always)" "[$from,0] [$to,1]"
done <<EOF
abc axc 0,-1,0 0,1,0
ab ba 0,-1 1,0
abcd bcda -1,0,0,0 0,0,0,1
aab ab -1,0,0 0,0
ab aab 0,0 1,0,0
abab baba 0,0,0,-1 1,0,0,0
kitten sitting -1,0,0,0,-1,0 1,0,0,0,1,0,1
abcdef azced 0,-1,0,-1,0,-1 0,1,0,0,1
aaa a -1,-1,0 0
xay zza -1,0,-1 1,1,0
EOF

# bare words: the byte hunks of a pair whose tokens do not matter
bare()
{
	printf '{"rejected":"%s","chosen":"%s","rejected_ids":[],"rejected_ends":[],"chosen_ids":[],"chosen_ends":[]}\n' "$1" "$2" |
	    fg-difflabel -u bare | sed 's/.*"hunks":\[\(.*\)\],"edit_ratio.*/\1/; s/"\(from\|to\)":\[[^]]*\],//g; s/"//g; s/_bytes//g'
}
is "bare: a word" "$(bare 'a bc d' 'a e d')" "{op:replace,from:[2,4],to:[2,3]}"
is "bare: the first word is deleted" "$(bare 'a bc d' 'bc d')" "{op:delete,from:[0,2],to:[0,0]}"
is "bare: a word is deleted" "$(bare 'a b, c' 'a, c')" "{op:delete,from:[1,3],to:[1,1]}"
is "bare: punctuation alone" "$(bare 'a b. c' 'a b, c')" "{op:replace,from:[3,4],to:[3,4]}"
is "bare: white space alone" "$(bare 'a b' 'a  b')" "{op:insert,from:[1,1],to:[1,2]}"
is "bare: a word and the punctuation in front" "$(bare 'a b' 'a, c b')" "{op:insert,from:[1,1],to:[1,4]}"
is "bare: quotation marks are not cut" "$(bare 'a “b' 'a ”b')" "{op:replace,from:[2,5],to:[2,5]}"
is "bare: at the end" "$(bare 'a b.' 'a c.')" "{op:replace,from:[2,3],to:[2,3]}"

echo '{"rejected":"a b c","chosen":"a c"}' >pair
is "hunks in tokens and bytes" "$(fg-difflabel -t t.json --eos 27 pair | sed 's/.*"hunks"/"hunks"/')" \
    '"hunks":[{"op":"delete","from":[1,3],"to":[1,1],"from_bytes":[1,3],"to_bytes":[1,1]}],"edit_ratio":0.3333333333333333}'
fg-difflabel -t t.json --eos 27 pair >with
fg-difflabel with >again
same "ids of the record are used" again with
is "an unlike pair is dropped" "$(fg-difflabel -t t.json --eos 27 --max-ratio 0.3 pair 2>err)" ""
is "and counted" "$(cat err)" "fg-difflabel: 1 pairs above --max-ratio left out"
exits 1 "too many steps" fg-difflabel -t t.json --eos 27 --max-steps 1 pair
ok "and how many" grep -q 'rejected: to align [0-9]* and [0-9]* symbols takes more than 1 steps (--max-steps)$' err
# two texts without a word in common, without --max-ratio: refused at the bound, and not at the end of all
# the work; --bad goes on
words() { awk -v w="$1" 'BEGIN { for (i = 0; i < 60000; i++) printf "%s%d ", w, i % 9973 }'; }
{
	cat pair
	printf '{"rejected":"%s","chosen":"%s"}\n' "$(words a)" "$(words b)"
	cat pair
} >unlike
for most in 1000000 40000000; do
	(ulimit -t 5 && exec fg-difflabel -q -t t.json --eos 27 --max-steps $most --bad bad unlike >out 2>err)
	is "nothing in common, $most steps" "$? $(wc -l <out) $(cat err) $(jq -r .error bad)" \
	    "0 2  unlike:2:13: rejected: to align 60001 and 60001 symbols takes more than $most steps (--max-steps)"
done
(ulimit -t 20 && exec fg-difflabel -q -t t.json --eos 27 --max-ratio 0.5 unlike >out 2>err)
is "nothing in common, with --max-ratio" "$? $(wc -l <out)" "0 2"
fg-difflabel -q -t t.json --eos 27 --max-ratio 0.3 --bad bad pair
ok "and is written to --bad" grep -q 'above --max-ratio' bad
fg-difflabel --worse chosen --better rejected with | sed 's/.*"chosen_label":\(\[[^]]*\]\).*/\1/' >out
is "the sides exchanged" "$(cat out)" "[0,0,0,0]"

exits 1 "no ids" fg-difflabel pair
is "its message" "$(cat err)" "fg-difflabel: pair:1: rejected_ids: not there; -t names a tokenizer"
echo '{"rejected":"ab","chosen":"a","rejected_ids":[0,1],"rejected_ends":[1,3],"chosen_ids":[0],"chosen_ends":[1]}' |
    exits 1 "an end outside of the text" fg-difflabel
exits 2 "not a unit" fg-difflabel -u line pair
exits 2 "one field for both" fg-difflabel -t t.json -a chosen pair
exits 2 "an end that the tokenizer has not" fg-difflabel -t t.json --eos 99 pair
done_testing
