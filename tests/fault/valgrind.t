#!/bin/sh
# Filters under valgrind: nothing that was not written is read, nothing is lost.
# FG_SLOW=1 only; what valgrind sees and ASan does not is memory without a value.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/model.sh
. "$src/tests/model.sh"

[ -n "${FG_SLOW-}" ] || skip_all "FG_SLOW is not set"
command -v valgrind >/dev/null || skip_all "no valgrind"
ldd "$BUILD/bin/fg-split" | grep -q asan && skip_all "a sanitizer has its own allocator"

small_world 12
small_pairs
head -n 4 corpus.jsonl >some
head -n 4 pairs.jsonl >few
fg-init -q --from model --head token -o reward --seed 2
fg-init -q --from model --lora-rank 2 -o lora
fg-rollout -q -m model --max-tokens 4 some | fg-score -q -m model --as ref_logprob | fg-score -q -m reward >sampled
fg-advantage -q --group grpo sampled >advantages
printf 'toxic,neutral1\n"a\nb",c\nd,e\n' >table
printf 'c: [1\n' >broken.yaml
printf '{"id":"1"}\n{"id":"2",\n' >broken

# CODE command...: under valgrind it does what it does without
clean()
{
	want=$1
	shift
	rm -rf made
	"$@" >good 2>/dev/null
	rm -rf made
	valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
	    --log-file=log "$@" >out 2>err
	is "$1 $2 ${3-}" "$? $(cmp out good 2>&1) $(head -n 40 log)" "$want  "
}

clean 0 fg-import --from pairs table
printf "{%% for m in messages %%}{{ m.role ~ m['content'][1:] | upper }}{{ loop.index }}{%% endfor %%}" >t.jinja
echo '{"messages":[{"role":"user","content":"abc"},{"role":"assistant","content":"d"}],"tools":[{"a":1.5}]}' >talks
clean 0 fg-import --from trl --template t.jinja talks
clean 0 fg-split -j 1 some
clean 0 fg-split -j 2 some
clean 0 fg-split --shuffle some
clean 0 fg-dedup --min-bytes 30 some
clean 0 fg-vocab --size 280 -f prompt -f response -o made some
clean 0 fg-tokenize -t tokenizer.json some
clean 0 fg-difflabel -t tokenizer.json few
clean 0 fg-check few model
clean 0 fg-show few
clean 0 fg-show --html few
clean 0 fg-score -j 1 -m model some
clean 0 fg-score -j 2 -m reward some
clean 0 fg-score -m lora some
clean 0 fg-score --bad aside -m model --as x -m lora --full-kl model -m reward some
clean 0 fg-rollout -j 1 -m model --max-tokens 3 some
clean 0 fg-advantage --group grpo sampled
clean 0 fg-update sft -q -m model -o made --batch 2 some
clean 0 fg-update sft -q -m lora -o made --batch 2 some
clean 0 fg-update reward -q -m reward -o made --batch 2 few
clean 0 fg-update ppo -q -m model -o made --no-critic --batch 2 advantages
clean 0 fg-init --from model --head value -o made
# what is wrong, too
clean 1 fg-split -j 1 broken
clean 1 fg-check broken
clean 2 fg-split -c broken.yaml
clean 3 fg-score -m nowhere some
done_testing
