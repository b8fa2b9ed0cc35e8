# annotations.jsonl -> annotations.json: for each arm the win rate after each number of
# annotations, its mean and standard error, and the edits that reach what the most preferences reach.
# Each seed has its own model, annotations and prompts: the standard error is what drawing seeds, and prompts
# within them, again would give, (between + within) / seeds.  Policies that learned from some of them are
# by themselves.
def mean: add / length;
def variance: mean as $m | map(. - $m | . * .) | mean;
def cell: (group_by(.seed) | map({key: "\(.[0].seed)", value: (map(.win) | 100 * mean)}) | from_entries) as $seeds
    | (group_by(.seed) | map(group_by(.prompt) | map(100 * (map(.win) | mean)) | variance / length) | mean) as $within
    | {win: ($seeds | map(.) | mean), draws: (map(.draw) | unique | length), by_seed: $seeds,
       se: ((($seeds | map(.) | variance) + $within) / ($seeds | length) | sqrt)};
# where the straight line between two counts, in logarithms of them, first reaches a win rate
def reaches($w): . as $a | if $a[0].win >= $w then $a[0].count
    else first(range(1; $a | length) | select($a[.].win >= $w)
        | (($w - $a[. - 1].win) / ($a[.].win - $a[. - 1].win)) as $f
        | (($a[. - 1].count | log) * (1 - $f) + ($a[.].count | log) * $f | exp | round)) // null end;
def of_seed($s): map({count, win: .by_seed[$s]});
def arms: group_by(.candidate) | map({candidate: .[0].candidate, at: (group_by(.count) | map({count: .[0].count} + cell))});
(map(select(.policy)) | arms | map(.at |= map(del(.draws)))) as $policies
| map(select(.policy | not)) | arms
| (map(select(.candidate == "sequence"))[0].at) as $preferences
| {arms: ., policies: $policies, seeds: ($preferences[0].by_seed | length), preferences: ($preferences | last | .count),
   reached: [.[] | select(.candidate != "sequence") | . as $a | {candidate, edits: (.at | reaches($preferences | last | .win)),
       by_seed: (.at[0].by_seed | keys | map({key: ., value: (. as $s | $a.at | of_seed($s) | reaches($preferences | of_seed($s) | last | .win))}) | from_entries)}]}
