#!/bin/bash
# Words that people take out of comments, as members of a JSON object: seen ten times or more in the texts before their
# rewrites, and not a tenth as often after.  rude.sh PAIRS.jsonl
set -euo pipefail
jq -r 'def words: ascii_downcase | [scan("[a-z0-9]+")]; (.rejected | words[] | "rude \(.)"), (.chosen | words[] | "rewritten \(.)")' "$1" |
    awk '{ n[$1, $2]++; if ($1 == "rude") w[$2] } END { for (i in w) if (n["rude", i] > 9 && n["rewritten", i] * 10 < n["rude", i]) print i }' |
    sort | jq -R -s -c 'split("\n")[:-1] | map({(.): 1}) | add // {}'
