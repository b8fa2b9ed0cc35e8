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

echo '{"id":"a","chosen_reward":[0.5],"chosen_label":[1],"rejected_reward":[-0.5],"rejected_label":[-1]}' >r.in
printf '%s\n' '{"id":"a","chosen_reward":[0.5,0],"chosen_label":[1,0],"rejected_reward":[-0.5,0],"rejected_label":[-1,0]}' |
    fg-winrate --reward --json >r
printf '%s\n' '{"id":"a","chosen_reward":[-0.1,0],"chosen_cost":[0,0],"rejected_reward":[-1,-0.5],"rejected_cost":[2,0]}' \
    '{"id":"b","chosen_reward":[0],"chosen_cost":[0],"rejected_reward":[-0.25],"rejected_cost":[1]}' >costs
is "costs" "$(fg-winrate --reward --json costs | jq -c '.cost | [(.expected*600|round),.actual,.rank,.texts,.tokens,.tenths[9]]')" \
    '[185,0.5,1,2,6,{"expected":1,"actual":2}]'
is "in words" "$(fg-winrate --reward costs | sed -n 's/  */ /gp' | tail -13 | head -3 | tr '\n' '|')" \
    "rank correlation with the edits 1.000 [1.000, 1.000], 2 texts|cost a token expected actual|all 0.3083 0.5000|"
ok "scores of texts whose tokens have costs" sh -c 'sed "s/_reward\":\[[^]]*\]/_score\":1/g" costs | fg-winrate --reward'
is "no costs, no such lines" "$(fg-winrate --reward r.in | grep -c 'cost a token')" 0
is "token rewards" "$(jq -c '[.auc_minus.points,.auc_plus.points,.accuracy_sum.points,.kept_abs,.ece]' r)" '[100,100,100,0,0.25]'
printf '%s\n' '{"id":"a","chosen":"x","rejected":"yy","chosen_score":1,"rejected_score":2}' |
    fg-winrate --reward --json >r
is "scores" "$(jq -c '[.auc_minus.points,.accuracy_sum.points,.length_correlation]' r)" '[null,0,1]'
exits 1 "labels of another length" sh -c \
    'echo "{\"id\":\"a\",\"chosen_reward\":[0],\"chosen_label\":[0,0],\"rejected_reward\":[0]}" | fg-winrate --reward'

# ---- agreement ----
cat >edits <<'X'
{"id":"1","rejected":"a b c d e","chosen":"a b x d e","edit":"edited","annotator":"ann"}
{"id":"1","rejected":"a b c d e","chosen":"a b y d","edit":"edited","annotator":"bea"}
{"id":"2","rejected":"f g h","chosen":"f g h","edit":"unchanged","annotator":"ann"}
{"id":"2","rejected":"f g h","chosen":"f new g h","edit":"edited","annotator":"bea"}
{"id":"3","rejected":"f g h","edit":"skipped","annotator":"ann"}
X
fg-winrate --agreement --draws 200 --json edits >all
is "agreement of edits" "$(jq -c '.edits|[.items, .units, .values, .alpha.value, .f1.value, .same.value]' all)" '[2,8,16,0.375,0.5,0.75]'
is "of pairs" "$(jq -c '.edits.pairs[]|[.a, .b, .items, .f1.value]' all)" '["ann","bea",2,0.5]'
is "the size of edits" "$(jq -c '[.edits.people[]|.annotator, .items, .edit_ratio.value]' all)" '["ann",2,0.1,"bea",2,0.325]'
printf '{"id":"%s","win":%s,"annotator":"%s"}\n' 3 1 ann 3 0.5 bea 4 1 ann 4 1 bea >wins
is "agreement of verdicts" "$(fg-winrate --agreement --draws 200 --json wins | jq -c '.verdicts|[.items, .alpha.value, .same.value]')" '[2,0,0.5]'
esc=$(printf '\033')
fg-winrate --agreement --draws 200 edits >table
ok "a table" grep -q "^ann - bea  *2  0.500 \[" table
sed 's/"ann"/"a\\u001b[31mn\\u009b"/' edits | fg-winrate --agreement --draws 10 >table
is "names do nothing to a terminal" "$(grep -c "$esc" table)" 0
sed 's/"m":"new"/"m":"n\\u001b[31mew"/' v | fg-winrate --by m --draws 10 >table
is "nor do those of rows" "$(grep -c "$esc" table)" 0
exits 1 "nobody answered" fg-winrate --agreement /dev/null
is "its message" "$(tail -n 1 err)" "fg-winrate: no record has edits or verdicts of annotators"
head -1 edits | sed 's/,"annotator":"ann"//' >nobody
exits 1 "without an annotator" fg-winrate --agreement nobody
is "its message" "$(cat err)" "fg-winrate: nobody:1: annotator: missing: who answered?"
exits 1 "the same answer twice" sh -c 'cat edits edits | fg-winrate --agreement'
is "its message" "$(cat err)" "fg-winrate: stdin:6:83: annotator: answered twice by ann"
exits 2 "two jobs at once" fg-winrate --agreement --reward edits
# differences grow with the square of the rows
awk 'BEGIN { for (i = 0; i < 70; i++) printf "{\"m\":\"m%d\",\"prompt\":\"p%d\",\"win\":%d}\n", i, i % 5, i % 2 }' >many
is "many rows have no differences" "$(fg-winrate --by m --json --draws 10 many 2>err | jq -c '[(.rows | length), (.differences | length)]')" '[70,0]'
is "and that is said" "$(cat err)" \
    "fg-winrate: 70 rows: differences are left out, more than --max-differences 2016; --against compares with one"
is "but for one row" "$(fg-winrate --by m --json --draws 10 --against m3 many 2>&1 | jq -c '.differences | length')" 69
is "or where they are wanted" "$(fg-winrate --by m --json --draws 10 --max-differences 2415 many 2>&1 | jq -c '.differences | length')" 2415
done_testing
