#!/bin/sh
# Scalings whose rotation depends on a sequence's length: as without them up to the original length, and
# refused beyond it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

i=0
while [ $i -lt 20 ]; do
	echo "The quick brown fox jumps over the lazy dog, and dog $i sleeps in the sun."
	i=$((i + 1))
done >text
mkdir tok
fg-vocab --text --size 270 -o tok text
fg-init -q -t tok -o plain --dim 32 --layers 2 --heads 4 --max-length 48 --init-range 0.3
fg-init -q -t tok -o phi3 --arch phi3 --dim 32 --layers 2 --heads 4 --max-length 96 --init-range 0.3
scaled()
{
	cp -r "$1" "$2"
	jq "$3" "$1/config.json" >"$2/config.json"
}
scaled plain dynamic '.rope_scaling = {rope_type: "dynamic", factor: 2}'
scaled phi3 long '.rope_scaling = {rope_type: "longrope", short_factor: [1, 1.5, 2, 3], long_factor: [2, 3, 4, 6]} |
    .original_max_position_embeddings = 48'
scaled phi3 other '.rope_scaling = {rope_type: "longrope", short_factor: [1, 1.5, 2, 3], long_factor: [5, 5, 5, 5]} |
    .original_max_position_embeddings = 48'

echo '{"id":"a","prompt":"The quick brown"}' >in
for m in plain dynamic long other; do
	fg-rollout -q -m $m -n 3 --temperature 0.7 --max-tokens 400 in >out-$m
	is "$m: answers end at 48 tokens" "$(jq '(.prompt_ids | length) + (.response_ids | length)' out-$m | sort -n | tail -1)" 48
	fg-score -q -m $m --as again out-$m | jq -c .response_again >got
	jq -c .response_logprob out-$m >want
	same "$m: rollout and score agree" got want
done
is "dynamic is as without up to its length" "$(jq -c '[.response_ids, .response_logprob]' out-dynamic)" \
    "$(jq -c '[.response_ids, .response_logprob]' out-plain)"
is "long factors are not used" "$(jq -c '[.response_ids, .response_logprob]' out-long)" \
    "$(jq -c '[.response_ids, .response_logprob]' out-other)"
fg-rollout -q -m phi3 -n 3 --temperature 0.7 --max-tokens 40 in >out
ok "short ones are" sh -c '[ "$(jq -c .response_ids out)" != "$(jq -c .response_ids out-long)" ]'

head -n 4 text | jq -sRc '{prompt: "", response: .}' >longer
exits 1 "more than that" fg-score -q -m dynamic longer
is "its message" "$(cat err)" \
    "fg-score: longer:1:25: response: 210 tokens with the prompt, the longest sequence has 48"
for p in "fg-score" "fg-rollout" "fg-update sft -o z"; do
	# shellcheck disable=SC2086
	exits 2 "$p: a longer length" $p -q -m long --max-length 49 longer
	is "its message" "$(cat err)" "${p%% *}: --max-length 49: beyond 48 tokens the rotation of long depends on a sequence's \
length, which is not supported"
done
exits 0 "the folder is sound" fg-check long
exits 2 "dynamic as GGUF" fg-init --from dynamic --to-gguf z
is "its message" "$(cat err)" "fg-init: dynamic: GGUF has no place for the scaling of its rotation"
fg-init -q --from long --strip -o again
is "and is written as it was" "$(jq -c '.rope_scaling | [.short_factor, .long_factor]' again/config.json)" \
    "[[1,1.5,2,3],[2,3,4,6]]"
done_testing
