#!/bin/sh
# An empty input is said to be empty, by every program that reads records.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"
small_world 4

for p in "$BUILD"/bin/fg-*; do
	name=$(basename "$p")
	case $name in
	fg-init) continue ;; # reads no records
	fg-difflabel | fg-tokenize) set -- -t model ;;
	fg-edit | fg-judge) set -- --command cat ;;
	fg-export) set -- --to argilla ;;
	fg-import) set -- --from trl ;;
	fg-rollout | fg-score) set -- -m model ;;
	fg-update) set -- sft -m model -o trained ;;
	fg-vocab) set -- --size 300 -o vocab.json ;;
	*) set -- ;;
	esac
	"$name" "$@" </dev/null >out 2>err
	is "$name" "$(head -n 1 err)" "$name: the input is empty"
done
done_testing
