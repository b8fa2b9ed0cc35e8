# Four outputs of fg-winrate --json (against sequence, edited, plain; sequence and fine
# alone) and the reward models' accuracy -> results.json
def mean: if length == 0 then null else add / length end;
def pick($c): (map(select(.candidate == $c)) | .[0]);
def round1: if . == null then null else (. * 10 | round) / 10 end;
. as [$sequence, $edited, $plain, $pair]
| ($sequence.differences | pick("fine")) as $d
| {
    rows: [$sequence.rows[] | {candidate, seeds, prompts,
        win: .win, length_controlled: .length_controlled, kl, length, ties}],
    difference: {points: $d.points, low: $d.low, high: $d.high, seeds: $d.seeds, prompts: $d.prompts,
        by_seed: $d.by_seed, p: $d.p},
    at_equal_kl: (($pair.differences | pick("fine")) as $p | $p.at_kl + {kl: $pair.kl_matched}),
    against_edited: ($edited.differences | pick("fine") | {points, low, high}),
    against_plain: ($plain.differences | pick("fine") | {points, low, high}),
    reward_models: [$accuracy | group_by(.reward)[] | {reward: .[0].reward, seeds: length,
        pairs: (map(.accuracy_sum.points) | mean),
        auc_minus: (map(.auc_minus.points) | map(select(. != null)) | mean),
        auc_plus: (map(.auc_plus.points) | map(select(. != null)) | mean)}]
}
