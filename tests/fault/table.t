#!/bin/sh
# What every program says of a wrong call and of a wrong line: the same words, the
# documented exit code, the place, and whole lines only on standard output.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

small_world 12
small_pairs
fg-rollout -q -m model --max-tokens 4 corpus.jsonl >sampled
sed 's/"response":/"win":1,"reference":"x","response":/' corpus.jsonl >judged
sed 's/,"chosen":.*/}/' pairs.jsonl | head -n 6 >worse
awk 'BEGIN { for (i = 0; i < 6; i++) printf "{\"instruction\":\"Say %d\",\"input\":\"\",\"output\":\"%d\"}\n", i, i }' >instructions
edit="$world annotate" judge="sed -u 's/.*/{\"win\":1}/'"

# fd 1 that is full, or a pipe that nobody reads
nowhere()
{
	what=$1
	shift
	if [ -e /dev/full ]; then
		"$@" >/dev/full 2>err
		is "$what: a full disk" "$? $(cat err)" "3 $1: standard output: write: No space left on device"
	fi
	{
		"$@" 2>err
		echo $? >code
	} | :
	case $(cat code) in
	0 | 141) is "$what: a closed pipe ends quietly" "$(cat err)" "" ;;
	*) is "$what: a closed pipe" "$(cat code)" 141 ;;
	esac
}

# PROGRAM FILE OPTION...: FILE is good input; one record at a time goes in and out
program()
{
	p=fg-$1 file=$2
	shift 2
	"$p" --nonsense >out 2>err
	is "$p: an unknown option" "$? $(head -n 1 err) $(sed -n '2s/ .*//p' err) $(wc -c <out)" \
	    "2 $p: unknown option --nonsense usage: 0"
	"$p" -@ >out 2>err
	is "$p: an unknown letter" "$? $(head -n 1 err)" "2 $p: unknown option -@"
	"$p" --seed >out 2>err
	is "$p: a missing argument" "$? $(head -n 1 err)" "2 $p: --seed needs an argument"
	"$p" --seed=-1 >out 2>err
	is "$p: a wrong argument" "$? $(head -n 1 err)" "2 $p: --seed: expected an integer not below 0, got '-1'"
	printf 'quiet: true\nno-such: 1\n' >r.yaml
	"$p" -c r.yaml >out 2>err
	is "$p: an unknown key of a recipe" "$? $(cut -d: -f1-4 err)" "2 $p: r.yaml:2:1"
	"$p" -c nowhere.yaml >out 2>err
	is "$p: no such recipe" "$? $(cat err)" "3 $p: nowhere.yaml: open: No such file or directory"
	"$p" "$@" --print-config >config && "$p" -c config --print-config >again
	is "$p: its configuration reads as it prints" "$? $(cmp config again 2>&1)" "0 "
	nowhere "$p -h" "$p" -h
	[ "$file" ] || return
	"$p" "$@" nowhere >out 2>err
	is "$p: no such file" "$? $(cat err) $(wc -c <out)" "3 $p: nowhere: open: No such file or directory 0"
	{ head -n 2 "$file"; echo '{"id":"x",}'; tail -n +3 "$file"; } >in
	rm -rf made
	"$p" -q -j 1 "$@" in >out 2>err
	is "$p: a bad line" "$? $(cat err)" "1 $p: in:3:11: expected a key"
	is "$p: whole lines" "$(tail -c 1 out | od -An -c | tr -d ' ')" "${lines-\\n}"
	rm -rf made
	"$p" -q -j 2 "$@" <in >out2 2>err
	is "$p: a bad line of standard input" "$? $(cat err)" "1 $p: stdin:3:11: expected a key"
	same "$p: the same lines" out2 out
	rm -rf made
	"$p" -q "$@" --bad rejected in >out 2>err
	is "$p: it is put aside" "$? $(cat err) $(cat rejected)" \
	    "0  {\"line\":\"{\\\"id\\\":\\\"x\\\",}\",\"error\":\"in:3:11: expected a key\"}"
	rm -rf made
	"$p" -q "$@" "$file" >good 2>/dev/null
	same "$p: and all else is as it was" out good
	rm -rf made
	"$p" "$@" --bad rejected in 2>&1 >/dev/null | tail -n 1 >err
	is "$p: and counted" "$(cat err)" "$p: 1 record rejected, see rejected"
	printf '{"id":"\377"}\n' >in
	rm -rf made
	"$p" -q "$@" in >out 2>err
	is "$p: bytes that are not text" "$? $(cat err) $(wc -c <out)" "1 $p: in:1:8: invalid UTF-8 0"
	[ ! -s good ] || nowhere "$p" "$p" -q "$@" "$file"
}

program split corpus.jsonl
program tokenize corpus.jsonl -t tokenizer.json
program edit worse --max-ratio 1 --command "$edit"
program difflabel pairs.jsonl -t tokenizer.json
program score corpus.jsonl -m model
program rollout corpus.jsonl -m model --max-tokens 3
program judge judged --command "$judge"
program show pairs.jsonl
# these have read all before they write
lines=
program dedup corpus.jsonl
program advantage sampled --kl 0 --token-weight 0 --group grpo
program winrate judged --json
program vocab corpus.jsonl --size 280 -f prompt -o made
program update corpus.jsonl sft -m model -o made --batch 4
# no records come in
program init ""
program import ""
program check ""
done_testing
