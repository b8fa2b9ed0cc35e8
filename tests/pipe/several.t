#!/bin/bash
# Several models in one fg-score write what a pipeline of fg-scores does, byte for byte.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"
command -v jq >/dev/null || skip_all "no jq"

small_world 40
small_pairs
fg-init -q --from model --lora-rank 2 -o lora
fg-update sft -q -m lora -o policy --batch 8 --lr 1e-2 corpus.jsonl
fg-init -q --from policy --head value --shared -o policy/critic
fg-init -q --from model --head token --lora-rank 3 -o reward
fg-init -q --from model --head sequence -o whole
fg-vocab -q --model bpe --size 300 -f prompt -f response -o other.json corpus.jsonl
fg-init -t other.json -o strange --dim 16 --layers 1 --heads 2
fg-init -q --from strange --head token -o far
# a critic of values that are not all zero
"$world" prompts --n 16 >prompts.jsonl
fg-rollout -q -m policy -n 2 --seed 1 --max-tokens 16 --values prompts.jsonl | fg-score -q -m model --as ref_logprob -m reward |
    fg-advantage -q --expect 32 | fg-update ppo -q -m policy -o tuned --batch 8 --lr 1e-3 --critic-lr 1e-2 --expect 32 -
fg-rollout -q -m tuned -n 2 --seed 2 --max-tokens 16 prompts.jsonl >rollout.jsonl
"$world" corpus --n 60 --seed 9 | jq -c '{ "prompt": .prompt, "response": .response }' >text.jsonl

# $1: what, $2: input, $3...: programs' options, with "+" between
pipeline()
{
	what=$1 in=$2
	shift 2
	cp "$in" want
	one=() all=()
	for o in "$@" +; do
		[ "$o" = + ] || { one+=("$o"); all+=("$o"); continue; }
		fg-score -q "${one[@]}" <want >next
		mv next want
		one=()
	done
	fg-score -q "${all[@]}" <"$in" >got
	ok "$what: something was added" sh -c "test -s got && ! cmp -s got '$in'"
	same "$what" got want
}

pipeline "reference and reward" rollout.jsonl -m model --as ref_logprob + -m reward
pipeline "the other way round" rollout.jsonl -m reward + -m model --as ref_logprob
pipeline "texts are tokenized once" text.jsonl -m model --as ref_logprob + -m reward
pipeline "and by whoever comes first" text.jsonl -m whole + -m reward + -m model
pipeline "a critic on the policy" rollout.jsonl -m tuned --as again + -m tuned/critic
pipeline "and before it" rollout.jsonl -m tuned/critic + -m tuned --as again
pipeline "all of a step" rollout.jsonl -m model --as ref_logprob + -m reward + -m tuned/critic
pipeline "pairs" pairs.jsonl -m model --as ref_logprob + -m reward + -m whole
pipeline "the same model again" rollout.jsonl -m tuned --as one + -m tuned --as two
pipeline "another tokenizer's rewards" rollout.jsonl -m model --as ref_logprob + -m far
pipeline "another tokenizer first" text.jsonl -m far + -m reward + -m whole
pipeline "options are of the model before them" rollout.jsonl -m tuned --as x --entropy --full-kl model + -m model --as ref_logprob + \
    -m reward --reward logit + -m strange --as y
pipeline "the reference of a divergence first" rollout.jsonl -m model --as ref_logprob + -m tuned --as again --full-kl model + -m reward
pipeline "divergences both ways" rollout.jsonl -m tuned --full-kl model + -m model --full-kl tuned
: >empty.jsonl
fg-score -m model -m reward empty.jsonl >got 2>err
is "an empty input" "$?:$(cat got):$(cat err)" "0::fg-score: the input is empty"
jq -c '{ prompt, response }' rollout.jsonl | sed 's/^{/{ /; s/,/ , /' >spaced.jsonl
pipeline "white space stays" spaced.jsonl -m model + -m reward

# a base whose head is not its embedding: adapters with other heads do not read it, and know their base by it
fg-init -t . -o loose --dim 32 --layers 2 --heads 4
fg-init -q --from loose --lora-rank 2 -o loose-policy
fg-init -q --from loose-policy --head value --shared -o loose-policy/critic
fg-init -q --from loose --lora-rank 2 --head token -o loose-reward
pipeline "a head apart from the embedding" rollout.jsonl -m loose --as ref_logprob + -m loose-reward + -m loose-policy/critic + \
    -m loose-policy
cp -r loose kept
jq -c '.response += "."' text.jsonl | fg-update sft -q -m loose -o loose --batch 60 --lr 1e-2 -
for m in loose-reward loose-policy/critic loose-policy; do
	exits 1 "$m: another base is refused" fg-score -q -m $m rollout.jsonl
done
rm -r loose
mv kept loose

# not by how it is cut, nor by threads
o="-m model --as ref_logprob -m reward -m tuned/critic -m tuned --entropy --full-kl model"
# shellcheck disable=SC2086	# a list of options
{
	fg-score -q $o rollout.jsonl >want
	for more in "--batch 1" "--batch 100 -j 1" "-j 3"; do
		fg-score -q $o $more rollout.jsonl >got
		same "the same bytes with $more" got want
	done
	for d in strict $(finegrain devices | sed -n 's/^\(opencl:[0-9]*\) .* ready .*/\1/p' | head -n 1); do
		fg-score -q --device "$d" $o rollout.jsonl >got
		same "the same bytes on $d" got want
	done
}

fg-score -q --metrics m.score -m model --as ref_logprob -m reward pairs.jsonl >got
n=$(wc -l <pairs.jsonl)
is "--metrics: records once, the sequences of all models" "$(jq -c '[.records, .sequences]' m.score)" "[$n,$((4 * n))]"
bos=$(jq -r .bos_token_id model/generation_config.json)
jq -c --argjson b "$bos" '.prompt_ids = [$b, $b] + .prompt_ids' rollout.jsonl >twice.jsonl
fg-score -m model --as x twice.jsonl 2>want >/dev/null
fg-score -m model --as x -m reward twice.jsonl 2>got >/dev/null
ok "there is a warning of ids that are there twice" test -s want
same "once" got want

# a step takes what one process writes
fg-score -q -m model --as ref_logprob -m reward -m tuned/critic rollout.jsonl | fg-advantage -q --expect 32 >step.jsonl
ok "a step" fg-update ppo -q -m tuned -o stepped --batch 8 --expect 32 --metrics m step.jsonl
is "whose first ratio is 1" "$(head -n 1 m | jq -c '[.ratio_min, .ratio_mean, .ratio_max]')" "[1,1,1]"

# ---- bad records: what comes before them is written, by all models ----
long=$(jq -rn '[range(300)] | map("word") | join(" ")')
sed -n 1,3p text.jsonl >bad.jsonl
printf '%s\n' '{"x":1}' "{\"prompt\":\"a\",\"response\":\"$long\"}" '{"prompt":"a","response":"b","temperature":-1}' >>bad.jsonl
sed -n 4,6p text.jsonl >>bad.jsonl
exits 1 "a bad record" fg-score -q -m model -m reward bad.jsonl
is "its message" "$(cat err)" "fg-score: bad.jsonl:4: response: missing, and so is chosen; name a field with -f"
sed -n 1,3p text.jsonl | fg-score -q -m model | fg-score -q -m reward >want
same "what came before" out want
fg-score -q --bad b1 -m model bad.jsonl 2>err1 | fg-score -q --bad b2 -m reward >want 2>err2
fg-score -q --bad b -m model -m reward bad.jsonl >got 2>err
same "with --bad the others" got want
is "as many are put aside" "$(wc -l <b)" "$(cat b1 b2 | wc -l)"
is "and counted" "$(cat err)" ""
# one that only the second model cannot read
exits 1 "the second model's" fg-score -q -m model -m far --max-length 2000 bad.jsonl
jq -c 'del(.tokenizer) + { tokenizer: "00000000000000000000000000000000" }' rollout.jsonl | sed -n 3p >foreign
{ sed -n 1,2p rollout.jsonl; cat foreign; sed -n 4,5p rollout.jsonl; } >mixed.jsonl
exits 1 "values of another tokenizer's ids" fg-score -q -m reward -m tuned/critic mixed.jsonl
ok "is said of the line that was read" grep -q '^fg-score: mixed.jsonl:3:[0-9]*: tokenizer: values need ids of the model.s own tokenizer$' err
fg-score -q -m reward mixed.jsonl | fg-score -q -m tuned/critic 2>/dev/null >want
same "the records before it" out want
is "are two" "$(wc -l <out)" 2
fg-score -q -m reward mixed.jsonl | fg-score -q -m tuned/critic --bad b2 >want 2>err
fg-score -q -m reward -m tuned/critic --bad b mixed.jsonl >got 2>err
same "--bad: the records around it" got want
is "it is put aside as the first model left it" "$(jq -c 'del(.error)' b)" "$(jq -c 'del(.error)' b2)"
is "and why" "$(jq -r .error b | sed 's/:3:[0-9]*:/:/')" "mixed.jsonl: tokenizer: values need ids of the model's own tokenizer"
fg-score -q --batch 40 -m reward -m tuned/critic --bad b mixed.jsonl >got 2>err
same "in small batches too" got want
# a number that is not finite
cp -r whole broken
printf '\377\377\377\377' | dd of=broken/model.safetensors bs=1 seek=$(($(wc -c <broken/model.safetensors) - 4)) conv=notrunc 2>/dev/null
exits 4 "no finite number, by the second" fg-score -q -m model -m broken rollout.jsonl
ok "is said" grep -q '^fg-score: rollout.jsonl:1: response_score: number 1 is not finite\|^fg-score: rollout.jsonl:1: response_score: ' err
is "and nothing is written" "$(wc -c <out)" 0
exits 4 "by the first" fg-score -q -m broken -m model rollout.jsonl
is "neither" "$(wc -c <out)" 0

# ---- refusals ----
exits 2 "--entropy of a reward model" fg-score -m model -m reward --entropy rollout.jsonl
is "its message" "$(head -n 1 err)" "fg-score: --full-kl and --entropy need a language model"
exits 2 "--full-kl of one" fg-score -m model -m reward --full-kl model rollout.jsonl
exits 0 "of the language model beside it" fg-score -q -m model --entropy -m reward rollout.jsonl
exits 2 "another tokenizer's reference" fg-score -m model -m tuned --full-kl strange rollout.jsonl
exits 2 "a name that is the tokens' own" fg-score -m model -m tuned --as ids rollout.jsonl
exits 3 "a second model that is not there" fg-score -m model -m nowhere rollout.jsonl
is "nothing was written" "$(wc -c <out)" 0
exits 2 "no model" fg-score --as x rollout.jsonl
exits 2 "a meaning that the head has not" fg-score -m model -m reward --reward cost rollout.jsonl
is "names the model" "$(cat err)" "fg-score: --reward cost: the token head of reward does not stand for costs"

# ---- recipes ----
printf 'model: [model, reward]\nas: [ref_logprob, ~]\nfull-kl: [tuned]\nreward: [~, logit]\n' >r.yaml
fg-score -q -c r.yaml rollout.jsonl >got
fg-score -q -m model --as ref_logprob --full-kl tuned -m reward --reward logit rollout.jsonl >want
same "a recipe's lists" got want
is "as they are printed" "$(fg-score -c r.yaml --entropy --print-config | grep -E '^#?(model|as|full-kl|reward|entropy):')" 'model: ["model", "reward"]
as: "ref_logprob"
entropy: true
full-kl: "tuned"
reward: [~, logit]'
fg-score -c r.yaml -m a -m b --as z --print-config >printed.yaml
is "the command line's in their places" "$(grep -E '^#?(model|as):' printed.yaml)" 'model: ["a", "b"]
as: ["ref_logprob", "z"]'
is "and read again" "$(fg-score -c printed.yaml --print-config)" "$(cat printed.yaml)"
printf 'model: model\nas: [a, b]\n' >r.yaml
exits 2 "more names than models" fg-score -c r.yaml rollout.jsonl
is "how many" "$(head -n 1 err)" "fg-score: --as: 2 values for 1 of --model"
printf 'model: [model, reward]\nreward: [~, loud]\n' >r.yaml
exits 2 "an unknown word" fg-score -c r.yaml rollout.jsonl
is "its place" "$(head -n 1 err)" "fg-score: r.yaml:2:13: reward: expected prob, logit, cost, got 'loud'"
is "one name before the model" "$(fg-score -q --as x -m model rollout.jsonl | cksum)" "$(fg-score -q -m model --as x rollout.jsonl | cksum)"
is "--no-entropy" "$(fg-score -q -m model --entropy --no-entropy rollout.jsonl | cksum)" "$(fg-score -q -m model rollout.jsonl | cksum)"

# ---- weights that are the same are held once ----
# $1: how many models, each with room for 512 rows of its own, $2...: options; the bytes of weights that -v names
weights()
{
	n=$1
	shift
	echo $(($(fg-score -v "$@" rollout.jsonl 2>&1 >/dev/null | sed -n 's/.*: \([0-9]*\) bytes of weights.*/\1/p') - n * 512 * 33 * 4))
}
model=$(weights 1 -m model) tuned=$(weights 1 -m tuned)
adapter=$(($(weights 2 -m model -m reward) - model))
ok "an adapter on its base: its own" test $adapter -gt 0 -a $adapter -lt $(($(weights 1 -m reward) - model / 2))
is "in any order" "$(weights 2 -m reward -m model)" $((model + adapter))
is "on another adapter's base" "$(weights 2 -m tuned -m reward)" $((tuned + adapter))
ok "a critic on its policy: a head" test "$(weights 2 -m tuned -m tuned/critic)" -lt $((tuned + 5000))
is "a policy, its base, and the base as reference" "$(weights 3 -m model -m tuned --full-kl model)" "$tuned"
is "the same model: nothing" "$(weights 2 -m tuned -m tuned)" "$tuned"
cp -r model copy
is "a copy is another" "$(weights 2 -m model -m copy)" $((2 * model))
ln -s model link
is "a link is not" "$(weights 2 -m model -m link)" "$model"
done_testing
