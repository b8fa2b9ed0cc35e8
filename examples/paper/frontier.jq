# Verdicts of policies along the way -> frontier.json: for each arm the win rate at a KL, at the
# best of its learning rates, and the differences from traditional PPO, with intervals.
#
# A run of a seed is a curve of win rates over the root of the KL, from (0, 50) through its
# checkpoints; between two of them it is a straight line.  At a KL an arm has the mean of its seeds at
# one rate, which every seed must reach there.  That rate is chosen on one half of the prompts and read
# on the other half, and the other way round, so that the choice earns nothing.
#
# Intervals are for the chosen rates.  Every seed has its own model and prompts.  The jackknife over
# twentieths of the prompts, the same for all arms, gives the variance within a seed; with that
# between seeds it gives what drawing seeds, and prompts within them, again would: (between + within) / seeds.
def groups: 20;
def all: [range(groups)];
def mean: add / length;
def sum(f): reduce .[] as $x (0; . + ($x | f));
# the sums of a checkpoint: [win, kl, n] for each group of prompts
def sums: reduce .[] as $v (all | map([0, 0, 0]);
    ($v.prompt | [scan("[0-9]+")] | last | tonumber % groups) as $g
    | .[$g] |= [.[0] + $v.win, .[1] + $v.kl, .[2] + 1]);
def runs: group_by([.candidate, .rate]) | map({candidate: .[0].candidate, rate: .[0].rate,
    seeds: (group_by(.seed) | map({key: "\(.[0].seed)", value: (group_by(.step) | map({step: .[0].step, g: sums}))}) | from_entries)});
# the curve of a seed's steps on the groups of $in, with the KL of those of $all
def curve($in; $all): [{d: 0, w: 50}] + [.[] | .g as $g
    | {d: ([([$all[] as $i | $g[$i]] | sum(.[1]) / sum(.[2])), 0] | max | sqrt),
       w: ([$in[] as $i | $g[$i]] | 100 * sum(.[0]) / sum(.[2]))}];
def at($d): . as $c | first(range(1; length) | select($c[. - 1].d <= $d and $d <= $c[.].d)
    | ($c[.].d - $c[. - 1].d) as $w | $c[. - 1].w + (if $w == 0 then 0 else ($d - $c[. - 1].d) / $w end) * ($c[.].w - $c[. - 1].w)) // null;
def even: map(select(. % 2 == 0));
def odd: map(select(. % 2 == 1));
# a run at $d: of each seed, or null if one is missing or does not reach it
def seeds_at($seeds; $d; $in; $all): . as $run | [$seeds[] as $s | $run.seeds[$s] | if . == null then null else curve($in; $all) | at($d) end]
    | if any(. == null) then null else . end;
# the best run at $d on the groups of $in
def best($seeds; $d; $in): [.[] | {r: ., w: seeds_at($seeds; $d; $in; all)} | select(.w != null)] | max_by(.w | mean).r;
# of each seed, the mean of the two halves, each at the rate that the other one chose
def read($seeds; $d; $chosen; $all): if any($chosen[]; . == null) then null else
    [($chosen[0] | seeds_at($seeds; $d; $all | odd; $all)), ($chosen[1] | seeds_at($seeds; $d; $all | even; $all))]
    | if any(.[]; . == null) then null else transpose | map(mean) end end;
# [an arm's runs] or [an arm's and another one's] -> points of each seed, of the prompts of $all
def points($seeds; $d; $chosen; $all): [$chosen[] as $c | read($seeds; $d; $c; $all)]
    | if any(. == null) then null elif length == 1 then .[0] else transpose | map(.[0] - .[1]) end;
def value($seeds; $d): map([best($seeds; $d; all | even), best($seeds; $d; all | odd)]) as $chosen
    | points($seeds; $d; $chosen; all) as $whole
    | [all[] as $o | points($seeds; $d; $chosen; all - [$o])] as $parts
    | if $whole == null or ($parts | any(. == null)) then null else
        ($parts | transpose | map(mean as $m | map(. - $m | . * .) | add * (groups - 1) / groups) | mean) as $within
        | ($whole | mean as $m | map(. - $m | . * .) | mean) as $between
        | (($between + $within) / ($whole | length) | sqrt * 1.96) as $h
        | ($whole | mean) as $m
        | {points: $m, low: ($m - $h), high: ($m + $h), by_seed: ([$seeds, $whole] | transpose | map({key: .[0], value: .[1]}) | from_entries)}
      end;
# over all seeds: the mean KL and win rate of each step
def whole: [.seeds[] | curve(all; all)[1:]] | transpose | map({kl: (map(.d * .d) | mean), win: (map(.w) | mean)});
runs as $runs
| ($runs | map(.seeds | keys[]) | unique) as $seeds
| ($runs | group_by(.candidate) | map({key: .[0].candidate, value: .}) | from_entries) as $arms
| {
    seeds: ($seeds | length), kls: $kls,
    arms: [$arms | to_entries[] | {candidate: .key, at: (.value as $r | [$kls[] as $k | [$r] | value($seeds; $k | sqrt)])}],
    difference: [$arms | to_entries[] | select(.key != "sequence") | {candidate: .key,
        at: (.value as $r | [$kls[] as $k | [$r, $arms.sequence] | value($seeds; $k | sqrt)])}],
    runs: [$runs[] | {candidate, rate, seeds: (.seeds | length), points: whole}],
    # of the answers that it learns from, ten iterations by ten
    tokens: [$tokens | group_by([.candidate, .rate])[] | {candidate: .[0].candidate, rate: .[0].rate, seeds: length,
        at: (map(.tokens) | transpose | map(mean) | . as $t | [range(0; length; 10) as $i | {step: ([$i + 10, length] | min), tokens: ($t[$i:$i + 10] | mean)}])}]
}
