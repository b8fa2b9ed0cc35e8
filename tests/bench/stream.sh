#!/bin/sh
# A record through a filter: MB/s of fg-split beside cat and jq -c ., start-up time, and
# memory on a long stream.  SIZE=2000 makes it that many megabytes (default 200).
set -eu
# shellcheck source=tests/scratch.sh
. "$(dirname "$0")/../scratch.sh"
size=${SIZE:-200}

awk 'BEGIN {
	for (i = 0; i < 2000; i++) {
		printf "{\"id\":\"%d\",\"prompt\":\"What is number %d?\",\"response\":\"", i, i
		for (j = 0; j < 12; j++)
			printf "It is one of those that \\\"nobody\\\" asks for, and %d comes after it.\\n", i + j
		printf "\"}\n"
	}
}' >text
awk 'BEGIN {
	for (i = 0; i < 1000; i++) {
		printf "{\"id\":\"%d\",\"response_ids\":[", i
		for (j = 0; j < 200; j++)
			printf "%s%d", j ? "," : "", (i * 7919 + j * 104729) % 50000
		printf "],\"response_logprob\":["
		for (j = 0; j < 200; j++)
			printf "%s-%.7f", j ? "," : "", (i * 7919 + j * 104729) % 50000 / 7000
		printf "]}\n"
	}
}' >numbers

# seconds of a command, the median of five
seconds()
{
	for _ in 1 2 3 4 5; do
		from=$(date +%s%N)
		"$@" >/dev/null
		to=$(date +%s%N)
		echo $(((to - from) / 1000))
	done | sort -n | sed -n 3p
}
rate()
{
	t=$(seconds "$@")
	awk -v n="$(wc -c <big)" -v t="$t" -v what="$kind: $name" 'BEGIN { printf "%-32s %8.0f MB/s\n", what, n / t }'
}

for kind in text numbers; do
	cat $kind $kind $kind $kind $kind $kind $kind $kind $kind $kind >big
	while [ "$(wc -c <big)" -lt $((size * 300000)) ]; do
		cat big big big >more
		mv more big
	done
	name="cat" rate cat big
	name="fg-split -j 1" rate fg-split -q -j 1 big
	name="fg-split -j 2" rate fg-split -q -j 2 big
	if command -v jq >/dev/null; then
		head -c 10000000 big >cut
		sed '$d' cut >small
		mv big full
		mv small big
		name="jq -c . (10 MB)" rate jq -c . big
		mv full big
	fi
done

echo '{"id":"1"}' >one
echo "start to end of one record: fg-split -j 1 $(seconds fg-split -j 1 one) us, all threads $(seconds fg-split one) us, sh $(seconds sh -c :) us"
if [ -x /usr/bin/time ]; then
	for f in "split -j 1" "split -j 2" "check -j 1" "tokenize"; do
		case $f in
		tokenize)
			fg-vocab -q --size 400 -f response -o tokenizer.json text
			set -- fg-tokenize -j 1 -t tokenizer.json text
			;;
		*)
			# shellcheck disable=SC2086	# words
			set -- fg-$f -q big
			;;
		esac
		/usr/bin/time -f "$f of $(wc -c <big) bytes: %M KB" "$@" >/dev/null
	done
fi
