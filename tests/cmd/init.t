#!/bin/sh
# fg-init: models, heads, adapters, conversion, refusals.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

small_world 60
exits 0 "a model is sound" fg-check model
for f in config.json generation_config.json model.safetensors tokenizer.json tokenizer_config.json; do
	ok "$f" test -s model/$f
done
fg-init -t tokenizer.json -o again --dim 32 --layers 2 --heads 4 --kv-heads 2 --tied --seed 1
same "the same seed, the same bytes" model/model.safetensors again/model.safetensors
fg-init -t . -o two --dim 32 --layers 2 --heads 4 --kv-heads 2 --tied --seed 2
ok "another seed, others" sh -c '! cmp -s model/model.safetensors two/model.safetensors'
for arch in llama mistral qwen2 qwen3 smollm3 granite olmo2 gemma2 gemma3_text phi3; do
	fg-init -t . -o "$arch" --arch $arch --dim 32 --heads 4 --kv-heads 2 --dtype bfloat16
	exits 0 "$arch" fg-check "$arch"
done
for head in token sequence value lm; do
	fg-init --from model --head $head -o "h-$head"
	exits 0 "a $head head" fg-check "h-$head"
done
same "the lm head of an lm is the model" model/model.safetensors h-lm/model.safetensors
ok "transformers' names" grep -q LlamaForTokenClassification h-token/config.json
fg-init --from model --lora-rank 4 -o lora
exits 0 "an adapter" fg-check lora
ok "its base by a path" grep -q '"base_model_name_or_path": "../model"' lora/adapter_config.json
fg-init --from lora --merge -o merged
exits 0 "merged" fg-check merged
fg-score -q -m model corpus.jsonl | sed 's/.*"response_logprob"//' >a
fg-score -q -m merged corpus.jsonl | sed 's/.*"response_logprob"//' >b
same "a new adapter changes nothing" a b
fg-init -v -t . -o v --dim 32 --layers 2 --heads 4 --kv-heads 2 --tied 2>err
ok "sizes with -v" grep -q 'parameters, [0-9.]* MB of weights as float32' err

exits 2 "a folder in the way" fg-init -t . -o model
is "its message" "$(head -1 err)" "fg-init: model: exists and is not an empty folder"
mkdir empty
ok "an empty one is not" fg-init -t . -o empty
exits 2 "no output" fg-init -t .
exits 2 "neither tokenizer nor size" fg-init -o x
exits 2 "heads that do not divide" fg-init -t . -o x --dim 30 --heads 4
exits 2 "a vocabulary below the tokenizer's" fg-init -t . -o x --vocab 10
exits 3 "no such model" fg-init --from nowhere --head token -o x
ok "no file is left" test ! -e x -a ! -e x.part
fg-init -q --vocab 9 --dim 8 --layers 1 --heads 2 -o nine
for o in "--dtype bfloat16" "--layers 5" "--eos 3" "-t nine" "--lora-rank 2 --head value" "--strip --head token" "--strip --merge" "--lora-alpha 3" "--head token --merge"; do
	# shellcheck disable=SC2086
	exits 2 "--from with $o" fg-init --from nine $o -o z
done
exits 2 "a window that llama has not" fg-init --vocab 9 --window 5 -o z
exits 2 "an end that is no token" fg-init --vocab 9 --dim 8 --layers 1 --heads 2 --eos 9 -o z
ok "is not made" test ! -e z

# an adapter with a head of its own, what is made of it, and a model without what training keeps
exits 0 "an adapter that brings a token head" fg-init -q --from model --head token --lora-rank 2 -o lora-reward
exits 0 "is sound" fg-check lora-reward
ok "its task" grep -q '"task_type": "TOKEN_CLS"' lora-reward/adapter_config.json
fg-init -q --from h-token --lora-rank 2 -o lora-kept
exits 2 "a second head" fg-init --from h-token --head token --lora-rank 2 -o z
is "its message" "$(cat err)" \
    "fg-init: h-token: an adapter brings a head to a language model alone; this one has its own"
small_pairs
exits 0 "it learns" fg-update -q reward -m lora-reward -o lora-learned --steps 3 pairs.jsonl
exits 0 "a critic from it" fg-init -q --from lora-learned --head value -o critic
exits 0 "is sound" fg-check critic
fg-init -q --from lora-learned --merge -o merged-reward
fg-init -q --from merged-reward --head value -o merged-critic
same "as from the merged one" critic/model.safetensors merged-critic/model.safetensors
for m in lora-reward h-token; do
	fg-update -q reward -m $m -o "t-$m" --steps 2 pairs.jsonl
	ok "training keeps its state" test -e "t-$m/optimizer.safetensors" -a -e "t-$m/trainer_state.json"
	exits 0 "to hand on" fg-init -q --from "t-$m" --strip -o "s-$m"
	exits 0 "is sound" fg-check "s-$m"
	ok "without its state" test ! -e "s-$m/optimizer.safetensors" -a ! -e "s-$m/trainer_state.json"
	for d in t s; do
		exits 0 "it gives rewards" fg-score -q -m "$d-$m" corpus.jsonl
		sed 's/"policy":"[^"]*"//' out >$d
	done
	same "the same rewards" t s
done
fg-init -q --from model --head value --shared -o shared
exits 2 "a critic that shares" fg-init --from shared --strip -o z
is "its message" "$(cat err)" "fg-init: shared: a critic that shares a backbone has nothing to leave out"

# the files of llama.cpp, there and back
for arch in llama qwen2 qwen3 smollm3 olmo2 gemma2 gemma3_text phi3; do
	fg-init -q -t . -o "w-$arch" --arch $arch --dim 32 --layers 4 --heads 4 --kv-heads 2 --seed 3
	exits 0 "$arch to GGUF" fg-init --from "w-$arch" --to-gguf "$arch.gguf"
	exits 0 "$arch from GGUF" fg-init --from-gguf "$arch.gguf" -o "b-$arch"
	exits 0 "$arch: the model is sound" fg-check "b-$arch"
	same "$arch: the same weights" "w-$arch/model.safetensors" "b-$arch/model.safetensors"
	fg-rollout -q -m "w-$arch" --greedy --max-tokens 8 corpus.jsonl >a
	fg-rollout -q -m "b-$arch" --greedy --max-tokens 8 corpus.jsonl >b
	is "$arch: the same answers" "$(sed 's/.*"response_ids"://; s/,"tokenizer.*//' a)" \
	    "$(sed 's/.*"response_ids"://; s/,"tokenizer.*//' b)"
done
fg-init -q -t . -o long --dim 32 --layers 1 --heads 2 --rope llama3 --rope-factor 8 --rope-original 8192 \
    --max-length 65536 --rope-theta 500000
fg-init -q --from long --to-gguf long.gguf
fg-init -q --from-gguf long.gguf -o b-long
is "Llama 3's scaling" "$(grep rope_scaling b-long/config.json)" "$(grep rope_scaling long/config.json)"
fg-init -q --from model --to-gguf eight.gguf --gguf-type q8_0
fg-init -q --from-gguf eight.gguf -o eight --dtype bfloat16
ok "of a type that is asked for" grep -q '"torch_dtype": "bfloat16"' eight/config.json
ok "eight bits are smaller" sh -c 'test $(wc -c <eight.gguf) -lt $(($(wc -c <llama.gguf) / 2))'
for f in "$src"/tests/fuzz/gguf.corpus/*; do
	exits 0 "$(basename "$f")" fg-init -q --from-gguf "$f" -o "q-$(basename "$f")"
	exits 0 "$(basename "$f"): is sound" fg-check "q-$(basename "$f")"
done
exits 1 "half a file" sh -c 'head -c 5000 llama.gguf >half.gguf; fg-init --from-gguf half.gguf -o z'
is "its message" "$(cat err)" "fg-init: half.gguf: the file ends in an array"
exits 1 "no GGUF" fg-init --from-gguf model/config.json -o z
is "its message" "$(cat err)" "fg-init: model/config.json: not a GGUF file"
fg-init -q -t . -o phi3-part --arch phi3 --dim 32 --heads 4 --kv-heads 2 --max-length 64 --dtype bfloat16
jq --slurpfile f "$src"/tests/ref/folders/phi3-long/config.json '.original_max_position_embeddings = 32 |
    .rope_scaling = ($f[0].rope_parameters | del(.partial_rotary_factor, .rope_theta)) | .partial_rotary_factor = 0.75' \
    phi3-part/config.json >config
mv config phi3-part/config.json
fg-init -q --from phi3-part --strip -o phi3-whole
exits 0 "LongRoPE to GGUF" fg-init --from phi3-part --to-gguf phi3-part.gguf
exits 0 "and from it" fg-init --from-gguf phi3-part.gguf -o b-phi3-part
is "the same divisors" "$(jq -c '[.rope_scaling, .partial_rotary_factor, .original_max_position_embeddings]' b-phi3-part/config.json)" \
    "$(jq -c '[.rope_scaling, .partial_rotary_factor, .original_max_position_embeddings]' phi3-whole/config.json)"
same "the same weights" phi3-part/model.safetensors b-phi3-part/model.safetensors
exits 2 "a map that phi3 has not" fg-init --from phi3 --lora-rank 2 --lora-targets q_proj -o z
is "its message" "$(cat err)" 'fg-init: lora-targets: no linear map of phi3 is called "q_proj"'
exits 0 "one that it has" fg-init -q --from phi3 --lora-rank 2 --lora-targets qkv_proj,o_proj -o lora-phi3
is "named so" "$(jq -c .target_modules lora-phi3/adapter_config.json)" '["qkv_proj","o_proj"]'
jq '.target_modules = ["q_proj", "v_proj"]' lora-phi3/adapter_config.json >config
mv config lora-phi3/adapter_config.json
exits 1 "an adapter of other maps" fg-check lora-phi3
exits 2 "another scaling of phi3" fg-init -t . -o z --arch phi3 --rope yarn --rope-factor 2
is "its message" "$(head -1 err)" "fg-init: --rope: the scaling of phi3 is LongRoPE, whose divisors come with a model"
sed 's/general.architecture/general.architectur_/' llama.gguf >odd.gguf
exits 1 "no architecture" fg-init --from-gguf odd.gguf -o z
is "its message" "$(cat err)" "fg-init: odd.gguf: general.architecture: missing"
sed 's/ffn_down/ffn_dawn/' llama.gguf >odd.gguf
exits 1 "a tensor that is missing" fg-init --from-gguf odd.gguf -o z
is "its message" "$(cat err)" "fg-init: odd.gguf: blk.0.ffn_down.weight: missing"
exits 2 "a reward model" fg-init --from h-token --to-gguf z.gguf
is "its message" "$(cat err)" \
    "fg-init: h-token: GGUF has no place for its head; only language models are written"
exits 2 "an adapter" fg-init --from lora --to-gguf z.gguf
is "its message" "$(cat err)" "fg-init: lora: an adapter; merge it first (--merge)"
fg-init -q -t . -o uneven --arch gemma3_text --dim 32 --layers 2 --heads 4 --kv-heads 2
sed 's/"layer_types": .*/"layer_types": ["sliding_attention", "full_attention"],/' uneven/config.json >config.json
mv config.json uneven/config.json
exits 2 "which layers have a window" fg-init --from uneven --to-gguf z.gguf
is "its message" "$(cat err)" "fg-init: uneven: GGUF has no place for which of its layers have a window"
fg-init -q -t . -o scaled --arch gemma2 --dim 32 --layers 2 --heads 4 --kv-heads 2
sed 's/"query_pre_attn_scalar": 8/"query_pre_attn_scalar": 9/' scaled/config.json >config.json
mv config.json scaled/config.json
exits 2 "another scale of attention" fg-init --from scaled --to-gguf z.gguf
is "its message" "$(cat err)" "fg-init: scaled: GGUF has no place for its query_pre_attn_scalar"
exits 2 "Gemma without a window" fg-init -t . -o z --arch gemma2 --window 0
is "its message" "$(head -n 1 err)" "fg-init: --window: gemma2 is not without one"
exits 0 "GPT-NeoX" fg-init -q -t . -o neox --arch gpt_neox --dim 32 --heads 4
exits 0 "it is sound" fg-check neox
exits 2 "GPT-NeoX with fewer heads of keys" fg-init -t . -o z --arch gpt_neox --dim 32 --heads 4 --kv-heads 2
is "its message" "$(head -n 1 err)" "fg-init: num_attention_heads: gpt_neox has as many heads of keys as of queries, together as wide as hidden_size"
exits 2 "GPT-NeoX as GGUF" fg-init --from neox --to-gguf z.gguf
is "its message" "$(cat err)" "fg-init: neox: models of the architecture gpt_neox are not written as GGUF"
exits 2 "an architecture" fg-init --from granite --to-gguf z.gguf
is "its message" "$(cat err)" "fg-init: granite: models of the architecture granite are not written as GGUF"
exits 2 "a file in the way" fg-init --from model --to-gguf llama.gguf
is "its message" "$(cat err)" "fg-init: llama.gguf: exists"
exits 2 "with another output" fg-init --from model --to-gguf z.gguf -o z
exits 2 "a type without a file" fg-init --from model --gguf-type f16 -o z
ok "no file is left" test ! -e z -a ! -e z.part -a ! -e z.gguf -a ! -e z.gguf.part
done_testing
