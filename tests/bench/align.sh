#!/bin/sh
# Edit scripts a second, one thread: align.c and, where PYTHON (default python3) and the
# PATH have them, other libraries and programs on pairs like its own, one after the other;
# then fg-difflabel from records to records, by processor time.
set -eu
# shellcheck source=tests/scratch.sh
. "$(dirname "$0")/../scratch.sh"

"$BUILD/bench/align"
"${PYTHON:-python3}" "$here/tests/bench/align_peer.py" || echo "no peers"
"$BUILD/bench/align"

# 5,000 pairs of 300 words with 29 edits, with token ids
awk 'BEGIN {
	srand(3)
	for (i = 0; i < 5000; i++) {
		a = b = ""
		for (j = 0; j < 300; j++) {
			w = "w" int(rand() * 2000)
			what = int(rand() * 300)
			a = a (j ? " " : "") w
			if (what >= 29)
				b = b " " w
			else if (what % 3 < 2)
				b = b " w" int(rand() * 2000)
		}
		printf "{\"id\":\"%d\",\"rejected\":\"%s\",\"chosen\":\"%s\"}\n", i, a, substr(b, 2)
	}
}' >pairs
fg-vocab -q --model bpe --size 4096 -f rejected -o t.json pairs
fg-tokenize -q -t t.json -f rejected -f chosen pairs >ids

# pairs a second of processor time of a command, the median of five
rate()
{
	for _ in 1 2 3 4 5; do
		(
			"$@" >/dev/null
			times
		) | awk 'NR == 2 { gsub(/[ms]/, " "); print 60 * $1 + $2 + 60 * $3 + $4 }'
	done | sort -n | sed -n 3p | awk '{ printf "%.0f", 5000 / $1 }'
}
for unit in word token bare; do
	echo "fg-difflabel -u $unit, ids in the records: $(rate fg-difflabel -q -j 1 -u $unit ids) pairs/s"
done
echo "fg-difflabel -t, no ids: $(rate fg-difflabel -q -j 1 -t t.json --eos 0 pairs) pairs/s"
echo "fg-split, which copies such records: $(rate fg-split -q -j 1 ids) pairs/s"
