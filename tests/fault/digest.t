#!/bin/sh
# What a pass of fg-update is: each option and each input that changes its bytes makes it another
# one, which a finished folder refuses; what does not change them, does not.  An option without a
# line here fails the test.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

small_world 16
small_pairs
for head in token value; do
	fg-init -q --from model --head $head -o $head
done
fg-score -q -m model --as ref_logprob pairs.jsonl >dpo.jsonl
fg-rollout -q -m model --max-tokens 8 corpus.jsonl | fg-score -q -m model --as ref_logprob | fg-score -q -m token |
    fg-score -q -m value | fg-advantage -q --kl 0.1 >ppo.jsonl
head -n 4 corpus.jsonl >held.sft
head -n 5 corpus.jsonl >held2
head -n 4 pairs.jsonl >held.reward
head -n 4 dpo.jsonl >held.dpo
# the same texts, and some of them another time
sed 's/^{\(.*\)"response":\("\([^"\\]\|\\.\)*"\)\(.*\)/{\1"response":\2,"answer":\2\4/' corpus.jsonl | sed '1s/"answer":"/&x/' >both
mv both corpus.jsonl
printf 'quiet: true\n' >recipe.yaml

sft="sft -m model corpus.jsonl"
reward="reward -m token pairs.jsonl"
dpo="dpo -m model dpo.jsonl"
ppo="ppo -m model --critic value ppo.jsonl"

# NAME VALUE: what it does to a pass that is finished.  =: it is the same pass, !: another one
cat >table <<'END'
model - given
output - given
critic - given
no-critic - given
help - -
version - -
print-config - -
fresh - -
config recipe.yaml =
threads 1 =
device cpu =
quiet - =
verbose - =
metrics log =
bad rejected =
expect 16 =
micro-batch 99 =
recompute - =
save-every 1 =
save-minutes 0.001 =
seed 3 !
shards 2 !
rank-timeout 5 =
pass 1 !
max-length 300 !
field answer !
worse chosen !
better rejected !
epochs 3 !
steps 3 !
batch 5 !
minibatches 3 !
eval held.KIND !
eval-every 2 !eval
lr 0.5 !
critic-lr 0.5 !
schedule cosine !
warmup 1 !
lr-floor 0.5 !
schedule-steps 9 !
clip-norm 0.5 !
beta1 0.5 !
beta2 0.5 !
adam-eps 0.5 !
tf-eps - !
weight-decay 0.5 !
train-on prompt !
pack 64 !
objective token-soft !
label-weight 0.5 !
rest-weight 0.5 !
pair-weight 0.5 !
margin 0.5 !
normalize held.sft !
beta 0.5 !
smoothing 0.25 !
value-weight 0.5 !
critic-warmup 1 !
clip 0.5 !
clip-high 0.5 !
dual-clip 2 !
value-clip 0.5 !
entropy 0.5 !
target-kl 0.5 !
kl-target 0.5 !
kl-horizon 50 !
END

# KIND OPTION...: run it on ./KIND; "=" when it is the finished pass, "!" when it is another one
outcome()
{
	outcome_kind=$1
	shift
	outcome_args=$(eval "echo \"\$$outcome_kind\"")
	# shellcheck disable=SC2086	# lists of options
	fg-update $outcome_args -o "$outcome_kind" "$@" >out 2>err
	case $? in
	0) if [ "$(cksum <"$outcome_kind/trainer_state.json")" = "$(cat "$outcome_kind.sum")" ]; then echo "="; else echo trained; fi ;;
	2) if grep -q -e 'result of other input' -e 'began from other weights' err; then echo "!"; else cat err; fi ;;
	*) cat err ;;
	esac
}

for kind in sft reward dpo ppo; do
	args=$(eval "echo \"\$$kind\"")
	# shellcheck disable=SC2086	# a list of options
	fg-update $args -q -o $kind
	cksum <$kind/trainer_state.json >$kind.sum
	is "$kind: the same pass" "$(outcome $kind)" "="
	fg-update $kind --help | sed -n 's/^ *\(-., \)\{0,1\} *--\([a-z0-9-]*\).*/\2/p' >names
	while read -r name; do
		grep -q "^$name $kind$" seen 2>/dev/null && continue
		# what all kinds have is tried once
		[ $kind = sft ] || ! grep -q "^$name$" common || continue
		line=$(grep "^$name " table)
		if [ -z "$line" ]; then
			is "$kind: --$name" "no line in this test" "$name VALUE = or !"
			continue
		fi
		# shellcheck disable=SC2086	# its words
		set -- $line
		value=$(echo "$2" | sed "s/KIND/$kind/") want=$3 more=
		[ "$want" != "!eval" ] || { want=! more="--eval held.$kind"; }
		case $want in
		= | !)
			[ "$value" = - ] && set -- "--$name" || set -- "--$name=$value"
			# shellcheck disable=SC2086	# a list of options
			is "$kind: --$name" "$(outcome $kind "$@" $more)" "$want"
			;;
		esac
	done <names
	[ $kind != sft ] || grep -v -e '^eval' names >common
done

# ---- inputs ----
# WHAT KIND FILE COMMAND: FILE is changed by COMMAND for one run
changed()
{
	what=$1 kind=$2 file=$3
	shift 3
	cp "$file" saved
	"$@" <saved >"$file"
	is "$kind: $what" "$(outcome $kind)" "!"
	cp saved "$file"
	is "$kind: $what, as it was" "$(outcome $kind)" "="
}
other() { fg-init -q -t . -o "$1" --dim 32 --layers 2 --heads 4 --kv-heads 2 --tied --seed 9; }
other another
changed "another record" sft corpus.jsonl sed '1d'
changed "other weights" sft model/model.safetensors cat another/model.safetensors
changed "another configuration" sft model/config.json sed 's/"rms_norm_eps": [^,]*/"rms_norm_eps": 0.01/'
changed "other pairs" reward pairs.jsonl sed '1d'
changed "other samples" ppo ppo.jsonl sed '1d'
fg-init -q --from another --head value -o value2
changed "another critic's weights" ppo value/model.safetensors cat value2/model.safetensors
changed "another critic's configuration" ppo value/config.json sed 's/"rope_theta": [^,]*/"rope_theta": 500.0/'
ppo="ppo -m model --critic value2 ppo.jsonl"
is "ppo: --critic names another" "$(outcome ppo)" "!"
ppo="ppo -m model --no-critic ppo.jsonl"
is "ppo: --no-critic" "$(outcome ppo)" "!"
rm -rf sft
sft="sft -m model --eval held.sft corpus.jsonl"
fg-update sft -q -m model --eval held.sft -o sft corpus.jsonl
cksum <sft/trainer_state.json >sft.sum
changed "other held-out records" sft held.sft cat held2

# a shared critic's head, and an adapter's scale and base
cp -r model shared
fg-init -q --from shared --head value --shared -o shared/critic
fg-score -q -m shared/critic ppo.jsonl >ppo2.jsonl
ppo="ppo -m shared ppo2.jsonl"
rm -rf ppo
fg-update ppo -q -m shared -o ppo ppo2.jsonl
cksum <ppo/trainer_state.json >ppo.sum
fg-update ppo -q -m shared -o other --seed 5 --lr 1e-3 ppo2.jsonl
cp other/critic/head.safetensors trained
changed "another head of a shared critic" ppo shared/critic/head.safetensors cat trained
fg-init -q --from model --lora-rank 2 -o lora
sft="sft -m lora corpus.jsonl"
rm -rf sft
fg-update sft -q -m lora -o sft corpus.jsonl
cksum <sft/trainer_state.json >sft.sum
changed "another scale of an adapter" sft lora/adapter_config.json sed 's/"lora_alpha": [^,]*/"lora_alpha": 9/'

# a pass onto its own folder is itself when it is typed again, whatever it changed
cp -r model own
cp -r value own/critic
fg-update ppo -q -m own -o own ppo.jsonl
cksum <own/trainer_state.json >sum
fg-update ppo -m own -o own ppo.jsonl 2>err
is "a pass onto its own folder, typed again" "$(cksum <own/trainer_state.json) $(cat err)" \
    "$(cat sum) fg-update: own is the result of this very run: nothing to do"
fg-init -q --from model --head token -o rownorm
fg-update reward -q -m rownorm -o rownorm --normalize held.sft pairs.jsonl
cksum <rownorm/trainer_state.json >sum
fg-update reward -q -m rownorm -o rownorm --normalize held.sft pairs.jsonl
is "also where it set the scale of rewards" "$(cksum <rownorm/trainer_state.json)" "$(cat sum)"
done_testing
