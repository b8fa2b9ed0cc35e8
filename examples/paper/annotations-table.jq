# annotations.json -> annotations.md
def r: (. * 10 | round) / 10 | tostring as $s | if ($s | contains(".")) then $s else $s + ".0" end;
def name: {"sequence": "preferences, sequence reward", "fine": "edits, token reward, penalties only",
    "cost": "edits, expected cost of editing"}[.] // .;
def many($n; $what): if $n == 1 then "one \($what)" else "\($n) \($what)s" end;
def number: . // "no number of these";
"<!-- made by: make -C examples/paper annotations-table -->",
"Win rate of the best of sixteen answers, %, by reward models of so many annotations (\(many(.seeds; "seed")), "
+ "\(many(.arms[0].at[0].draws; "draw")) of each number; \u00b1 standard error over prompts\(if .seeds > 1 then " and seeds" else "" end)):",
"",
"| | " + ([.arms[0].at[].count | tostring] | join(" | ")) + " |",
"|---" * (1 + (.arms[0].at | length)) + "|",
.seeds as $seeds | (.arms[] | (.at[0].by_seed | length) as $n | "| \(.candidate | name)\(if $n == $seeds then "" else " (\(many($n; "seed")))" end) | " + ([.at[] | "\(.win | r) ± \(.se | r)"] | join(" | ")) + " |"),
"",
"As good as \(.preferences) preferences: " + ([.reached[] | "\(.edits | number) edits (\(.candidate | name)"
    + (if (.by_seed | length) > 1 then "; seed by seed \([.by_seed[] | number | tostring] | join(", "))" else "" end) + ")"] | join(", ")) + ".",
(select(.policies | length > 0) | (.policies[0].at[0].by_seed | length) as $n | "",
"Win rate of policies after PPO with reward models of so many annotations, % (\(many($n; "seed")); \u00b1 standard error over prompts\(if $n > 1 then " and seeds" else "" end)):",
"",
"| | " + ([.policies[0].at[].count | tostring] | join(" | ")) + " |",
"|---" * (1 + (.policies[0].at | length)) + "|",
(.policies[] | "| \(.candidate | name) | " + ([.at[] | "\(.win | r) \u00b1 \(.se | r)"] | join(" | ")) + " |"))
