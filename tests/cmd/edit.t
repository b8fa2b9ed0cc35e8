#!/bin/sh
# fg-edit: edits through a command, checks, retries, resuming.
. "$(dirname "$0")/../lib.sh"
w=$BUILD/examples/world/world

$w corpus --n 400 --seed 9 | sed 's/"response"/"rejected"/' >in
$w annotate <in | jq -r .chosen >want
fg-edit --command "$w annotate" --max-ratio 1 --bad bad in >out.jsonl 2>err
jq -r .rejected in >old
paste -d '	' old want | awk -F '	' '$1 != $2 { print $2 }' >want.edits
jq -r .chosen out.jsonl >got
same "the world's annotator through a pipe" got want.edits
is "what needs no edit goes to --bad" "$(wc -l <bad)" "$((400 - $(wc -l <want.edits)))"
ok "with the reason" grep -q 'the edit is a copy of the text (asked 3 times)' bad

# a command that answers each question once and dies
cat >once <<'X'
#!/bin/sh
read -r line
echo "$line" >>asked
echo '{"chosen":"a b c"}'
X
chmod +x once
for i in 1 2 3; do echo "{\"id\":\"$i\",\"rejected\":\"a b c d\"}"; done >three
fg-edit --command ./once --cache cache three >out1
is "a dead command is started again" "$(grep -c '"chosen":"a b c"' out1)" 3
rm asked
fg-edit --command ./once --cache cache three >out2
same "the cache answers" out1 out2
ok "and nobody is asked" test ! -e asked
head -c 50 cache >cut; fg-edit --command ./once --cache cut three >out3
same "a cut cache is mended" out1 out3
cmp -s cache cut; is "to the byte" $? 0

# killed in the middle, nothing accepted is lost
(yes '{"id":"1","rejected":"a b c d"}' | head -1; sleep 5) | fg-edit --command ./once --cache k >/dev/null &
sleep 1
ok "an accepted edit is on disk at once" grep -q 'a b c' k
kill -9 $! 2>/dev/null
wait 2>/dev/null

# asked again with the reason
cat >stubborn <<'X'
#!/bin/sh
while read -r line; do
	echo "$line" >>asked
	case $line in
	*'"reason"'*) echo '{"chosen":"a b c"}' ;;
	*) echo "$1" ;;
	esac
done
X
chmod +x stubborn
for reply in '{"chosen":""}' '{"chosen":"a b c d"}' '{"chosen":"Sure, here it is:\\na b c"}' \
    '{"chosen":"w x y z"}' 'nonsense' '{"chosen":1}'; do
	is "asked again after $reply" "$(head -1 three | fg-edit --command "./stubborn '$reply'" | jq -r .chosen)" "a b c"
done
echo '{"id":"1","rejected":"a b"}' >one
exits 1 "a bounded number of times" fg-edit --tries 2 --command "sed -u 's/.*/{}/'" one
is "its message" "$(cat err)" "fg-edit: one:1: chosen: expected a JSON object with the string chosen (asked 2 times)"
exits 3 "a command that only dies" fg-edit --command false one
exits 2 "no command" fg-edit one
done_testing
