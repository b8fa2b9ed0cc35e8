#!/bin/bash
# Fine-grained PPO as a pipeline: the same final bytes on any number of threads, in shards
# and after interruptions; the first ratio is exactly 1; a dead upstream changes nothing.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

small_world 60
small_pairs
fg-init --from model --head token -o start
fg-update reward -q -m start -o reward --lr 1e-2 --batch 16 --epochs 2 pairs.jsonl
"$world" prompts --n 24 >prompts.jsonl
sum() { (cd "$1" && find . -name '*.safetensors' | sort | xargs cksum); }

# a policy in folder $1 from model $2, with its critic inside
policy()
{
	cp -r "$2" "$1"
	fg-init --from reward --head value -o "$1/critic"
}

# records of one iteration: policy $1, seed $2, threads $3, prompts on standard input
score()
{
	fg-rollout -q -j "$3" -m "$1" -n 2 --seed "$2" --max-tokens 20 | fg-score -q -j "$3" -m model --as ref_logprob |
	    fg-score -q -j "$3" -m reward | fg-score -q -j "$3" -m "$1/critic"
}

update()
{
	fg-update ppo -q -m "$1" -o "$1" --expect 48 --batch 16 --lr 1e-3 --seed "$2" -j "$3" --metrics "$1.metrics" "$4"
}

policy one model
policy two model
policy sharded model
for i in 1 2; do
	score one $i 1 <prompts.jsonl | fg-advantage -q --expect 48 >one.jsonl
	update one $i 1 one.jsonl
	score two $i 2 <prompts.jsonl | fg-advantage -q --expect 48 >two.jsonl
	update two $i 2 two.jsonl
	split -n l/4 prompts.jsonl shard.
	for s in shard.??; do
		score sharded $i 1 <"$s" >"$s.out"
	done
	cat shard.??.out | fg-advantage -q --expect 48 >sharded.jsonl
	update sharded $i 2 sharded.jsonl
	same "iteration $i: records of one thread and of two" one.jsonl two.jsonl
	same "iteration $i: and in four shards" one.jsonl sharded.jsonl
done
is "policy and critic of one thread and of two" "$(sum two)" "$(sum one)"
is "and in four shards" "$(sum sharded)" "$(sum one)"
if command -v parallel >/dev/null; then
	parallel --will-cite --pipe -k -L 1 -N 6 "fg-score -q -j 1 -m model --as ref_logprob" <one.jsonl >par.jsonl 2>err
	same "GNU parallel cuts a score as it likes" par.jsonl one.jsonl
else
	skip "GNU parallel" "not here"
fi

# the first ratio
first() { head -1 "$1" | jq -c '[.ratio_min, .ratio_mean, .ratio_max]'; }
if command -v jq >/dev/null; then
	is "the first ratio is 1" "$(first one.metrics)" "[1,1,1]"
	fg-init -t . -o half0 --dim 32 --layers 2 --heads 4 --dtype bfloat16
	fg-update sft -q -m half0 -o half --lr 1e-2 --batch 16 corpus.jsonl
	fg-init --from model --lora-rank 4 -o lora0
	fg-update sft -q -m lora0 -o lora --lr 1e-2 --batch 16 corpus.jsonl
	for m in half lora; do
		fg-rollout -q -m $m -n 2 --max-tokens 20 prompts.jsonl | fg-score -q -m model --as ref_logprob |
		    fg-score -q -m reward | fg-advantage -q --group grpo >$m.jsonl
		fg-update ppo -q -m $m -o $m-new --no-critic --batch 16 --lr 1e-3 --metrics $m.metrics $m.jsonl
		is "with $m weights too" "$(first $m.metrics)" "[1,1,1]"
	done
else
	skip "the first ratio" "no jq"
fi

# a stage that dies looks like the end of the input
before=$(sum one)
score one 3 1 <prompts.jsonl | head -n 20 | fg-advantage -q --expect 48 >out 2>err
is "advantages of too few records" "$(cat err) $(wc -c <out)" "fg-advantage: expected 48 records, got 20 0"
fg-update ppo -q -m one -o one --expect 48 --lr 1e-3 </dev/null 2>err
is "an update of none" $? 1
is "the policy is what it was" "$(sum one)" "$before"
ok "and nothing lies beside it" test ! -e one.part

# records of another policy, another tokenizer
exits 1 "records that an older policy sampled" fg-update ppo -m one -o one --lr 1e-2 one.jsonl --expect 48 --epochs 3
ok "says whose they are" grep -q 'policy: the records were sampled by [0-9a-f]*, but one is [0-9a-f]*' err
sed 's/"tokenizer":"[0-9a-f]*"/"tokenizer":"00000000000000000000000000000000"/' one.jsonl >other
exits 1 "ids of another tokenizer" fg-update ppo -m one -o x other

# killed inside the script of the examples, and typed again
export SFT=$PWD/model REWARD=$PWD/reward ADVANTAGE=--kl=0.1 LR=1e-3 ITERS=3 BATCH=8 SEED=1 MAXTOKENS=16 WORLD=$world J=1
t0=$(date +%s%N)
ok "iterations as a script" bash "$src/examples/world/ppo.sh" whole
took=$(($(date +%s%N) - t0))
for k in 1 2; do
	setsid bash "$src/examples/world/ppo.sh" cut >/dev/null 2>&1 &
	pid=$!
	at=$((took * k / 4))
	sleep "$(printf '%d.%09d' $((at / 1000000000)) $((at % 1000000000)))"
	kill -9 -- -$pid 2>/dev/null
	wait $pid 2>/dev/null
done
bash "$src/examples/world/ppo.sh" cut >/dev/null 2>&1
is "killed twice between and inside of stages" "$(sum cut/policy)" "$(sum whole/policy)"
done_testing
