#!/bin/bash
# The frontier and the curve of annotations in the generated world, in small.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
command -v jq >/dev/null || skip_all "no jq"

cp -r "$src/examples" .
rm examples/paper/*.jsonl.gz
go=(make -s -C examples/paper BUILD="$BUILD" RUN="$PWD/run" TEST=40 CORPUS=200 PAIRS=60 BATCH=4 J=1 MAXTOKENS=30
    MODEL="--dim 32 --layers 1 --heads 2 --ffn 64 --tied --max-length 256")
ok "the frontier" "${go[@]}" frontier RATES="1e-4 1e-3" POINTS="1 2" KLS=0.001
is "of each arm, rate and step" "$(jq -c '[(.arms | length), (.runs | length), (.runs[0].points | length)]' examples/paper/frontier.json)" "[3,6,2]"
is "each verdict once" "$(gzip -dc examples/paper/frontier.jsonl.gz | wc -l)" $((3 * 2 * 2 * 40))
ok "annotations" "${go[@]}" annotations COUNTS="10 20" NBEST=2
is "of each arm and number" "$(jq -c '[.arms[] | .at | length]' examples/paper/annotations.json)" "[2,2,2]"
done_testing
