# Verdicts and their marks, and what fg-winrate makes of those on seen and unseen countries
# -> results.json
def mean: if length == 0 then null else add / length end;
def pick($c): (map(select(.candidate == $c)) | .[0]);
def marks($part): [.[] | select(.part == $part)] | group_by(.candidate)
    | map({key: .[0].candidate, value: {right: (map(.right) | mean), wrong: (map(.wrong) | mean), junk: (map(.junk) | mean)}})
    | from_entries;
def rows($w; $m): [$w.rows[] | {candidate, seeds, prompts, win, kl, length} + ($m[.candidate] // {})];
. as $v | $unseen[0] as $u | $seen[0] as $s
| ($pair[0].differences | pick("fine")) as $d
| {
    unseen: rows($u; $v | marks("unseen")),
    seen: rows($s; $v | marks("seen")),
    difference: ($d | {points, low, high, seeds, prompts, by_seed, p}),
    difference_equal_kl: ($d.at_kl // null),
    against_edited: ($edited[0].differences | pick("fine") | {points, low, high})
}
