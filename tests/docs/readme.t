#!/bin/sh
# README's commands, as they stand.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
command -v jq >/dev/null || skip_all "no jq"

mkdir -p build
ln -s "$BUILD/examples" build/examples
awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$src/README.md" >tour.sh
ok "there is a tour" test -s tour.sh
ok "it runs" env TMPDIR="$PWD" bash -eu tour.sh
sed -n 's/^    \(make .*\)/\1/p' "$src/README.md" | sed 's/ *#.*//' >first
is "the two commands" "$(head -2 first | tr '\n' ';')" "make deps demo;make deps check;"
for t in $(sed -n 's/^    make \([a-z ]*\).*/\1/p' "$src/README.md"); do
	ok "make $t" grep -q "^$t:" "$src/Makefile"
done
# the table is that of the experiment
sed -n '/^<!-- results -->/,/^<!-- end/p' "$src/README.md" | grep -v '^<!--' | sed '/^$/d' >got
if [ -f "$src/examples/paper/results.md" ]; then
	grep -v '^<!--' "$src/examples/paper/results.md" | sed '/^$/d' >want
else
	: >want
fi
same "the results are those of results.md" got want
done_testing
