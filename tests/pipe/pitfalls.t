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
is "1. a reward is read behind its token" "$(differ a.token b.token response_reward)" 3
is "1. a value is read in front of its token" "$(differ a.value b.value response_value)" 4
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
same "5. a score has no padding to stand on" s1 s2
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
done_testing
