#!/bin/sh
# fg-winrate: rates, differences, independence of order, bad records.
. "$(dirname "$0")/../lib.sh"

verdict() { printf '{"prompt":"p%s","m":"%s","seed":%s,"win":%s}\n' "$1" "$2" "$3" "$4"; }
for i in $(seq 1 40); do
	for s in 1 2; do
		verdict "$i" old $s $((i % 2))
		verdict "$i" new $s $((i % 4 > 0))
	done
done >v
fg-winrate --by m --json v >all
is "rates" "$(jq -c '[.rows[].win.points]' all)" "[50,75]"
is "the paired difference" "$(jq -c '.differences[0]|[.candidate,.against,.points,.seeds,.better,.worse]' all)" \
    '["new","old",25,2,10,0]'
is "its sign test" "$(jq '.differences[0].p' all)" 0.001953125
ok "an interval around it" jq -e '.differences[0]|.low > 5 and .low < 25 and .high > 25' all
sort -r v | fg-winrate --by m --json | jq -S '.rows|sort_by(.candidate)' >x
jq -S '.rows|sort_by(.candidate)' all >y
same "another order, the same figures" x y
fg-winrate --by m --against new --json v | jq -c '[.differences[]|.candidate]' >x
is "--against" "$(cat x)" '["old"]'
ok "a table" sh -c 'fg-winrate --by m v | grep -q "^new - old"'

is "one half at KL 0 is a point" "$(for i in 1 2; do
	printf '{"prompt":"%s","win":1,"kl":4}\n' $i
done | fg-winrate --at-kl 1 --json | jq .rows[0].at_kl.points)" 75

exits 1 "no verdicts" fg-winrate /dev/null
exits 1 "a win of two" sh -c 'verdict() { echo "{\"id\":\"a\",\"win\":2}"; }; verdict | fg-winrate'
is "its message" "$(cat err)" "fg-winrate: stdin:1:17: win: expected a number from 0 to 1"
exits 2 "--against without --by" fg-winrate --against x v

printf '%s\n' '{"id":"a","chosen_reward":[0.5,0],"chosen_label":[1,0],"rejected_reward":[-0.5,0],"rejected_label":[-1,0]}' |
    fg-winrate --reward --json >r
is "token rewards" "$(jq -c '[.auc_minus.points,.auc_plus.points,.accuracy_sum.points,.kept_abs,.ece]' r)" '[100,100,100,0,0.25]'
printf '%s\n' '{"id":"a","chosen":"x","rejected":"yy","chosen_score":1,"rejected_score":2}' |
    fg-winrate --reward --json >r
is "scores" "$(jq -c '[.auc_minus.points,.accuracy_sum.points,.length_correlation]' r)" '[null,0,1]'
exits 1 "labels of another length" sh -c \
    'echo "{\"id\":\"a\",\"chosen_reward\":[0],\"chosen_label\":[0,0],\"rejected_reward\":[0]}" | fg-winrate --reward'
done_testing
