# Verdicts of policies along the way -> frontier.json: for each arm the win rate at a KL, at the
# best of its learning rates, and the differences from traditional PPO, with intervals.
#
# A run is a curve of win rates over the root of the KL, from (0, 50) through its checkpoints;
# between two of them it is a straight line.  The best rate at a KL is chosen on one half of
# the prompts and read on the other half, and the other way round, so that the choice earns
# nothing.  Intervals: the jackknife that leaves out a twentieth of the prompts, the same for
# all arms; they hold for the chosen rates and these seeds.
def groups: 20;
def sum(f): reduce .[] as $x (0; . + ($x | f));
# the sums of a checkpoint: [win, kl, n] for each group of prompts
def sums: reduce .[] as $v ([range(groups)] | map([0, 0, 0]);
    ($v.prompt | [scan("[0-9]+")] | last | tonumber % groups) as $g
    | .[$g] |= [.[0] + $v.win, .[1] + $v.kl, .[2] + 1]);
def runs: group_by([.candidate, .rate]) | map({candidate: .[0].candidate, rate: .[0].rate, seeds: (map(.seed) | unique | length),
    steps: (group_by(.step) | map({step: .[0].step, g: sums}))});
# a run's curve on the groups of $in, with the KL of those of $all
def curve($in; $all): [{d: 0, w: 50}] + [.steps[] | .g as $g
    | {d: ([([$all[] as $i | $g[$i]] | sum(.[1]) / sum(.[2])), 0] | max | sqrt),
       w: ([$in[] as $i | $g[$i]] | 100 * sum(.[0]) / sum(.[2]))}];
def at($d): . as $c | first(range(1; length) | select($c[. - 1].d <= $d and $d <= $c[.].d)
    | ($c[.].d - $c[. - 1].d) as $w | $c[. - 1].w + (if $w == 0 then 0 else ($d - $c[. - 1].d) / $w end) * ($c[.].w - $c[. - 1].w)) // null;
def halves: [.[] | select(. % 2 == 0)], [.[] | select(. % 2 == 1)];
# the best run at $d on each half, to be read on the other one
def choose($d): . as $runs | [range(groups)] as $all | [$all | halves] | map(. as $half
    | [range($runs | length) as $r | {r: $r, w: ($runs[$r] | curve($half; $all) | at($d))} | select(.w != null)] | max_by(.w).r);
def read($d; $chosen; $all): . as $runs | [$all | halves] as [$a, $b]
    | if any($chosen[]; . == null) then null
      else [($runs[$chosen[0]] | curve($b; $all) | at($d)), ($runs[$chosen[1]] | curve($a; $all) | at($d))]
        | if any(.[]; . == null) then null else add / 2 end end;
def jackknife($whole; $parts): if $whole == null or ($parts | any(. == null)) then null
    else ($parts | add / length) as $m | ($parts | map(. - $m | . * .) | add * (groups - 1) / groups | sqrt * 1.96) as $h
    | {points: $whole, low: ($whole - $h), high: ($whole + $h)} end;
def value($d): . as $runs | [range(groups)] as $all | choose($d) as $c
    | jackknife($runs | read($d; $c; $all); [$all[] as $o | $runs | read($d; $c; $all - [$o])]);
def minus($other; $d): . as $runs | [range(groups)] as $all | choose($d) as $c | ($other | choose($d)) as $co
    | def diff($g): ($runs | read($d; $c; $g)) as $x | ($other | read($d; $co; $g)) as $y
        | if $x == null or $y == null then null else $x - $y end;
    jackknife(diff($all); [$all[] as $o | diff($all - [$o])]);
def whole: [range(groups)] as $all | curve($all; $all)[1:];
runs as $runs
| ($runs | group_by(.candidate) | map({key: .[0].candidate, value: .}) | from_entries) as $arms
| {
    seeds: ($runs | map(.seeds) | min), kls: $kls,
    arms: [$arms | to_entries[] | {candidate: .key, at: (.value as $r | [$kls[] as $k | $r | value($k | sqrt)])}],
    difference: [$arms | to_entries[] | select(.key != "sequence") | {candidate: .key,
        at: (.value as $r | [$kls[] as $k | $r | minus($arms.sequence; $k | sqrt)])}],
    runs: [$runs[] | {candidate, rate, points: [whole[] | {kl: (.d * .d), win: .w}]}]
}
