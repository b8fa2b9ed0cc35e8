#!/bin/sh
# fg-judge: verdicts through a command, order, resuming.
. "$(dirname "$0")/../lib.sh"
w=$BUILD/examples/world/world

$w corpus --n 400 --seed 11 >a
$w corpus --n 400 --seed 11 --clean | jq -c '{reference:.response}' >b
paste -d '\n' a b | jq -c -s '[range(0;length;2) as $i | .[$i] + .[$i+1]][]' >in
$w judge <in | jq .win >want
fg-judge --command "$w judge" --cache cache in >out.jsonl
jq .win out.jsonl >got
same "the world's judge through a pipe" got want
fg-judge --command false --cache cache in >again
same "the cache answers" again out.jsonl

# one who always favours the first: half of the prompts are turned round
first="sed -u 's/.*/{\"win\":1}/'"
n=$(fg-judge --command "$first" in | jq -c 'select(.win==1)' | wc -l)
ok "places are dealt by prompt" test "$n" -gt 120 -a "$n" -lt 280
fg-judge --command "$first" in | jq -r '[.prompt,.win]|@tsv' | sort -u >x
cut -f 1 x | sort -u >y
is "the same way for a prompt" "$(wc -l <x)" "$(wc -l <y)"
head -1 in >one
exits 1 "no verdict" fg-judge --command "sed -u 's/.*/{}/'" one
exits 1 "a verdict of two" fg-judge --command "sed -u 's/.*/{\"win\":2}/'" one
is "its message" "$(cat err)" "fg-judge: one:1: win: the judge's answer has no win from 0 to 1"
exits 3 "a command that only dies" fg-judge --command false one
exits 2 "no command" fg-judge one
done_testing
