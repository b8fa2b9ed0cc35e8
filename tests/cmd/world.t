#!/bin/sh
# The demo's world: deterministic, its parts disjoint, its annotator minimal, its
# judge not to be gamed.
set -u
build=${BUILD:-$(dirname "$0")/../../build}
w=$build/examples/world/world
t=$(mktemp -d) || exit 1
trap 'rm -rf "$t"' EXIT
n=0

ok()
{
	n=$((n + 1))
	if [ "$1" = "$2" ]; then
		echo "ok $n - $3"
	else
		echo "not ok $n - $3"
		echo "# got: $1"
		echo "# expected: $2"
	fi
}
# sum MEMBER of lines of `world score`
sum() { sed "s/.*\"$1\":\(-*[0-9]*\).*/\1/" | awk '{ s += $1 } END { print s + 0 }'; }

$w corpus --n 2000 --seed 3 >"$t/corpus"
$w corpus --n 2000 --seed 3 | cmp -s - "$t/corpus"
ok $? 0 "a seed gives the same corpus"
ok "$($w facts | wc -l | tr -d ' ')" 288 "288 facts"

# faults: the sentences with a wrong value or a rude word
sed 's/.*"response":"//; s/"}$//' "$t/corpus" >"$t/text"
$w score <"$t/corpus" >"$t/score"
rude=$(sum rude <"$t/score") wrong=$(sum wrong <"$t/score") all=$(sum sentences <"$t/score")
# independent: P(either) = w + r - wr
ok "$(awk -v w="$wrong" -v r="$rude" -v n="$all" 'BEGIN { f = w/n + r/n - w/n * r/n; print (f >= 1/3 && f < 0.5) }')" 1 \
    "at least a third of the sentences carry a fault"
$w corpus --n 300 --seed 5 --clean | $w score >"$t/clean"
ok "$(sum score <"$t/clean")" "$(sum asked <"$t/clean")" "--clean has every fact and no fault"

for p in train tune test; do
	$w prompts --n 600 --seed 2 --part $p | sed 's/.*"prompt"://' | sort >"$t/$p"
	ok "$(uniq "$t/$p" | wc -l | tr -d ' ')" 600 "$p: no prompt twice"
done
# the same entity and set of attributes in two parts would be the same question
for p in train tune test; do
	sed 's/Tell me about//; s/Describe//; s/What of//; s/I ask for//; s/Facts on//; s/\\n//; s/[^A-Za-z ]//g' "$t/$p" |
	awk '{ n = split($0, a, " "); for (i = 2; i < n; i++) for (j = i + 1; j <= n; j++)
	    if (a[j] < a[i]) { x = a[i]; a[i] = a[j]; a[j] = x }
	    s = a[1]; for (i = 2; i <= n; i++) s = s " " a[i]; print s }' | sort -u >"$t/$p.set"
done
ok "$(sort "$t/train.set" "$t/tune.set" "$t/test.set" | uniq -d | wc -l | tr -d ' ')" 0 "the parts ask different things"
$w prompts --n 1000000 --part tune >/dev/null 2>"$t/err"
ok "$?" 1 "more prompts than there are is an error"

# the annotator: one line for one line, every fault mended, nothing else changed
sed 's/"response"/"rejected"/' "$t/corpus" | $w annotate | sed 's/.*"chosen":/"response":/' >"$t/edited"
cut -d, -f1 "$t/corpus" >"$t/id"
sed 's/^{"id":"[^"]*",\(.*\),"response":.*/\1/' "$t/corpus" >"$t/prompt"
paste -d, "$t/id" "$t/prompt" "$t/edited" >"$t/fixed"
$w score <"$t/fixed" >"$t/fixed.score"
ok "$(sum score <"$t/fixed.score")" "$(sum asked <"$t/fixed.score")" "an edit has every fact and no fault"
sed 's/"response"/"rejected"/' "$t/fixed" | $w annotate | sed 's/.*"chosen":/"response":/' | cmp -s - "$t/edited"
ok $? 0 "an edit needs no edit"
edit() { printf '{"prompt":"Tell me about Mira: job, pet.\\n","rejected":"%s"}\n' "$1" | $w annotate | sed 's/.*"chosen":"//; s/"}$//'; }
job=$($w facts | sed -n 's/.*"Mira".*"job","value":"\([a-z]*\)".*/\1/p')
pet=$($w facts | sed -n 's/.*"Mira".*"pet","value":"\([a-z]*\)".*/\1/p')
good="By trade Mira is a $job. At home Mira has a $pet."
ok "$(edit "$good")" "$good" "nothing to edit"
ok "$(edit "By trade Mira is a damn $job. At home Mira the fool has a $pet.")" "$good" "rude words go"
ok "$(edit "By trade Mira is a clown. At home Mira has a $pet.")" "$good" "a wrong value is replaced in place"
ok "$(edit "$good $good")" "$good" "repetitions go"
ok "$(edit "$good Mira loves chess.")" "$good" "what was not asked for goes"
ok "$(edit "By trade Mira is is a $job. At home Mira has a $pet")" "$good" "broken sentences are mended"
ok "$(edit "xyzzy \\u00e9 \\\\ \\\" {}[] $good")" "$good" "noise goes"
case $(edit "By trade Mira is a $job.") in
"By trade Mira is a $job. "*"$pet.") ok 1 1 "what is missing is added" ;;
*) ok 0 1 "what is missing is added" ;;
esac

# whatever a model says: random cuts, swaps and repetitions of words
awk -v seed=7 'BEGIN { srand(seed) } {
	n = split($0, w, " "); s = "";
	for (i = 1; i <= n; i++) {
		r = rand();
		if (r < 0.1) continue;
		s = s (s == "" ? "" : " ") w[r < 0.2 ? int(1 + rand() * n) : i];
	}
	print substr(s, 1, int(length(s) * (0.5 + rand())))
}' "$t/text" | sed 's/.*/"response":"&"}/' >"$t/noise"
paste -d, "$t/id" "$t/prompt" "$t/noise" >"$t/broken"
sed 's/"response"/"rejected"/' "$t/broken" | $w annotate | sed 's/.*"chosen":/"response":/' >"$t/mended"
paste -d, "$t/id" "$t/prompt" "$t/mended" | $w score >"$t/mended.score"
ok "$(wc -l <"$t/mended.score" | tr -d ' ') $(sum score <"$t/mended.score")" "2000 $(sum asked <"$t/mended.score")" \
    "every broken answer is mended"

# The judge against policies that game it, beside the corpus itself as the reference.
ref=$(sed 's/^.*,"response":/"reference":/' "$t/corpus" | tee "$t/ref" | wc -l)
losses()        # of the responses in $1
{
	paste -d, "$t/id" "$t/prompt" "$1" "$t/ref" | sed 's/"}*,"reference"/","reference"/' |
	    $w judge >"$t/win"
	awk -v n="$ref" '/"win":0}/ { l++ } END { print (NR == n && l >= 0.9 * n) ? "lost" : "lost only " l + 0 " of " NR }' "$t/win"
}
sed 's/.*/"response":""/' "$t/text" >"$t/r"
ok "$(losses "$t/r")" lost "silence loses"
sed 's/^\([^.]*\.\).*/"response":"\1"/' "$t/text" >"$t/r"
ok "$(losses "$t/r")" lost "one sentence loses"
sed 's/^"response":"\([^.]*\.\).*/"response":"\1"/' "$t/edited" >"$t/r"
ok "$(losses "$t/r")" lost "one sentence loses, even a right one"
sed 's/^\([^.]*\.\).*/"response":"\1 \1 \1 \1"/' "$t/text" >"$t/r"
ok "$(losses "$t/r")" lost "a repeated sentence loses"
sed 's/^"response":"\([^.]*\.\).*/"response":"\1 \1 \1 \1"/' "$t/edited" >"$t/r"
ok "$(losses "$t/r")" lost "a repeated sentence loses, even a right one"
sed 's/.*"prompt"/"response"/; s/\\n//' "$t/prompt" >"$t/r"
ok "$(losses "$t/r")" lost "a copy of the prompt loses"
sed 's/"}$/"/' "$t/edited" >"$t/r"
losses "$t/r" >/dev/null
ok "$(grep -c '"win":0}' "$t/win")" 0 "the truth never loses"
sed 's/.*/"response":"&"/' "$t/text" >"$t/r"
losses "$t/r" >/dev/null
ok "$(grep -c '"win":0.5}' "$t/win")" 2000 "equal answers tie"

# pairs from sampled groups
paste -d, "$t/id" "$t/prompt" "$t/edited" >"$t/both"
paste -d '\n' "$t/corpus" "$t/both" | $w prefer >"$t/pairs"
sed 's/"chosen"/"response"/' "$t/pairs" | $w score >"$t/s"
ok "$(sum score <"$t/s")" "$(sum asked <"$t/s")" "the better answer is chosen"
ok "$(awk 'END { print (NR > 1000) }' "$t/pairs")" 1 "a pair for every two answers that differ in score"

echo '{"prompt":"Hello.","response":"x"}' | $w score >/dev/null 2>"$t/err"
ok "$?" 1 "a prompt of no world is an error"
$w corpus --n x 2>/dev/null
ok "$?" 2 "usage"
echo "1..$n"
