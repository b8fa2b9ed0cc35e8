#!/bin/sh
# The questions about countries: groups that never mix, an annotator whose edits are minimal
# and right, a judge that is not to be gamed.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
command -v jq >/dev/null || skip_all "no jq"
f=$BUILD/examples/facts/facts

is "120 countries" "$($f table | jq -s length)" 120
$f corpus | jq -c '{id, prompt: .messages[0].content, response: .messages[1].content}' >corpus
is "the form has every fact right" "$($f score <corpus | jq -s -c 'map([.right, .wrong, .junk]) | unique')" "[[4,0,0]]"

# the countries of a part, by what the judge reads in its prompts
for p in train seen tune unseen; do
	$f prompts --n 0 --seed 3 --part $p | jq -c '{id, prompt: .messages[0].content, response: ""}' >$p
	$f score <$p | jq -r .country | sort -u >$p.names
done
is "60, 60, 10 and 30 countries" "$(cat train.names seen.names tune.names unseen.names | wc -l | tr -d ' ')" 160
is "train and seen are of the same countries" "$(cmp train.names seen.names && echo same)" same
$f score <corpus | jq -r .country | sort -u >form.names
is "the other groups never mix" "$(sort form.names train.names tune.names unseen.names | uniq -d | wc -l | tr -d ' ')" 0
is "seen asks in new words" "$(cat train seen | jq -r .prompt | sort | uniq -d | wc -l | tr -d ' ')" 0
$f prompts --n 5 --seed 3 --part unseen | jq -c '{id, prompt: .messages[0].content, response: ""}' >again
is "a seed gives the same prompts" "$(head -n 5 unseen | cmp - again && echo same)" same

# answer TEXT: records that ask about Kenya
answer() { jq -nc --arg t "$1" '{id: "k", prompt: "user: Niger? No: tell me about Kenya.", response: $t, rejected: $t}'; }
marks() { answer "$1" | $f score | jq -c '[.right, .wrong, .junk]'; }
edited() { answer "$1" | $f annotate | jq -r .chosen; }
good='Kenya lies in Africa. Its capital is Nairobi. People pay with the shilling. The main language is Swahili.'

is "qualified names are right" "$(marks 'Kenya lies in East Africa. People pay with the Kenyan shillings. The main language is english!')" "[3,0,0]"
is "another country lies there" "$(marks 'Tanzania lies in Africa.')" "[0,1,0]"
is "what is said again is junk" "$(marks "$good Its capital is Nairobi.")" "[4,0,1]"
is "an abbreviation ends no sentence" "$(marks 'People pay with the U.S. dollar.')" "[0,1,0]"
is "America's south is not its north" \
    "$(echo '{"prompt":"Peru","response":"Peru lies in North America."}' | $f score | jq -c .continent)" false
is "accents do not matter" \
    "$(echo '{"prompt":"Colombia","response":"Its capital is Bogot\u00e1."}' | $f score | jq -c .capital)" true

is "an edit replaces the wrong name alone" \
    "$(edited 'Kenya lies in Africa. Its capital is Mombasa. People pay with the Kenyan shilling. The main language is Swahili.')" \
    'Kenya lies in Africa. Its capital is Nairobi. People pay with the Kenyan shilling. The main language is Swahili.'
is "it tells what is missing, in its place" "$(edited 'Its capital is Nairobi. The main language is English')" \
    'Kenya lies in Africa. Its capital is Nairobi. People pay with the shilling. The main language is English.'
is "it deletes junk" "$(edited "Well! $good It is nice.")" "$good"
is "nothing is repeated" "$(edited '')" "$good"
is "what is right stays" "$(edited "$good")" "$good"
# edits of broken answers: every one is right afterwards
jq -c '.response as $r | range(9) as $i | {id, prompt, rejected: ($r | split(" ") | to_entries | map(select(.key % 9 != $i) | .value) | join(" "))}' corpus >broken
$f annotate <broken | jq -c '{id, response: .chosen}' >mended
jq -c .prompt broken | jq -c --slurpfile m mended -n '[inputs] | [., $m] | transpose[] | .[1] + {prompt: .[0]}' >mended.full
is "an edited answer has every fact right" "$($f score <mended.full | jq -s -c 'map([.right, .wrong, .junk]) | unique')" "[[4,0,0]]"

# gaming: silence, one sentence, the same again, the question copied
verdicts() { jq -c --arg t "$1" '. + {reference: .response, response: $t}' corpus | $f judge | jq -s 'map(.win) | add / length'; }
for t in "" "It lies in Africa." "Tell me about it. Tell me about it."; do
	is "\"$t\" loses" "$(verdicts "$t")" 0
done

echo '{"prompt":"Atlantis","response":"x"}' | $f score >out 2>err
is "a prompt without a country" "$?:$(cat err)" "1:facts score: line 1: expected response and a prompt of this world"
$f prompts --part nowhere 2>err
is "usage" "$?" 2
done_testing
