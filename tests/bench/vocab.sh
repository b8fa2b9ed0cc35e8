#!/bin/sh
# Training a vocabulary of 8,000, one thread: CPU time and peak memory of fg-vocab (median
# of three), beside `tokenizers` and sentencepiece (once) where PYTHON (default python3)
# has them; of Unigrams also what they need for a character of a novel left out, in nats.
# DATA is a folder with text/; SIZE cuts the text to that many bytes.
set -eu
# shellcheck source=tests/scratch.sh
. "$(dirname "$0")/../scratch.sh"
data=${DATA:-$here/../shared/data}
if [ ! -d "$data/text" ] || [ ! -x /usr/bin/time ]; then
	echo "skipped: no texts at DATA, or no /usr/bin/time"
	exit 0
fi
left=$(find "$data"/text/novels -name '*.txt' | sort | tail -n 1)
find "$data"/text/novels "$data"/text -maxdepth 1 -name '*.txt' ! -path "$left" | sort -u | xargs cat 2>/dev/null | head -c "${SIZE:-16000000}" | sed '$d' >text
echo "$(wc -c <text) bytes"
loss() # tokenizer
{
	"${PYTHON:-python3}" "$here/tests/bench/vocab_peer.py" loss "$1" "$left" 2>/dev/null ||
	    echo "not measured: tokenizers or sentencepiece is missing"
}
for kind in bpe unigram; do
	for _ in 1 2 3; do
		/usr/bin/time -f '%U %S %M' fg-vocab -q -j 1 --model $kind --size 8000 --text -o own.json text 2>&1
	done | awk '{ print $1 + $2, $3 }' | sort -n | sed -n 2p >own
	awk -v k=$kind '{ printf "%-8s fg-vocab      %7.2f s %5.0f MB\n", k, $1, $2 / 1024 }' own
	for library in tokenizers sentencepiece; do
		"${PYTHON:-python3}" "$here/tests/bench/vocab_peer.py" $library $kind text . 2>/dev/null |
		    cat own - | awk -v k=$kind -v l=$library 'NR == 1 { t = $1; m = $2 }
			NR == 2 { printf "%-8s %-13s %7.2f s %5.0f MB  (%.1f times the time, %.1f the memory)\n",
			    k, l, $1, $2 / 1024, $1 / t, $2 / m }'
	done
	[ $kind = bpe ] || for f in own.json tokenizers.unigram.json sentencepiece.unigram.model; do
		[ ! -f $f ] || echo "held out, nats a character: $f $(loss $f)"
	done
done
