#!/bin/bash
# A GPU, in some ten minutes: is it taken, does it give the processor's bytes, how fast is it.
# Skipped where `finegrain devices` lists none; DEVICE=opencl (or another name) takes what is
# there, SMALL=1 makes everything so small that a processor does it: to try this script.
#
#	DEVICE	what --device is given (auto)
#	PEER	a python with torch and transformers: the same in PyTorch, f32 and bf16
#	PEAK	the device's f32 TFLOP/s by its data sheet: products are shown as parts of it
#
# Bytes: products against the processor's (device.c); every operation (tests/unit/opencl.c); and a
# small run of every program against the list of sums in tests/pipe/same.sums, which was made on
# a processor.  Then tokens a second, by the programs' own --metrics: training small and a model
# of 1.1 billion weights, which are random, and decoding 1 and 64 sequences with each.
set -eu
# shellcheck source=tests/scratch.sh
. "$(dirname "$0")/../scratch.sh"
device=${DEVICE:-auto}
export LC_ALL=C FINEGRAIN_DEVICE=$device

finegrain devices
echo '{"id":"1","prompt_ids":[1]}' >one
fg-init -q -o probe --vocab 64 --dim 32 --layers 1 --heads 2 --bos 1 --max-length 64
fg-rollout -v -m probe --max-tokens 2 one >/dev/null 2>probe.log
if ! grep -q 'transfers to it' probe.log; then
	echo "gpu: skipped: $device is the processor here"
	exit 0
fi

echo "== bytes"
"$BUILD/bench/device" ${SMALL:+small} >products || { cat products; exit 1; }
CMOCKA_MESSAGE_OUTPUT=TAP "$BUILD/tests/unit/opencl.t" 2>&1 | sed 's/^/operations: /'
if [ -z "${SMALL-}" ]; then
	"$here/tests/pipe/same.t" 2>&1 | sed 's/^/programs: /'
fi

echo "== products"
awk -v peak="${PEAK:-0}" '{ print $0 (peak > 0 && $7 ~ /FLOP/ ? sprintf("  %.0f%% of the peak", $6 / peak / 10) : "") }' products

# $1: tokens of a record, $2: records, $3: vocabulary
records()
{
	awk -v n="$1" -v m="$2" -v v="$3" 'BEGIN {
		for (i = 0; i < m; i++) {
			printf "{\"id\":\"%d\",\"prompt\":\"\",\"prompt_ids\":[1],\"response\":\"\",\"response_ids\":[", i
			for (j = 1; j < n; j++)
				printf "%s%d", (j > 1 ? "," : ""), 3 + (i * 7919 + j * 104729) % (v - 3)
			print "]}"
		} }'
}

# the median of a number of lines of --metrics, the first left out
middle() { sed -n "2,\$s/.*\"$1\":\([0-9.e+]*\).*/\1/p" "$2" | sort -g | awk '{ x[NR] = $1 } END { print x[int((NR + 1) / 2)] }'; }

# $1: name, $2: tokens of a record, $3: records a step, $4: steps, $5: tokens of a response; $6...: the model
model()
{
	name=$1 len=$2 batch=$3 steps=$4 new=$5
	shift 5
	fg-init -q -o "$name" --bos 1 --max-length 1024 "$@"
	vocab=$(sed -n 's/.*"vocab_size": *\([0-9]*\).*/\1/p' "$name/config.json")
	records "$len" $((batch * steps)) "$vocab" >sft
	rm -rf out
	fg-update sft -q -m "$name" -o out --batch "$batch" --micro-batch $((batch * len)) --lr 1e-4 --metrics "$name.train" sft
	echo "$name: training $(middle tokens_per_second "$name.train") tokens/s, $batch records of $len tokens a step"
	rm -rf out
	for b in 1 64; do
		for _ in $(seq "$b"); do
			echo "{\"id\":\"$_\",\"prompt_ids\":[1]}"
		done >in
		# the first compiles what it needs
		fg-rollout -q -m "$name" --batch "$b" --max-tokens 2 in >/dev/null
		rm -f decode
		fg-rollout -q -m "$name" --batch "$b" --max-tokens "$new" --metrics decode in >/dev/null
		echo "$name: decoding $b at once: $(sed 's/.*"tokens_per_second":\([0-9.e+]*\).*/\1/' decode) tokens/s"
	done
	if [ -n "${PEER-}" ]; then
		for t in f32 bf16; do
			timeout 100 "$PEER" "$here/tests/bench/gpu_torch.py" "$name" "$t" "$len" "$batch" "$new" 2>log || { tail -n 3 log; echo "$name: torch $t: failed"; }
		done
	fi
	rm -rf "$name"
}

echo "== models"
if [ -n "${SMALL-}" ]; then
	model tiny 32 4 3 8 --vocab 300 --dim 64 --layers 2 --heads 2 --ffn 128 --tied
else
	model small 512 8 6 128 --vocab 32000 --dim 768 --layers 12 --heads 12 --ffn 2048 --tied
	model 1b 512 8 4 64 --vocab 32000 --dim 2048 --layers 22 --heads 32 --kv-heads 4 --ffn 5632
fi
