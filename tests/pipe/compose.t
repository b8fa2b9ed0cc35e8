#!/bin/sh
# A stage of records has no state: what it makes of two streams, one after the other, is what
# it makes of each, wherever they are cut, on any number of threads.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

small_world 30
small_pairs
fg-init -q --from model --head token -o reward --seed 3
sed 's/"response":/"rejected":/' corpus.jsonl | fg-edit -q --max-ratio 1 --command "$world annotate" --bad unedited >edited
sed 's/,"chosen":.*/}/' edited >worse
sed 's/"rejected":/"response":/; s/,"chosen":.*/,"reference":"x"}/' edited >answers

# INPUT command...
composes()
{
	in=$1
	shift
	"$@" <"$in" >whole 2>err || tap_fail "$* works" err
	n=$(wc -l <"$in")
	for k in 1 $((n / 3)) $((n - 1)); do
		head -n "$k" "$in" | "$@" >parts
		tail -n +$((k + 1)) "$in" | "$@" >>parts
		same "$1: cut after record $k" parts whole
	done
	"$@" -j 3 "$in" >parts
	same "$1: three threads, a file" parts whole
	tr '\n' '\r' <"$in" | sed 's/\r/\r\n/g' | "$@" 2>err | tr -d '\r' >parts
	same "$1: line ends of another system" parts whole
}

composes pairs.jsonl fg-split --train 0.5 --part train
composes edited fg-import --from trl
composes corpus.jsonl fg-tokenize -t tokenizer.json
composes edited fg-difflabel -t tokenizer.json
composes pairs.jsonl fg-show
composes worse fg-edit -q --max-ratio 1 --command "$world annotate"
composes answers fg-judge -q --command "sed -u 's/.*/{\"win\":1}/'"
composes corpus.jsonl fg-score -m model
composes pairs.jsonl fg-score -m reward
composes corpus.jsonl fg-rollout -m model --max-tokens 6
done_testing
