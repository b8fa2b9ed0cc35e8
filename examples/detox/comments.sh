#!/bin/sh
# Beginnings of comments, drawn from the file PROMPTS: comments.sh prompts --n N --seed SEED
[ "$1 $2 $4" = "prompts --n --seed" ] || { echo "usage: comments.sh prompts --n N --seed SEED" >&2; exit 2; }
exec fg-split -q --sample "$3" --seed "$5" "$PROMPTS"
