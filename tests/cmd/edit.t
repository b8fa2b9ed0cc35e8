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
is "what needs no edit is written to --bad" "$(wc -l <bad)" "$((400 - $(wc -l <want.edits)))"
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
exits 1 "but it is held against today's options" fg-edit --command ./once --cache cache --max-ratio 0.05 --tries 1 three
echo '{"rejected":"a b c d","chosen":"old","chosen_ids":[1],"chosen_label":[1],"hunks":[],"edit_ratio":1}' |
	fg-edit --command ./once | jq -c keys_unsorted >keys
is "what was said of an old edit is removed" "$(cat keys)" '["rejected","chosen","id","edit"]'

# killed in the middle, nothing accepted is lost
mkfifo hold
fg-edit --command ./once --cache k hold >/dev/null &
exec 9>hold
head -1 three >&9
for try in 1 2 3 4 5 6 7 8 9 10 20 30; do
	grep -q 'a b c' k 2>/dev/null && break
	sleep "$try"
done
ok "an accepted edit is on disk at once" grep -q 'a b c' k
kill -9 $! 2>/dev/null
wait 2>/dev/null
exec 9>&-

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
    '{"chosen":"w x y z"}' '{"chosen":1}'; do
	is "asked again after $reply" "$(head -1 three | fg-edit --command "./stubborn '$reply'" | jq -r .chosen)" "a b c"
done
echo '{"id":"1","rejected":"a b"}' >one
exits 1 "a bounded number of times" fg-edit --tries 2 --command "sed -u 's/.*/{}/'" one
is "its message" "$(cat err)" "fg-edit: one:1: chosen: expected a JSON object with the string chosen (asked 2 times)"
exits 3 "a command that only dies" fg-edit --command false one
exits 2 "no command" fg-edit one

# an annotator at an endpoint
http_server
for i in 1 2 3 4 5 6; do
	echo "{\"id\":\"r$i\",\"prompt\":\"say $i\",\"rejected\":\"this is a bad text of words $i\"}"
done >many
sed 's/}$/,"chosen":"x"}/; s/"chosen":"x"/"chosen":"this is a good text of words/; s/words}/words"}/' many | awk '{ sub(/words"}/, "words " NR "\",\"edit\":\"edited\"}"); print }' >want
for how in ok busy dated flaky cut chatter far; do
	fg-edit -q --url "$url/$how" --retry-delay 0.01 many >got 2>err
	same "an endpoint: $how" got want
done
fg-edit -q --url "$url/slow" --timeout 0.5 --jobs 6 --retry-delay 0.01 many >got 2>err
same "an endpoint that is slow once" got want
fg-edit -q --url "$url/v1" --jobs 1 many >got
same "one at a time" got want
exits 3 "one that fails" fg-edit --url "$url/error" --retries 2 --retry-delay 0.01 many
ok "is named with its status" grep -q "^fg-edit: http.*/error/chat/completions: status 500: broken" err
for how in refuse garbage huge; do
	exits 3 "an endpoint: $how" fg-edit --url "$url/$how" --retries 1 --retry-delay 0.01 many
done
exits 3 "one that is not there" fg-edit --url http://127.0.0.1:1/ --retries 1 --retry-delay 0.01 many
exits 1 "one that changes nothing" fg-edit --url "$url/stubborn" many
fg-edit -q --url "$url/stubborn" --bad refused many >got
is "is written to --bad" "$(wc -l <got) $(grep -c 'asked 3 times' refused)" "0 6"
FG_API_KEY=secret fg-edit -q --url "$url/key" many >got
same "a key from the environment" got want
# killed in the middle, nothing that was accepted is lost
fg-edit -q --url "$url/slow2" --jobs 2 --cache kept many >got
head -3 kept >half
fg-edit -q --url "$url/error" --retries 0 --cache half many >got 2>err
is "answers that were kept are not asked for" "$(grep -c . half)" 3
cp kept half
fg-edit -q --url "$url/error" --retries 0 --cache half many >got
same "all of them are kept" got want

# oneself at an editor
cat >ed.sh <<'S'
#!/bin/sh
grep -q '^# Prompt' "$1" || exit 1
case $(cat "$1") in
*"words 2"*) exit 0 ;;
*"words 3"*) : >"$1"; exit 0 ;;
*"words 4"*) sed -i '1s/^/#skip who knows\n#note hard\n/' "$1" ;;
*"words 6"*) sed -i '1s/^/#quit\n/' "$1" ;;
esac
sed -i 's/bad/good/' "$1"
S
chmod +x ed.sh
VISUAL=./ed.sh fg-edit --editor --cache desk many >got 2>err
jq -c '[.id, .edit, .chosen, .reason, .note]' got >brief
cat >want.brief <<'X'
["r1","edited","this is a good text of words 1",null,null]
["r2","unchanged","this is a bad text of words 2",null,null]
["r3","skipped",null,null,null]
["r4","skipped",null,"who knows","hard"]
["r5","edited","this is a good text of words 5",null,null]
X
same "every outcome is written" brief want.brief
is "and counted" "$(cat err)" "fg-edit: 2 edited, 1 unchanged, 2 skipped, 1 without an answer"
ok "each has its seconds" jq -e -s 'all(.[]; .seconds >= 0)' got
VISUAL='sed -i s/bad/good/' fg-edit -q --editor --cache desk many >got
jq -c '[.id, .edit]' got | tail -2 >brief
is "the rest another day, no question twice" "$(tail -1 brief) $(wc -l <got)" '["r6","edited"] 6'
exits 2 "an editor that is not there" env VISUAL=no-such-editor fg-edit -q --editor many
is "is named" "$(tail -1 err)" "fg-edit: the editor cannot be run: no-such-editor"
VISUAL=false fg-edit -q --editor many >got
is "an editor that fails ends it" "$(wc -c <got)" 0
if [ -n "${FG_SLOW-}" ] && command -v tmux >/dev/null && command -v vi >/dev/null; then
	# a person: each text is on the screen before a key is struck
	tmux -L "fg$$" -f /dev/null new-session -d -x 100 -y 30 "VISUAL=vi '$BUILD/bin/fg-edit' -q --editor '$PWD/many' >'$PWD/typed'"
	for i in 1 2 3 4 5 6; do
		for try in 1 1 1 2 3 5 8; do
			tmux -L "fg$$" capture-pane -p | grep -q "words $i" && break
			sleep $try
		done
		tmux -L "fg$$" send-keys Escape ':%s/bad/good/' Enter ':wq' Enter
	done
	for try in 1 1 1 2 3 5 8; do
		tmux -L "fg$$" has-session 2>/dev/null || break
		sleep $try
	done
	tmux -L "fg$$" kill-server 2>/dev/null
	jq -c 'del(.seconds)' typed >got
	same "typed at a terminal" got want
fi
exits 2 "two at once" fg-edit --editor --command cat many
done_testing
