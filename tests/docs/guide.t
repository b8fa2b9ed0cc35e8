#!/bin/bash
# finegrain(7)'s guide, "align a model of your own", command for command with a small stand-in model;
# README's short form is part of it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"
command -v jq >/dev/null || skip_all "no jq"

# the literal blocks of the guide, one after the other
awk '/^\.Sh/ { on = $0 == ".Sh ALIGN A MODEL OF YOUR OWN" } !on { next }
    /^\.Bd -literal/ { n++; print "# block", n; in_block = 1; next } /^\.Ed/ { in_block = 0 }
    in_block { gsub(/\\e/, "\\"); gsub(/\\-/, "-"); print }' "$src/man/finegrain.7" >guide.sh
ok "there is a guide" test "$(grep -c '^# block' guide.sh)" -ge 7

small_world 60
cat >model/chat_template.jinja <<'X'
{%- for m in messages %}{{ '[' + m.role + '] ' + m.content + '\n' }}{% endfor %}
{%- if add_generation_prompt %}[assistant] {% endif %}
X
jq -c '{id, prompt: [{role: "user", content: .prompt}],
    rejected: [{role: "assistant", content: ("a bad answer: " + .response)}],
    chosen: [{role: "assistant", content: .response}]}' corpus.jsonl >preferences.jsonl
mkdir walk && cp -r model preferences.jsonl walk
if (cd walk && bash -eu ../guide.sh </dev/null) >out 2>&1; then
	tap ok "its commands, one after the other"
else
	tap_fail "its commands, one after the other" out
fi
is "the reward model is an adapter that expects costs" \
    "$(fg-score -q -m walk/reward walk/test.labels | jq -s 'map(.rejected_reward[]) | max < 0')" true
ok "the policy has moved" sh -c '! cmp -s walk/ref/adapter_model.safetensors walk/policy/adapter_model.safetensors'
is "every held-out prompt is judged" "$(jq -s 'map(select(.win >= 0 and .reference)) | length' walk/judged.jsonl)" \
    "$(wc -l <walk/test.pairs)"
exits 0 "the result is a model" fg-check walk/aligned
before=$(cksum <walk/policy/adapter_model.safetensors)
sed -n '/^for i in/,/^done/p' guide.sh >loop.sh
ok "the loop, typed again" sh -c 'cd walk && bash -eu ../loop.sh' 2>/dev/null
is "trains nothing twice" "$(cksum <walk/policy/adapter_model.safetensors)" "$before"

sed -n '/^## Align a model/,/^## Results/s/^    //p' "$src/README.md" >short
ok "README has its short form" test -s short
sed 's/^ *//' guide.sh >lines
is "of the same commands" "$(sed 's/^ *//' short | grep -vxF -f lines)" ""
done_testing
