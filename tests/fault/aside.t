#!/bin/sh
# A run that died between the two moves of a file system that cannot exchange folders
# leaves no OUT: OUT.part, when it is complete, or else OUT.old is then read in its place.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

small_world 12
fg-init -q --from model --head value -o value
fg-init -q --from model --head token -o token
fg-rollout -q -m model --max-tokens 8 corpus.jsonl | fg-score -q -m model --as ref_logprob |
    fg-score -q -m token | fg-score -q -m value >scored
fg-advantage -q scored >ppo.jsonl
pass="fg-update ppo -q -m model --critic value --kl-target 1 --lr 1e-3 --batch 8 -o p"
$pass ppo.jsonl
sum() { (cd "$1" && find . -name '*.safetensors' -o -name '*.json' | sort | xargs cksum); }
fg-score -q -m p --as again ppo.jsonl >by_new
fg-score -q -m p/critic --as again ppo.jsonl >by_critic
fg-rollout -q -m p --max-tokens 8 corpus.jsonl >rolled
fg-advantage -q --controller p scored >controlled
new=$(sum p)

# what reads a folder of this name finds it
reads()
{
	fg-score -q -m p --as again ppo.jsonl | cmp - by_new &&
	    fg-score -q -m p/critic --as again ppo.jsonl | cmp - by_critic &&
	    fg-score -q -m p/ --as again ppo.jsonl | cmp - by_new &&
	    fg-rollout -q -m p --max-tokens 8 corpus.jsonl | cmp - rolled &&
	    fg-advantage -q --controller p scored | cmp - controlled &&
	    fg-init -q --from p --head token -o headed && rm -r headed
}
mv p p.part
ok "the complete OUT.part is read" reads
ok "and the run is finished by typing it again" $pass ppo.jsonl
is "with the bytes it had" "$(sum p)" "$new"
ok "and nothing beside it" test ! -e p.part -a ! -e p.old

# the next pass, onto the folder itself, when OUT.part is still to be moved
cp -r p p.next
next="fg-update ppo -q --lr 1e-3 --batch 8 --kl-target 1"
fg-rollout -q -m p --max-tokens 8 corpus.jsonl | fg-score -q -m model --as ref_logprob |
    fg-score -q -m token | fg-score -q -m p/critic | fg-advantage -q >ppo2.jsonl
$next -m p.next -o p.next ppo2.jsonl
mv p p.part
ok "the next pass takes the OUT.part that is complete" $next -m p -o p ppo2.jsonl
is "and makes what it would have made of OUT" "$(sum p)" "$(sum p.next)"

# the old folder, moved aside, beside a run that has not finished
rm -r p
cp -r p.next p.old
: >p.old/.fg-replaced
mkdir p.part
sed 's/"finished": *true/"finished": false/' p.next/trainer_state.json >p.part/trainer_state.json
fg-score -q -m p.next --as again ppo.jsonl >by_old
fg-score -q -m p --as again ppo.jsonl >got
same "without it OUT.old is read" got by_old

# a critic that shares the backbone of the policy
cp -r model s
fg-init -q --from s --head value --shared -o s/critic
fg-rollout -q -m s --max-tokens 8 corpus.jsonl | fg-score -q -m model --as ref_logprob |
    fg-score -q -m token | fg-score -q -m s/critic | fg-advantage -q >ppo3.jsonl
one="fg-update ppo -q --lr 1e-3 --batch 8 -m s"
$one -o s.want ppo3.jsonl
mv s s.old
: >s.old/.fg-replaced
ok "a policy moved aside, and the critic on its backbone, are trained" $one -o s.got ppo3.jsonl
is "as where they stood" "$(sum s.got)" "$(sum s.want)"

# an OUT.old of somebody else's is nobody's model
rm p.old/.fg-replaced
exits 3 "but not a folder that only has the name" fg-score -q -m p --as again ppo.jsonl
grep -q '^fg-score: p/config.json: ' err
is "and the message names OUT" $? 0
# nor is a state that is no JSON a sign of anything
echo '{"finished":true' >p.part/trainer_state.json
exits 3 "nor one with a torn state" fg-score -q -m p --as again ppo.jsonl
done_testing
