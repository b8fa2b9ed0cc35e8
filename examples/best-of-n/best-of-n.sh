#!/bin/bash
# The best of N samples by a reward model: best-of-n.sh N POLICY REWARD < prompts.jsonl
set -euo pipefail
fg-rollout -q -m "$2" -n "$1" ${MAXTOKENS:+--max-tokens "$MAXTOKENS"} |
    fg-score -q -m "$3" |
    jq -c -n '
        def score: .response_score // (.response_reward | map([., 0] | min) | add);
        foreach (inputs, null) as $r ({best: null, out: null};
            if $r == null or (.best != null and $r.id != .best.id) then {best: $r, out: .best}
            elif .best == null or ($r | score) > (.best | score) then {best: $r, out: null}
            else .out = null end;
            .out | select(. != null))'
