#!/bin/bash
# The experiment on countries from a chat model to its table, with a model far too small to know any.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
command -v jq >/dev/null || skip_all "no jq"

"$BUILD/examples/facts/facts" corpus | jq -c '{prompt: .messages[0].content, response: .messages[1].content}' >corpus.jsonl
fg-vocab -q --model bpe --size 500 -f prompt -f response -o tokenizer.json corpus.jsonl
fg-init -q -t tokenizer.json -o model --dim 48 --layers 2 --heads 4 --tied --max-length 256
jq '.chat_template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"' \
    model/tokenizer_config.json >t && mv t model/tokenizer_config.json

# results are written beside the Makefile: into a copy
cp -r "$src/examples" .
go()
{
	make -C examples/facts MODEL="$PWD/model" D="$PWD/run" SEEDS=1 PROMPTS=12 ITERS=2 KEEP=1 BATCH=8 STEPS=30 TEST=4 NBEST=2 \
	    MAXTOKENS=32 RANK=4 RATES=1e-4 J=1 BUILD="$BUILD" "$@"
}
exits 2 "without a model it says what to fetch" make -s -C examples/facts D="$PWD/none" BUILD="$BUILD"
ok "it says which" grep -q 'MODEL names no chat model: make -C examples/facts MODEL=DIR' err
ok "the experiment runs" go
go >again 2>&1
is "it is not run again" "$(grep -c '^-- ' again)" 0
is "every arm and every reward model is judged" "$(jq -c '[(.unseen | length), (.seen | length)]' examples/facts/results.json)" "[10,6]"
is "the difference is there" "$(jq -c '.difference | [.seeds, .prompts]' examples/facts/results.json)" "[1,4]"
cp examples/facts/results.md want
rm examples/facts/results.json examples/facts/results.md
ok "the table again from the verdicts that are kept" go table
same "the same table" examples/facts/results.md want
go -s samples >samples
ok "samples are shown" grep -q "fine: " samples
ok "the policies along the way" go stops
is "each of them is judged on both" "$(jq -c '[(.tune, .unseen | map(.candidate) | sort)]' examples/facts/stops.json)" \
    '[["fine after 1","fine after 2","sequence after 1","sequence after 2"],["fine after 1","fine after 2","sequence after 1","sequence after 2"]]'
ok "one of each arm is chosen where the other countries say" jq -e '.difference.candidate == .fine and (.difference.points | type == "number")' examples/facts/stops.json
ok "an arm in rounds" go ROUNDS=2 ARMS="sequence fine fine-rounds" EXTRA=1/sequence-rounds@1e-4
is "is judged, too" "$(jq -r '[.unseen[].candidate | select(startswith("best") | not)] | sort | join(" ")' examples/facts/results.json)" \
    "fine fine-rounds sequence sequence-rounds"
is "its annotator saw as many samples" "$(cat run/1/fine-rounds@*/?/samples.jsonl | wc -l)" "$(wc -l <run/1/samples.jsonl)"
ok "and those of the policy by then" sh -c '! cmp -s run/1/fine-rounds@*/1/samples.jsonl run/1/fine-rounds@*/2/samples.jsonl'
ok "two arms alone" go ARMS="sequence fine"
is "are compared with each other" "$(jq -c '[.difference.prompts, .against_edited.points]' examples/facts/results.json)" "[4,null]"
ok "the others come back" go
is "with all their rows" "$(jq -c '[(.unseen | length), (.seen | length)]' examples/facts/results.json)" "[10,6]"
is "and the difference from edited pairs" "$(jq -r '.against_edited.points | type' examples/facts/results.json)" number
done_testing
