# annotations.jsonl -> annotations.json: for each arm the win rate after each number of
# annotations, mean and standard error over draws and prompts, and the edits that reach what
# the most preferences reach
def mean: add / length;
def cell: (map(.win) | mean) as $m | (group_by(.prompt) | map(map(.win) | mean)) as $p
    | {win: (100 * $m), se: (100 * ([$p[] | . - $m | . * .] | mean / ($p | length) | sqrt)), draws: (map(.seed) | unique | length)};
group_by(.candidate) | map({candidate: .[0].candidate, at: (group_by(.count) | map({count: .[0].count} + cell))})
| (map(select(.candidate == "sequence"))[0].at | last) as $most
# where the straight line between two counts, in logarithms of them, first reaches it
| def reaches($w): . as $a | if $a[0].win >= $w then $a[0].count
    else first(range(1; $a | length) | select($a[.].win >= $w)
        | (($w - $a[. - 1].win) / ($a[.].win - $a[. - 1].win)) as $f
        | (($a[. - 1].count | log) * (1 - $f) + ($a[.].count | log) * $f | exp | round)) // null end;
{arms: ., preferences: $most.count, reached: [.[] | select(.candidate != "sequence") | {candidate, edits: (.at | reaches($most.win))}]}
