#!/bin/sh
# fg-show: marks of labels and numbers, split characters, escapes, the page.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

cat >in <<'J'
{"id":"x","prompt":"Say <it>\n","rejected":"a b\u00e9c","rejected_ends":[1,2,4,5,6,6],"rejected_label":[0,-1,-1,-1,0,-1],"chosen":"a c","chosen_ends":[1,3,3],"chosen_label":[0,1,0],"rejected_reward":[0,-0.5,0,0.25,0,0]}
J
golden labels fg-show in
golden rewards fg-show --by reward in
golden page fg-show --html in
golden reward-page fg-show --html --by reward --scale 1 in
golden both fg-show --by reward --labels in
golden both-page fg-show --html --by reward --labels in
{
	for i in 1 2 3; do
		printf '{"id":"%s","prompt":"System: you are an assistant who tells the truth, always and to all of them.\\nSay %s\\n","response":"a","response_ends":[1],"response_label":[1],"edit_ratio":0.%s}\n' $i $i $i
	done
} >chat
fg-show --html chat >page.html
is "what prompts have in common is folded" "$(grep -c '<details><summary>as before</summary>System: .*$' page.html)" 2
is "each has its ratio, and a link to the next" "$(grep -o '<article id=r2 data-ratio=0.2>\|href=#r3' page.html | tr '\n' ' ')" "<article id=r2 data-ratio=0.2> href=#r3 "
ok "no other file is needed" sh -c '! grep -E "(src|href)=.?(http|//|[a-z]+\.)" page.html'
printf '{"id":"%s","<b>":"a","<b>_ends":[1],"<b>_label":[1]}\n' 1 | fg-show --html -f '<b>' >page.html
ok "a field's name is text" grep -q '<span class=name>&lt;b&gt;</span>' page.html
printf '{"id":"a\\u009b31m","response":"b\\u202ec","response_ends":[5],"response_label":[1]}\n' | fg-show >out
is "C1 and marks that turn the text reach no terminal" "$(LC_ALL=C grep -c "$(printf '\302\233\|\342\200\256')" out)" 0
is "one field" "$(fg-show -f chosen in | grep -c rejected)" 0
printf '{"id":"\\u001b[31mred","response":"a\\u001bb","response_ends":[3],"response_label":[0]}\n' |
    fg-show | tr -d '\033' >out
ok "no control characters reach the terminal" grep -q '^response: a.*b$' out
ok "nor from the id" grep -q '31mred' out
is "escapes in all" "$(printf '{"id":"\\u001b[31mred","response":"a\\u001bb","response_ends":[3],"response_label":[0]}\n' | fg-show | grep -c "$(printf '\033')")" 0
echo '{"id":"y","response":"ab"}' >none
exits 1 "no numbers" fg-show none
is "its message" "$(cat err)" "fg-show: none:1:22: response: no field has a label a token"
echo '{"id":"y","response":"ab","response_ends":[9],"response_label":[1]}' | fg-show >out
is "an end outside of the text is cut" "$(sed -n 2p out)" "response: {+ab+}"
echo '{"id":"c","response":"a b","response_ends":[1,3],"response_cost":[0,2.5]}' | fg-show --by cost >out
is "costs are painted as other numbers are" "$(sed -n 2p out)" "response: a b{2.5}"
done_testing
