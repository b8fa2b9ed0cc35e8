#!/bin/sh
# Every script, as shellcheck reads it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
command -v shellcheck >/dev/null || skip_all "no shellcheck"

cd "$src" || exit 1
for f in .ci/* tests/*.sh tests/*/*.t tests/*/*.sh examples/*/*.sh; do
	[ -f "$f" ] || continue
	shellcheck -x -S warning -e SC2034,SC2154,SC2238 "$f" >"$tmp/out" 2>&1
	is "$f" "$(head -20 "$tmp/out")" ""
done
done_testing
