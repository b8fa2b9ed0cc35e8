#!/bin/sh
# Decoding: tokens a second of fg-rollout on random models, one and two threads.
# PEER=python: beside decode_peer.py under that interpreter, in turns (needs torch).
# MODELS, BATCHES, THREADS, TOKENS narrow it down.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
PATH=${BUILD:-$here/build}/bin:$PATH
tmp=$(mktemp -d "${TMPDIR:-/tmp}/fg-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
tiny="--vocab 4096 --dim 288 --layers 6 --heads 6 --ffn 768"
small="--vocab 32000 --dim 768 --layers 12 --heads 12 --ffn 2048"
for m in ${MODELS:-tiny small}; do
	eval "shape=\$$m"
	# shellcheck disable=SC2154,SC2086
	fg-init -q -o "$m" $shape --tied --bos 1 --max-length 1024 ${DTYPE:+--dtype $DTYPE}
	for b in ${BATCHES:-1 16 64}; do
		i=0
		while [ $i -lt "$b" ]; do
			i=$((i + 1))
			echo "{\"id\":\"$i\",\"prompt_ids\":[1]}"
		done >in
		n=${TOKENS:-256}
		[ "$m" = tiny ] || n=$((n / 4))
		for j in ${THREADS:-1 2}; do
			rm -f metrics
			for _ in 1 2 3; do
				fg-rollout -q -m "$m" -j "$j" --batch "$b" --max-tokens "$n" --metrics metrics in >out
				[ -z "${PEER-}" ] || "$PEER" "$here/tests/bench/decode_peer.py" "$m" "$b" "$n" "$j" >>"peer.$m.$b.$j"
			done
			own=$(sed 's/.*"tokens_per_second"://;s/}//' metrics | sort -n | sed -n 2p)
			printf '%-5s B=%-2s -j %s  %8.0f tokens/s' "$m" "$b" "$j" "$own"
			if [ -n "${PEER-}" ]; then
				peer=$(sort -n "peer.$m.$b.$j" | sed -n 2p)
				printf '   peer %8.0f   %.2f times' "$peer" "$(echo "$own $peer" | awk '{ print $1 / $2 }')"
			fi
			echo
		done
	done
done
