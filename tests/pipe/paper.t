#!/bin/bash
# The frontier and the curve of annotations in the generated world, in small.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
command -v jq >/dev/null || skip_all "no jq"

cp -r "$src/examples" .
rm examples/paper/*.jsonl.gz
go=(make -s -C examples/paper BUILD="$BUILD" RUN="$PWD/run" TEST=40 CORPUS=200 PAIRS=60 BATCH=4 J=1 MAXTOKENS=30
    MODEL="--dim 32 --layers 1 --heads 2 --ffn 64 --tied --max-length 256" RATES="1e-4 1e-3" POINTS="1 2" KLS=0.001 NBEST=2 NS=2 COUNTS="10 20")
ppo() { grep -c '^-- PPO' out; }
exits 0 "the frontier of two arms" "${go[@]}" frontier ARMS="sequence cost"
is "is made of their runs" "$(ppo)" 4
exits 0 "another arm" "${go[@]}" frontier
is "is added to them" "$(ppo)" 2
is "of each arm, rate and step, and best of n" \
    "$(jq -c '[(.arms | length), ([.runs[] | select(.rate != "n").points | length] | length, unique[0])]' examples/paper/frontier.json)" "[6,6,2]"
is "each verdict once" "$(gzip -dc examples/paper/frontier.jsonl.gz | wc -l)" $(((3 * 2 * 2 + 3) * 40))
is "each run's length of answers" "$(jq -c '.tokens | [length, (map(.at | map(.step)) | unique)]' examples/paper/frontier.json)" "[6,[[2]]]"
is "the KL of the best of two" "$(gzip -dc examples/paper/frontier.jsonl.gz | jq 'select(.rate == "n").kl' | uniq)" 0.1931
exits 0 "two stages at once, another seed" "${go[@]}" -j 2 frontier FRONTIER_SEEDS="1 2"
is "which alone is made" "$(ppo)" 6
is "both seeds are in the table" "$(jq -c '[.seeds, (.runs | map(.seeds) | unique)]' examples/paper/frontier.json)" "[2,[2]]"
exits 0 "the first one by itself" "${go[@]}" frontier
is "is as it was" "$(ppo) $(jq -c .seeds examples/paper/frontier.json)" "0 1"
# curves that are known: at a KL of 1 the arms won 60 and 70 of 100 in one seed, 50 and 56 in the other
for s in 1 2; do for p in $(seq 0 99); do
	echo "{\"rate\":\"1e-4\",\"seed\":$s,\"step\":1,\"prompt\":\"test-$p\",\"kl\":1,\"candidate\":\"sequence\",\"win\":$((p * 7 % 100 < 70 - 10 * s ? 1 : 0))}"
	echo "{\"rate\":\"1e-4\",\"seed\":$s,\"step\":1,\"prompt\":\"test-$p\",\"kl\":1,\"candidate\":\"fine\",\"win\":$((p * 7 % 100 < 84 - 14 * s ? 1 : 0))}"
done; done >known.jsonl
jq -s --argjson kls '[0.25,1,2]' --argjson tokens '[]' -f "$src/examples/paper/frontier.jq" known.jsonl >known.json
is "win rates at a KL, on the line from where nothing is won" "$(jq -c '[.arms[] | .at | map(.points? // null)]' known.json)" "[[56.5,63,null],[52.5,55,null]]"
is "differences seed by seed" "$(jq -c '[.difference[0].at[1] | .points, .by_seed["1"], .by_seed["2"]]' known.json)" "[8,10,6]"
ok "an interval as wide as seeds differ, at least" jq -e '.difference[0].at[1] | .high - .points > 1.96 * 2 / (2 | sqrt)' known.json

ok "annotations" "${go[@]}" annotations
is "of each arm and number" "$(jq -c '[.arms[] | .at | length]' examples/paper/annotations.json)" "[2,2,2]"
exits 0 "of a second seed, with another number" "${go[@]}" annotations ANNOTATION_SEEDS="1 2" COUNTS="10 20 30"
is "only what is missing is made" "$(grep -c 'annotations for the arm' out)" $((3 + 9))
exits 0 "policies that learn from some" "${go[@]}" annotations LEARNED=10 ITERS=1 ANNOTATION_SEEDS="1 2"
is "are added" "$(grep -c '^-- PPO on 10 ' out) $(jq -c '[.policies[] | .at[] | [.count, (.by_seed | length)]]' examples/paper/annotations.json)" "6 [[10,2],[10,2],[10,2]]"
ok "and have their table" grep -q '^Win rate of policies after PPO .* (2 seeds; ' examples/paper/annotations.md
for s in 1 2; do printf '%s\n' "sequence 10 $s 50" "sequence 20 $s 60" "fine 10 $s 50" "fine 20 $s $((60 + 10 * s))"; done |
    while read -r arm n s win; do for p in $(seq 100); do
	echo "{\"candidate\":\"$arm\",\"count\":$n,\"seed\":$s,\"draw\":1,\"prompt\":\"p$p\",\"win\":$((p <= win ? 1 : 0))}"; done; done |
    jq -s -f "$src/examples/paper/annotations.jq" >known.json
is "edits that reach what all preferences reach, on a line of logarithms" "$(jq -c '.reached[0] | [.edits, .by_seed[]]' known.json)" "[13,14,13]"
is "the error counts seeds and prompts" "$(jq '[.arms[] | .at[1].se * 100 | round]' known.json)" "$(jq -n '[466, 346]')"
done_testing
