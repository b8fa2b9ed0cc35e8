#!/bin/sh
# One name for every program.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

echo '{"id":"a","prompt":"p"}' >in
is "a program by its word" "$(finegrain split -n 1 in)" "$(cat in)"
is "the version" "$(finegrain --version)" "$(fg-split --version | sed 's/^fg-split/&/')"
(PATH=/usr/bin:/bin "$BUILD/bin/finegrain" split -n 1 in) >out 2>err
is "from its own folder, whatever PATH is" "$?:$(cat out err)" "0:$(cat in)"
mkdir -p elsewhere && ln -s "$BUILD/bin/finegrain" elsewhere/fg
is "by a link" "$(elsewhere/fg split -n 1 in)" "$(cat in)"
finegrain split --no-such-option in >out 2>err
is "the program's own exit status" "$?" 2

finegrain splti 2>err
is "a word that is nearly right" "$?:$(cat err)" "2:finegrain: no program is called splti; is it split?"
finegrain frobnicate 2>err
is "no such program" "$?:$(cat err)" "2:finegrain: no program is called frobnicate; \`finegrain help\` lists them"
finegrain help frobnicate 2>err
is "no such page" "$?:$(cat err)" "2:finegrain: no program is called frobnicate; \`finegrain help\` lists them"

finegrain >out
finegrain help | cmp - out
is "without a word it lists what there is" $? 0
for f in "$src"/cmd/*.c; do
	n=$(basename "$f" .c)
	[ "$n" = finegrain ] || is "help names $n once" "$(grep -c "^  $n " out)" 1
done
if command -v man >/dev/null; then
	export MANPATH="$src/man-pages" MANPAGER=cat
	mkdir -p manroot/man1 && cp "$src"/man/*.1 manroot/man1
	MANPATH=$PWD/manroot finegrain help split >page 2>&1
	ok "help shows a page" grep -q 'fg-split' page
else
	skip "help shows a page" "no man"
fi
finegrain devices >out
is "devices: the processor first" "$(head -n 1 out)" "cpu                -  ready  this machine's processor"
ok "devices: and OpenCL's" grep -Eq '^opencl(:0 +[0-9.]+ GB  (ready|refused: .*)  .+| +-  none here)$' out
ok "devices: none that are for tests" sh -c '! grep strict out'
"$BUILD/bin/finegrain" devices >/dev/full 2>err
is "a full disk for devices" "$?" 3
"$BUILD/bin/finegrain" help >/dev/full 2>err
is "a full disk" "$?" 3

# completion: bash's function is called as bash calls it, with the last word to complete
if command -v bash >/dev/null; then
	finegrain completion bash >script
	completed() # WORD ...
	{
		bash -c '. ./script; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); "_${1//-/_}" "$1" "${@: -1}" "${@: -2:1}"
		    echo "${COMPREPLY[*]}"' bash "$@"
	}
	is "an option" "$(completed fg-update sft --sched)" "--schedule --schedule-steps"
	is "the words of one" "$(completed fg-update sft --schedule c)" "constant cosine"
	is "a kind" "$(completed fg-update p)" "ppo"
	is "of a kind its own options" "$(completed fg-update ppo --pa)+$(completed fg-update sft --pa)" "--pass+--pass --pack"
	is "a common option" "$(completed fg-split --print)" "--print-config"
	is "a file is the shell's" "$(completed fg-score -m -)+$(completed fg-score x)" "+"
	is "a program" "$(completed finegrain adv)" "advantage"
	is "its options" "$(completed finegrain update sft --sched)" "--schedule --schedule-steps"
	is "nothing of no program" "$(completed finegrain nothing --x)" ""
	fg-update --completion bash >own
	ok "a program's own is in it" awk 'BEGIN { k = 0 } NR == FNR { want[n++] = $0; next } k < n && $0 == want[k] { k++ }
	    END { exit k != n }' own script
	for f in "$src"/cmd/*.c; do
		n=$(basename "$f" .c)
		is "$n completes" "$(bash -c '. ./script; complete -p '"$([ "$n" = finegrain ] || echo fg-)$n" 2>&1 | cut -c 1-25)" \
		    "complete -o default -F _f"
	done
else
	skip "completion" "no bash"
fi
if command -v zsh >/dev/null; then
	finegrain completion zsh >_finegrain
	ok "zsh reads its script" zsh -n _finegrain
else
	skip "zsh reads its script" "no zsh"
fi
ok "zsh: options, words and kinds" sh -c 'fg-update --completion zsh | grep -q -e "--schedule\[.*\]:word:(constant linear cosine)"
    fg-update --completion zsh | grep -q "1:kind:(sft reward ppo dpo)"'
finegrain completion fish 2>err
is "another shell" "$?:$(cat err)" "2:usage: finegrain completion bash|zsh"
fg-split --completion fish 2>err
is "also of a program" "$?:$(head -n 1 err)" "2:fg-split: --completion: expected bash or zsh, got 'fish'"
"$BUILD/bin/finegrain" completion bash >/dev/full 2>err
is "a full disk for completion" "$?" 3
done_testing
