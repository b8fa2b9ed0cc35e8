#!/bin/sh
# Ids of small tokenizers as the `tokenizers` package gives them: tokenizer.jsonl, made by
# tokenizer_vectors.py.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
command -v jq >/dev/null || skip_all "no jq"

vectors=$src/tests/ref/tokenizer.jsonl
n=$(wc -l <"$vectors")
i=1
while [ $i -lt "$n" ]; do
	i=$((i + 1))
	sed -n "1p;${i}p" "$vectors" >case
	what="$i: $(jq -rs '.[1].what | gsub("#"; "sharp")' case)"
	jq -s '.[0].base + .[1].members' case >t.json
	jq -cs '.[1].texts // ["a"] | .[] | {text: .}' case >texts
	jq -cs '.[1].ids // [] | .[]' case >want
	if [ -s want ]; then
		fg-tokenize -q -t t.json -f text texts 2>err | jq -c .text_ids >got
		cat err >>got
		same "$what" got want
	else
		exits 1 "$what is refused" fg-tokenize -q -t t.json -f text texts
	fi
done
done_testing
