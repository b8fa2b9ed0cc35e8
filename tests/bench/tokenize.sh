#!/bin/sh
# Encoding, one thread, CPU time: MB/s of text in memory and of fg-tokenize as a filter
# (lines in, records out), beside `tokenizers`, tiktoken and sentencepiece where PYTHON
# (default python3) has them; then the CPU time of a start on each tokenizer file.
# DATA is a folder with text/ and tokenizers/; SIZE cuts the text to that many bytes.
set -eu
# shellcheck source=tests/scratch.sh
. "$(dirname "$0")/../scratch.sh"
data=${DATA:-$here/../shared/data}
if [ ! -d "$data/text" ] || [ ! -d "$data/tokenizers" ]; then
	echo "skipped: no texts and tokenizers at DATA"
	exit 0
fi
{
	cat "$data"/text/novels/*.txt "$data/text/tinyshakespeare.txt"
	head -c 1000000 "$data/text/tinystories.txt"
} | head -c "${SIZE:-16000000}" | sed '$d' >text
bytes=$(wc -c <text)
echo "$bytes bytes, $(wc -l <text) lines"

# milliseconds of processor time of RUNS runs of a command
cpu()
{
	runs=$1
	shift
	(
		while [ "$runs" -gt 0 ]; do
			"$@" >/dev/null
			runs=$((runs - 1))
		done
		times
	) | awk 'NR == 2 { gsub(/[ms]/, " "); print int(1000 * (60 * $1 + $2 + 60 * $3 + $4) + .5) }'
}
filter() # MB/s of the program, the median of three
{
	for _ in 1 2 3; do
		cpu 1 fg-tokenize -q -j 1 --text -t "$1" text
	done | sort -n | sed -n 2p | awk -v n="$bytes" '{ printf "%.1f", n / $1 / 1000 }'
}
line() # name, tokenizer
{
	# shellcheck disable=SC2046	# two words
	set -- "$1" "$2" $("$BUILD/bench/tokenize" "$2" text)
	printf '%-22s %6.1f MB/s  as a filter %6.1f  tokens %8d' "$1" "$3" "$(filter "$2")" "$4"
	awk -v name="$1" -v own="$3" '$2 == name {
		printf "   %s %.1f (%.1f times; tokens %d)", $1, $3, own / $3, $4
	}' peers
	echo
}

set --
for t in "$data"/tokenizers/*/tokenizer.json "$data"/tokenizers/*/*.tiktoken; do
	[ -f "$t" ] && set -- "$@" "${t%/tokenizer.json}"
done
peer="${PYTHON:-python3} $here/tests/bench/tokenize_peer.py"
$peer encode text "$@" >peers || echo "no peers"
for t; do
	line "$(basename "$t")" "$t"
done
$peer spm text "$tmp" >peers 2>/dev/null || echo "no sentencepiece"
for k in unigram bpe; do
	[ -f "$k/tokenizer.json" ] && line $k "$tmp/$k"
done

echo '{"response":"a"}' >one
for t; do
	size=$(cat "$t/tokenizer.json" "$t" 2>/dev/null | wc -c)
	printf 'start on %-22s %5.1f ms for %d bytes\n' "$(basename "$t")" \
		"$(cpu 20 fg-tokenize -q -j 1 -t "$t" one | awk '{ print $1 / 20 }')" "$size"
done
