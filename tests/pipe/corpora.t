#!/bin/bash
# The examples that begin with other people's texts, at a small size and on texts of the
# generated world in the same formats.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"
command -v jq >/dev/null || skip_all "no jq"
export BUILD
small_world 120
small_pairs
model="--dim 32 --layers 2 --heads 2 --tied --max-length 256"

jq -r '.response, "<|endoftext|>"' corpus.jsonl >stories.txt
if command -v gnuplot >/dev/null; then
	ok "pretraining" make -C "$src/examples/pretrain" TEXT="$PWD/stories.txt" D="$PWD/pre" VOCAB=400 MODEL="$model" EPOCHS=2 PACK=64
	ok "a curve" grep -q "</svg>" pre/curve.svg
	is "before and after" "$(grep -c '^| [bm]' pre/results.md)" 3
	ok "it learned" jq -s -e '(map(select(.loss)) | .[-1].loss < .[0].loss) and any(.eval_loss)' pre/metrics
	cp pre/results.md before
	rm pre/model/config.json pre/results.md
	ok "typed again" make -C "$src/examples/pretrain" TEXT="$PWD/stories.txt" D="$PWD/pre" VOCAB=400 MODEL="$model" EPOCHS=2 PACK=64
	same "the same" pre/results.md before
else
	skip "pretraining" "no gnuplot"
fi
ok "no text, no run" sh -c '! make -C "$0" D="$PWD/none" 2>log && grep -q "TEXT names" log' "$src/examples/pretrain"

{ printf 'toxic\tneutral1\n'; jq -r '[.rejected, .chosen | gsub("[\t\n]"; " ")] | @tsv' pairs.jsonl; } >comments.tsv
ok "rewards of real edits" make -C "$src/examples/reward" PAIRS="$PWD/comments.tsv" D="$PWD/reward" SEEDS=1 VOCAB=400 MODEL="$model" STEPS=4 EPOCHS=1
is "two reward models" "$(jq -r .reward reward/results.jsonl | paste -sd ' ')" "token token sequence sequence"
ok "of a model that is there, by adapters" make -C "$src/examples/reward" PAIRS="$PWD/comments.tsv" D="$PWD/lora" SEEDS=1 EPOCHS=1 BACKBONE="$PWD/reward/backbone" TRAIN=20 RANK=2 ARMS=cost
is "it learned from some pairs" "$(wc -l <lora/train.jsonl) $(jq -r .base_model_name_or_path lora/cost-1/adapter_config.json)" "20 ../head-token-1"
detox() { make -C "$src/examples/detox" PAIRS="$PWD/comments.tsv" D="$PWD/detox" SEEDS=1 VOCAB=400 MODEL="$model" EPOCHS=1 ITERS=1 TEST=8 BATCH=8 MAXTOKENS=12 RATES=1e-4 "$@"; }
detox >table
is "a policy with other ends" $? 0
ok "every arm is in the table" awk '/^(sequence|plain|fine) +[0-9]/ { n++ } END { exit n != 3 }' table
detox tune >rates
is "learning rates" "$(grep -c "@1e-4: .*KL" rates)" 3
ok "typed alike" sh -c '"$0" detox >alike && grep -q "^reference [0-9]" alike && [ "$(grep -c "^fine [ 0-9]" alike)" -ge 2 ]' "$src/examples/detox/alike.sh"
# the halves have no comment in common
jq -r .id detox/policy.jsonl | sort -u >ours
jq -r .id detox/judge.jsonl detox/other.jsonl | sort -u >theirs
is "the judge learned from other comments" "$(comm -12 ours theirs | wc -l)" 0
# words alone
ok "words alone" make -C "$src/examples/detox" PAIRS="$PWD/comments.tsv" D="$PWD/words" ALIKE=1 "$PWD/words/pairs.jsonl"
is "no capitals, no full stop at the end" "$(jq -r '.rejected, .chosen | select(test("[A-Z]|[.!?]$"))' words/pairs.jsonl | wc -l)" 0
ok "which there were" sh -c 'jq -e -s "any(.[]; .rejected | test(\"[A-Z]\"))" detox/pairs.jsonl'
done_testing
