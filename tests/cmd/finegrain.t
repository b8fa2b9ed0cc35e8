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
done_testing
