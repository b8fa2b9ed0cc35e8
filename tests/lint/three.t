#!/bin/sh
# A program is its source, its page and its test; and the overview names it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

for f in "$src"/cmd/*.c; do
	n=$(basename "$f" .c)
	p=fg-$n
	# runs the others, and has a name of its own
	[ "$n" != finegrain ] || p=$n
	ok "man/$p.1" test -f "$src/man/$p.1"
	ok "tests/cmd/$n.t" test -x "$src/tests/cmd/$n.t"
	ok "finegrain(7) names $p" grep -q "$p" "$src/man/finegrain.7"
	ok "$p has a purpose" grep -q "^/\* $p: " "$f"
	l=$(wc -l <"$f")
	ok "$p fits" test "$l" -le 250
done
for f in "$src"/man/fg-*.1; do
	n=$(basename "$f" .1)
	ok "$n has a source" test -f "$src/cmd/${n#fg-}.c"
done
for f in "$src"/tests/cmd/*.t; do
	n=$(basename "$f" .t)
	ok "$n.t has a program" test -f "$src/cmd/$n.c" -o -d "$src/examples/$n"
done
# every field that fg-check knows has its words in fg-record(5)
sed -n 's/^[[:space:]]*TOKENS("\([a-z_]*\)".*/F_\1/p; s/^[[:space:]]*RECORD("\([a-z_]*\)".*/\1/p; s/.*name = "\([a-z_]*\)", .of = FIELD_TEXT.*/F_\1/p' \
    "$src/lib/record/fields.c" >fields
ok "fields.c has fields" test "$(wc -l <fields)" -gt 20
while read -r f; do
	ok "fg-record(5) explains $f" grep -qE "^\.(It )?(Va|It Va) (.* )?$f( |\$)" "$src/man/fg-record.5"
done <fields
done_testing
