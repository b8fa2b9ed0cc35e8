#!/bin/sh
# Whole runs on an OpenCL device give the processor's bytes, and go on from one to the other.
# FG_SLOW=1: devices.t does so with all that same.t writes.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

finegrain devices >list
grep -q '^opencl:[0-9]* .* ready ' list || skip_all "no OpenCL device that is ready"
# compiled once for all tests
export XDG_CACHE_HOME="${BUILD:?}/cache"
small_world 40
small_pairs
head -n 24 corpus.jsonl | fg-tokenize -t model --special -f prompt -f response >in.jsonl

# $1: what; the command, on each device, prints the same
prints()
{
	what=$1
	shift
	"$@" --device cpu >want
	"$@" --device opencl >got
	same "$what" got want
	ok "$what: something" test -s want
}

# $1: what; the command with -o makes the same folders
trains()
{
	what=$1
	shift
	rm -rf cpu opencl
	"$@" --device cpu -o cpu --metrics cpu.m
	"$@" --device opencl -o opencl --metrics opencl.m
	(cd cpu && find . -type f | sort) >names
	ok "$what: a model" grep -q 'model.safetensors' names
	while read -r f; do
		cmp "cpu/$f" "opencl/$f"
	done <names >out 2>&1
	is "$what" "$(cat out)" ""
	for d in cpu opencl; do
		sed -E 's/,"[a-z_]*second[a-z_]*":[^,}]*//g' $d.m >$d.lines
	done
	same "$what: metrics" opencl.lines cpu.lines
}

up() { kind=$1; shift; echo "fg-update $kind -q --lr 1e-2 --batch 8 $*"; }

fg-init -q --from model --head token -o token
fg-init -q --from model --lora-rank 4 --seed 2 -o lora
fg-init -q -t . -o half --dtype bfloat16 --arch qwen3 --dim 32 --layers 2 --heads 4 --kv-heads 2 --bias --window 9 --seed 3
fg-init -q -t . -o half16 --dtype float16 --arch qwen2 --dim 32 --layers 1 --heads 4 --rope yarn --rope-factor 2

# shellcheck disable=SC2046	# words of a command
{
	trains "sft" $(up sft -m model --eval in.jsonl --schedule cosine --warmup 2) in.jsonl
	mv cpu sft
	trains "sft in shards" $(up sft -m model --shards 3) in.jsonl
	trains "sft of an adapter" $(up sft -m lora) in.jsonl
	trains "sft in bf16, with norms of heads" $(up sft -m half --pack 48) in.jsonl
	mv cpu half-sft
	trains "reward" $(up reward -m token --objective token --recompute) pairs.jsonl
	mv cpu reward
	prints "log-probabilities, entropy and exact divergence" fg-score -q -m sft --entropy --full-kl model in.jsonl
	prints "log-probabilities in f16" fg-score -q -m half16 --temperature 0.7 in.jsonl
	prints "rewards" fg-score -q -m reward -f rejected -f chosen pairs.jsonl
	fg-score -q -m sft --as ref_logprob -f rejected -f chosen pairs.jsonl >dpo.jsonl
	trains "dpo" $(up dpo -m sft --micro-batch 300) dpo.jsonl
}

"$world" prompts --n 4 >prompts.jsonl
prints "greedy responses in bf16" fg-rollout -q -m half-sft --greedy --max-tokens 10 prompts.jsonl
prints "responses" fg-rollout -q -m sft -n 2 --temperature 0.8 --top-k 40 --max-tokens 12 --batch 3 prompts.jsonl
fg-rollout -q -m sft -n 2 --max-tokens 12 prompts.jsonl | fg-score -q -m sft --as ref_logprob | fg-score -q -m reward >scored
# $1: own or shared; $2...: how its critic is made
ppo()
{
	rm -rf "$1" && cp -r sft "$1" && rm -f "$1/optimizer.safetensors" "$1/trainer_state.json"
	fg-init -q --head value -o "$1/critic" --from "$2" ${3+"$3"}
	prints "values, $1" fg-score -q -m "$1/critic" scored
	fg-advantage -q want >ppo.jsonl
	# shellcheck disable=SC2046	# words of a command
	trains "ppo, $1 critic" $(up ppo -m "$1" --kl-target 0.1 --entropy 0.01) ppo.jsonl
}
ppo own reward
ppo shared shared --shared

# begun on one, resumed on the other
for d in cpu:opencl opencl:cpu; do
	rm -rf stopped
	# shellcheck disable=SC2046	# words of a command
	{
		$(up sft -m model -o stopped --steps 4 --save-every 2 --expect 24 --device "${d%:*}") --eval in.jsonl \
		    --metrics m in.jsonl &
		pid=$!
		while ! [ -f stopped.part/trainer_state.json ] && kill -0 $pid; do sleep 0.01; done
		kill -9 $pid
		wait $pid
	} 2>/dev/null
	# killed, or done: either way what is there is gone on with
	# shellcheck disable=SC2046
	$(up sft -m model -o stopped --steps 4 --save-every 2 --expect 24 --device "${d#*:}") --eval in.jsonl --metrics m in.jsonl
	# shellcheck disable=SC2046
	[ -d whole ] || $(up sft -m model -o whole --steps 4) --eval in.jsonl in.jsonl
	for f in model.safetensors optimizer.safetensors; do
		same "begun on ${d%:*}, resumed on ${d#*:}: $f" stopped/$f whole/$f
	done
done

# what is said
fg-score -v --device opencl -m model in.jsonl 2>err >/dev/null
ok "-v counts transfers" grep -Eq '^fg-score: .*: [0-9.]+ of [0-9.]+ MB at the most; [0-9.]+ MB in [0-9]+ transfers to it, [0-9.]+ MB in [0-9]+ from it$' err
FINEGRAIN_DEVICE=opencl fg-score -q -m model in.jsonl >got
fg-score -q -m model in.jsonl >want
same "FINEGRAIN_DEVICE" got want
exits 2 "no such number" fg-score --device opencl:99 -m model in.jsonl
is "it is named" "$(cat err)" "fg-score: opencl:99: there is no such device"
exits 2 "no number" fg-score --device opencl:x -m model in.jsonl
is "what was expected" "$(cat err)" "fg-score: opencl:x: expected a number after the colon"
exits 3 "more than the device holds" fg-update sft -m model -o big --device opencl --micro-batch 1000000000 in.jsonl
ok "is said before the work" grep -Eq '^fg-update: .*: [0-9]+ bytes more are needed; it has [0-9]+, of which [0-9]+ are in use$' err
ok "and nothing is made" test ! -e big
if fg-score --device auto -m model in.jsonl >got 2>err; then
	same "auto" got want
else
	ok "auto" cat err
fi

# drivers that lack something, or lie
real=$(ldconfig -p 2>/dev/null | sed -n 's/.*libOpenCL\.so\.1 .*x86-64.* => //p' | head -n 1)
mkdir shim
if [ "$(uname -m)" = x86_64 ] && [ -n "$real" ] && ${CC:-cc} -std=c11 -D_GNU_SOURCE -shared -fPIC -I"$src/lib" \
    -o shim/libOpenCL.so.1 "$src/tests/pipe/opencl/shim.c" -ldl; then
	# $1: what it lacks; the command
	lesser()
	{
		lacks=$1
		shift
		env LD_LIBRARY_PATH="$PWD/shim" FG_REAL="$real" FG_SHIM="$lacks" "$@"
	}
	lesser nothing fg-score -q --device opencl -m model in.jsonl >got
	same "the library by way of another" got want
	name=$(sed -n 's/^opencl:0 .* ready  //p' list)
	while read -r lacks why; do
		lesser "$lacks" finegrain devices >out
		ok "$lacks: listed as refused" grep -Eq "^opencl:0 .* refused: $why  " out
		for d in opencl opencl:0; do
			exits 2 "$lacks: $d refused" lesser "$lacks" fg-score --device $d -m model in.jsonl
			is "$lacks: by name" "$(cat err)" "fg-score: $d: $name: $why"
		done
		lesser "$lacks" fg-score -q --device auto -m model in.jsonl >got
		same "$lacks: auto is the processor" got want
	done <<-END
		denormals it has no denormal numbers
		division it does not round division and square root correctly
		fma it has no fused multiply-add
		double it has no double precision
	END
	lesser none finegrain devices >out
	is "no device" "$(tail -n 1 out)" "opencl             -  none here"
	exits 2 "none to compute on" lesser none fg-score --device opencl -m model in.jsonl
	is "it is said" "$(cat err)" "fg-score: opencl: there is no device"
	exits 3 "kernels that do not compile" lesser build fg-score --device opencl -m model in.jsonl
	ok "with the log's first lines" grep -q "^fg-score: $name: its driver does not compile the kernels: .*'missing'" err
	exits 2 "another byte" lesser bit fg-score --device opencl -m model in.jsonl
	ok "is found before the work" grep -q "^fg-score: $name: it does not give the processor's bytes: .* of .* is .*, not " err
	for p in "score" "rollout" "update sft -o big"; do
		# shellcheck disable=SC2086	# a list of words
		exits 3 "fg-${p%% *}: a device without room" lesser memory fg-$p --device opencl -m half16 in.jsonl
		ok "is said" grep -q '^fg-[a-z]*: .*out of memory\|bytes more are needed' err
	done
	ok "nothing is made there" test ! -e big
else
	skip "drivers that lack something" "no x86-64, or no library to wrap"
fi
done_testing
