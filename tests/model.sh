# Small models and records for the tests, in the present folder: tokenizer.json,
# corpus.jsonl, pairs.jsonl (chosen is the world's own edit), model (a language model).
# shellcheck shell=sh
# shellcheck disable=SC2154	# lib.sh sets BUILD
world=$BUILD/examples/world/world

small_world()
{
	"$world" corpus --n "${1:-120}" >corpus.jsonl
	fg-vocab -q --model bpe --size 380 -f prompt -f response -o tokenizer.json corpus.jsonl
	fg-init -t . -o model --dim 32 --layers 2 --heads 4 --kv-heads 2 --tied --seed 1
}

small_pairs()
{
	sed 's/"response":/"rejected":/' corpus.jsonl | fg-edit -q --command "$world annotate" --max-ratio 1 \
	    --bad unedited.jsonl | fg-difflabel -t model >pairs.jsonl
}
