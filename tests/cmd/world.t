#!/bin/sh
# The demo's world: deterministic, its parts disjoint, its annotator minimal, its
# judge not to be gamed.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
w=$BUILD/examples/world/world
# sum MEMBER of lines of `world score`
sum() { sed "s/.*\"$1\":\(-*[0-9]*\).*/\1/" | awk '{ s += $1 } END { print s + 0 }'; }

$w corpus --n 2000 --seed 3 >corpus
$w corpus --n 2000 --seed 3 | cmp -s - corpus
is "a seed gives the same corpus" $? 0
is "288 facts" "$($w facts | wc -l | tr -d ' ')" 288

# faults: the sentences with a wrong value or a rude word
sed 's/.*"response":"//; s/"}$//' corpus >text
$w score <corpus >score
rude=$(sum rude <score) wrong=$(sum wrong <score) all=$(sum sentences <score)
# independent: P(either) = w + r - wr
is "at least a third of the sentences carry a fault" \
    "$(awk -v w="$wrong" -v r="$rude" -v n="$all" 'BEGIN { f = w/n + r/n - w/n * r/n; print (f >= 1/3 && f < 0.5) }')" 1
$w corpus --n 300 --seed 5 --clean | $w score >clean
is "--clean has every fact and no fault" "$(sum score <clean)" "$(sum asked <clean)"

for p in train tune test; do
	$w prompts --n 600 --seed 2 --part $p | sed 's/.*"prompt"://' | sort >"$p"
	is "$p: no prompt twice" "$(uniq "$p" | wc -l | tr -d ' ')" 600
done
# the same entity and set of attributes in two parts would be the same question
for p in train tune test; do
	sed 's/Tell me about//; s/Describe//; s/What of//; s/I ask for//; s/Facts on//; s/\\n//; s/[^A-Za-z ]//g' "$p" |
	awk '{ n = split($0, a, " "); for (i = 2; i < n; i++) for (j = i + 1; j <= n; j++)
	    if (a[j] < a[i]) { x = a[i]; a[i] = a[j]; a[j] = x }
	    s = a[1]; for (i = 2; i <= n; i++) s = s " " a[i]; print s }' | sort -u >"$p.set"
done
is "the parts ask different things" "$(sort train.set tune.set test.set | uniq -d | wc -l | tr -d ' ')" 0
$w prompts --n 1000000 --part tune >/dev/null 2>err
is "more prompts than there are is an error" "$?" 1

# the annotator: one line for one line, every fault mended, nothing else changed
sed 's/"response"/"rejected"/' corpus | $w annotate | sed 's/.*"chosen":/"response":/' >edited
cut -d, -f1 corpus >id
sed 's/^{"id":"[^"]*",\(.*\),"response":.*/\1/' corpus >prompt
paste -d, id prompt edited >fixed
$w score <fixed >fixed.score
is "an edit has every fact and no fault" "$(sum score <fixed.score)" "$(sum asked <fixed.score)"
sed 's/"response"/"rejected"/' fixed | $w annotate | sed 's/.*"chosen":/"response":/' | cmp -s - edited
is "an edit needs no edit" $? 0
edit() { printf '{"prompt":"Tell me about Mira: job, pet.\\n","rejected":"%s"}\n' "$1" | $w annotate | sed 's/.*"chosen":"//; s/"}$//'; }
job=$($w facts | sed -n 's/.*"Mira".*"job","value":"\([a-z]*\)".*/\1/p')
pet=$($w facts | sed -n 's/.*"Mira".*"pet","value":"\([a-z]*\)".*/\1/p')
good="By trade Mira is a $job. At home Mira has a $pet."
is "nothing to edit" "$(edit "$good")" "$good"
is "rude words go" "$(edit "By trade Mira is a damn $job. At home Mira the fool has a $pet.")" "$good"
is "a wrong value is replaced in place" "$(edit "By trade Mira is a clown. At home Mira has a $pet.")" "$good"
is "repetitions go" "$(edit "$good $good")" "$good"
is "what was not asked for is deleted" "$(edit "$good Mira loves chess.")" "$good"
is "broken sentences are mended" "$(edit "By trade Mira is is a $job. At home Mira has a $pet")" "$good"
is "noise is deleted" "$(edit "xyzzy \\u00e9 \\\\ \\\" {}[] $good")" "$good"
is "what is missing is added" "$(edit "By trade Mira is a $job." | grep -c "^By trade Mira is a $job\. .*$pet\.\$")" 1

# whatever a model says: random cuts, swaps and repetitions of words
awk -v seed=7 'BEGIN { srand(seed) } {
	n = split($0, w, " "); s = "";
	for (i = 1; i <= n; i++) {
		r = rand();
		if (r < 0.1) continue;
		s = s (s == "" ? "" : " ") w[r < 0.2 ? int(1 + rand() * n) : i];
	}
	print substr(s, 1, int(length(s) * (0.5 + rand())))
}' text | sed 's/.*/"response":"&"}/' >noise
paste -d, id prompt noise >broken
sed 's/"response"/"rejected"/' broken | $w annotate | sed 's/.*"chosen":/"response":/' >mended
paste -d, id prompt mended | $w score >mended.score
is "every broken answer is mended" \
    "$(wc -l <mended.score | tr -d ' ') $(sum score <mended.score)" "2000 $(sum asked <mended.score)"

# The judge against policies that game it, beside the corpus itself as the reference.
ref=$(sed 's/^.*,"response":/"reference":/' corpus | tee ref | wc -l)
losses()        # of the responses in $1
{
	paste -d, id prompt "$1" ref | sed 's/"}*,"reference"/","reference"/' |
	    $w judge >win
	awk -v n="$ref" '/"win":0}/ { l++ } END { print (NR == n && l >= 0.9 * n) ? "lost" : "lost only " l + 0 " of " NR }' win
}
sed 's/.*/"response":""/' text >r
is "silence loses" "$(losses r)" lost
sed 's/^\([^.]*\.\).*/"response":"\1"/' text >r
is "one sentence loses" "$(losses r)" lost
sed 's/^"response":"\([^.]*\.\).*/"response":"\1"/' edited >r
is "one sentence loses, even a right one" "$(losses r)" lost
sed 's/^\([^.]*\.\).*/"response":"\1 \1 \1 \1"/' text >r
is "a repeated sentence loses" "$(losses r)" lost
sed 's/^"response":"\([^.]*\.\).*/"response":"\1 \1 \1 \1"/' edited >r
is "a repeated sentence loses, even a right one" "$(losses r)" lost
sed 's/.*"prompt"/"response"/; s/\\n//' prompt >r
is "a copy of the prompt loses" "$(losses r)" lost
sed 's/"}$/"/' edited >r
losses r >/dev/null
is "the truth never loses" "$(grep -c '"win":0}' win)" 0
sed 's/.*/"response":"&"/' text >r
losses r >/dev/null
is "equal answers tie" "$(grep -c '"win":0.5}' win)" 2000

# pairs from sampled groups
paste -d, id prompt edited >both
paste -d '\n' corpus both | $w prefer >pairs
sed 's/"chosen"/"response"/' pairs | $w score >s
is "the better answer is chosen" "$(sum score <s)" "$(sum asked <s)"
is "a pair for every two answers that differ in score" "$(awk 'END { print (NR > 1000) }' pairs)" 1

echo '{"prompt":"Hello.","response":"x"}' | $w score >/dev/null 2>err
is "a prompt of no world is an error" "$?" 1
$w corpus --n x 2>/dev/null
is "usage" "$?" 2
done_testing
