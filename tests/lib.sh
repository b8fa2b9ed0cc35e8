# Shell tests begin with `. "$(dirname "$0")/../lib.sh"` and end with done_testing.
# They print TAP.  The programs are first on PATH and $src is the source tree.  The present
# folder is a scratch folder that is removed at the end; with KEEP=1 it stays, and its name
# is printed.
#
#	golden CASE command...	compare standard output, standard error and the exit
#				code with the file CASE beside the test, in NAME.golden/;
#				with UPDATE=1 it is rewritten (read the diff!)
#	ok WHAT command...	the command succeeds
#	exits CODE WHAT command...	it exits with CODE; its output is in ./out, ./err
#	is WHAT GOT WANT	two strings are equal
#	same WHAT FILE FILE	two files are equal
#	skip WHAT WHY
#
# Each may stand at the end of a pipe.
# shellcheck shell=sh

set -u
export LC_ALL=C
# what the make was given that runs the tests is not meant for a make in a test
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL
src=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-$src/build}
PATH=$BUILD/bin:$PATH
golden=$src/tests/$(basename "$(dirname "$0")")/$(basename "$0" .t).golden
tmp=$(mktemp -d "${TMPDIR:-/tmp}/fg-test.XXXXXX") || exit 1
clean_up()
{
	if [ -n "${KEEP-}" ]; then
		echo "# kept: $tmp/work"
	else
		rm -rf "$tmp"
	fi
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
mkdir "$tmp/work"
cd "$tmp/work" || exit 1
# in a file: a pipe's last command counts from its own shell
echo 0 >"$tmp/count"

tap()
{
	read -r tap_n <"$tmp/count"
	tap_n=$((tap_n + 1))
	echo "$tap_n" >"$tmp/count"
	echo "$1 $tap_n - $2"
}

# $1: what, $2...: files to show as comments
tap_fail()
{
	tap "not ok" "$1"
	shift
	for tap_f in "$@"; do
		sed 's/^/# /' "$tap_f" | head -n 60
	done
}

ok()
{
	ok_what=$1
	shift
	if "$@" >"$tmp/out" 2>&1; then
		tap ok "$ok_what"
	else
		tap_fail "$ok_what" "$tmp/out"
	fi
}

exits()
{
	exits_code=$1 exits_what=$2
	shift 2
	"$@" >out 2>err
	exits_got=$?
	if [ $exits_got = "$exits_code" ]; then
		tap ok "$exits_what"
	else
		tap_fail "$exits_what: exit $exits_got, not $exits_code" err
	fi
}

is()
{
	if [ "$2" = "$3" ]; then
		tap ok "$1"
	else
		printf 'got:  %s\nwant: %s\n' "$2" "$3" >"$tmp/out"
		tap_fail "$1" "$tmp/out"
	fi
}

same()
{
	if cmp -s "$2" "$3"; then
		tap ok "$1"
	else
		diff -u "$2" "$3" >"$tmp/out" 2>&1
		tap_fail "$1" "$tmp/out"
	fi
}

skip()
{
	tap ok "$1 # SKIP $2"
}

golden()
{
	golden_case=$1
	shift
	"$@" >"$tmp/stdout" 2>"$tmp/stderr"
	golden_code=$?
	{
		cat "$tmp/stdout"
		if [ -s "$tmp/stderr" ]; then
			echo "--- standard error"
			sed "s|$tmp/work|.|g" "$tmp/stderr"
		fi
		[ $golden_code = 0 ] || echo "--- exit $golden_code"
	} >"$tmp/got"
	if [ -n "${UPDATE-}" ]; then
		mkdir -p "$golden"
		cp "$tmp/got" "$golden/$golden_case"
	fi
	if [ ! -f "$golden/$golden_case" ]; then
		tap_fail "$golden_case: no golden file" "$tmp/got"
	elif cmp -s "$golden/$golden_case" "$tmp/got"; then
		tap ok "$golden_case"
	else
		diff -u "$golden/$golden_case" "$tmp/got" >"$tmp/out"
		tap_fail "$golden_case" "$tmp/out"
	fi
}

done_testing()
{
	read -r tap_n <"$tmp/count"
	echo "1..$tap_n"
}

# all of the suite: leave, in the words of TAP
skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

# a server of chat completions for this test: $url is its address
http_server()
{
	command -v perl >/dev/null || skip_all "no perl"
	perl "$src/tests/http.pl" port 2>/dev/null &
	http_pid=$!
	trap 'kill $http_pid 2>/dev/null; clean_up' EXIT
	for http_try in 1 2 3 4 5 6 7 8 9 10; do
		[ -s port ] && break
		sleep "0.$http_try"
	done
	[ -s port ] || skip_all "no server on the loopback interface"
	url=http://127.0.0.1:$(cat port)
}
