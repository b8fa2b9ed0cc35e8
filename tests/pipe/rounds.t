#!/bin/bash
# Annotations in rounds, in small: stages that are made once, seeds, and a table.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
command -v jq >/dev/null || skip_all "no jq"

cp -r "$src/examples" .
go=(make -C examples/rounds BUILD="$BUILD" RUN="$PWD/run" J=1 ARMS="sequence cost" ROUNDS=2 EACH=12 STEP=1 TEST=8 CORPUS=100 BATCH=4
    MODEL="--dim 32 --layers 1 --heads 2 --ffn 64 --tied --max-length 256" MAXTOKENS=40)
ok "the experiment runs" "${go[@]}"
same "the second round learns from both" <(cat run/1/rounds-cost/1/labels.jsonl run/1/rounds-cost/2/labels.jsonl) run/1/rounds-cost/2/train.jsonl
ok "its answers are those of the first round's policy" \
    test "$(head -n 1 run/1/rounds-cost/2/samples.jsonl | jq -r .policy)" != "$(head -n 1 run/1/rounds-cost/1/samples.jsonl | jq -r .policy)"
is "each round makes its iterations" "$(cd run/1/rounds-cost && echo ?/1.done)" "1/1.done 2/1.done"
"${go[@]}" >again 2>&1
is "nothing is made again" "$(grep -c '^-- ' again)" 0
is "each arm has a row" "$(grep -c '^| .* | .* | .* | ' examples/rounds/results.md)" 3
exits 0 "a second seed, two stages at once" "${go[@]}" -j 2 SEEDS="1 2"
is "is the only one made" "$(grep -c '^-- .* rounds of' out)" 2
is "both are in the table" "$(jq -c '[.[] | .rows[0].seeds, (.difference.by_seed | length)]' examples/rounds/results.json)" "[2,2,2,2]"
cp examples/rounds/results.md want
rm examples/rounds/results.md examples/rounds/results.json
ok "the table again from the verdicts that are kept" "${go[@]}" table
same "the same table" examples/rounds/results.md want
done_testing
