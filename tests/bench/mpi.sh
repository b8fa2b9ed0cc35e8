#!/bin/bash
# Training by two processes under MPI beside two threads of one, and what shards of the gradient cost;
# CPU seconds, since the processors may be shared, and seconds.  The size (tiny, small; PEERS: 7 M and
# 110 M parameters) is the first argument, steps the second, rounds the third.  Then sampling and scoring over 1, 2 and 4
# tasks of GNU parallel.
set -eu
# shellcheck source=tests/scratch.sh
. "$(dirname "$0")/../scratch.sh"
ldd "$BUILD/bin/fg-update" | grep -q libmpi || { echo "skipped: built without MPI (make MPI=1)"; exit 0; }
# shellcheck source=tests/mpirun.sh
. "$here/tests/mpirun.sh"
size=${1:-tiny} steps=${2:-3} rounds=${3:-1}
TIMEFORMAT='%R %U %S'
case $size in
tiny) shape="--vocab 4096 --dim 288 --layers 6 --heads 6 --ffn 768" batch=16 len=256 ;;
small) shape="--vocab 32000 --dim 768 --layers 12 --heads 12 --ffn 2048" batch=4 len=256 ;;
*) echo "usage: mpi.sh [tiny|small [steps [rounds]]]" >&2; exit 2 ;;
esac
# shellcheck disable=SC2086	# a list of options
fg-init -q -o model $shape --tied --bos 1 --max-length 1024
awk -v n=$((batch * 2)) -v len=$len 'BEGIN {
	srand(1)
	for (i = 0; i < n; i++) {
		printf "{\"id\":\"%d\",\"prompt_ids\":[1],\"response_ids\":[2", i
		for (k = 2; k < len; k++)
			printf ",%d", 3 + int(rand() * 4000)
		print "]}"
	}
}' >in.jsonl

# seconds, and of CPU, of a run of $1 steps
spend()
{
	local n=$1 wall user sys
	shift
	rm -rf out
	{ time "$@" fg-update sft -v -m model -o out --batch $batch --steps "$n" --lr 1e-4 "${o[@]}" in.jsonl 2>err; } 2>seconds
	read -r wall user sys <seconds
	awk -v w="$wall" -v u="$user" -v s="$sys" 'BEGIN { print w, u + s, s }'
}
# what, then what starts it: all steps less the first, so that the start is not counted
train()
{
	local what=$1
	shift
	read -r w1 c1 s1 <<<"$(spend 1 "$@")"
	read -r w2 c2 s2 <<<"$(spend $((steps + 1)) "$@")"
	awk -v what="$what" -v n=$((batch * len * steps)) -v w="$w1 $w2" -v c="$c1 $c2" -v s="$s1 $s2" 'BEGIN {
		split(w, W); split(c, C); split(s, S)
		printf "%-12s %6.0f tokens a second of CPU %6.0f tokens/s (%.2f s of CPU, %.2f in the kernel; the start and a step: %.2f)\n",
		    what, n / (C[2] - C[1]), n / (W[2] - W[1]), C[2] - C[1], S[2] - S[1], C[1] }'
}
echo "$size: $steps steps of $batch x $len tokens; load $(cut -d' ' -f1 /proc/loadavg)"
for _ in $(seq "$rounds"); do
	o=(-j 1); train "a thread"
	o=(-j 2); train "two threads"
	o=(-j 1 --shards "$batch"); train "$batch shards"
	o=(-j 1 --shards 2); train "two ranks" mpirun -n 2
	sed -n 's/^fg-update: a step of/  &/p' err
done

command -v parallel >/dev/null || { echo "skipped: GNU parallel"; exit 0; }
[ "$size" = tiny ] || exit 0
fg-init -q --from model --head token -o reward
awk 'BEGIN { srand(2); for (i = 0; i < 32; i++) { printf "{\"id\":\"%d\",\"prompt_ids\":[1", i; for (k = 1; k < 16; k++)
	printf ",%d", 3 + int(rand() * 4000); print "]}" } }' >prompts.jsonl
for n in 1 2 4; do
	split -n l/$n -d --additional-suffix .jsonl prompts.jsonl "part$n-"
	{ time parallel --will-cite -k -j $n 'fg-rollout -q -j 1 -m model --max-tokens 48 {} |
	    fg-score -q -j 1 -m model --as ref_logprob | fg-score -q -j 1 -m reward' ::: "part$n"-*.jsonl >"scored-$n"; } 2>seconds
	read -r wall user sys <seconds
	echo "sampling and scoring, $n tasks: $wall s, $user s of CPU, $(cksum <"scored-$n")"
done
