#!/bin/bash
# Two runs that write one folder, and folders that hold what is not ours: the first run wins,
# the others say so, and nothing is lost.
# FG_SLOW=1: two hundred rounds.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

small_world 24
rounds=4
[ -z "${FG_SLOW-}" ] || rounds=200
train="fg-update sft -q -m model --lr 1e-3 --batch 4 --epochs 3 --save-every 2 -j 1"
sum() { (cd "$1" && find . -type f | sort | xargs cksum); }
want1=$($train --seed 1 -o want1 corpus.jsonl && sum want1)
want2=$($train --seed 2 -o want2 corpus.jsonl && sum want2)
make="fg-init -q -t . --dim 32 --layers 2 --heads 4 --tied"
want3=$($make --seed 3 -o want3 && sum want3)
want4=$($make --seed 4 -o want4 && sum want4)

# two trainers and two fg-init: OUT is what one of them makes when it is alone
: >wrong
won=0
for round in $(seq $rounds); do
	rm -rf out.d out.d.part
	pids=
	for who in 1 2 3 4; do
		case $who in
		[12]) { $train --seed $who -o out.d corpus.jsonl 2>err$who; echo $? >code$who; } & ;;
		*) { sleep "0.0$((round * who % 7))"; $make --seed $who -o out.d 2>err$who; echo $? >code$who; } & ;;
		esac
		pids="$pids $!"
	done
	# shellcheck disable=SC2086	# a list of processes
	wait $pids
	got=$(sum out.d 2>&1)
	for who in 1 2 3 4; do
		want=want$who
		case $(cat code$who) in
		0)
			won=$((won + 1))
			[ "$got" = "${!want}" ] || echo "round $round: $who: exit 0, but another folder is there"
			;;
		2) grep -q -e 'another run is writing it' -e 'exists and is not an empty' -e 'result of other' -e 'holds an unfinished' err$who ||
			echo "round $round: $who: $(cat err$who)" ;;
		*) echo "round $round: $who: exit $(cat code$who): $(cat err$who)" ;;
		esac >>wrong
	done
	[ ! -e out.d.part ] || echo "round $round: OUT.part is left" >>wrong
done
is "two trainers and two fg-init on one folder, $rounds rounds" "$(head -n 5 wrong)" ""
is "one of them wins each time" "$won" "$rounds"

# the second run leaves the first one's folder alone
$train --seed 1 --epochs 200 -o slow corpus.jsonl 2>err1 &
pid=$!
until [ -d slow.part ]; do sleep 0.01; done
exits 2 "a second trainer is refused" $train --seed 2 -o slow corpus.jsonl
is "and says why" "$(cat err)" "fg-update: slow: another run is writing it"
exits 2 "so is fg-init" $make -o slow
is "with the same words" "$(cat err)" "fg-init: slow: another run is writing it"
ok "the first one's folder is still there" test -d slow.part
until ls slow.part/save-* >/dev/null 2>&1; do sleep 0.01; done
kill -9 $pid
wait $pid 2>/dev/null
exits 2 "fg-init does not remove an unfinished run" $make -o slow
is "and names it" "$(cat err)" "fg-init: slow.part holds an unfinished run of fg-update"
ok "which is still there" test -d slow.part

# OUT.part of somebody else
mkdir mine.part
echo notes >mine.part/notes
for command in "$train" "$make"; do
	set -- $command
	[ "$1" = fg-init ] || set -- "$@" corpus.jsonl
	exits 2 "$1: a folder OUT.part that is not ours" "$@" -o mine
	is "$1: says so" "$(cat err)" "$1: mine.part is in the way: no run of ours has made it"
	is "$1: and leaves it alone" "$(ls -A mine.part)" notes
	mkdir -p elsewhere
	echo precious >elsewhere/file
	ln -sfn elsewhere link.part
	exits 2 "$1: a link at OUT.part" "$@" -o link
	is "$1: is named" "$(cat err)" "$1: link.part is in the way: it is not a folder"
	is "$1: what it leads to is untouched" "$(cat elsewhere/file)" precious
	exits 2 "$1: an empty name" "$@" -o ''
done

# a pass onto its own folder keeps what is not ours, its links and its permissions
cp -r model own
chmod 700 own
chmod 600 own/model.safetensors own/tokenizer.json
mkdir -m 750 own/logs
echo log >own/logs/one
echo weights >own/other.gguf
echo weights >own/pytorch_model.bin
echo '{}' >own/pytorch_model.bin.index.json
echo secret >secret
ln -s ../secret own/shortcut
ln -s nowhere own/dangling
mkfifo own/pipe
touch own/.hidden
list() { (cd own && find . -printf '%P %y %m %l\n' | grep -v -e '^optimizer' -e '^trainer_state' | sort); }
before=$(list)
ino=$(stat -c %i own/other.gguf)
for pass in 1 2; do
	$train --seed $pass -m own -o own corpus.jsonl 2>err || tap_fail "pass $pass" err
done
is "a pass onto its own folder keeps what is there" "$(list)" "$before"
is "the very same files" "$(stat -c %i own/other.gguf) $(stat -c %h own/other.gguf)" "$ino 1"
is "nothing is left beside it" "$(ls -d own.* 2>/dev/null)" ""
ok "the model is another" test "$(cksum <own/model.safetensors)" != "$(cksum <model/model.safetensors)"

# so does PPO with the critic's folder inside of it, which it replaces, or leaves as it is with --no-critic
small_pairs
fg-init -q --from model --head token -o token
cp -r model both
fg-init -q --from model --head value -o both/critic
chmod 700 both/critic
chmod 600 both/critic/model.safetensors
mkdir -m 750 both/critic/logs
echo log >both/critic/logs/one
echo '{}' >both/critic/pytorch_model.bin.index.json
ln -s ../../secret both/critic/shortcut
fg-rollout -q -m both --max-tokens 3 corpus.jsonl | fg-score -q -m model --as ref_logprob | fg-score -q -m token |
	fg-score -q -m both/critic | fg-advantage -q >ppo.jsonl
list() { (cd both && find . -printf '%P %y %m %l\n' | grep -v -e 'optimizer' -e 'trainer_state' | sort); }
before=$(list) critic=$(cksum <both/critic/model.safetensors)
ok "PPO onto its own folder" fg-update ppo -q -m both -o both --critic-lr 1e-2 ppo.jsonl
is "keeps what is in the critic's folder, and its permissions" "$(list)" "$before"
ok "the critic is another" test "$(cksum <both/critic/model.safetensors)" != "$critic"
critic=$(cd both/critic && cksum ./*.*)
fg-score -q -m model --as ref_logprob corpus.jsonl | fg-score -q -m both --as logprob | fg-score -q -m token |
	fg-advantage -q --group grpo >grpo.jsonl
ok "PPO without a critic" fg-update ppo -q -m both -o both --no-critic --fresh grpo.jsonl
is "leaves the critic's folder as it is" "$(cd both/critic && cksum ./*.*)$(list)" "$critic$before"

# into another folder, links that are not a model's are not copied
rm -f own/pipe
$train --seed 9 -m own -o copy corpus.jsonl
ok "what a strange link leads to is not copied" test ! -e copy/shortcut -a ! -L copy/shortcut
mv own/tokenizer.json blob
ln -s ../blob own/tokenizer.json
$train --seed 9 -m own -o cache corpus.jsonl
ok "a model's file is, as a cache of downloads is full of links" cmp cache/tokenizer.json blob
is "--fresh keeps what is not ours, too" "$(echo x >copy/notes; $train --seed 8 -m model -o copy --fresh corpus.jsonl; cat copy/notes)" x
mkdir -m 700 empty
$make -o empty
is "an empty folder keeps its permissions" "$(stat -c %a empty)" 700
mkdir -m 700 empty2
$train -o empty2 corpus.jsonl
is "in fg-update too" "$(stat -c %a empty2)" 700
done_testing
