#!/bin/bash
# Questions as records for fg-rollout, in the chat form of the model in MODEL:
#
#	questions.sh prompts --n N --seed S [--part train|seen|tune|unseen]
#
# The part is PART's unless the command line names one.
set -euo pipefail
shift
"${BUILD:?}/examples/facts/facts" prompts --part "${PART:-train}" "$@" |
    fg-import -q --from trl --template "${MODEL:?}"
