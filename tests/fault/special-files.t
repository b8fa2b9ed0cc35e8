#!/bin/bash
# Ten files of a model's folder as eleven kinds of what is not the file that it should be: nothing
# waits, nothing fills the memory, and what is refused is named.  Then files that shrink while
# they are mapped.
# FG_SLOW=1: in five programs, and sixty files that shrink.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

small_world 6
fg-init -q --from model --lora-rank 2 -o lora
cp -r model policy
fg-init -q --from policy --head value --shared -o policy/critic
fg-update sft -q -m model -o trained --steps 1 corpus.jsonl
head -n 2 corpus.jsonl | sed 's/"finish":[^,]*,//' >in
# names of files take part in messages: they are to be short
special()
{
	rm -rf "$2"
	case $1 in
	fifo) mkfifo "$2" ;;
	folder) mkdir "$2" ;;
	dangling) ln -s nowhere "$2" ;;
	loop) ln -s "$(basename "$2")" "$2" ;;
	zero) ln -s /dev/zero "$2" ;;
	null) ln -s /dev/null "$2" ;;
	socket) perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1)' "$2" 2>/dev/null || mkfifo "$2" ;;
	sparse) truncate -s 1T "$2" || truncate -s 8G "$2" ;;
	empty) : >"$2" ;;
	half) head -c $(($(wc -c <"$3") / 2)) "$3" >"$2" ;;
	pointer) printf 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n' >"$2" ;;
	esac
}
export -f special
# FOLDER FILE
: >wrong
tried=0
# a sanitizer reserves more
ldd "$BUILD/bin/fg-score" | grep -q asan && most=unlimited || most=1500000
while read -r dir file; do
	for kind in fifo folder dangling loop zero null socket sparse empty half pointer; do
		cp "$dir/$file" whole 2>/dev/null || echo '{"a": 1}' >whole
		[ -e "$dir/$file" ] && was=1 || was=
		special $kind "$dir/$file" whole
		for command in "fg-score -q -m $dir in" "fg-check -q $dir" "fg-init -q --from $dir --head token -o made" \
		    "fg-update sft -q -m $dir -o made --steps 1 in" "fg-advantage -q --controller $dir /dev/null"; do
			case ${FG_SLOW-}$command in
			fg-[iua]*) continue ;;
			esac
			rm -rf made made.part
			tried=$((tried + 1))
			# shellcheck disable=SC2086	# a command line
			(ulimit -d $most; exec timeout 20 $command) >out 2>err
			code=$?
			case $code in
			0) ;;
			[1-3]) [ -s err ] || [ -s out ] || echo "$dir/$file $kind: $command: exit $code without a word" ;;
			*) echo "$dir/$file $kind: $command: exit $code: $(head -c 200 err)" ;;
			esac >>wrong
			! grep -q 'out of memory' err out || echo "$dir/$file $kind: $command: $(cat err out | head -c 200)" >>wrong
		done
		rm -rf "${dir:?}/$file"
		[ -z "$was" ] || cp whole "$dir/$file"
	done
done <<'END'
model config.json
model generation_config.json
model model.safetensors
model model.safetensors.index.json
model tokenizer.json
model tokenizer_config.json
trained trainer_state.json
lora adapter_config.json
lora adapter_model.safetensors
policy/critic head_config.json
END
is "ten files as eleven kinds: $tried runs" "$(head -n 8 wrong)" ""
for kind in pointer folder fifo; do
	cp model/model.safetensors whole
	special $kind model/model.safetensors whole
	fg-score -q -m model in >out 2>err
	case $kind in
	pointer) is "a Git LFS pointer is named" "$? $(cat err)" \
	    "1 fg-score: model/model.safetensors: not safetensors, but a Git LFS pointer; 'git lfs pull' fetches the file itself" ;;
	*) is "a $kind is named" "$? $(cat err)" "1 fg-score: model/model.safetensors: not a regular file" ;;
	esac
	rm -rf model/model.safetensors
	mv whole model/model.safetensors
done
mv model/model.safetensors model/pytorch_model.bin
exits 1 "weights in another layout" fg-score -q -m model in
is "are named" "$(cat err)" "fg-score: model/model.safetensors: not there; pytorch_model.bin is, but weights are read from safetensors alone"
mv model/pytorch_model.bin model/model.safetensors
mv model/tokenizer.json t.json
echo x >model/tokenizer.model
exits 1 "another tokenizer" fg-score -q -m model in
is "is named" "$(cat err)" "fg-score: in:1:29: prompt: no ids, and model has no tokenizer.json (tokenizer.model is not read)"
rm model/tokenizer.model
mv t.json model/tokenizer.json

# a stream of records that begins with something else
special pointer x
exits 1 "a Git LFS pointer for records" fg-split x
is "is named" "$(cat err)" "fg-split: x:1:1: expected a record: {...}, not a Git LFS pointer; 'git lfs pull' fetches the file itself"
printf '\377\376{\0}\0\n\0' >model/generation_config.json
exits 1 "a configuration in UTF-16" fg-score -q -m model in
is "is named, too" "$(cat err)" "fg-score: model/generation_config.json:1:1: not JSON, but UTF-16; 'iconv -f UTF-16 -t UTF-8' converts it"
rm model/generation_config.json

# a file that is cut while it is mapped: the weights of a model that is being read again and again
: >wrong
rounds=6
[ -z "${FG_SLOW-}" ] || rounds=60
fg-init -q -t . -o big --dim 256 --layers 8 --heads 8 --vocab 8000
cp big/model.safetensors whole
bus=0
for k in $(seq $rounds); do
	cp whole big/model.safetensors
	fg-score -q -m big in >out 2>err &
	pid=$!
	sleep "0.0$((k % 10))$((k % 7))"
	truncate -s 5000 big/model.safetensors
	wait $pid
	case $? in
	0 | 1) ;;
	3)
		bus=$((bus + 1))
		grep -q "^fg-score: .*big/model.safetensors: became shorter while it was read$" err || cat err
		;;
	*) echo "exit $?: $(cat err)" ;;
	esac >>wrong
done
is "a file that shrinks is named" "$(head -n 5 wrong)" ""
echo "# $bus of $rounds in time"
done_testing
