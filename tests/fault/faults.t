#!/bin/sh
# Memory that is out, reads and writes that fail, full disks, broken pipes, cut input:
# a message, the documented exit code, and whole lines only on standard output.
# FG_SLOW=1: every single allocation fails once, not a choice of them.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

# shellcheck source=tests/fault/shim.sh
. "$src/tests/fault/shim.sh"

small_world 12
small_pairs
head -n 4 corpus.jsonl >some
head -n 4 pairs.jsonl >few
fg-rollout -q -m model --max-tokens 4 some | fg-score -q -m model --as ref_logprob >sampled
fg-init -q --from model --head token -o reward --seed 2
sed 's/"response":/"rejected":/' corpus.jsonl | fg-edit -q --max-ratio 1 --command "$world annotate" --bad unedited |
    head -n 3 | sed 's/,"chosen":.*/}/' >worse
printf '{"win":1,"prompt":"a","comment":"of thirty bytes or more, so that a cut is in here"}\n{"win":0,"prompt":"b","comment":"of thirty bytes or more, so that a cut is in here"}\n' >wins
printf 'toxic,neutral1\n"a\nb",c\nd,e\n' >table
printf 'S a b\nA 0 1|||R|||c|||REQUIRED|||-NONE-|||0\n\nS d e\nA 1 1|||M|||f|||REQUIRED|||-NONE-|||0\n' >gec
sed 's/"response":/"win":1,"reference":"x","response":/' some >judged
awk 'BEGIN { for (i = 0; i < 2000; i++) printf "{\"id\":\"%d\",\"text\":\"a long line of text to fill a folder of runs, number %d\"}\n", i, i }' >long

# What a filter did: "" if it is right.  Reads code, ./out, ./err and ./good.
fault_judge()
{
	size=$(wc -c <out)
	if [ "$code" = 0 ]; then
		cmp -s out good || echo "exit 0, other output"
	elif [ "$code" != 3 ] && [ "$code" != "${also:-3}" ]; then
		echo "exit $code: $(head -n 1 err)"
	elif ! grep -q "^fg-[a-z]*: ." err; then
		echo "no message: $(head -n 1 err)"
	elif [ "$size" -gt 0 ] && [ "$(tail -c 1 out | wc -l)" -eq 0 ]; then
		echo "half a line"
	elif ! cmp -s -n "$size" out good; then
		echo "other lines"
	fi
}

# KIND HOW N command...
fault_run()
{
	kind=$1 how=$2 nth=$3
	shift 3
	env LD_PRELOAD="$shim" FAULT_CALL="$kind" FAULT_HOW="$how" FAULT_NTH="$nth" FAULT_MARK=9 \
	    "$@" >out 2>err 9>mark
	code=$?
}

# NAME command...
faults()
{
	fault_name=$1
	shift
	"$@" >good 2>err || tap_fail "$fault_name" err
	for fault_kind in alloc read write close map; do
		n=1
		: >wrong
		while :; do
			fault_run $fault_kind on $n "$@"
			[ -s mark ] || break
			fault_judge | sed "s/^/call $n on: /" >>wrong
			fault_run $fault_kind once $n "$@"
			fault_judge | sed "s/^/call $n: /" >>wrong
			n=$((n + 1))
			[ -n "${FG_SLOW-}" ] || n=$((n + n / 6))
		done
		is "$fault_name: $fault_kind fails, $((n - 1)) places" "$(head -n 5 wrong)" ""
	done
	for fault_how in short again; do
		for fault_kind in read write; do
			fault_run $fault_kind $fault_how 0 "$@"
			is "$fault_name: $fault_kind $fault_how" "$code $(cmp out good 2>&1)" "0 "
		done
	done
	if [ -s good ] && [ -e /dev/full ]; then
		"$@" >/dev/full 2>err
		is "$fault_name: a full disk" "$? $(sed 's/.*: //' err)" "3 No space left on device"
	fi
	{
		"$@" 2>err
		echo $? >code
	} | :
	case $(cat code) in
	0 | 141) is "$fault_name: a closed pipe ends quietly" "$(cat err)" "" ;;
	*) is "$fault_name: a closed pipe" "$(cat code)" 141 ;;
	esac
	"$@" >&- 2>err
	code=$?
	[ ! -s good ] || is "$fault_name: no standard output" "$code" 3
}

faults "import" fg-import -q --from alpaca --template plain /dev/null
echo '{"instruction":"i","input":"","output":"o"}' >instruction
faults "import alpaca" fg-import -q --from alpaca instruction
faults "import pairs" fg-import -q --from pairs table
faults "import m2" fg-import -q --from m2 gec
cp -r model chat
cat >chat/chat_template.jinja <<'X'
{% macro turn(m) %}<{{ m.role | upper }}>{{ m.content | trim | replace('a', 'b') }}{% for c in m.calls | default([]) %}{{ c | tojson(indent=1) }}{% endfor %}
{% endmacro %}
{% set ns = namespace(n=0) %}
{% for m in messages if m.role in ['user', 'assistant'] %}{% set ns.n = ns.n + 1 %}{{ loop.index ~ turn(m) }}{% endfor %}
{% set x = ns.n + 1 %}{% if add_generation_prompt %}{{ x }}{% endif %}
X
echo '{"messages":[{"role":"user","content":"a","calls":[{"k":[1,"x"]}],"reasoning":"r"},{"role":"assistant","content":"b"}],"system":"S","tools":"[1]","chat_template_kwargs":{"z":1}}' >talks
faults "import chats" fg-import -q --from trl --template chat talks
faults "split" fg-split -q -j 1 some
faults "split, two threads" fg-split -q -j 2 some
faults "shuffle" fg-split -q --shuffle some
faults "shuffle of runs" fg-split -q --shuffle --memory 1 long
faults "dedup" fg-dedup -q --min-bytes 30 some
faults "dedup against" fg-dedup -q --min-bytes 30 --against long some
also=1  # what cannot be read is a verdict
faults "check" fg-check -q -t model few
# an annotator that fails is a bad record
faults "edit" fg-edit -q -j 1 --max-ratio 1 --command "exec env -u LD_PRELOAD $world annotate" worse
faults "judge" fg-judge -q -j 1 --command "exec env -u LD_PRELOAD sed -u 's/.*/{\\\"win\\\":1}/'" judged
also=
faults "tokenize" fg-tokenize -q -j 1 -t tokenizer.json some
faults "difflabel" fg-difflabel -q -j 1 -t tokenizer.json few
faults "show" fg-show -q few
faults "winrate" fg-winrate -q --json wins
faults "score" fg-score -q -j 1 -m model some
fg-init -q --from model --lora-rank 2 -o lora
faults "score, several models" fg-score -q -j 1 -m model --as ref_logprob -m lora --full-kl model -m reward some
faults "rollout" fg-rollout -q -j 1 -m model --max-tokens 3 some
faults "advantage" fg-advantage -q --token-weight 0 --group grpo sampled

# a temporary file that cannot grow: runs of a shuffle
mkdir runs
TMPDIR=$PWD/runs
export TMPDIR
fg-split -q --shuffle --memory 1 long >good
chmod 500 runs
if ! touch runs/x 2>/dev/null; then
	exits 3 "no room for runs" fg-split --shuffle --memory 1 long
fi
chmod 700 runs
unset TMPDIR
TMPDIR=$PWD/nowhere fg-dedup some >out 2>err
is "no folder for temporary files" "$?" 3

# a file of its own is whole or not there
fg-vocab -q --size 280 -f prompt -o whole.json some
for n in 1 2 3 4 5 6; do
	for kind in write fsync close; do
		rm -f made.json
		fault_run $kind on $n fg-vocab -q --size 280 -f prompt -o made.json some
		[ -s mark ] || continue
		# an error after the renaming leaves it whole
		{ [ $code = 3 ] && [ ! -e made.json ] || cmp -s made.json whole.json; } &&
		    { [ $code = 0 ] || grep -q '^fg-vocab: ' err; } || echo "$kind $n: exit $code: $(cat err)"
	done
done >wrong
is "vocab: a file that is whole or not there" "$(cat wrong)" ""

# a closed standard output must not become the next file that is opened
fg-dedup -q <some >&- 2>err
is "dedup of a pipe: no standard output" "$? $(cat err)" "3 fg-dedup: standard output: write: Bad file descriptor"
fg-split -q --shuffle --memory 1 <long >&- 2>err
is "shuffle of a pipe: no standard output" "$?" 3
fg-split -q <&- 2>err
is "no standard input" "$? $(cat err)" "3 fg-split: stdin: read: Bad file descriptor"

# what was cut off is named, what was whole is there
cut_off()
{
	name=$1 file=$2
	shift 2
	"$@" "$file" >good 2>/dev/null
	for k in 1 7 30; do
		head -c -$k "$file" >cut
		"$@" cut >out 2>err
		code=$?
		size=$(wc -c <out)
		place=$(sed -n "s/^fg-[a-z]*: cut:\([0-9]*\):.*/\1/p" err)
		if [ $k = 1 ]; then
			is "$name: a last line without its end" "$code $(cmp out good 2>&1)" "0 "
		else
			is "$name: cut off by $k" "$code $place $(cmp -n "$size" out good 2>&1)" "1 $(wc -l <"$file" | tr -d ' ') "
		fi
	done
}
cut_off split some fg-split -q -j 1
cut_off "split, threads" some fg-split -q -j 3
cut_off dedup some fg-dedup -q
cut_off tokenize some fg-tokenize -q -t tokenizer.json
cut_off difflabel few fg-difflabel -q
cut_off show few fg-show -q
cut_off score some fg-score -q -j 1 -m model
cut_off rollout some fg-rollout -q -j 1 -m model --max-tokens 3
cut_off winrate wins fg-winrate -q --json

# a folder is no file; input that is not there; --bad that cannot be written
for f in split "dedup" "check" "difflabel" "show" "winrate" "advantage"; do
	exits 3 "$f: no such file" "fg-$f" nowhere
	is "$f: its name" "$(sed 's/ (.*//' err)" "fg-$f: nowhere: open: No such file or directory"
	mkdir -p folder
	[ $f = check ] || exits 3 "$f: a folder" "fg-$f" folder
	if [ $f != check ]; then
		echo '{' | exits 3 "$f: no place for rejects" "fg-$f" --bad nowhere/bad
	fi
done
done_testing
