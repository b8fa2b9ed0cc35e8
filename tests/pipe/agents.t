#!/bin/sh
# Agents of fg-edit and fg-judge that answer too much, too late, or to another question.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
command -v jq >/dev/null || skip_all "no jq"

for i in 1 2 3; do echo "{\"id\":\"q$i\",\"rejected\":\"a b c d $i\"}"; done >three
head -1 three >one
edit="fg-edit -q --max-ratio 1"

# ---- answers are matched by id, lines are counted ----
cat >twice <<'X'
#!/bin/sh
while read -r line; do
	id=$(printf '%s' "$line" | jq -r .id)
	echo "{\"id\":\"$id\",\"chosen\":\"answer to $id\"}"
	echo "{\"id\":\"$id\",\"chosen\":\"answer to $id\"}"
done
X
cat >log <<'X'
#!/bin/sh
echo "loading the model"
while read -r line; do echo '{"chosen":"x"}'; done
X
cat >more <<'X'
#!/bin/sh
while read -r line; do echo '{"chosen":"x"}'; done
echo '{"chosen":"one more"}'
X
cat >other <<'X'
#!/bin/sh
while read -r line; do echo '{"id":"q9","chosen":"x"}'; done
X
chmod +x twice log more other
$edit --command ./twice three | jq -r .chosen >got
is "an answer that is repeated does not count for the next" "$(tr '\n' ' ' <got)" "answer to q1 answer to q2 answer to q3 "
exits 3 "a line that is not an answer" $edit --command ./log three
is "is shown" "$(cat err)" "fg-edit: the command printed a line that is no answer: loading the model"
exits 3 "a line too many at the end" $edit --command ./more three
is "is shown" "$(cat err)" 'fg-edit: the command printed more lines than it was asked for: {"chosen":"one more"}'
is "after the answers that counted" "$(wc -l <out)" 3
exits 3 "an answer to another question" $edit --command ./other three
is "is shown" "$(cat err)" 'fg-edit: the command printed an answer to a question that was not asked: {"id":"q9","chosen":"x"}'
echo '{"id":7,"rejected":"a b"}' >number
is "an id may be a number" "$($edit --command "sed -u 's/.*/{\"id\":7,\"chosen\":\"c\"}/'" number | jq -r .chosen)" c
esc=$(printf '\033')
exits 3 "what it printed is quoted" $edit --command "printf 'x\033[31mred\n'; cat >/dev/null" one
is "without its escape codes" "$(grep -c "$esc" err)" 0

# ---- time ----
begin=$(date +%s)
exits 3 "a command that ignores its end" timeout 20 $edit --timeout 0.5 --command 'trap "" TERM; exec </dev/null >/dev/null; sleep 30' one
ok "is not waited for" test $(($(date +%s) - begin)) -lt 10
$edit --timeout 0.5 --command 'read -r l; echo "{\"chosen\":\"x\"}"; exec >/dev/null; sleep 30 & sleep 30' one >out 2>err
is "its answer is written" "$(jq -r .chosen out)" x
ok "nor are its children" test $(($(date +%s) - begin)) -lt 12
exits 3 "half a line is not an answer" timeout 20 $edit --timeout 0.5 --command 'while :; do printf x; sleep 0.1; done' one
is "after its time" "$(cat err)" "fg-edit: no answer within 0.5 seconds: while :; do printf x; sleep 0.1; done"
exits 3 "a line without end" $edit --command 'cat /dev/zero' one
ok "has a bound" grep -q 'the command printed a line of more than 67108864 bytes' err

# ---- texts keep their own lines ----
printf '%s\n' '{"id":"m","rejected":"# Title\n\n#quit is bad\n#include <x>\n"}' >markdown
VISUAL='sed -i s/bad/good/' $edit --editor markdown >got
is "lines of the text that begin with # stay" "$(jq -c '[.edit, .chosen]' got)" '["edited","# Title\n\n#quit is good\n#include <x>\n"]'
VISUAL=true $edit --editor markdown >got
is "and an editor's last newline is no edit" "$(jq -c '[.edit, .chosen == .rejected]' got)" '["unchanged",true]'
$edit --bad bad --tries 1 --command "sed -u 's/.*/{\"chosen\":\"a b c d 1\\\\n\"}/'" one >got
ok "nor is a command's" grep -q 'a copy of the text' bad
cat >torn <<'X'
#!/bin/sh
if [ -e seen ]; then sed -i 's/bad/good/' "$1"; else touch seen; sed -i '/8</d; s/bad/fine/' "$1"; fi
X
chmod +x torn
printf '%s\n' '{"id":"m","rejected":"this is bad and that is bad"}' >two
VISUAL=./torn $edit --editor two >got
ok "a torn file is shown again" jq -e '.chosen | contains("fine")' got

# ---- a refused edit is not lost ----
cat >again <<'X'
#!/bin/sh
if grep -q REFUSED "$1"; then cp "$1" reopened; sed -i 's/something else altogether/a b x d/' "$1"
else sed -i 's/^a b c d 1$/something else altogether/' "$1"; fi
X
chmod +x again
VISUAL=./again fg-edit -q --max-ratio 0.5 --editor one >got
is "a refused edit comes back with the reason" "$(sed -n '/REFUSED/p' reopened)" "# REFUSED: the edit changes 100% of the words; change less."
ok "and with the text that was written" grep -q '^something else altogether$' reopened
is "until it will do" "$(jq -r .chosen got)" "a b x d"
cat >back <<'X'
#!/bin/sh
n=$(cat turn 2>/dev/null || echo 0); echo $((n + 1)) >turn; grep -m1 ' of ' "$1" >>places
case $n in 0) sed -i 's/ b / x /' "$1" ;; 1) sed -i '1s/^/#back\n/' "$1" ;; 2) cp "$1" first; sed -i 's/ x / y /' "$1" ;; *) sed -i 's/ b / z /' "$1" ;; esac
X
chmod +x back
VISUAL=./back $edit --editor --annotator ann --cache kept three >got
is "back to the one before" "$(jq -r .chosen got | tr '\n' '|')" "a y c d 1|a z c d 2|a z c d 3|"
is "with a place in the whole" "$(sort -u places | tr '\n' ' ')" "# 1 of 3 # 2 of 3 # 3 of 3 "
ok "showing what was written" grep -q '^a x c d 1$' first
is "the annotator is named" "$(jq -r .annotator got | sort -u)" ann
VISUAL='sed -i s/c/k/' $edit --editor --annotator bea --each 2 --cache kept three | jq -r '[.id, .annotator] | join(" ")' >got
is "a second person answers the same" "$(tr '\n' '|' <got)" "q1 ann|q1 bea|q2 ann|q2 bea|q3 ann|q3 bea|"

# ---- a signal leaves no text on the disk ----
mkdir tmpdir
TMPDIR=$PWD/tmpdir VISUAL="touch started; sleep 20; :" fg-edit -q --editor one >got 2>err &
pid=$!
for try in 1 2 3 4 5 6 7 8 9; do [ -e started ] && break; sleep "0.$try"; done
is "a text in the making" "$(find tmpdir -type f | wc -l)" 1
kill -TERM $pid
wait $pid 2>/dev/null
is "is gone after a signal" "$(find tmpdir -type f | wc -l)" 0

# ---- words around an answer ----
http_server
printf '%s\n' '{"id":"a","prompt":"p","rejected":"this is a bad text of words"}' >text
for how in fence quotes think; do
	is "an answer without its $how" "$($edit --url "$url/$how" text | jq -r .chosen)" "this is a good text of words"
done
is "a word for nothing to fix" "$($edit --url "$url/nothing" text | jq -c '[.edit, .chosen == .rejected]')" '["unchanged",true]'
is "a command's" "$($edit --command "sed -u 's/.*/{\"edit\":\"unchanged\"}/'" one | jq -c '[.edit, .chosen == .rejected]')" '["unchanged",true]'
is "a command may skip" "$($edit --command "sed -u 's/.*/{\"edit\":\"skipped\",\"reason\":\"r\"}/'" one | jq -c '[.edit, .chosen, .reason]')" '["skipped",null,"r"]'
is "an answer in parts" "$($edit --url "$url/parts" text | jq -r .chosen)" "this is a good text of words"

# ---- verdicts are letters ----
printf '%s\n' '{"prompt":"p","response":"x","reference":"x"}' >pair
for reply in A 'B.' '(a)' '**B**' 'Response A' 'Answer: B' ' C ' tie; do
	printf %s "$reply" >reply
	ok "a verdict: $reply" fg-judge -q --url "$url/file" pair
done
for reply in 'A tough call, but response B is better.' A/B 'I cannot say' 'AB' 'A B' '' D '<think>A'; do
	printf %s "$reply" >reply
	exits 1 "not a verdict: $reply" fg-judge -q --url "$url/file" pair
done
is "its message" "$(cat err)" "fg-judge: pair:1: win: the judge answered neither A, B nor C"
for how in null refusal void; do
	fg-judge -q --url "$url/$how" --bad bad pair >got 2>err
	is "an answer that is $how is one bad record" "$? $(wc -l <got) $(wc -l <bad)" "0 0 1"
done
ok "with the endpoint's words" sh -c 'fg-judge -q --url "$1/refusal" --bad bad pair; grep -q "the endpoint refused: I will not" bad' - "$url"
is "a judge at an editor" "$(printf '{"response":"x","reference":"y"}\n' | VISUAL='sh -c "echo C >>\$0"' fg-judge -q --editor | jq -c .win)" 0.5

# ---- addresses and secrets ----
fg-edit -q --max-ratio 1 --url "http://me:hush@${url#http://}/path?version=7" text >got 2>err
is "a query stays after the path" "$(jq -r .chosen got)" "/path/chat/completions?version=7"
exits 3 "an endpoint that says the key" env FG_API_KEY=s3cret-key fg-edit -q --retries 0 --url "http://me:hush@${url#http://}/leak?key=k3y" text
is "no secret is in the message" "$(sed 's/127.0.0.1:[0-9]*/HOST/' err)" \
	"fg-edit: http://HOST/leak/chat/completions: status 500: you sent ********** and Basic"
exits 3 "an endpoint that wants to be left alone" fg-edit -q --url "$url/later" text
is "for longer than is waited" "$(sed 's/http:[^ ]*/URL/' err)" "fg-edit: it asks to be left alone for 7200 seconds: URL status 429: later"
begin=$(date +%s)
fg-edit --url http://127.0.0.1:1/ --retries 1 --retry-delay 3 text >got 2>err &
pid=$!
sleep 1.5
ok "the first connection that fails is said at once" grep -q 'fg-edit: http://127.0.0.1:1/chat/completions: .*; asking again in 3 seconds' err
wait $pid
done_testing
