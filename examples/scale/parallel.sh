#!/bin/bash
# Sampling and scoring on every processor, or with --sshlogin on many machines: a record
# stage has no state, so how GNU parallel cuts the input changes no byte.
#
#	parallel.sh POLICY REF REWARD < prompts.jsonl > scored.jsonl
set -euo pipefail
export policy=$1 ref=$2 reward=$3
stage()
{
	fg-rollout -q -j 1 -m "$policy" ${MAXTOKENS:+--max-tokens "$MAXTOKENS"} |
	    fg-score -q -j 1 -m "$ref" --as ref_logprob -m "$reward"
}
export -f stage
parallel --will-cite --pipe --keep-order --block "${BLOCK:-64k}" stage
