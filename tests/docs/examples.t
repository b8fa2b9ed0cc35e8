#!/bin/sh
# The EXAMPLES of every page, run on small files of the names that they use.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"
command -v mandoc >/dev/null || skip_all "no mandoc"
command -v jq >/dev/null || skip_all "no jq"

small_world 60
small_pairs
mkdir fixture
cp -r model tokenizer.json tokenizer_config.json fixture
cp corpus.jsonl fixture/responses.jsonl
jq -c '{id, prompt, rejected, chosen}' pairs.jsonl >fixture/pairs.jsonl
jq -c '{id, prompt}' corpus.jsonl | head -20 >fixture/prompts.jsonl
printf 'one line\nanother one\n' >fixture/notes.txt
"$world" corpus --n 200 | jq -r .response >fixture/text.txt
fg-init --from model --head token -o fixture/reward
fg-init --from model --head token --seed 2 -o fixture/reward2
cp -r model fixture/policy
cp -r model fixture/ref
fg-init --from model --head value -o fixture/policy/critic
cp corpus.jsonl fixture/texts.jsonl
fg-rollout -q -m model -n 2 --max-tokens 12 fixture/prompts.jsonl | fg-score -q -m model --as ref_logprob |
    fg-score -q -m fixture/reward | fg-score -q -m fixture/policy/critic | jq -c '. + {response_score: 1}' >fixture/scored.jsonl
cp fixture/scored.jsonl fixture/rollout.jsonl

# the literal blocks under EXAMPLES of page $1, one a file: ex.1, ex.2 ...
blocks()
{
	awk '/^\.Sh/ { on = $2 == "EXAMPLES" } !on { next }
	    /^\.Bd -literal/ { n++; in_block = 1; next } /^\.Ed/ { in_block = 0 }
	    in_block { gsub(/\\e/, "\\"); gsub(/\\-/, "-"); print > ("ex." n) }' "$1"
}

for p in "$src"/man/fg-*.1 "$src/man/finegrain.7"; do
	n=$(basename "$p" .1)
	rm -f ex.*
	blocks "$p"
	for x in ex.*; do
		[ -f "$x" ] || continue
		rm -rf dir && mkdir dir && cp -r fixture/. dir
		if grep -qE 'https?://|EDITOR|--editor|gpt|mpirun|parallel' "$x"; then
			ok "$n: $x reads as shell" bash -n "$x"
			continue
		fi
		if grep -q '^\$ ' "$x"; then
			sed -n 's/^\$ //p; /^	/p' "$x" >"$x.run"
		else
			cp "$x" "$x.run"
		fi
		run=$PWD/$x.run
		if (cd dir && bash -eu "$run" </dev/null) >"$tmp/out" 2>&1 && ! grep -qE '^(jq|awk): ' "$tmp/out"; then
			tap ok "$n: $x"
		else
			cat "$x" >>"$tmp/out"
			tap_fail "$n: $x" "$tmp/out"
		fi
	done
done
done_testing
