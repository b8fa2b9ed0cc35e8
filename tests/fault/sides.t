#!/bin/sh
# --bad and --metrics that name a file which the run reads or writes otherwise: refused before
# anything is emptied, by whatever name.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

small_world 6
cp corpus.jsonl keep
ln corpus.jsonl hard
ln -s corpus.jsonl soft
printf 'quiet: true\n' >recipe.yaml

# WHAT MESSAGE FILE command...: exit 2 with the message, and FILE is as it was
refused()
{
	what=$1 message=$2 file=$3
	shift 3
	cksum <"$file" >before
	exits 2 "$what" "$@"
	is "$what: says so" "$(cat err)" "$message"
	is "$what: the file is as it was" "$(cksum <"$file")" "$(cat before)"
}
for side in bad metrics; do
	for name in corpus.jsonl hard soft; do
		refused "--$side $name is read" "fg-split: --$side: $name is read, too" corpus.jsonl \
		    fg-split --$side $name corpus.jsonl
	done
	fg-split --$side hard <corpus.jsonl >out 2>err
	is "--$side is standard input" "$? $(cat err) $(cmp corpus.jsonl keep 2>&1)" "2 fg-split: --$side: hard is standard input, too "
	fg-split --$side made <corpus.jsonl >made 2>err
	is "--$side is standard output" "$? $(cat err)" "2 fg-split: --$side: made is standard output, too"
	refused "--$side is the recipe" "fg-split: --$side: recipe.yaml is that of --config, too" recipe.yaml \
	    fg-split -c recipe.yaml --$side recipe.yaml corpus.jsonl
	refused "--$side is --against" "fg-dedup: --$side: hard is that of --against, too" corpus.jsonl \
	    fg-dedup --against corpus.jsonl --$side hard keep
	refused "--$side is --eval" "fg-update: --$side: hard is that of --eval, too" corpus.jsonl \
	    fg-update sft -m model -o made.d --eval corpus.jsonl --$side hard keep
	refused "--$side is the tokenizer" "fg-tokenize: --$side: tokenizer.json is that of --tokenizer, too" tokenizer.json \
	    fg-tokenize -t tokenizer.json --$side tokenizer.json corpus.jsonl
done
refused "--bad is --metrics" "fg-split: --bad: hard is that of --metrics, too" corpus.jsonl \
    fg-split --bad hard --metrics corpus.jsonl keep
fg-split -q --bad /dev/null --metrics /dev/null corpus.jsonl >out 2>err
is "a device is no file" "$? $(cat err) $(cmp out keep 2>&1)" "0  "
echo old >rejected
fg-split -q --bad rejected corpus.jsonl >out 2>err
is "what an earlier run rejected is emptied" "$? $(cat err) $(wc -c <rejected)" "0  0"
done_testing
