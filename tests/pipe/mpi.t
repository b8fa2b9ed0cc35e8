#!/bin/bash
# fg-update as several processes: the bytes of one.  FG_SLOW=1: fifty kills.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

small_world 40
if ! ldd "$BUILD/bin/fg-update" | grep -q libmpi; then
	exits 2 "processes of mpirun are refused without MPI" env OMPI_COMM_WORLD_SIZE=3 fg-update sft -m model -o no corpus.jsonl
	is "and told so" "$(cat err)" \
	    "fg-update: started as one of 3 processes, but built without MPI: build it with \`make MPI=1\`"
	skip "several processes" "built without MPI (make MPI=1)"
	done_testing
	exit 0
fi
command -v mpirun >/dev/null || skip_all "no mpirun"
# shellcheck source=tests/mpirun.sh
. "$src/tests/mpirun.sh"
mpirun -n 2 true >out 2>&1 || skip_all "mpirun does not run here: $(head -n 1 out)"

small_pairs
for h in token sequence value; do
	fg-init --from model --head $h -o $h
done
fg-init -q -t . -o bf16 --dtype bfloat16 --dim 32 --layers 2 --heads 4 --arch qwen2
fg-init --from bf16 --lora-rank 4 -o lora
fg-score -q -m model --as ref_logprob pairs.jsonl >dpo.jsonl
fg-rollout -q -m model -n 1 --max-tokens 16 corpus.jsonl | fg-score -q -m model --as ref_logprob |
    fg-score -q -m token | fg-score -q -m value | fg-advantage -q >ppo.jsonl
fg-difflabel -t model --cost tokens pairs.jsonl >costs.jsonl
cp -r model beside
fg-init --from beside --head value --shared -o beside/critic
head -n 20 pairs.jsonl >held.jsonl

sum() { (cd "$1" && find . -name '*.safetensors' -o -name trainer_state.json -o -name config.json | sort | xargs cksum); }
ranks() { ranks_n=$1; shift; mpirun -n "$ranks_n" fg-update "$@" -q -j 1; }
o=(--shards 8 --lr 1e-2 --batch 16)

# ---- the same bytes ----

# what, the numbers of ranks, then the command without -o
alike()
{
	what=$1 list=$2
	shift 2
	rm -rf one many
	ok "$what: one process" fg-update "$@" "${o[@]}" -q -j 2 --micro-batch 200 -o one --metrics one.m
	for n in $list; do
		rm -rf many
		ranks "$n" "$@" "${o[@]}" -o many --metrics many.m >out 2>&1 || sed 's/^/# /' out
		is "$what: $n ranks" "$(sum many)" "$(sum one)"
		cut -d, -f1-6 one.m >one.cut
		cut -d, -f1-6 many.m >many.cut
		same "$what: $n ranks, the metrics" many.cut one.cut
	done
}
alike sft "1 2 3 4 8" sft -m model --epochs 2 corpus.jsonl
alike "a token reward model" 3 reward -m token --normalize corpus.jsonl pairs.jsonl
alike "a sequence reward model" 2 reward -m sequence --objective sequence --eval held.jsonl --eval-every 1 pairs.jsonl
alike "expected costs" 2 reward --objective cost -m token costs.jsonl
alike dpo 3 dpo -m model dpo.jsonl
alike "ppo, a critic and a controller" 3 ppo -m model --critic value --kl-target 1 --critic-warmup 1 ppo.jsonl
alike "ppo, a shared critic" 2 ppo -m beside ppo.jsonl
alike "ppo, an early stop" 2 ppo -m model --critic value --epochs 4 --target-kl 1e-6 ppo.jsonl
is "it stopped early" "$(grep -c . one.m)" 2
alike "an adapter on bfloat16" 3 sft -m lora corpus.jsonl
alike bfloat16 2 sft -m bf16 --recompute corpus.jsonl
FINEGRAIN_DEVICE=strict ranks 3 sft -m bf16 --recompute "${o[@]}" -o strict corpus.jsonl
is "a device with memory of its own" "$(sum strict)" "$(sum one)"

# ---- the loop of PPO ----

# Slurm's, as far as the script goes: tasks with numbers, or a program of MPI
mkdir bin
cat >bin/srun <<'END'
#!/bin/bash
set -e
mpi=
while :; do
	case $1 in
	--mpi=*) mpi=1 ;;
	-n) SLURM_NTASKS=$2; shift ;;
	-*) ;;
	*) break ;;
	esac
	shift
done
export SLURM_NTASKS
[ -z "$mpi" ] || exec mpirun -n "$SLURM_NTASKS" "$@"
for ((p = 0; p < SLURM_NTASKS; p++)); do
	SLURM_PROCID=$p "$@"
done
END
chmod +x bin/srun
export BATCH=12 SHARDS=4 ROLLOUT="--max-tokens 12" UPDATE="--lr 1e-3 --minibatches 2"
loop()
{
	mkdir "$1"
	cp -r model "$1/policy"
	cp -r value "$1/policy/critic"
	bash "$src/examples/scale/ppo.sh" "$1" model token corpus.jsonl 2
}
export SLURM_CPUS_PER_TASK=1
SLURM_JOB_ID=1 SLURM_NTASKS=3 PATH=$PWD/bin:$PATH ok "iterations of PPO under Slurm, 3 tasks" loop slurm
if command -v parallel >/dev/null; then
	TASKS=1 ok "iterations of PPO" loop one-task
	TASKS=2 ok "iterations of PPO, 2 tasks" loop two-tasks
	is "2 tasks: the same policy" "$(sum two-tasks/policy)" "$(sum one-task/policy)"
	is "under Slurm: the same policy" "$(sum slurm/policy)" "$(sum one-task/policy)"
	before=$(sum one-task/policy)
	rm one-task/2.done
	ok "typed again" bash "$src/examples/scale/ppo.sh" one-task model token corpus.jsonl 2
	is "nothing is trained again" "$(sum one-task/policy)" "$before"
else
	skip "tasks of GNU parallel" "no parallel"
fi

# ---- what ends a run ----

pids() { pgrep -P "$1" -x fg-update; }
wait_for() { for _ in $(seq 200); do "$@" && return 0; sleep 0.05; done; return 1; }
began() { [ "$(pids "$pid" | wc -l)" = "$1" ]; }
saved() { test -e "$1.part/trainer_state.json" || compgen -G "$1.part/*/trainer_state.json" >/dev/null; }

kills=4
[ -z "${FG_SLOW-}" ] || kills=50
run=(sft -m model --epochs 8 "${o[@]}" --save-every 1 corpus.jsonl)
fg-update "${run[@]}" -q -o whole
hit=0
for k in $(seq $kills); do
	n=$((k * 7 % 4 + 1))
	rm -rf cut cut.part
	mpirun -n $((n + 1)) fg-update "${run[@]}" -q -j 1 -o cut >out 2>&1 &
	pid=$!
	# in the start, in the steps, or while it is saved
	wait_for began $((n + 1))
	[ $((k % 4)) = 0 ] || wait_for saved cut
	sleep "0.0$((k * 37 % 10))"
	victim=$(pids $pid | sed -n "$((k * 11 % (n + 1) + 1))p")
	[ -z "$victim" ] || kill -9 "$victim" 2>/dev/null
	wait $pid || hit=$((hit + 1))
	ranks "$n" "${run[@]}" -o cut >out 2>&1
	[ "$(sum cut)" = "$(sum whole)" ] || break
done
is "$kills times a rank is killed, and another number of ranks goes on" "$(sum cut)" "$(sum whole)"
ok "most of them before the run has ended" test $hit -gt $((kills / 2))
echo "# $hit kills hit"

# a rank that does not answer
rm -rf cut cut.part
mpirun -n 3 fg-update sft -m model "${o[@]}" --epochs 100000 --save-every 1 -q -j 1 --rank-timeout 1 -o cut corpus.jsonl \
    >out 2>err &
pid=$!
wait_for saved cut
kill -STOP "$(pids $pid | tail -n 1)"
t=$(date +%s)
wait $pid
is "a rank that is stopped: the exit status" $? 3
ok "soon" test $(($(date +%s) - t)) -lt 20
ok "and a message" grep -q "^fg-update: rank [0-9] of 3: the other ranks have not answered for 1 seconds" err
ok "the last save stands" saved cut

# waiting for the input is not waiting for an answer
(sleep 2; cat corpus.jsonl) | ranks 2 sft -m model "${o[@]}" --rank-timeout 1 -o slow >out 2>&1
is "an input that comes slowly" $? 0

echo '{"prompt":"a"}' >bad.jsonl
ranks 3 sft -m model "${o[@]}" -o bad bad.jsonl >out 2>err
is "a bad record: the exit status" $? 1
is "and one message" "$(grep ^fg- err)" "fg-update: bad.jsonl:1: response: no such field"
ranks 3 sft -m model --shards 2 -o bad corpus.jsonl >out 2>err
is "too few shards: the exit status" $? 2
is "too few shards" "$(grep ^fg- err)" "fg-update: 3 ranks need --shards 3 or more"
SLURM_STEP_NUM_TASKS=2 fg-update sft -m model -o bad corpus.jsonl >out 2>err
is "a launcher that MPI does not know: the exit status" $? 2
is "a launcher that MPI does not know" "$(grep ^fg- err)" \
    "fg-update: one of 2 processes, but MPI sees one: is it the MPI of the launcher (srun --mpi=pmix)?"

# rank 1 finds another model in the folder's place
fg-init -t . -o other --dim 32 --layers 2 --heads 4 --kv-heads 2 --tied --seed 2
mkdir elsewhere
cp -r other elsewhere/model
cp corpus.jsonl elsewhere
mpirun -n 1 fg-update sft -m model -q "${o[@]}" -o bad corpus.jsonl : \
    -n 1 -wdir "$PWD/elsewhere" fg-update sft -m model -q "${o[@]}" -o bad corpus.jsonl >out 2>err
is "another model on another machine: the exit status" $? 2
is "another model on another machine" "$(grep ^fg- err)" \
    "fg-update: model: rank 1 has other weights there than rank 0: folders must be the same on every machine"

if [ -w /dev/full ]; then
	rm -rf cut cut.part
	ranks 2 "${run[@]}" --metrics /dev/full -o cut >out 2>err
	is "no room for metrics: the exit status" $? 3
	is "no room for metrics" "$(grep ^fg- err)" "fg-update: /dev/full: write: No space left on device"
fi
(
	# shellcheck source=tests/fault/shim.sh
	. "$src/tests/fault/shim.sh"
	mpirun -n 1 env LD_PRELOAD="$shim" FAULT_CALL=fsync FAULT_NTH=9 FAULT_HOW=on fg-update "${run[@]}" -q -j 1 -o full : \
	    -n 2 fg-update "${run[@]}" -q -j 1 -o full >out 2>err
	is "a full disk: the exit status" $? 3
	is "one message" "$(grep -c ^fg- err)" 1
	sed 's/^/# /' err | grep fg-
	ok "the last save stands" saved full
	ranks 2 "${run[@]}" -o full >out 2>&1
	is "and the run goes on from it" "$(sum full)" "$(sum whole)"
)

# ---- two hosts ----

ns=fg$$
hosts()
{
	[ "$(id -u)" = 0 ] && command -v ip >/dev/null && ip netns add $ns-a && ip netns add $ns-b &&
	    ip link add $ns-0 netns $ns-a type veth peer name $ns-1 netns $ns-b &&
	    ip -n $ns-a addr add 10.77.1.1/24 dev $ns-0 && ip -n $ns-b addr add 10.77.1.2/24 dev $ns-1 &&
	    ip -n $ns-a link set $ns-0 up && ip -n $ns-b link set $ns-1 up && ip -n $ns-a link set lo up && ip -n $ns-b link set lo up
}
no_hosts()
{
	ip netns del $ns-a
	ip netns del $ns-b
} 2>/dev/null
trap 'no_hosts; clean_up' EXIT
if hosts >out 2>&1; then
	cat >agent <<-END
	#!/bin/sh
	# what ssh would do: a command on the host of that address
	case \$1 in
	10.77.1.1) n=$ns-a ;;
	10.77.1.2) n=$ns-b ;;
	*) exit 1 ;;
	esac
	shift
	exec ip netns exec \$n unshare -u sh -c "hostname \$n; cd '$PWD'; \$*"
	END
	chmod +x agent
	printf '10.77.1.1 slots=1\n10.77.1.2 slots=1\n' >hosts
	export OMPI_MCA_plm_rsh_agent=$PWD/agent OMPI_MCA_orte_default_hostfile=$PWD/hosts OMPI_MCA_btl=tcp,self \
	    OMPI_MCA_btl_tcp_if_include=10.77.1.0/24 OMPI_MCA_oob_tcp_if_include=10.77.1.0/24
	first() { ip netns exec $ns-a unshare -u sh -c "hostname $ns-a; exec \"\$@\"" sh "$@"; }
	# shellcheck disable=SC2016	# the ranks' own variable
	first mpirun -n 2 sh -c 'hostname >host.$OMPI_COMM_WORLD_RANK; exec "$@"' sh fg-update "${run[@]}" -q -j 1 -o hosts.out \
	    >out 2>err || sed 's/^/# /' err
	is "two hosts" "$(cat host.0 host.1)" "$(printf '%s\n%s' $ns-a $ns-b)"
	is "two hosts, the same bytes" "$(sum hosts.out)" "$(sum whole)"
	if command -v parallel >/dev/null; then
		mkdir two-hosts
		cp -r model two-hosts/policy
		cp -r value two-hosts/policy/critic
		TASKS=2 ok "iterations of PPO on two hosts" first bash "$src/examples/scale/ppo.sh" two-hosts model token corpus.jsonl 2
		is "two hosts, the same policy" "$(sum two-hosts/policy)" "$(sum one-task/policy)"
	fi
else
	skip "two hosts" "no network namespaces here: $(head -n 1 out)"
fi
done_testing
