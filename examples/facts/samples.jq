# Verdicts -> samples.md: the first answer to the first question about each of eight unseen countries, whatever
# it is, before and after
def question: split("<|im_start|>user\n")[-1] | split("<")[0];
def answer($c): .[] | select(.candidate == $c) | .response | ltrimstr(" ") | gsub("\n"; " ");
[.[] | select(.part == "unseen" and .seed == $seed and (.candidate | startswith("best") | not))]
| ([.[].candidate] | unique) as $c
| "<!-- made by: make -C examples/facts samples -->", "",
(group_by(.prompt) | map(group_by(.id)[0]) | unique_by(.[0].reference | ltrimstr(" ") | split(" ")[0])[:8][]
    | "**\(.[0].prompt | question)**", "", "- before: \(.[0].reference | ltrimstr(" "))",
    (. as $a | $c[] as $n | $a | "- \($n): \(answer($n))"), "")
