#!/bin/sh
# LoRA adapters: the base they find, in another place and by another name; those whose mathematics
# is another; merging, and what it loses.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

small_world 24
fg-init -q -t . -o other --dim 32 --layers 2 --heads 4 --kv-heads 2 --tied --seed 2
fg-init -q --from model --lora-rank 4 -o lora
small_pairs
train="fg-update sft -q --lr 1e-2 --batch 8"
$train -m lora -o one corpus.jsonl
score() { fg-score -q "$@" corpus.jsonl; }
base_of() { sed -n 's/.*"base_model_name_or_path": "\(.*\)",/\1/p' "$1/adapter_config.json"; }
score -m one >want

# another depth and another parent
mkdir -p a/b
$train -m lora -o a/b/two corpus.jsonl
is "an adapter finds its base from another depth" "$(base_of a/b/two)" ../../../model
score -m a/b/two >got
same "and gives what it would have given" got want
fg-init -q --from a/b/two --base model -o a/three
is "fg-init takes it to another place" "$(base_of a/three)" ../../model
score -m a/three >got
same "with the same results" got want
cp -r model a/b/model
fg-init -q --from one --base "$PWD/a/b/model" -o far
is "an absolute base stays absolute" "$(base_of far)" "$PWD/a/b/model"
score -m far >got
same "and is read" got want

# another base
cp -r one wrong
sed -i 's|"../model"|"../other"|' wrong/adapter_config.json
exits 1 "another base of the same shape is refused" fg-score -q -m wrong corpus.jsonl
is "by its fingerprint" "$(sed 's/[0-9a-f]\{32\}/HEX/g' err)" \
    "fg-score: wrong/adapter_model.safetensors: made for a base with the fingerprint HEX; wrong/../other has HEX"
exits 1 "fg-check says so" fg-check -q wrong
exits 1 "so does fg-init" fg-init -q --from one --base other -o no
ok "and makes nothing" test ! -e no -a ! -e no.part
$train -m model -o moved corpus.jsonl
sed -i 's|"../other"|"../moved"|' wrong/adapter_config.json
exits 1 "a base that was trained on is another" fg-score -q -m wrong corpus.jsonl

# a base that is not there
sed 's|"../model"|"some-lab/some-model"|' one/adapter_config.json >hub.json
cp -r one hub
mv hub.json hub/adapter_config.json
rm hub/tokenizer.json
exits 1 "a name of a hub" fg-score -q -m hub corpus.jsonl
is "is said to be no folder" "$(cat err)" "fg-score: hub/adapter_config.json: base_model_name_or_path: there is no folder \"some-lab/some-model\" as seen from here; fg-init --from ADAPTER --base DIR -o NEW names another"
# every program that opens a model: the adapter's file, and the command that repairs it
fg-init -q --from model --head token -o judge
fg-init -q --from model --head value -o critic
fg-init -q --from judge --lora-rank 2 -o judgelora
cp -r judgelora judgehub
sed -i 's|"\.\./judge"|"/elsewhere/judge"|' judgehub/adapter_config.json
fg-rollout -q -m model --max-tokens 2 corpus.jsonl | fg-score -q -m model --as ref_logprob | fg-score -q -m judge |
	fg-score -q -m critic | fg-advantage -q >advantages
# PROGRAM option...: with each of the adapters in place of DIR
mends()
{
	for d in hub:some-lab/some-model judgehub:/elsewhere/judge; do
		case $d:$* in
		hub:*value*|judgehub:*fg-rollout*|judgehub:*"sft"*|judgehub:*"ppo -m DIR"*) continue ;;
		esac
		# shellcheck disable=SC2046	# words
		exits 1 "$* with ${d%%:*}" $(echo "$@" | sed "s|DIR|${d%%:*}|")
		is "its message" "$(cat err)" "$1: ${d%%:*}/adapter_config.json: base_model_name_or_path: there is no folder \"${d#*:}\" as seen from here; fg-init --from ADAPTER --base DIR -o NEW names another"
	done
}
mends fg-score -q -m DIR corpus.jsonl
mends fg-rollout -q -m DIR corpus.jsonl
mends fg-update sft -q -m DIR -o no corpus.jsonl
mends fg-update reward -q -m DIR -o no pairs.jsonl
mends fg-update ppo -q -m DIR -o no --no-critic advantages
mends fg-update ppo -q -m model --critic DIR -o no advantages
mends fg-judge -q -m DIR pairs.jsonl
mends fg-init -q --from DIR -o no
mends fg-init -q --from DIR --merge -o no
fg-check hub judgehub >out
is "fg-check" "$? $(grep -c 'there is no folder.*fg-init --from ADAPTER --base DIR -o NEW names another' out)" "1 2"

exits 0 "--base names one" fg-init -q --from hub --base model -o near
score -m near >got
same "with the same results, and the base's tokenizer" got want
rm near/tokenizer*
score -m near >got
same "which is found without a copy, too" got want
exits 1 "a base that is not there" fg-init -q --from hub --base nowhere -o no
is "is named" "$(cat err)" "fg-init: --base: there is no folder nowhere"
exits 2 "--base of a model" fg-init -q --from model --base model -o no
is "is refused" "$(cat err)" "fg-init: --base: model: not an adapter"
exits 2 "--base without --from" fg-init -q -t . --base model -o no
is "the message names the other option" "$(head -n 1 err)" "fg-init: --base goes with --from, and --merge"

# merging
$train --lr 1e-4 -m lora -o small corpus.jsonl
fg-init --from small --merge -o merged 2>err
is "merging in f32 loses nothing to speak of" "$(cat err)" ""
fg-init -q -t . -o half --dim 32 --layers 2 --heads 4 --kv-heads 2 --tied --seed 1 --dtype bfloat16
fg-init -q --from half --lora-rank 4 -o halflora
$train --lr 1e-4 -m halflora -o halfsmall corpus.jsonl
fg-init --from halfsmall --merge -o halfmerged 2>err
is "merging into bf16 says what it loses" "$(sed 's/[0-9.]*%/N%/' err)" \
    "fg-init: rounding to bfloat16 took N% of what the adapter had learned; --dtype float32 keeps it"
ok "a part of it" test "$(sed 's/.*took \([0-9]*\)\..*/\1/' err)" -gt 5
fg-init --from halfsmall --merge --dtype float32 -o wide 2>err
is "--dtype float32 keeps it" "$(cat err)" ""
is "in a folder of that type" "$(grep -c '"torch_dtype": "float32"' wide/config.json)" 1
score -m halfsmall >w && score -m halfmerged >x && score -m wide >y
off() { jq -n --slurpfile a w --slurpfile b "$1" '[range($a | length) as $i | range($a[$i].response_logprob | length) as $k | $a[$i].response_logprob[$k] - $b[$i].response_logprob[$k] | fabs] | add'; }
if command -v jq >/dev/null; then
	ok "and is nearer to the adapter" test "$(jq -n "$(off y) < $(off x) / 10")" = true
fi

# a reward model's normalisation is kept with its adapter
fg-init -q --from model --head token -o token
fg-init -q --from token --lora-rank 2 -o tokenlora
small_pairs
fg-update reward -q -m tokenlora -o reward --lr 1e-2 --normalize corpus.jsonl pairs.jsonl
fg-init -q --from reward --merge -o rewardmerged
is "a reward's scale is kept with its adapter" "$(grep -c '"reward_sd": 1.0' rewardmerged/config.json)" 0

# adapters that would mean something else, by name
# KEY VALUE MESSAGE
refuses()
{
	rm -rf bad
	cp -r one bad
	sed -i "s|^{|{\n  \"$1\": $2,|" bad/adapter_config.json
	[ "$1" != modules_to_save ] || sed -i '/"modules_to_save": null/d' bad/adapter_config.json
	[ "$1" != task_type ] || sed -i '/"CAUSAL_LM"/d' bad/adapter_config.json
	[ "$1" != bias ] || sed -i '/"bias": "none"/d' bad/adapter_config.json
	exits 1 "$1: $2" fg-score -q -m bad corpus.jsonl
	is "$1: says so" "$(sed 's/^fg-score: bad.adapter_config.json:[0-9:]* //' err | cut -c 1-${#3})" "$3"
}
for init in pissa pissa_niter_4 olora corda loftq lora_ga; do
	refuses init_lora_weights "\"$init\"" "init_lora_weights: \"$init\" changes the base's weights, which is not supported"
done
refuses alora_invocation_tokens '[1, 2]' "alora_invocation_tokens: not supported"
refuses use_dora true "use_dora: not supported"
refuses lora_bias true "lora_bias: not supported"
refuses trainable_token_indices '[1]' "trainable_token_indices: not supported"
refuses layer_replication '[[0, 1]]' "layer_replication: not supported"
refuses modules_to_save '["lm_head"]' "modules_to_save: an adapter that replaces more than the score is not supported"
refuses task_type '"SEQ_2_SEQ_LM"' "task_type: \"SEQ_2_SEQ_LM\" is not supported"
refuses bias '"all"' "bias: \"all\" is not supported"
refuses rank_pattern '{".*q_proj": 2}' "rank_pattern: only plain module names are supported"
refuses something_new 3 "something_new: not known"
for init in true false '"gaussian"' '"orthogonal"' '"eva"'; do
	rm -rf good
	cp -r one good
	sed -i "s|^{|{\n  \"init_lora_weights\": $init,|" good/adapter_config.json
	score -m good >got
	same "init_lora_weights: $init is a plain adapter" got want
done
done_testing
