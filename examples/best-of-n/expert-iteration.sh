#!/bin/bash
# Expert iteration: learn from the best of one's own samples, again and again.
#
#	expert-iteration.sh N POLICY REWARD PROMPTS ITERATIONS
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
for i in $(seq "$5"); do
	fg-split -q --shuffle --sample 64 --seed "$i" "$4" | "$here/best-of-n.sh" "$1" "$2" "$3" >"$2.$i.jsonl"
	fg-update sft -q -m "$2" -o "$2" --lr "${LR:-2e-5}" --schedule constant --batch 16 "$2.$i.jsonl"
done
