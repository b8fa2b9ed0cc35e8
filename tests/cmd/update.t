#!/bin/sh
# fg-update: every objective, the same bytes however it is computed, resuming, refusals.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

small_world
small_pairs
weights() { cksum <"$1/model.safetensors"; }
run() { fg-update -q "$@"; }

ok "sft" run sft -m model -o a --lr 1e-2 --batch 16 --metrics m corpus.jsonl
is "a line of metrics a step" "$(wc -l <m)" 8
first=$(head -1 m | sed 's/.*"loss":\([0-9.]*\).*/\1/')
last=$(tail -1 m | sed 's/.*"loss":\([0-9.]*\).*/\1/')
ok "the loss falls" test "$(echo "$first > $last + 0.5" | bc 2>/dev/null || awk "BEGIN{print ($first > $last + 0.5)}")" = 1
run sft -m model -o b --lr 1e-2 --batch 16 -j 1 --micro-batch 100 corpus.jsonl
is "the same from micro-batches and one thread" "$(weights b)" "$(weights a)"
run sft -m model -o c --lr 1e-2 --batch 16 --recompute --save-every 3 <corpus.jsonl
is "the same with recomputation, saves and a pipe" "$(weights c)" "$(weights a)"
same "moments too" a/optimizer.safetensors c/optimizer.safetensors
ok "nothing is left beside it" test ! -e c.part
# a frozen weight is there as it is read and as products read it: no gradient, no moments, no third copy
fg-init -q -t model --dim 512 --layers 4 --heads 8 -o wide
fg-init -q --from wide --lora-rank 4 -o thin
head -4 corpus.jsonl >few.jsonl
for m in wide thin; do
	fg-update sft -v -m $m -o "$m.out" --steps 1 few.jsonl 2>err
	grep -o '[0-9]* MB of weights, gradients and moments' err | awk -v of="$(wc -c <wide/model.safetensors)" \
	    '{ print int(10 * $1 * 1e6 / of) / 10 }' >$m.times
done
ok "with an adapter: twice the weights" awk '{ right = $1 >= 1 && $1 <= 2.1 } END { exit !right }' thin.times
ok "without: five times" awk '{ right = $1 >= 4 && $1 <= 5.1 } END { exit !right }' wide.times
# half as many activations again as memory has room for: a budget that no batch reaches
if [ -r /proc/meminfo ]; then
	fg-init -q -t model --dim 16 --layers 24 --heads 2 --ffn 32 -o deep
	head -20 corpus.jsonl >less.jsonl
	fg-update sft -v -m deep -o deep1 --steps 1 --micro-batch 100000 less.jsonl 2>err
	budget=$(awk 'FNR == NR { have = /MemTotal/ ? $2 / 1000 : have; next }
	    match($0, /[0-9]+ MB of activations/) { print int(1.5 * have / substr($0, RSTART) * 100000) }' /proc/meminfo err)
	fg-update sft -v -m deep -o deep2 --steps 1 --micro-batch "$budget" less.jsonl 2>err
	is "activations that do not fit are computed twice" "$(grep -c 'activations are computed twice: all of them would take' err)" 1
	is "the same model" "$(weights deep2)" "$(weights deep1)"
else
	skip "activations that do not fit are computed twice" "no /proc/meminfo"
fi
for f in tokenizer.json generation_config.json; do
	same "$f is copied" model/$f a/$f
done

fg-update sft -m model -o a --lr 1e-2 --batch 16 corpus.jsonl 2>err
is "a finished run is not done again" "$(cat err)" "fg-update: a is the result of this very run: nothing to do"
head -50 corpus.jsonl >less
run sft -m model -o again --lr 1e-2 --batch 16 --metrics m corpus.jsonl
is "a new run has new metrics" "$(wc -l <m)" 8
run sft -m again -o again --lr 1e-2 --batch 16 --metrics m less
is "the next pass goes on in its file" "$(wc -l <m)" 12
echo before >log
if (: >>/dev/stderr) 2>>log; then
	run sft -m model -o again --lr 1e-2 --batch 16 --fresh --metrics /dev/stderr corpus.jsonl 2>>log
	is "but not in what is someone else's" "$(head -1 log) $(wc -l <log)" "before 9"
fi
exits 2 "another input is in the way" fg-update sft -m model -o a --lr 1e-2 --batch 16 less
exits 2 "so are other options" fg-update sft -m model -o a --lr 1e-3 --batch 16 corpus.jsonl
ok "unless it is to be fresh" run sft -m model -o b --lr 1e-3 --batch 16 --fresh corpus.jsonl
ok "the next pass" run sft -m a -o a --lr 1e-2 --batch 16 --metrics m2 less
is "its steps go on" "$(sed 's/{"step":\([0-9]*\).*/\1/' m2 | tr '\n' ' ')" "9 10 11 12 "
fg-update sft -m a -o a --lr 1e-2 --batch 16 less 2>err
is "and once is enough" "$(cat err)" "fg-update: a is the result of this very run: nothing to do"
ok "held-out records choose the best" run sft -m model -o d --lr 1e-2 --batch 16 --epochs 2 --eval less --metrics m3 corpus.jsonl
is "two evaluations" "$(grep -c eval_loss m3)" 2
sed 's/"prompt":"[^"]*",//; s/"response"/"text"/' corpus.jsonl >text.jsonl
ok "documents end to end" run sft -m model -o e -f text --pack 64 --lr 1e-2 --batch 8 text.jsonl

exits 2 "longer documents than the model has positions" fg-update sft -m model -o z --pack 9999 corpus.jsonl
exits 1 "no held-out records" fg-update sft -m model -o z --eval /dev/null corpus.jsonl

# defaults: of each kind, of an adapter, of a critic; what is given holds
fg-init --from model --lora-rank 2 -o adapter
fg-init --from model --head value --lora-rank 2 -o adapter/critic 2>/dev/null || fg-init --from adapter --head value --shared -o adapter/critic
defaults() { fg-update "$@" --print-config | sed -n 's/^\(lr\|critic-lr\|batch\|schedule\): //p' | tr '\n' ' '; }
is "sft" "$(defaults sft -m model) $(defaults sft -m adapter)" "16 0.00002 linear  16 0.0002 linear "
is "reward" "$(defaults reward -m model) $(defaults reward -m adapter)" "16 0.00001 linear  16 0.0001 linear "
is "dpo" "$(defaults dpo -m model) $(defaults dpo -m adapter)" "16 0.000001 linear  16 0.00001 linear "
is "ppo" "$(defaults ppo -m model) $(defaults ppo -m adapter)" \
    "64 0.000001 0.00001 constant  64 0.00001 0.0001 constant "
is "a rate that is given" "$(defaults ppo -m adapter --lr 1e-3)" "64 0.001 0.001 constant "
echo 'lr: 0.003' >rate.yaml
is "by a recipe too" "$(defaults sft -m adapter -c rate.yaml)" "16 0.003 linear "
fg-update sft -v -m adapter -o defaults --batch 2 --epochs 1 --metrics dm corpus.jsonl 2>err
ok "-v says the rate" grep -qx 'fg-update: learning rate 0.0002, the default for such a model' err
is "the first tenth of the steps is the warm-up, then the rate falls" \
    "$(jq -s -c '[length, (.[0, length / 10 - 1, -1].lr * 1e5 | round)]' dm)" "$(jq -s -c '(length / 10 | floor) as $w |
	[length, (2e-4 / $w, 2e-4, 2e-4 / (length - $w) | . * 1e5 | round)]' dm)"

# in its own place a folder keeps what is in it; a link stays one
mkdir a/notes a/notes/deep
echo kept >a/notes/deep/why
ln -s why a/notes/deep/link
fg-init --from a --head value --shared -o a/critic
ln -s a link
ok "the pass after that, through a link" run sft -m link -o link --lr 1e-2 --batch 16 --fresh corpus.jsonl
is "folders in it stay" "$(cat a/notes/deep/link) $(ls a/critic | tr '\n' ' ')" "kept generation_config.json head.safetensors head_config.json tokenizer.json tokenizer_config.json "
ok "so does the link" test -L link -a ! -e link.part
ln -s nowhere dangling
exits 2 "a link that leads nowhere" fg-update sft -m model -o dangling corpus.jsonl
run sft -m model -o n1 --steps 2 --metrics n1.m corpus.jsonl
run sft -m model -o n2 --steps 2 --metrics n2.m corpus.jsonl
same "the same state whatever the clock says" n1/trainer_state.json n2/trainer_state.json

for o in token token-soft token-mean sequence; do
	head=token
	[ $o = sequence ] && head=sequence
	[ -d $head ] || fg-init --from model --head $head -o $head
	ok "reward $o" run reward --objective $o -m $head -o r-$o --lr 1e-2 --batch 16 --epochs 4 --metrics m-$o pairs.jsonl
	ok "it orders the pairs" test "$(tail -1 m-$o | sed 's/.*"accuracy":\([0-9]*\)\.*\([0-9]\{0,1\}\).*/\1\2/')" -gt 0
done
run reward -m token -o r2 --lr 1e-2 --batch 16 --epochs 4 -j 1 --micro-batch 1 pairs.jsonl
is "a pair a micro-batch" "$(weights r2)" "$(weights r-token)"
ok "a scale from samples" run reward -m token -o r3 --lr 1e-2 --batch 16 --normalize corpus.jsonl pairs.jsonl

# the expected cost of editing
fg-difflabel --cost tokens pairs.jsonl >costs.jsonl
ok "reward cost" run reward --objective cost -m token -o r-cost --lr 1e-2 --batch 16 --epochs 4 --metrics m-cost costs.jsonl
run reward --objective cost -m token -o r-cost1 --lr 1e-2 --batch 16 --epochs 4 -j 1 --micro-batch 1 --recompute costs.jsonl
is "a pair a micro-batch, one thread" "$(weights r-cost1)" "$(weights r-cost)"
fg-init --from token --lora-rank 2 -o cost-lora
run reward --objective cost -m cost-lora -o r-cost-lora --lr 1e-2 --steps 2 costs.jsonl
fg-init --from r-cost-lora --merge -o r-cost-merged
costs() { head -n 3 costs.jsonl | fg-score -q -m "$1" -f rejected | jq -c .rejected_reward | tr -d '[]' | tr , '\n' | awk '$1 > m || NR == 1 { m = $1 } END { print m < 0 }'; }
is "an adapter remembers that it expects costs, and so does what it is merged into" \
    "$(costs cost-lora) $(costs r-cost-lora) $(costs r-cost-merged)" "0 1 1"
is "costs judge" "$(jq -c '{id, prompt, response: .chosen, reference: .rejected}' costs.jsonl | head -n 2 |
	fg-judge -q -m r-cost-lora | jq '.win >= 0')" "$(printf 'true\ntrue')"
exits 1 "no costs" fg-update reward --objective cost -m token -o z pairs.jsonl
is "gets a message" "$(cat err)" "fg-update: pairs.jsonl:1: rejected_cost: no such field; fg-difflabel --cost tokens adds it"
head -1 costs.jsonl | sed 's/"chosen_cost":\[0/"chosen_cost":[-1/' >less
exits 1 "a cost below 0" fg-update reward --objective cost -m token -o z less
ok "gets a message too" grep -q "chosen_cost: a cost is a number from 0 to 1e9" err
ok "the folder says what its numbers are" grep -q '"reward": "cost"' r-cost/config.json
is "and others do not" "$(grep -c '"reward":' r-token/config.json)" 0
fg-score -q -m r-cost costs.jsonl >own
fg-score -q -m r-cost --reward cost costs.jsonl >asked
same "costs as trained" own asked
is "rewards are below 0" "$(sed 's/.*"rejected_reward":\[\([^]]*\)\].*/\1/' own | tr ',' '\n' | grep -vc '^-')" 0
fg-score -q -m r-cost --reward logit --as z costs.jsonl >logits
is "minus exp of the logits" "$(paste -d "|" own logits | head -3 | awk -F'|' '{
	match($1, /"rejected_reward":\[[^]]*/); split(substr($1, RSTART + 19, RLENGTH - 19), r, ",")
	match($2, /"rejected_z":\[[^]]*/); n = split(substr($2, RSTART + 14, RLENGTH - 14), z, ",")
	for (i = 1; i <= n; i++) if ((r[i] + exp(z[i])) ^ 2 > 1e-10) bad++ } END { print bad + 0 }')" 0
exits 2 "costs of a head that has none" fg-score -m r-token --reward cost pairs.jsonl
is "its message" "$(cat err)" "fg-score: --reward cost: the token head of r-token does not stand for costs"
exits 2 "probabilities of costs" fg-score -m r-cost --reward prob pairs.jsonl
is "its message" "$(cat err)" "fg-score: --reward prob: the token head of r-cost stands for costs"
ok "a scale from samples" run reward --objective cost -m token -o r-cost2 --lr 1e-2 --normalize corpus.jsonl costs.jsonl
ok "which is kept" grep -q '"reward_sd": [02-9]' r-cost2/config.json
is "a new head has none" "$(fg-init --from r-cost --head token -o fresh; grep -c '"reward":' fresh/config.json)" 0

fg-init --from model --lora-rank 4 --lora-alpha 8 -o lora
ok "an adapter" run sft -m lora -o lora2 --lr 1e-2 --batch 16 corpus.jsonl
ok "only the adapter is written" test -e lora2/adapter_model.safetensors -a ! -e lora2/model.safetensors
fg-init -t . -o half --dim 32 --layers 1 --heads 4 --dtype bfloat16
ok "bfloat16 weights" run sft -m half -o half2 --lr 1e-2 --batch 16 corpus.jsonl

exits 1 "another count than expected" fg-update sft -m model -o z --expect 7 corpus.jsonl
ok "and nothing was made" test ! -e z -a ! -e z.part
exits 2 "a head that does not fit" fg-update reward -m model -o z pairs.jsonl
exits 1 "no labels" fg-update reward -m token -o z corpus.jsonl
exits 2 "ppo without a critic" fg-update ppo -m model -o z corpus.jsonl
is "has to be said" "$(cat err)" "fg-update: no critic in model: --critic names one, --no-critic trains none"
for o in --clip=0.1 --no-critic --objective=token --beta=1 "--worse x" --eval-every=2; do
	# shellcheck disable=SC2086
	exits 2 "sft with $o" fg-update sft -m model -o z $o corpus.jsonl
done
is "is refused" "$(head -1 err)" "fg-update: --eval-every needs --eval"
printf 'fg-update:\n  kl-target: 1\n  pack: 64\n  beta: 0.2\n  critic: nowhere\n  lr: 0.01\n  batch: 16\n' >all.yaml
ok "a recipe may serve all kinds" run reward -c all.yaml -m token -o r-all pairs.jsonl
exits 2 "no kind" fg-update -m model -o z corpus.jsonl
exits 2 "no model" fg-update sft -o z corpus.jsonl
exits 1 "no records" fg-update sft -m model -o z /dev/null
echo '{"id":"x","prompt_ids":[1],"response_ids":[2,3],"response_logprob":[-23,-23],"response_advantage":[-3e38,-3e38]}' |
    exits 4 "a gradient that is not finite" fg-update ppo -m model -o z --no-critic
ok "which names a tensor" grep -q 'fg-update: the gradient of model.* is not finite' err
ok "and leaves no file" test ! -e z -a ! -e z.part
# passes of a loop, each made once
rm -rf looped
cp -r model looped
loop() { head -n $((8 + $1)) corpus.jsonl | fg-update sft -m looped -o looped --pass "$1" --batch 4 2>err; }
count() { sed -n 's/^ *"pass": \([0-9]*\),/\1/p' looped/trainer_state.json; }
loop 1 && loop 2
is "two passes of a loop" "$? $(count) $(cat err)" "0 1 "
before=$(cksum <looped/model.safetensors)
loop 2
is "the second, typed again over other records, is not made again" \
    "$? $(cat err) $(cksum <looped/model.safetensors)" "0 fg-update: looped has had pass 2: nothing to do $before"
loop 1
is "nor the first" "$? $(cat err) $(cksum <looped/model.safetensors)" "0 fg-update: looped has had pass 1: nothing to do $before"
loop 4
is "none may be left out" "$? $(cat err)" "2 fg-update: looped has had pass 2, which pass 4 cannot follow"
loop 3
is "the next one is made" "$? $(count)" "0 2"
exits 0 "passes of another kind do not count" fg-update sft -q -m looped -o looped --batch 4 corpus.jsonl
loop 1
is "nor those before one without a number" "$? $(count)" "0 4"
done_testing
