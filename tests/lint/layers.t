#!/bin/sh
# Every #include against the table of layers: what a folder of lib/ may see.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

layer()
{
	case $1 in
	base) echo base ;;
	json) echo base json ;;
	chat) echo base json chat ;;
	record) echo base json chat record ;;
	conf) echo base json conf ;;  # numbers and strings print as in records
	token) echo base json token ;;
	edit) echo base edit ;;
	tensor) echo base tensor ;;
	model) echo base json tensor model ;;
	optim) echo base tensor optim ;;
	rl) echo base tensor rl ;;
	stat) echo base tensor stat ;;
	show) echo base json record show ;;
	run) echo base json token tensor model optim rl run ;;
	stage) echo base json chat record token edit tensor model optim rl stat run stage ;;
	agent) echo base json agent ;;
	esac
}

for dir in "$src"/lib/*/; do
	name=$(basename "$dir")
	may=" $(layer "$name") "
	ok "lib/$name is a layer" test "$may" != "  "
	for f in "$dir"*.[ch]; do
		sed -n 's/^#[[:space:]]*include "\(.*\)"/\1/p' "$f" | while read -r inc; do
			from=${inc%%/*}
			case $may in
			*" $from "*) ;;
			*) echo "lib/$name/$(basename "$f") sees $inc" ;;
			esac
			case $inc in
			"$name"/*) ;;
			*_int.h) echo "lib/$name/$(basename "$f") sees another folder's $inc" ;;
			esac
			[ -f "$src/lib/$inc" ] || echo "lib/$name/$(basename "$f"): no $inc"
		done
	done >seen
	is "lib/$name sees what it may" "$(cat seen)" ""
done
# lib never prints or leaves
grep -nE '(^|[^a-z_])(exit|abort|printf|puts|perror|longjmp|rand|atoi|strcpy_s) *\(' "$src"/lib/*/*.c |
    grep -vE '(sn|vsn|f)printf' >seen
is "lib never prints, exits or jumps" "$(cat seen)" ""
done_testing
