#!/bin/bash
# A critic that shares the policy's backbone: a head beside it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"
command -v jq >/dev/null || skip_all "no jq"

small_world 60
fg-init --from model --head token -o reward
"$world" prompts --n 16 >prompts.jsonl
sum() { (cd "$1" && find . -name '*.safetensors' | sort | xargs cksum); }
weights() { cksum <"$1/model.safetensors"; }

# a policy $1 from model $2
policy()
{
	cp -r "$2" "$1"
	rm -f "$1/optimizer.safetensors" "$1/trainer_state.json"
	fg-init --from "$1" --head value --shared -o "$1/critic"
}
# records of policy $1, seed $2
records()
{
	fg-rollout -q -m "$1" -n 2 --seed "$2" --max-tokens 16 prompts.jsonl | fg-score -q -m model --as ref_logprob |
	    fg-score -q -m reward | fg-score -q -m "$1/critic" | fg-advantage -q --expect 32
}
o="--batch 8 --lr 1e-3 --critic-lr 1e-2"
update() { fg-update ppo -q "$@"; }

policy p model
ok "the folder holds a head" test -e p/critic/head.safetensors -a ! -e p/critic/model.safetensors
ok "it is a model" fg-check p p/critic
records p 1 >r.jsonl
is "values begin at zero" "$(jq -c '.response_value[]' r.jsonl | sort -u)" 0
# shellcheck disable=SC2086	# a list of options
{
	ok "an update" update -m p -o a $o --metrics m r.jsonl
	ok "whose critic is a head too" fg-check a a/critic
	ok "and stands in the new folder" grep -q '"backbone": ".."' a/critic/head_config.json
	is "the first ratio is 1" "$(head -1 m | jq -c '[.ratio_min, .ratio_mean, .ratio_max]')" "[1,1,1]"
	ok "the value loss falls" jq -s -e '.[-1].value_loss < .[0].value_loss' m
	update -m p -o b $o -j 1 --micro-batch 1 r.jsonl
	is "the same from micro-batches and one thread" "$(sum b)" "$(sum a)"
	update -m p -o c $o -j 2 --micro-batch 100 --recompute --save-every 2 r.jsonl
	is "and with recomputation and saves" "$(sum c)" "$(sum a)"
	# one pass gives what two do
	for m in p a; do
		fg-rollout -q -m $m -n 2 --seed 5 --max-tokens 16 prompts.jsonl | fg-score -q -m $m/critic >want
		fg-rollout -q -m $m -n 2 --seed 5 --max-tokens 16 --batch 5 --values prompts.jsonl >got
		is "$m: values of the rollout, bit for bit" "$(jq -c '[.id, .sample, .policy, .response_logprob, .response_value]' got | cksum)" \
		    "$(jq -c '[.id, .sample, .policy, .response_logprob, .response_value]' want | cksum)"
	done
	ok "which are not all zero" sh -c 'jq -e -s "[.[].response_value[]] | any(. != 0)" got'
	# the backbone learns from values by their weight, and from them alone otherwise
	update -m p -o d $o --clip-norm 0 --value-weight 0 r.jsonl
	update -m p -o e $o --clip-norm 0 --no-critic r.jsonl
	is "without weight the policy is that without a critic" "$(weights d)" "$(weights e)"
	update -m p -o f $o --clip-norm 0 --value-weight 1 --metrics m1 r.jsonl
	ok "with weight it is another" test "$(weights d)" != "$(weights f)"
	update -m p -o g $o --critic-warmup 100 r.jsonl
	is "a warm-up leaves the policy alone" "$(weights g)" "$(weights p)"
	ok "and trains the head" sh -c '! cmp -s g/critic/head.safetensors p/critic/head.safetensors'
	# values of fg-score are those of the trainer, bit for bit
	records a 2 | jq -c '.response_return = .response_value' >s.jsonl
	update -m a -o a $o --metrics m2 s.jsonl
	is "the next pass" "$(head -1 m2 | jq -c '[.step, .ratio_min, .ratio_max, .value_loss]')" "[9,1,1,0]"
	for k in half lora; do
		case $k in
		half) fg-init -t . -o start --dim 32 --layers 2 --heads 4 --dtype bfloat16 ;;
		lora) rm -r start; fg-init --from model --lora-rank 4 -o start ;;
		esac
		fg-update sft -q -m start -o $k-sft --lr 1e-2 --batch 16 corpus.jsonl
		policy $k $k-sft
		records $k 1 >r
		update -m $k -o $k $o --metrics m-$k r
		records $k 2 | jq -c '.response_return = .response_value' >s
		is "$k: values of the rollout" "$(fg-rollout -q -m $k -n 2 --seed 2 --max-tokens 16 --values prompts.jsonl |
		    jq -c .response_value)" "$(jq -c .response_value s)"
		update -m $k -o $k $o --metrics m-$k s
		is "the first ratio with $k weights" "$(head -1 m-$k | jq -c '[.ratio_min, .ratio_mean, .ratio_max]')" "[1,1,1]"
		is "and in the next pass" "$(sed -n 9p m-$k | jq -c '[.ratio_min, .ratio_max, .value_loss]')" "[1,1,0]"
	done
	cp -r p other
	cp -r p/critic .
	sed -i.old 's/"\.\."/"other"/' critic/head_config.json
	exits 3 "a way that leads nowhere" fg-score -m critic r.jsonl
	sed 's/"\.\."/"..\/other"/' critic/head_config.json.old >critic/head_config.json
	exits 2 "another's backbone" fg-update ppo -m p -o z --critic critic $o r.jsonl
	is "says whose" "$(cat err)" "fg-update: critic shares the backbone of critic/../other, which is not p"
	sed 's/"\.\."/"..\/p"/' critic/head_config.json.old >critic/head_config.json
	update -m p -o h $o --critic critic r.jsonl
	is "a head from elsewhere" "$(sum h)" "$(sum b)"
}
exits 2 "a head of rewards cannot share" fg-init --from p --head token --shared -o z
exits 2 "nor can a model share its head's place" fg-init --from reward --head value --shared -o z
echo '{"head": "token", "backbone": ".."}' >critic/head_config.json
exits 1 "no value head" fg-score -m critic r.jsonl
is "says so" "$(cat err)" "fg-score: critic/head_config.json: head: only \"value\" can share a backbone"
echo '{"head": "value"}' >critic/head_config.json
exits 1 "no backbone" fg-score -m critic r.jsonl
echo '{' >critic/head_config.json
exits 1 "no object" fg-score -m critic r.jsonl
done_testing
