#!/bin/bash
# Every sample edited by ANNOTATOR, a program with annotate; those that need no edit are left out.
#
#	edits.sh SAMPLES UNEDITED	UNEDITED: where samples go that could not be edited
set -euo pipefail
jq -c '{id: "\(.id)-\(.sample)", prompt, rejected: .response, finish}' "$1" |
    fg-edit -q --command "$ANNOTATOR annotate" --max-ratio 1 --bad "$2" | jq -c 'select(.chosen != .rejected)'
