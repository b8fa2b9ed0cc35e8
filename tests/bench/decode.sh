#!/bin/bash
# Decoding: tokens a second of fg-rollout on random models, one and two threads, f32, and
# bf16 for a single sequence of the larger one; the most memory beside it.
#
# Peers, in turns with fg-rollout, each where its variable is set:
#	PEER		a python with torch and numpy (decode_peer.py)
#	LLAMA2C		the program `run` of llama2.c (a single sequence)
#	LLAMACPP	llama-batched-bench of llama.cpp (f16 beside our bf16); it samples nothing
# The last two need a PEER, which writes their models.
#
# A figure is what more tokens cost: the difference of two runs of the whole program.
# One thread is counted in processor time.  Two are by the clock, and mean something when
# the two have a core each: the first line says how many times one thread's work two did.
#
# MODELS, BATCHES, THREADS, TOKENS, RUNS narrow it down.
set -eu
# shellcheck source=tests/scratch.sh
. "$(dirname "$0")/../scratch.sh"
spent=$BUILD/bench/spent
export LC_ALL=C
runs=${RUNS:-3}
declare -A shape=(
	[tiny]="--vocab 4096 --dim 288 --layers 6 --heads 6 --ffn 768"
	[small]="--vocab 32000 --dim 768 --layers 12 --heads 12 --ffn 2048"
)

# what decodes $n tokens for each of $b sequences with $j threads; $m: the model
ours() { echo fg-rollout -q -m "$m$type" -j "$j" --batch "$b" --max-tokens "$n" in; }
torch() { echo "$PEER" "$here/tests/bench/decode_peer.py" "$m$type" "$b" "$n" "$j"; }
llama2c() { echo env OMP_NUM_THREADS="$j" "$LLAMA2C" "$m.bin" -z "$m.tok" -n "$n" -t 1 -p 1 -s "$seed"; }
# its KV cache: room for every sequence, in the numbers' own type as ours
llamacpp()
{
	kv=f32 of=f32
	[ -z "$type" ] || kv=f16 of=f16
	echo "$LLAMACPP" -m "$m.$of.gguf" -npp 1 -ntg "$n" -npl "$b" -c $((b * (n + 1) + 32)) -b 2048 -t "$j" \
	    -ctk $kv -ctv $kv
}

# a seed with which llama2.c draws no end of text before $n tokens
find_seed()
{
	for seed in $(seq 50); do
		read -ra cmd <<<"$(llama2c)"
		[ "$("${cmd[@]}" 2>/dev/null | tr -cd x | wc -c)" -lt $((n - 1)) ] || break
	done
}

# $1: who.  A line of its file: tokens a second, MB
once()
{
	n=$few
	# shellcheck disable=SC2046	# a command
	read -r cpu1 mb clock1 <<<"$("$spent" $("$1") 2>/dev/null)"
	n=$many
	# shellcheck disable=SC2046
	read -r cpu2 mb clock2 <<<"$("$spent" $("$1") 2>/dev/null)"
	[ "$j" = 1 ] || cpu1=$clock1 cpu2=$clock2
	echo "$cpu1 $cpu2 $mb" | awk -v n=$((b * (many - few))) '{ printf "%.1f %.0f\n", n / ($2 - $1), $3 }' >>"$1.out"
}

# the median of a column of a file
middle() { awk -v c="$2" '{ print $c }' "$1" | sort -g | sed -n $((runs / 2 + 1))p; }

row()
{
	who=$1
	[ -z "${PEER-}" ] || who="$who torch"
	[ "$b" != 1 ] || [ -n "$type" ] || [ ! -e "$m.bin" ] || [ -z "${LLAMA2C-}" ] || who="$who llama2c"
	[ ! -e "$m.bin" ] || [ -z "${LLAMACPP-}" ] || who="$who llamacpp"
	rm -f ./*.out
	n=$many
	case $who in *llama2c*) find_seed ;; esac
	for _ in $(seq "$runs"); do
		for w in $who; do
			once "$w"
		done
	done
	printf '%-10s B=%-2s -j %s ' "$m$type" "$b" "$j"
	own=$(middle ours.out 1)
	for w in $who; do
		low=$(sort -g "$w.out" | head -n 1)
		high=$(sort -g "$w.out" | tail -n 1)
		printf '  %s %.0f (%.0f-%.0f) tokens/s %s MB' "$w" "$(middle "$w.out" 1)" "${low% *}" "${high% *}" \
		    "$(middle "$w.out" 2)"
		[ "$w" = ours ] || echo "$own $(middle "$w.out" 1)" | awk '{ printf ", ours %.2f times", $1 / $2 }'
	done
	echo
}

# one thread's work and two threads' at once: by the clock, both alone
work() { "$BUILD/bench/gemm" peak >/dev/null; }
now() { date +%s%N; }
case " ${THREADS:-1 2} " in *" 2 "*)
	t0=$(now) && work && t1=$(now) && { work & work; wait; } && t2=$(now)
	echo "$t0 $t1 $t2" | awk '{ printf "two threads do %.2f times the work of one\n", 2 * ($2 - $1) / ($3 - $2) }'
esac
for m in ${MODELS:-tiny small}; do
	type=
	read -ra flags <<<"${shape[$m]} --tied --bos 1 --max-length 1024"
	fg-init -q -o "$m" "${flags[@]}"
	if [ -n "${PEER-}" ] && [ -n "${LLAMA2C-}${LLAMACPP-}" ]; then
		"$PEER" "$here/tests/bench/decode_models.py" "$m" "$m"
	fi
	for b in ${BATCHES:-1 16 64}; do
		for i in $(seq "$b"); do
			echo "{\"id\":\"$i\",\"prompt_ids\":[1]}"
		done >in
		# enough of them to be much more than loading is
		case $m,$b in
		*,1 | tiny,16) many=256 ;;
		tiny,* | small,16) many=128 ;;
		*) many=64 ;;
		esac
		many=${TOKENS:-$many}
		few=$((many / 8))
		for j in ${THREADS:-1 2}; do
			type=
			row ours
			[ "$m,$b" = small,1 ] || continue
			type=-bf16
			[ -e "$m$type" ] || fg-init -q -o "$m$type" "${flags[@]}" --dtype bfloat16
			row ours
		done
	done
done
