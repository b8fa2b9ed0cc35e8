#!/bin/sh
# The log-probabilities that fg-rollout records are those that fg-score computes, bit for
# bit, however the work is cut.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

i=0
while [ $i -lt 40 ]; do
	echo "The quick brown fox jumps over the lazy dog, and dog $i sleeps in the sun."
	i=$((i + 1))
done >text
mkdir tok
fg-vocab --text --size 280 -o tok text
init()
{
	fg-init -q -t tok -o "$@" --dim 48 --layers 2 --heads 4 --init-range 0.3
}
init llama --kv-heads 2 --tied
init qwen3 --arch qwen3 --kv-heads 1 --window 7
init phi3 --arch phi3 --kv-heads 2 --window 7
init olmo2 --arch olmo2 --kv-heads 2 --dtype float16
init gemma2 --arch gemma2 --kv-heads 2 --window 7 --tied
init gemma3 --arch gemma3_text --kv-heads 1 --window 5 --layers 6 --dtype bfloat16 --rope linear --rope-factor 4
init neox --arch gpt_neox
init bf16 --dtype bfloat16 --arch qwen2
fg-init -q --from llama --lora-rank 4 -o lora0
fg-init -q --from bf16 --lora-rank 3 -o lora16
# an adapter that changes something
head -n 4 text | jq -Rc '{prompt: "", response: .}' >sft
fg-update sft -q -m lora0 -o lora --lr 0.05 --steps 3 --batch 2 sft
ok "the adapter has learned" sh -c '[ "$(fg-score -q -m lora sft)" != "$(fg-score -q -m llama sft)" ]'

{
	echo '{"id":"a","prompt":"The quick brown"}'
	echo '{"id":"b","prompt":""}'
	echo '{"id":"c","prompt":"The dog"}'
	echo '{"id":"d","prompt":"and dog 3 sleeps in the sun. The lazy"}'
	echo '{"id":"e","prompt":"lazy"}'
} >in

# $1: a model
check()
{
	fg-rollout -q -m "$1" -n 3 --temperature 0.7 --top-k 50 --max-tokens 40 in >out
	jq -c '[.id, .sample, .response_logprob]' out >want
	for o in "" "-j 1 --batch 1" "-j 3 --batch 64" "-j 2 --batch 100000"; do
		# shellcheck disable=SC2086
		fg-score -q -m "$1" $o --as again out | jq -c '[.id, .sample, .response_again]' >got
		same "$1: rollout and score agree${o:+ with $o}" got want
	done
	# prefill, slots and threads do not show
	for o in "-j 1 --batch 1" "-j 3 --batch 4"; do
		# shellcheck disable=SC2086
		fg-rollout -q -m "$1" -n 3 --temperature 0.7 --top-k 50 --max-tokens 40 $o in >got
		same "$1: rollout with $o" got out
	done
	# order and shards
	sort -r out | fg-score -q -m "$1" --as again | sort >got
	fg-score -q -m "$1" --as again out | sort >want
	same "$1: another order" got want
	{ head -n 7 out | fg-score -q -m "$1" --as again; tail -n +8 out | fg-score -q -m "$1" --as again; } | sort >got
	same "$1: two shards" got want
	{ head -n 2 in | fg-rollout -q -m "$1" -n 3 --temperature 0.7 --top-k 50 --max-tokens 40
	tail -n +3 in | fg-rollout -q -m "$1" -n 3 --temperature 0.7 --top-k 50 --max-tokens 40; } >got
	same "$1: rollouts in two shards" got out
	fg-rollout -q -m "$1" --greedy --max-tokens 30 in >greedy
	is "$1: greedy" "$(fg-score -q -m "$1" --as again greedy | jq -c .response_again)" "$(jq -c .response_logprob greedy)"
}
for m in llama qwen3 phi3 olmo2 gemma2 gemma3 neox bf16 lora lora16; do
	check $m
done

# every ISA gives the same bytes
m=lora
fg-rollout -q -m $m -n 2 --max-tokens 20 in >want
FINEGRAIN_ISA=portable fg-rollout -q -m $m -n 2 --max-tokens 20 in >got
same "plain C gives the same bytes" got want

# shellcheck disable=SC2154
stories=$src/../shared/data/models/stories260K
if [ -f "$stories/config.json" ]; then
	ln -s "$stories" stories260K
	check stories260K
else
	skip "stories260K" "no data"
fi
done_testing
