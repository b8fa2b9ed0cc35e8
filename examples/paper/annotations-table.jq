# annotations.json -> annotations.md
def r: (. * 10 | round) / 10 | tostring as $s | if ($s | contains(".")) then $s else $s + ".0" end;
def name: {"sequence": "preferences, sequence reward", "fine": "edits, token reward, penalties only",
    "cost": "edits, expected cost of editing"}[.] // .;
"<!-- made by: make -C examples/paper annotations-table -->",
"Win rate of the best of sixteen answers, %, by reward models of so many annotations (\(.arms[0].at[0].draws | if . == 1 then "one draw" else "\(.) draws" end) of each number; \u00b1 standard error over prompts):",
"",
"| | " + ([.arms[0].at[].count | tostring] | join(" | ")) + " |",
"|---" * (1 + (.arms[0].at | length)) + "|",
(.arms[] | "| \(.candidate | name) | " + ([.at[] | "\(.win | r) \u00b1 \(.se | r)"] | join(" | ")) + " |"),
"",
"As good as \(.preferences) preferences: " + ([.reached[] | "\(.edits // "no number of these") edits (\(.candidate | name))"] | join(", ")) + "."
