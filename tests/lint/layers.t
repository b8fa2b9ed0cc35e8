#!/bin/sh
# Every #include against the table of lib/README.md: what a folder may see.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# folder, then what it may see
sed -n 's/^| \([a-z/]*\) | [^|]* | \([a-z /]*\) |$/\1 \2/p' "$src/lib/README.md" | grep -v '^folder ' >table

# $1: a folder of the table; $2: where it is
folder()
{
	may=$(sed -n "s|^$1 ||p" table)
	ok "$1 is in the table" test -n "$may"
	for f in "$2"/*.[ch]; do
		sed -n 's/^#[[:space:]]*include "\(.*\)"/\1/p' "$f" | while read -r inc; do
			from=${inc%/*}
			case " $may " in
			*" $from "*) ;;
			*) echo "$1/$(basename "$f") sees $inc" ;;
			esac
			case $inc in
			"${1#cmd/}"/*) ;;
			"${1%/*}"/*) ;;         # tensor/cpu is inside of tensor
			*_int.h) echo "$1/$(basename "$f") sees another folder's $inc" ;;
			esac
			[ -f "$src/lib/$inc" ] || [ -f "$src/cmd/$inc" ] || echo "$1/$(basename "$f"): no $inc"
		done
	done >seen
	is "$1 sees what it may" "$(cat seen)" ""
}

for dir in "$src"/lib/*/ "$src"/lib/*/*/; do
	dir=${dir%/}
	folder "${dir#"$src"/lib/}" "$dir"
done
folder cmd "$src/cmd"
folder cmd/common "$src/cmd/common"
while read -r name may; do
	[ -d "$src/lib/$name" ] || [ -d "$src/$name" ] || echo "$name: no such folder"
	for m in $may; do
		[ -d "$src/lib/$m" ] || [ -d "$src/cmd/$m" ] || echo "$name: no folder $m"
	done
done <table >seen
is "the table has only folders" "$(cat seen)" ""

# lib never prints or leaves
grep -nE '(^|[^a-z_])(exit|abort|printf|puts|perror|longjmp|rand|atoi|strcpy_s) *\(' "$src"/lib/*/*.c "$src"/lib/*/*/*.c |
    grep -vE '(sn|vsn|f)printf' >seen
is "lib never prints, exits or jumps" "$(cat seen)" ""
# files that use each other's functions are one file; tsort says where there is a circle
uses()
{
	for f in "$src/$1"/*.c; do
		[ ! -f "$f" ] || echo "$BUILD/$1/$(basename "$f" .c).o"
	done >objects
	[ -s objects ] || return 0
	# shellcheck disable=SC2046	# a list of files
	nm -A $(cat objects) | sed 's|^.*/\([^/]*\)\.o:|\1 |' | awk '
	    $2 == "U" { name[++n] = $3; by[n] = $1; next } $3 ~ /[A-Z]/ { has[$4] = $1 }
	    END { for (i = 1; i <= n; i++) if (name[i] in has && has[name[i]] != by[i]) print by[i], has[name[i]] }' | sort -u
}
# an interpreter's files call each other, as values hold programs and programs make values: one unit
for dir in cmd/common $(cd "$src" && echo lib/*/ lib/*/*/); do
	dir=${dir%/}
	uses "$dir" | sed 's/jinja_[a-z]*/jinja/g' | awk '$1 != $2' >pairs
	is "$dir has no circle" "$([ -s pairs ] && tsort <pairs 2>&1 >/dev/null)" ""
done
# what is written outside of functions: symbols of the archive's writable sections
if ! command -v objdump >/dev/null; then
	skip "lib has no writable globals" "no objdump"
else
	objdump -t "$BUILD/libfinegrain.a" >symbols
	if grep -q -e __asan_ -e __gcov_ symbols; then
		skip "lib has no writable globals" "the compiler adds its own"
	else
		grep -E '[[:space:]](\.t?data|\.t?bss|\*COM\*)[[:space:]]' symbols | awk '$NF !~ /^\./ { print $NF }' >seen
		is "lib has no writable globals" "$(cat seen)" ""
	fi
fi
done_testing
