#!/bin/bash
# Faults that other stacks have had, each of which would show here: what a value, a reward
# and a log-probability may see, temperatures, ends, text that is tokenized again.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"
command -v jq >/dev/null || skip_all "no jq"

small_world 60
fg-init --from model --head token -o token
fg-init --from model --head sequence -o sequence
fg-update sft -q -m model -o tuned --lr 1e-2 --batch 16 corpus.jsonl
# a value head of zeros shows nothing: one step moves it
fg-init --from tuned --head value -o value0
fg-rollout -q -m tuned --max-tokens 12 corpus.jsonl | head -8 | fg-score -q -m value0 |
    jq -c '. + {response_advantage: [.response_ids[] | 0], response_return: [.response_ids[] | 1]}' >v.jsonl
cp -r tuned with
cp -r value0 with/critic
fg-update ppo -q -m with -o with2 --critic-lr 1e-2 --lr 0 v.jsonl
cp -r with2/critic value

head -1 corpus.jsonl | fg-tokenize -t model --special | jq -c 'del(.response, .response_ends)' >a
# the same with the fourth token of the response changed
jq -c '.response_ids[3] |= (. + 1)' a >b
n=$(jq '.response_ids | length' a)
differ() { jq -n -c --slurpfile a "$1" --slurpfile b "$2" "[range($n) | select(\$a[0].$3[.] != \$b[0].$3[.])] | first"; }
for m in tuned token value; do
	fg-score -q -m $m a >a.$m
	fg-score -q -m $m b >b.$m
done
is "1. a reward is read after its token" "$(differ a.token b.token response_reward)" 3
is "1. a value is read before its token" "$(differ a.value b.value response_value)" 4
is "a log-probability is that of its token" "$(differ a.tuned b.tuned response_logprob)" 3
is "2. probabilities of the next token sum to 1" "$(jq -c 'del(.response_ids)' a >p; for i in $(seq 0 "$(($(jq '.model.vocab | length' tokenizer.json) - 1))"); do
	jq -c --argjson i "$i" '.response_ids = [$i]' p; done | fg-score -q -m tuned | jq -s '[.[].response_logprob[0] | exp] | add | . * 1e5 | round')" 100000

# 4. the end is a token that is learned
fg-update sft -q -m model -o stops --lr 2e-2 --batch 16 --epochs 6 corpus.jsonl
ends=$(fg-rollout -q -m stops --max-tokens 60 corpus.jsonl | jq -s 'map(select(.finish == "eos")) | length')
ok "4. a trained model learns to stop" test "$ends" -gt 20
is "4. a response that ended ends with eos" "$(fg-rollout -q -m stops --max-tokens 60 corpus.jsonl |
    jq -c --argjson e "$(jq '.eos_token_id' stops/generation_config.json)" 'select(.finish == "eos" and .response_ids[-1] != ($e | if type == "array" then .[0] else . end))' | wc -l)" 0
# 5. the score of a text is that of its last token
jq -c '.response_ids = .response_ids[:5]' a | fg-score -q -m sequence | jq .response_score >s1
jq -c '.response_ids = .response_ids[:5]' a | fg-score -q -m sequence --batch 1 | jq .response_score >s2
same "5. the score is not added at padding" s1 s2
# 7. temperature in rollout and in score
fg-rollout -q -m tuned --temperature 0.5 --max-tokens 12 corpus.jsonl >r
fg-score -q -m tuned --as again r | jq -c 'select(.response_logprob != .response_again)' >out
is "7. the temperature that sampled scores" "$(wc -l <out)" 0
fg-score -q -m tuned --temperature 1 --as again r | jq -c 'select(.response_logprob != .response_again)' >out
ok "7. another one would show" test -s out
# truncation chooses tokens and does not enter the log-probability
fg-rollout -q -m tuned --top-k 3 --max-tokens 12 corpus.jsonl | fg-score -q -m tuned --as again |
    jq -c 'select(.response_logprob != .response_again)' >out
is "truncation does not enter" "$(wc -l <out)" 0
# 9. ids are carried: text that tokenizes otherwise is not asked
fg-rollout -q -m model --max-tokens 12 corpus.jsonl >r
fg-score -q -m model --as again r | jq -c 'select(.response_logprob != .response_again)' >out
is "9. ids are carried" "$(wc -l <out)" 0
jq -c 'del(.response_ids, .response_ends, .tokenizer, .prompt_ids)' r | fg-score -q -m model | jq -c .response_ids >t
jq -c .response_ids r >u
ok "9. text tokenized again would differ" sh -c '! cmp -s t u'

# 1. what a token earns belongs to the action that chose it
jq -c '.response_reward = [.response_ids[] | 0] | .response_reward[2] = -1 | .response_value = [.response_ids[] | 0] |
    .response_logprob = [.response_ids[] | -1]' a >e
is "1. a reward is its action's" "$(fg-advantage -q --no-whiten --kl 0 --lambda 0 e | jq -c '[.response_advantage | to_entries[] | select(.value != 0) | .key]')" "[2]"

# 2. a softmax of a softmax gives no token more than e / (e + V - 1)
v=$(jq '.model.vocab | length' tokenizer.json)
fg-tokenize -q -t stops --special corpus.jsonl | fg-score -q -m stops >c
# shellcheck disable=SC2016	# jq's variable
ok "2. a token can be nearly certain" jq -se --argjson v "$v" '[.[].response_logprob[]] | max > 1 - ((1 | exp) + $v - 1 | log)' c
fg-update sft -q -m stops -o same --lr 0 --steps 1 --batch 0 --metrics sft.m corpus.jsonl
is "2. the loss is that of fg-score's probabilities" "$(jq '.loss * 1e5 | round' sft.m)" \
    "$(jq -s '[.[].response_logprob[]] | -add / length * 1e5 | round' c)"

# 3. whitening is over the whole input
fg-rollout -q -m tuned -n 2 --max-tokens 12 corpus.jsonl | head -20 | fg-score -q -m token | fg-score -q -m value >s
fg-advantage -q --kl 0 s >whole
{ head -10 s | fg-advantage -q --kl 0; tail -n +11 s | fg-advantage -q --kl 0; } >parts
is "3. whitened to mean 0 and deviation 1" "$(jq -sc '[.[].response_advantage[]] | (length) as $n | (add / $n) as $m |
    [$m, (map(. - $m | . * .) | add / ($n - 1))] | map(. * 1e4 | round | fabs)' whole)" "[0,10000]"
ok "3. whitened part by part would differ" sh -c '! cmp -s whole parts'

# 6. nothing is padded: a short text beside a long one; padding would show
jq -c '.response_ids = .response_ids[:3]' a >short
fg-score -q -m tuned short | jq -c .response_logprob >s1
cat a short a | fg-score -q -m tuned | sed -n 2p | jq -c .response_logprob >s2
same "6. a short text beside long ones" s2 s1
jq -c --argjson e "$(jq '.eos_token_id | if type == "array" then .[0] else . end' stops/generation_config.json)" '.prompt_ids = [$e, $e] + .prompt_ids' short |
    fg-score -q -m tuned | jq -c .response_logprob >s2
ok "6. padding on the left would show" sh -c '! cmp -s s1 s2'

# 7. and 8. the update takes the record's temperature, and the sampler's own numbers
first() { fg-update ppo -q --fresh -m tuned -o z --no-critic --steps 1 --batch 0 --metrics z.m "$1" && tail -1 z.m | jq -c '[.ratio_min, .ratio_max]'; }
fg-rollout -q -m tuned --temperature 0.5 --max-tokens 12 corpus.jsonl | head -8 | jq -c '.response_advantage = [.response_ids[] | 1]' >t
is "7. the temperature in the update" "$(first t)" "[1,1]"
jq -c '.temperature = 1' t >u
ok "7. another one would show there" test "$(first u)" != "[1,1]"
jq -c '.response_logprob[0] += 1e-6' t >u
ok "8. so would a sampler that is off by a millionth" test "$(first u)" != "[1,1]"

# 10. a reward model with another tokenizer: its token's reward is added to the policy's token
# that holds its last byte, end to end
mkdir far.tok
fg-vocab -q --model bpe --size 600 -f prompt -f response -o far.tok/tokenizer.json corpus.jsonl
fg-init -t far.tok -o far.lm --dim 32 --layers 2 --heads 4 --init-range 0.3
fg-init --from far.lm --head token -o far
head -20 corpus.jsonl | fg-tokenize -q -t model --special >ours
fg-score -q -m far ours | jq -c .response_reward >got
head -20 corpus.jsonl | fg-tokenize -q -t far --special | fg-score -q -m far >theirs
# $1: "end", or "start" for the fault of crediting where a token begins
map()
{
	jq -c -s --arg by "$1" --slurpfile p ours '[., $p] | transpose[] | .[0] as $r | .[1].response_ends as $pe |
	    reduce range($r.response_ends | length) as $k ([$pe[] | 0];
	        (if $k == 0 then 0 else $r.response_ends[$k - 1] end) as $from | $r.response_ends[$k] as $to |
	        (if $to == $from then ($pe | length) - 1
	        elif $by == "end" then first(range($pe | length) | select($pe[.] >= $to))
	        else first(range($pe | length) | select($pe[.] > $from)) end) as $i |
	        .[$i] += $r.response_reward[$k])' theirs >want
	jq -n --slurpfile a got --slurpfile b want '[$a, $b | flatten] | transpose | map(.[0] - .[1] | fabs) | max < 1e-5'
}
is "10. rewards of another tokenizer" "$(map end)" true
is "10. credited where a token begins they would differ" "$(map start)" false

# 11. twice as many right tokens: paid without the clamp, and not with it
jq -c '.id = "x" | .response_ids = .response_ids[:4] | .response_reward = [0.5, 0.5, -0.5, 0.5] | .response_value = [0, 0, 0, 0] |
    .response_logprob = [-1, -1, -1, -1]' a >once
jq -c '.id = "y" | .response_ids += .response_ids | .response_reward += [0.5, 0.5, 0.5, 0.5] | .response_value += .response_value |
    .response_logprob += .response_logprob' once >twice
total() { cat once twice | fg-advantage -q --no-whiten --kl 0 --lambda 1 "$@" | jq -c '.response_return[0]' | tr '\n' ' '; }
is "11. length is not paid" "$(total)" "-0.5 -0.5 "
is "11. without the clamp it would be" "$(total --token-range=-1:1)" "1 3 "

# 12. moments and the controller go on
jq -c '.response_kl = [.response_ids[] | 1] | .beta = 0.05' t >k
train() { fg-update ppo -q --no-critic --lr 1e-2 --batch 4 --kl-target 1 --kl-horizon 10 "$@"; }
train -m tuned -o first k
fg-rollout -q -m first --max-tokens 12 corpus.jsonl | head -8 | jq -c '.response_advantage = [.response_ids[] | 1] |
    .response_kl = [.response_ids[] | 1] | .beta = 0.05' >n
cp -r first second
train -m second -o second n
train -m first -o forgot n
ok "12. without its moments the next pass would differ" sh -c '! cmp -s second/model.safetensors forgot/model.safetensors'
is "12. beta is the controller's" "$(jq -c '.response_ref_logprob = .response_logprob' s | fg-advantage -q --controller first --kl 0.05 | head -1 | jq .beta)" \
    "$(jq .controller.beta first/trainer_state.json)"
ok "12. which has moved" jq -e '.controller.beta > 0.05' first/trainer_state.json

# 14. one mean over the tokens of a step; texts do not weigh alike, nor do micro-batches
jq -c '.response_advantage = [.response_ids[] | . % 7]' t | jq -c 'select((.response_ids | length) > 3), (.response_ids |= .[:2] |
    .response_logprob |= .[:2] | .response_advantage |= .[:2])' >r
mean() { jq -s "$1 | -. * 1e5 | round" r; }
for b in 1 100; do
	fg-update ppo -q --fresh -m tuned -o z --no-critic --steps 1 --batch 0 --micro-batch $b --metrics z.m r
	is "14. the mean over all tokens, micro-batches of $b" "$(tail -1 z.m | jq '.loss * 1e5 | round')" \
	    "$(mean '[.[].response_advantage[]] | add / length')"
done
ok "14. the mean of the texts' means would differ" test \
    "$(mean '[.[].response_advantage | add / length] | add / length')" != "$(mean '[.[].response_advantage[]] | add / length')"
done_testing
