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

# the policy and its rewards by LoRA of a model that is there; marks and their table are written beside the Makefile
cp -r "$src/examples" .
lora() { make -C examples/detox PAIRS="$PWD/comments.tsv" D="$PWD/ends" ALIKE=1 EVEN=5 BACKBONE="$PWD/reward/backbone" SEEDS="1 2" TEXTS=30 LABELLED=20 SAMPLED=8 \
	ITERS=1 RANK=2 VOCAB=400 MODEL="$model" EPOCHS=1 TEST=8 BATCH=8 MAXTOKENS=12 "$@"; }
ok "two seeds side by side" lora -j 3 J=1 backbone
is "adapters of one model" "$(jq -r .base_model_name_or_path ends/1/reward-cost/adapter_config.json ends/1/cost@2e-4/policy/adapter_config.json | paste -sd ' ')" \
    "../../head-token ../../../sft"
is "a row an arm" "$(jq -c '[.rows[] | [.candidate, .seeds, .verdicts == 2 * .prompts]]' examples/detox/backbone.json)" '[["sequence",2,true],["fine",2,true],["cost",2,true]]'
is "no text is among the marks" "$(gzip -dc examples/detox/backbone.jsonl.gz | jq -r '.. | strings' | sort -u | grep -vc '^beginning [0-9]*$')" 4
# no text has an end that could come early, and what a policy leaves out has its price, whatever the reward
ok "a token too few costs" jq -e -s \
    'length == 8 and all(.[]; .response_score == (.response_ids | length) - 12) and any(.[]; .finish == "length")' ends/1/cost@2e-4/1.jsonl
is "the pairs have no end" "$(jq -c '[(.chosen_ids | length), (.chosen_label | length), .chosen_ends[-1] == (.chosen | utf8bytelength)] | select(.[0] != .[1] or (.[2] | not))' ends/labels.jsonl | wc -l | tr -d ' ')" 0
is "texts are even" "$(jq -r '.chosen, .rejected | split(" ") | length' ends/pairs.jsonl | sort -u)" 5
cp examples/detox/backbone.jsonl.gz want.gz
rm -r ends/1/cost@2e-4 ends/2/fine@2e-4 ends/2/sft
ok "one after another" lora backbone
same "the same marks" examples/detox/backbone.jsonl.gz want.gz

# what answers were written from, as part of the prompt
cat >docs.json <<'X'
[{"id": "a_1_og", "label": 1, "doc": "Rain fell on the old harbour. Nobody was there.\nThe harbour master counted seven boats.",
  "original_summary": "Seven boats lay there.", "summary": "Seven boats lay there."},
 {"id": "a_1_0", "label": 0, "doc": "Rain fell on the old harbour. Nobody was there.\nThe harbour master counted seven boats.",
  "original_summary": "Seven boats lay there.", "summary": "Eight boats left the harbour."},
 {"id": "a_1_1", "label": 0, "doc": "Rain fell on the old harbour. Nobody was there.\nThe harbour master counted seven boats.",
  "original_summary": "Seven boats lay there.", "summary": "Seven boats sank there."}]
X
context() { jq -c --argjson most "$1" -f "$src/examples/reward/context.jq" docs.json; }
is "the sentences that share most words" "$(context 45 | jq -r '.prompt[0].content' | tail -n 1 | uniq)" "The harbour master counted seven boats."
is "in their order" "$(context 80 | jq -r '.prompt[0].content' | tail -n 1)" "Rain fell on the old harbour. The harbour master counted seven boats."
is "the edits that are false, under one document" "$(context 80 | jq -r '"\(.id) \(.rejected[0].content)"' | paste -sd ' ')" "a_1 Eight boats left the harbour. a_1 Seven boats sank there."
is "one prompt for a document" "$(context 80 | jq -c .prompt | sort -u | wc -l | tr -d ' ')" 1

jq '.chat_template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"' \
    reward/backbone/tokenizer_config.json >t && mv t reward/backbone/tokenizer_config.json
jq -s '[to_entries[] | (.key / 4 | floor) as $d | {id: "d\($d)_\(.key)", label: 0, doc: "Document \($d). \(.value.chosen)", summary: .value.rejected,
    original_summary: .value.chosen}]' pairs.jsonl >docs.json
learn() { make -C examples/reward CONTEXT=120 BACKBONE="$PWD/reward/backbone" RANK=2 ARMS=token EPOCHS=1 BATCH=4 WARMUP=1 "$@"; }
ok "summaries" learn FROM="trl --template $PWD/reward/backbone" ID=.id PAIRS="$PWD/docs.json" D="$PWD/summaries" SEEDS="1 2" -j 2 J=1
is "every seed, all pairs and half" "$(jq -c '[.seed, .pairs]' summaries/results.jsonl | wc -l | tr -d ' ')" 4
ok "with the document" jq -e -s 'all(.[]; .prompt | test("^<user>Summarize this text.\n\n.{9}"))' summaries/train.jsonl
jq -r .id summaries/train.jsonl | sort -u >ours
jq -r .id summaries/test.jsonl | sort -u >theirs
is "no document on both sides" "$(comm -12 ours theirs | wc -l | tr -d ' ') $(test -s theirs && echo some)" "0 some"

jq -s '[.[] | {question: "What is in \(.chosen[:12])?", passages: [["Title", .chosen]], "prediction 1": .rejected,
    feedback: {errors: [{start: 0, end: 9}], "corrected-prediction": .chosen}}]' pairs.jsonl >feedback.json
ok "answers with their passages, and marks" learn FROM="qa-feedback --template $PWD/reward/backbone" PAIRS="$PWD/feedback.json" D="$PWD/answers" SEEDS="1 2" all spans
ok "the passages are in the prompt" jq -e -s 'all(.[]; .prompt | test("\n\nQuestion: What is in"))' answers/test.jsonl
is "marks are found, each seed" "$(jq -s -c '.[0].every as $e | map(.every == $e and .marked > 0 and .f1 > 0)' answers/spans-*.json)" "[true,true]"
# rows that are kept, and their table: a set's rows take the place of its earlier ones
: >examples/reward/backbone.jsonl
for set in Summaries Answers Summaries; do
	make -s -C examples/reward BACKBONE="$PWD/reward/backbone" EPOCHS=1 D="$PWD/$(echo $set | tr SA sa)" SET=$set keep || echo failed
done >out
is "quietly" "$(cat out)" ""
is "rows by set, part and seed" "$(jq -r '"\(.set) \(.part) \(.seed)"' examples/reward/backbone.jsonl | sort | paste -sd,)" \
    "Answers all 1,Answers all 2,Answers half 1,Answers half 2,Answers spans 1,Answers spans 2,Summaries all 1,Summaries all 2,Summaries half 1,Summaries half 2"
is "how much they learned from" "$(jq -r 'select(.set == "Answers") | .learned' examples/reward/backbone.jsonl | sort -u)" "$(wc -l <answers/train-labels.jsonl | tr -d ' ')"
is "a row each in the table" "$(grep -c '^| Summaries | token |' examples/reward/backbone.md) $(grep -c '^Answers, the parts that people marked' examples/reward/backbone.md)" "1 1"
done_testing
