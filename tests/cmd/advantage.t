#!/bin/sh
# fg-advantage: rewards, estimation, whitening and groups on numbers worked out by hand.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

cat >in <<'J'
{"id":"a","response_logprob":[-1,-2],"response_ref_logprob":[-1.5,-2],"response_reward":[0.5,-0.5],"response_value":[0.25,0.5],"response_score":2,"finish":"eos"}
{"id":"a","response_logprob":[-1],"response_ref_logprob":[-1],"response_reward":[1],"response_value":[0],"response_score":-1,"finish":"length"}
J
field()
{
	sed "s/.*\"response_$1\":\(\[[^]]*\]\).*/\1/"
}

# R = (0 - 0.1*0.5, -0.5), V = (0.25, 0.5): A_1 = -1, A_0 = -0.05 + 0.5 - 0.25 + 0.5*A_1
is "estimation by hand" "$(fg-advantage --no-whiten --kl 0.1 --lambda 0.5 in | field advantage)" \
    "[-0.3,-1]
[0]"
is "returns" "$(fg-advantage --no-whiten --kl 0.1 --lambda 0.5 in | field return)" "[-0.05,-0.5]
[0]"
is "returns are those before whitening" "$(fg-advantage --kl 0.1 --lambda 0.5 in | field return)" "[-0.05,-0.5]
[0]"
is "kl" "$(fg-advantage --kl 0.1 in | field kl)" "[0.5,0]
[0]"
is "k2" "$(fg-advantage --kl-estimator k2 in | field kl | head -1)" "[0.125,0]"
is "k3" "$(fg-advantage --kl-estimator k3 in | field kl | head -1)" "[0.10653066,0]"
is "lambda 1: the sum of what is to come" \
    "$(fg-advantage --no-whiten --kl 0 --lambda 1 --token-range=-1:1 in | field return)" "[0,-0.5]
[1]"
is "lambda 0: one step" "$(fg-advantage --no-whiten --kl 0 --lambda 0 --token-range=-1:1 in | field advantage)" \
    "[0.75,-1]
[1]"
is "the score is added at the last token" \
    "$(fg-advantage --no-whiten --kl 0 --lambda 0 --token-weight 0 --sequence-weight 1 in | field return)" "[0.5,2]
[-1]"
is "a penalty where the end is missing" \
    "$(fg-advantage --no-whiten --kl 0 --lambda 1 --token-weight 0 --missing-eos 3 in | field return)" "[0,0]
[-3]"
is "scaled by length" "$(fg-advantage --no-whiten --kl 0 --lambda 1 --scale-length in | field return | head -1)" "[-0.25,-0.25]"
is "centred" "$(fg-advantage --no-whiten --kl 0 --lambda 1 --center --token-range=-1:1 in | field return)" "[0,-0.5]
[0]"
# (0.75, -1, 1): mean 0.25, variance (0.25 + 1.5625 + 0.5625) / 2
is "whitened over all tokens, Bessel-corrected" \
    "$(fg-advantage --kl 0 --lambda 0 --token-range=-1:1 in | field advantage)" "[0.45883146,-1.1470786]
[0.6882472]"
is "rloo" "$(fg-advantage --group rloo --kl 0 --token-weight 0 --sequence-weight 1 in | field advantage)" "[3,3]
[-3]"
is "grpo" "$(fg-advantage --group grpo --kl 0 --token-weight 0 --sequence-weight 1 in | field advantage)" "[0.70707345,0.70707345]
[-0.70707345]"
# groups without ids are of one prompt; a response without others is counted
sed 's/"id":"[^"]*",*//; s/,}/}/' in >noid
is "without ids, groups are by prompt" "$(fg-advantage --group grpo --kl 0 --token-weight 0 --sequence-weight 1 noid 2>err | field advantage) $(cat err)" \
    "[0.70707345,0.70707345]
[-0.70707345] "
sed '1s/^{/{"prompt":"x",/; 2s/^{/{"prompt":"y",/' noid >twoprompts
fg-advantage --group grpo --kl 0 --token-weight 0 twoprompts >out 2>err
is "responses that are alone are counted" "$? $(cat err)" \
    "0 fg-advantage: 2 responses are alone in the group of their prompt, and so without an advantage"
head -n 1 in | fg-advantage --group rloo --kl 0 --token-weight 0 >out 2>err
is "with ids, too" "$(cat err)" "fg-advantage: 1 response is alone in the group of its prompt, and so without an advantage"
is "the rest passes through" "$(fg-advantage in | sed 's/,"response_advantage.*/}/')" "$(cat in)"
is "in order, and from a pipe" "$(fg-advantage <in | cksum)" "$(fg-advantage -j 1 in | cksum)"

exits 1 "too few records" fg-advantage --expect 3 in
is "nothing was written" "$(cat out)" ""
is "its message" "$(cat err)" "fg-advantage: expected 3 records, got 2"
ok "as many as expected" fg-advantage --expect 2 in
sed 's/"response_ref_logprob":[^]]*],//' in >bare
exits 1 "no reference" fg-advantage bare
ok "none is needed without a penalty" fg-advantage --kl 0 bare
sed 's/"response_value":[^]]*],//' in >bare
exits 1 "no values" fg-advantage bare
is "its place" "$(cat err)" "fg-advantage: bare:1: response_value: no such field; fg-score adds it"
ok "none are needed in groups" fg-advantage --group rloo bare
sed 's/0.5,-0.5/0.5/' in >bare
exits 1 "rewards of another length" fg-advantage bare
head -n 1 in | sed 's/"response_reward":\[[^]]*\]/"response_reward":[-3e38,-3e38]/; s/"id":"[^"]*",*//; s/^{/{"id":"vast",/' >vast
exits 4 "beyond all numbers" fg-advantage --no-whiten --token-range=-1e39:0 --token-weight 1e9 vast
is "in which record" "$(cat err)" "fg-advantage: record vast: response_advantage: number 1 is not finite"
exits 2 "no range" fg-advantage --token-range 1:0 in
fg-advantage --metrics m in >/dev/null
is "nothing of lengths where the reference is not known" "$(grep -c length_ratio m)" 0
fg-advantage --reference-length 4 --metrics m2 in 2>err >/dev/null
is "answers that shrink" "$(cat err)" \
    "fg-advantage: the responses have 1.5 tokens, 0.375 times the reference's (--length-factor 2)"
ok "are in the metrics" grep -q '"length":1.5,"length_ratio":0.375,"length_far":true,' m2
sed 's/"finish"/"reference_ids":[5],"finish"/' in >referenced
fg-advantage --metrics m3 referenced 2>err >/dev/null
is "reference_ids, and not far" "$(cat err)$(grep -c '"length_ratio":1.5,"length_far":false' m3)" 1
fg-advantage --length-factor 1.4 referenced 2>err >/dev/null
is "answers that grow" "$(cat err)" \
    "fg-advantage: the responses have 1.5 tokens, 1.5 times the reference's (--length-factor 1.4)"
ok "metrics" grep -q '"responses":2,"token_reward":0.5,"score":0,"kl":0.25' m
done_testing
