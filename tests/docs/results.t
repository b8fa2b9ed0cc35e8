#!/bin/bash
# README's tables are those of the examples, and theirs are made of the verdicts that are kept.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
command -v jq >/dev/null || skip_all "no jq"

cp -r "$src/examples" .
# table FOLDER TARGET FILE...: make TARGET makes these files again
table()
{
	local dir=$1 target=$2 f
	shift 2
	for f; do rm "examples/$dir/$f"; done
	ok "examples/$dir: $target" make -s -C "examples/$dir" BUILD="$BUILD" "$target"
	for f; do same "examples/$dir/$f" "$src/examples/$dir/$f" "examples/$dir/$f"; done
}
# twenty seconds of bootstrap
[ -z "${FG_SLOW-}" ] || table paper table results.json results.md
table paper frontier-table frontier.json frontier.md
table paper annotations-table annotations.json annotations.md
table rounds table results.json results.md
table facts table results.json results.md
table facts stops.md stops.json stops.md

# <!-- FILE --> ... <!-- end --> in README: lines of FILE
grep -o '^<!-- examples/[a-z/]*\.md -->$' "$src/README.md" | while read -r _ f _; do
	sed -n "\\|^<!-- $f -->|,\\|^<!-- end -->|p" "$src/README.md" | sed '/^<!--/d; /^$/d' >block
	[ -s block ] || echo "$f: nothing"
	grep -vxF -f "$src/$f" block
done >strange
is "README says what the examples found" "$(cat strange)" ""
ok "of the real model, the frontier and the world" sh -c '[ "$(grep -c "^<!-- examples/" "$0")" -ge 3 ]' "$src/README.md"
done_testing
