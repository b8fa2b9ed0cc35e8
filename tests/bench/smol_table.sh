#!/bin/bash
# A real model's operations on one thread: scoring, a step with a LoRA adapter of rank 16, a step of all weights,
# sampling 1, 16 and 64 answers together; tokens a second of processor time, and the most memory.
#
#	smol_table.sh MODEL	a Hugging Face folder of f32 weights, such as SmolLM2-135M-Instruct's
#
# Peers, each where it can be imported by $PYTHON (python3), smol_table.py: transformers with peft, and for
# sampling llama_cpp (llama-cpp-python) with the same weights as GGUF.
#
# A figure of ours is what more tokens cost: the difference between runs of the whole program with and without work,
# in turns, of each the median; beside it the lowest and highest of single pairs. A peer's is without loading, in one
# process. No two texts begin alike, and all are about as long. ROUNDS (3); ROWS narrows it down.
set -eu
[ $# -eq 1 ] || { echo "skipped: smol_table.sh MODEL"; exit 0; }
model=$(cd "$1" && pwd)
# shellcheck source=tests/scratch.sh
. "$(dirname "$0")/../scratch.sh"
export LC_ALL=C
spent=$BUILD/bench/spent rounds=${ROUNDS:-3} peer=$here/tests/bench/smol_table.py

# $1: records, $2, $3: words of a prompt and of a response
texts()
{
	awk -v n="$1" -v p="$2" -v r="$3" 'BEGIN {
		srand(5)
		w = split("the house stands near river and people walk along water every day while children play in garden with " \
		    "small dogs under old trees that grow very tall because rain falls often here", word, " ")
		for (i = 0; i < n; i++) {
			printf "{\"id\":\"%d\",\"prompt\":\"", i
			for (k = 0; k < p; k++)
				printf "%s ", word[1 + int(rand() * w)]
			printf "\",\"response\":\""
			for (k = 0; k < r; k++)
				printf "%s ", word[1 + int(rand() * w)]
			print "\"}"
		}
	}' | fg-tokenize -q -t "$model"
}

# the model without an end that is ever drawn
endless()
{
	mkdir endless
	ln -s "$model"/*.safetensors "$model"/tokenizer* endless
	jq '.eos_token_id = 17' "$model/config.json" >endless/config.json
}

ours()
{
	case $row in
	score) fg-score -q -j 1 -m "$model" --as q "$1.jsonl" ;;
	lora) fg-update sft -q -j 1 -m lora -o out --fresh --steps 1 --batch 0 --lr 1e-5 "$1.jsonl" ;;
	full) fg-update sft -q -j 1 -m "$model" -o out --fresh --steps 1 --batch 0 --lr 1e-5 "$1.jsonl" ;;
	*) fg-rollout -q -j 1 -m endless --batch "$row" --max-tokens "$([ "$1" = few ] && echo 1 || echo "$n")" prompts.jsonl ;;
	esac
}

# CPU seconds and MB of the run $1, without and with work
once()
{
	export -f ours
	export row n model
	"$spent" bash -c "ours $1"
}

middle() { sort -g "$1" | sed -n "$(((rounds + 1) / 2))p"; }

tokens() { jq -s 'map(.prompt_ids + .response_ids | length) | add' "$1"; }

fg-init -q --from "$model" --lora-rank 16 -o lora
endless
texts 1 1 1 >few.jsonl
for row in ${ROWS:-score lora full 1 16 64}; do
	case $row in
	score) texts 16 30 50 >many.jsonl ;;
	lora | full) texts 8 30 50 >many.jsonl ;;
	1) n=128 ;;
	16) n=32 ;;
	*) n=24 ;;
	esac
	case $row in
	score | lora | full) t=$(($(tokens many.jsonl) - $(tokens few.jsonl))) what=$row ;;
	*)	jq -nc "range($row) | {id:\"\\(.)\",prompt_ids:[1]}" >prompts.jsonl
		t=$((row * (n - 1))) what="sampling $row" ;;
	esac
	rm -f cost few.cost many.cost
	for _ in $(seq "$rounds"); do
		read -r few _ <<<"$(once few)"
		read -r many mb _ <<<"$(once many)"
		echo "$few" >>few.cost
		echo "$many" >>many.cost
		echo "$many $few" | awk -v t="$t" '{ printf "%.1f\n", t / ($1 - $2) }' >>cost
	done
	own=$(echo "$(middle many.cost) $(middle few.cost)" | awk -v t="$t" '{ printf "%.1f", t / ($1 - $2) }')
	printf '%-12s %5d tokens  finegrain %s (%s-%s) tokens/s %s MB\n' "$what" "$t" "$own" "$(sort -g cost | head -n 1)" \
	    "$(sort -g cost | tail -n 1)" "${mb%.*}"
	for who in transformers llama; do
		case $who,$row in
		transformers,score | transformers,lora | transformers,full) arg="$row $model many.jsonl" ;;
		transformers,*) arg="sample $model $row $n" ;;
		llama,score | llama,lora | llama,full) continue ;;
		llama,*)
			[ -e model.gguf ] || fg-init -q --from "$model" --to-gguf model.gguf
			arg="llama model.gguf $row $n" ;;
		esac
		# shellcheck disable=SC2086	# several words
		"${PYTHON:-python3}" "$peer" "$rounds" $arg >out.peer 2>err || { tail -n 3 err; continue; }
		grep -q skipped out.peer && { sed "s/^/  $who /" out.peer; continue; }
		awk -v who="$who" -v own="$own" '{
			printf "  %-14s %.1f (%.1f-%.1f) tokens/s %d MB, finegrain %.2f times\n", who, $1, $2, $3, $4, own / $1
		}' out.peer
	done
done
