#!/bin/sh
# The same bytes as when the list was made: a checksum of everything that a small run of every
# program writes, compared with same.sums.  UPDATE=1 rewrites the list; do so only for a change
# that is meant to change bytes, and say in the commit which ones and why.
#
# What names a run but is no result is left out: the digest of options and input in
# trainer_state.json, and times in the lines of --metrics.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

list=$src/tests/pipe/same.sums
group=

# the lines that follow belong to this group; one test is made of each
begin()
{
	group=$1
	: >"sums.$group"
	echo "$group" >>groups
}

# bytes on standard input; $1: their name in the list
put()
{
	echo "$group $1 $(cksum)" >>"sums.$group"
}

# each file as it is
file()
{
	for f in "$@"; do
		put "$f" <"$f"
	done
}

# each folder's files
folder()
{
	for d in "$@"; do
		find "$d" -type f | sort >files
		while read -r f; do
			case $f in
			*/trainer_state.json) sed 's/"digest": *"[0-9a-f]*"/"digest":""/' "$f" | put "$f" ;;
			*) put "$f" <"$f" ;;
			esac
		done <files
	done
}

metrics()
{
	for f in "$@"; do
		sed -E 's/,"[a-z_]*second[a-z_]*":[^,}]*//g' "$f" | put "$f"
	done
}

begin data
small_world 40
small_pairs
file corpus.jsonl tokenizer.json pairs.jsonl
"$world" prompts --n 8 >prompts.jsonl
fg-split --part train --train 0.7 --seed 3 corpus.jsonl >split.jsonl
fg-tokenize -t model --special -f prompt -f response corpus.jsonl >ids.jsonl
fg-tokenize -t model -d -f response ids.jsonl >text.jsonl
fg-difflabel -t model -u char --align levenshtein --anchor both --eos-label always pairs.jsonl >char.jsonl
fg-vocab -q --model unigram --size 200 -f response -o unigram.json corpus.jsonl
file split.jsonl ids.jsonl text.jsonl char.jsonl unigram.json

begin models
fg-init -q --from model --head token -o token
fg-init -q --from model --head sequence -o sequence
fg-init -q --from model --head value -o value
fg-init -q --from model --lora-rank 4 --seed 2 -o lora
fg-init -q --from lora --merge -o merged
fg-init -q -t . -o half --dtype bfloat16 --dim 32 --layers 2 --heads 4 --seed 3
fg-init -q -t . -o half16 --dtype float16 --arch qwen2 --dim 32 --layers 1 --heads 4 --window 5
fg-init -q -t . -o qwen3 --arch qwen3 --dim 32 --layers 1 --heads 4 --kv-heads 1 --bias --rope yarn --rope-factor 2
fg-init -q -t . -o mistral --arch mistral --dim 32 --layers 1 --heads 2 --window 9 --rope llama3 --rope-factor 4
folder model token sequence value lora merged half half16 qwen3 mistral

begin learn
up() { kind=$1; shift; fg-update "$kind" -q --lr 1e-2 --batch 16 --schedule constant --warmup 0 "$@"; }
up sft -m model -o sft --epochs 2 --schedule cosine --warmup 2 --metrics sft.m --eval split.jsonl corpus.jsonl
up sft -m model -o packed --pack 48 --train-on prompt corpus.jsonl
up sft -m lora -o lora-sft corpus.jsonl
up sft -m half -o half-sft corpus.jsonl
for o in token token-soft token-mean; do
	up reward -m token -o "r-$o" --objective $o --metrics "r-$o.m" pairs.jsonl
done
up reward -m sequence -o r-sequence --objective sequence --metrics r-sequence.m --normalize corpus.jsonl pairs.jsonl
fg-score -q -m sft --as ref_logprob -f rejected -f chosen pairs.jsonl >dpo.jsonl
up dpo -m sft -o dpo --metrics dpo.m dpo.jsonl
folder sft packed lora-sft half-sft r-token r-token-soft r-token-mean r-sequence dpo
metrics sft.m r-token.m r-token-soft.m r-token-mean.m r-sequence.m dpo.m
file dpo.jsonl

begin ppo
# $1: the policy's folder, made from model $2; $3...: options of the critic's fg-init
policy()
{
	cp -r "$2" "$1"
	rm -f "$1/optimizer.safetensors" "$1/trainer_state.json"
	to=$1
	shift 2
	[ $# = 0 ] || fg-init -q --head value -o "$to/critic" "$@"
}
# records of policy $1; $2...: options of fg-advantage
records()
{
	from=$1
	shift
	fg-rollout -q -m "$from" -n 2 --seed 1 --max-tokens 12 prompts.jsonl | fg-score -q -m sft --as ref_logprob |
	    fg-score -q -m r-token >"$from.scored"
	[ ! -d "$from/critic" ] || {
		fg-score -q -m "$from/critic" "$from.scored" >scored
		mv scored "$from.scored"
	}
	fg-advantage -q --metrics "$from.am" "$@" "$from.scored" >"$from.jsonl"
	set -- --batch 8 --metrics "$from.m" --kl-target 0.1
	[ -d "$from/critic" ] || set -- "$@" --no-critic
	up ppo -m "$from" -o "$from-new" "$@" "$from.jsonl"
	folder "$from-new"
	metrics "$from.m" "$from.am"
	file "$from.jsonl"
}
policy own sft --from r-token
policy shared sft --from shared --shared
policy group sft
policy low lora-sft
policy small half-sft --from small --shared
records own
records shared --kl-estimator k3 --gamma 0.98
records group --group grpo
records low --group rloo --scale-length --center
records small --missing-eos 1 --token-range -0.5:0.5 --no-whiten

begin use
fg-rollout -q -m sft -n 2 --temperature 0.8 --top-k 40 --top-p 0.95 --min-p 0.01 --repetition-penalty 1.1 \
    --stop . --max-tokens 20 prompts.jsonl >rollout.jsonl
fg-rollout -q -m half16 --greedy --max-tokens 10 prompts.jsonl >greedy.jsonl
fg-score -q -m sft --entropy --full-kl model rollout.jsonl >full.jsonl
fg-score -q -m r-sequence rollout.jsonl >score.jsonl
fg-score -q -m qwen3 rollout.jsonl >qwen3.jsonl
fg-score -q -m mistral --temperature 0.7 rollout.jsonl >mistral.jsonl
fg-score -q -m r-token -f rejected -f chosen pairs.jsonl >rewards.jsonl
sed 's/"chosen":/"response":/; s/"rejected":/"reference":/' pairs.jsonl | fg-judge -q -m r-sequence >judged.jsonl
fg-show --by reward -f rejected rewards.jsonl >show.txt
fg-show --html rewards.jsonl >show.html
fg-dedup -q --min-bytes 30 corpus.jsonl >dedup.jsonl
fg-dedup -q --min-bytes 40 --drop --against split.jsonl -f response corpus.jsonl >against.jsonl
fg-winrate judged.jsonl >winrate.txt
awk '{ sub(/^{/, "{\"m\":\"" (NR % 2 ? "a" : "b") "\",\"seed\":" NR % 3 ",\"kl\":" NR % 5 ","); print }' judged.jsonl >by
fg-winrate --by m --json by >by.json
fg-winrate --reward --json rewards.jsonl >reward.json
fg-winrate --reward rewards.jsonl >reward.txt
file rollout.jsonl greedy.jsonl full.jsonl score.jsonl qwen3.jsonl mistral.jsonl rewards.jsonl judged.jsonl show.txt \
    show.html dedup.jsonl against.jsonl winrate.txt by.json reward.json reward.txt

begin import
from() { fg-import -q --from "$@" | put "$*"; }
turns='"chosen":"\n\nHuman: hi\n\nAssistant: a","rejected":"\n\nHuman: hi\n\nAssistant: b"'
m='[{"role":"user","content":"q"},{"role":"assistant","content":"X"}]'
printf '%s\n' "{$turns,\"k\":[1,  2]}" | from hh
printf '%s\n' "{$turns}" | from hh --template chatml
printf '%s\n' "{\"chosen\":$m,\"rejected\":$m}" | sed 's/X/Y/' | from trl --template llama2
printf '%s\n' '[{"instruction":"i","input":"","output_1":"a","output_2":"b","preference":2}]' | from alpacafarm --template zephyr
printf '%s\n' '{"instruction":"i","input":"j","output":"o"}' | from alpaca
printf '%s\n' '{"source":"s","instruction":"q","completions":[{"response":"a","overall_score":5},{"response":"b","overall_score":8.5}]}' |
    from ultrafeedback --template plain
printf '%s\n' '{"question":"q","prediction 1":"bad","feedback":{"errors":[{"start":0}],"corrected-prediction":"good"}}' |
    from qa-feedback
printf 'toxic\tneutral1\tneutral2\n"a ""b""\nc"\tx\ty\nd\tz\t\n' | from pairs
printf 'S This are a sentence .\nA 1 2|||R|||is|||REQUIRED|||-NONE-|||0\n' | from m2

begin tokenizers
shared=$src/../shared/data/tokenizers
printf '%s\n' 'The quick brown fox, 1234567 times; isn'\''t it?' '  naïve café — "quotes"  and	tabs ' \
    'Größe, 東京 and привет: 🙂👍🏽 e\0314' 'for (i = 0; i < n; i++) { x[i] += 2.5e-3; }' '' >lines
if [ -d "$shared" ]; then
	for t in "$shared"/*/tokenizer.json "$shared"/cl100k/cl100k_base.tiktoken; do
		name=$(basename "$(dirname "$t")")
		fg-tokenize -q --text -t "$t" lines >"$name.jsonl"
		file "$name.jsonl"
	done
	fg-vocab -q --model bpe --size 600 --text -o corpus.en "$shared/bpe-training/corpus.en"
	file corpus.en
else
	grep '^tokenizers ' "$list" >sums.tokenizers
fi

begin demo
if command -v jq >/dev/null; then
	BUILD=$BUILD make -s -C "$src/examples/demo" D="$PWD/demo" CORPUS=200 PAIRS=40 ITERS=1 TEST=8 BATCH=8 \
	    MODEL="--dim 32 --layers 2 --tied --max-length 256" >log 2>&1 || sed 's/^/# /' log
	folder demo/base demo/sft demo/reward-* demo/ppo-*/policy
	file demo/*.jsonl demo/ppo-*/1.jsonl demo/verdicts/*.jsonl
else
	grep '^demo ' "$list" >sums.demo
fi

if [ -n "${UPDATE-}" ]; then
	while read -r g; do cat "sums.$g"; done <groups >"$list"
fi
while read -r g; do
	grep "^$g " "$list" >want
	if [ "$g" = tokenizers ] && [ ! -d "$shared" ]; then
		skip "$g" "no data"
	elif [ "$g" = demo ] && ! command -v jq >/dev/null; then
		skip "$g" "no jq"
	else
		same "$g" want "sums.$g"
	fi
done <groups
done_testing
