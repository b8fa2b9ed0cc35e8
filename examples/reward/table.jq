# backbone.jsonl -> backbone.md.  A figure of several seeds: their mean, the lowest end and the highest of their intervals.
def r: . * 10 | round / 10;
def mean: add / length;
def iv($f): map(.[$f] | select(. != null and .points != null)) | if length == 0 then "" else
    "\(map(.points) | mean | r) [\(map(.low) | min | r), \(map(.high) | max | r)]" end;
def part: {"all": "", "half": ", at most half of the words changed"}[.];
"<!-- made by: make -C examples/reward table -->",
"| set | reward model | learned from | held-out pairs | pairs in order, % | AUC of deleted tokens | of inserted tokens | seeds |",
"|---|---|---|---|---|---|---|---|",
# of a set that people rewrote freely, those that change little as well
(map(select(.part == "all")) | map({key: .set, value: .pairs}) | from_entries) as $of
| (map(select(.part == "all" or (.part == "half" and .pairs < .9 * $of[.set])))
    | group_by([.set, .part, .reward == "sequence"])[] | .[0] as $x
    | "| \($x.set)\($x.part | part) | \($x.reward) | \($x.learned)\(if $x.epochs > 1 then " × \($x.epochs)" else "" end) | \($x.pairs) | "
    + "\(iv("accuracy_sum")) | \(iv("auc_minus")) | \(iv("auc_plus")) | \(map(.seed) | sort | map(tostring) | join(", ")) |"),
(map(select(.part == "spans")) | group_by(.set)[]
    | "", "\(.[0].set), the parts that people marked as wrong (\(.[0].marked) of \(.[0].characters) characters), found by the rewards: "
    + "F1 of characters \(map(.f1 | r | tostring) | join(", ")) (seeds \(map(.seed | tostring) | join(", "))); "
    + "of every token \(.[0].every | r), of the tokens that the edits change \(.[0].edits | r).")
