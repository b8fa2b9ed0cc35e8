#!/bin/bash
# What the judge's preference is made of: alike.sh DIR, after make -C examples/detox D=DIR
#
# Three checks: the verdicts when both texts have the same spelling (lower case, no space before a
# full stop, no full stop at the end), since rude comments and their rewrites differ in it; the
# verdicts over beginnings that are in none of the policy's comments; and, without a model as judge,
# the share of texts with a word that the rewrites of the judge's half avoid.
set -euo pipefail
dir=$1

alike='def alike: ascii_downcase | gsub(" +(?<p>[.,!?;:])"; .p) | gsub(" *\u0027 *"; "\u0027") | sub("[ .,!?]+$"; "");'
jq -c "$alike"' .response |= alike | .reference |= alike | del(.win)' "$dir/all.jsonl" |
    fg-judge -q -j "${J-0}" -m "$dir/judge" | fg-winrate -q --by candidate --against sequence

echo "as they were, beginnings that training has not seen:"
jq -c --slurpfile seen <(jq -s 'map({(.id): 1}) | add' "$dir/prompts.jsonl") 'select($seen[0][.id] | not)' "$dir/all.jsonl" |
    fg-winrate -q --by candidate --against sequence

words='def words: ascii_downcase | [scan("[a-z0-9]+")];'
"$(dirname "$0")/rude.sh" "$dir/judge.jsonl" >"$dir/rude.json"
jq -s -r --slurpfile rude "$dir/rude.json" "$words"'
    def share: map(if any(words[]; $rude[0][.]) then 1000 else 0 end) | add / length | round / 10;
    def size: map(words | length * 10) | add / length | round / 10;
    "with a rude word, %, and words:", "reference \(map(.reference) | share) \(map(.reference) | size)",
    (group_by(.candidate)[] | "\(.[0].candidate) \(map(.response) | share) \(map(.response) | size)")' "$dir/all.jsonl"
