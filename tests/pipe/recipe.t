#!/bin/sh
# Recipes and options, which all programs read alike.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

conf() { fg-split "$@" --print-config | grep -E '^(part|shuffle|seed):' | tr '\n' ' '; }
fault() { # TEXT MESSAGE
	printf '%b' "$1" >r.yaml
	fg-split -c r.yaml </dev/null >out 2>err
	is "$2" "$? $(head -n 1 err)" "2 fg-split: r.yaml:$2"
}

printf 'fg-split: {part: train}\nfg-score: {batch: 7}\npart: test\nshuffle: true\nseed: 3\n' >r.yaml
is "a program's section overrides what is for all" "$(conf -c r.yaml)" "part: train shuffle: true seed: 3 "
is "the command line before both" "$(conf -c r.yaml -p valid --no-shuffle --seed 4)" "part: valid shuffle: false seed: 4 "
exits 2 "one recipe" fg-split -c r.yaml -c r.yaml
exits 2 "a flag has no value" fg-split --shuffle=false
fault 'seed: 1\nfg-spilt:\n  part: test\n' "2:1: there is no program 'fg-spilt'"
fault 'seed: 1\nseed: 2\n' "2:1: given twice: 'seed'"
fault 'fg-split:\n  part: test\n  part: all\n' "3:3: given twice: 'part'"
fault 'seed: 1\nfg-score:\n  part: \001\n' "3:9: control characters are not allowed"
fault 'seed: 1\nx: \377\n' "2:4: invalid leading UTF-8 octet"
fault 'seed: 1\nsede: 2\n' "2:1: unknown key 'sede'; did you mean 'seed'"

# libyaml's time is quadratic in these: the same place whatever follows, so that the rest was not read
deep() { head -c "$1" /dev/zero | tr '\0' "$2"; }
for n in 16 1000000; do
	fault "fg-score: $(deep $n [)" "1:$((10 + 16)): values are nested too deep"
	fault "fg-score: $(deep $n [ | sed 's/\[/{a: /g')" "1:$((10 + 4 * 15 + 1)): values are nested too deep"
	fault "seed: 1\n$(deep $((n + 1)) x | sed 's/x/%TAG !x! y:\\n/g')---\n" "18:1: more than 16 directives"
done
printf 'fg-score: %s1%s\nseed: 5\n' "$(deep 15 "[")" "$(deep 15 "]")" >r.yaml
is "another program's values may be nested" "$(conf -c r.yaml)" "part: all shuffle: false seed: 5 "

# what --print-config says is read as it was
odd=$(printf 'd\177\302\205\342\200\250\342\200\251\357\273\277"\\\n\tx')
fg-import --from trl --template own --begin "$odd" --chosen "$odd" --print-config >one
fg-import -c one --print-config >two
same "any text comes back" one two
is "and is that text" "$(echo '{"prompt":"p","chosen":[{"role":"assistant","content":"c"}],"rejected":[{"role":"assistant","content":"r"}]}' |
	fg-import --from trl --template own --begin "$odd" | fg-check -q; echo $?)" 0

exits 2 "but what is not text" fg-import --from trl --template own --begin "$(printf 'a\377')" --print-config
is "is not made one" "$(head -n 1 err)" "fg-import: --begin: not UTF-8, as a recipe has to be"
exits 2 "a part of another template" fg-import --from trl --template llama2 --open x

# names that are nearly right, and those that are not whole
said() { # MESSAGE WANT OPTION...
	what=$1 want=$2
	shift 2
	"$@" >out 2>err </dev/null
	is "$what" "$? $(head -n 1 err)" "2 $want"
}
said "two letters off" "fg-split: unknown option --shufle; did you mean --shuffle" fg-split --shufle
said "its opposite" "fg-split: unknown option --no-shufffle; did you mean --no-shuffle" fg-split --no-shufffle
said "nothing is near" "fg-split: unknown option --zebra" fg-split --zebra=3
said "a beginning of two" "fg-update: ambiguous option --critic-: --critic-lr or --critic-warmup" fg-update ppo --critic-
said "a word that is not one of the option's" \
    "fg-advantage: --group: expected none, grpo, rloo, got 'gpro'" fg-advantage --group gpro

# kinds: what applies to one, and defaults of its own
said "an option of another kind" "fg-update: --pack is of sft, not of ppo" fg-update ppo --pack 8
said "no kind" "fg-update: the first operand is sft, reward, ppo or dpo" fg-update -m x -o y
said "no such kind" "fg-update: the first operand is sft, reward, ppo or dpo" fg-update spo
is "usage of a kind" "$(fg-update ppo --pack 8 2>&1 | sed 1d)" "usage: fg-update ppo [options] -m DIR -o DIR [file ...]"
is "help of a kind leaves others out" "$(fg-update -h ppo | grep -c -e --pack -e --objective -e '--field FIELD')" 1
is "help without one has what is common" "$(fg-update -h | grep -c -e --pack -e --clip-high -e '--epochs N')" 1
ok "help of ppo fits 45 lines" test "$(fg-update ppo --help | wc -l)" -le 45
epochs() { fg-update "$@" --print-config | grep epochs: | tr -d '\n'; }
is "a kind's own default" "$(epochs sft) $(epochs ppo) $(epochs)" "epochs: 1 epochs: 2 #epochs: ~"
echo 'epochs: 5' >r.yaml
is "a recipe overrides it" "$(epochs ppo -c r.yaml) $(epochs -c r.yaml) $(epochs ppo --epochs 7 -c r.yaml)" \
    "epochs: 5 epochs: 5 epochs: 7"
printf 'fg-split: {part: train}\n%.0s' $(seq 50) >r.yaml
is "a section that comes often" "$(conf -c r.yaml)" "part: train shuffle: false seed: 0 "

# a section for every program there is
for p in "$src"/cmd/*.c; do echo "fg-$(basename "$p" .c): {}"; done | grep -v finegrain >r.yaml
echo 'part: train' >>r.yaml
is "every program may have its section" "$(conf -c r.yaml)" "part: train shuffle: false seed: 0 "
done_testing
