# frontier.json -> frontier.md
def r: if . == null then "" else ((. * 10 | round) / 10 | tostring) as $s
    | if ($s | contains(".")) then $s else $s + ".0" end end;
def iv: if . == null then "not reached" else "\(.points | r) [\(.low | r), \(.high | r)]" end;
def name: {"sequence": "sequence reward, original pairs", "edited": "sequence reward, edited pairs",
    "plain": "token reward, unclamped", "fine": "token reward, penalties only", "cost": "expected cost of editing"} as $n
    | $n[.] // (if startswith("best of n, ") then "no PPO: best of n by " + (ltrimstr("best of n, ") | $n[.] // .) else . end);
def row: "| \(.candidate | name) | \(.at | map(iv) | join(" | ")) |";
def seeds: if . == null then "" else .by_seed | to_entries | map(.value | r) | join(", ") end;
"<!-- made by: make -C examples/paper frontier-table -->",
"Win rate, %, at a KL from the reference (\(.seeds) seed\(if .seeds == 1 then "" else "s" end)):",
"",
"| PPO with | " + (.kls | map("KL \(.)") | join(" | ")) + " |",
"|---" * (.kls | length + 1) + "|",
(.arms | sort_by(.candidate | startswith("best"))[] | row),
"",
"Points more than PPO with the sequence reward of original pairs at the same KL:",
"",
"| PPO with | " + (.kls | map("KL \(.)") | join(" | ")) + " |",
"|---" * (.kls | length + 1) + "|",
(.difference | sort_by(.candidate | startswith("best"))[] | row),
"",
(select(.seeds > 1) | "The same, seed by seed:", "",
"| PPO with | " + (.kls | map("KL \(.)") | join(" | ")) + " |",
"|---" * (.kls | length + 1) + "|",
(.difference[] | select(.candidate | startswith("best") | not) | "| \(.candidate | name) | \(.at | map(seeds) | join(" | ")) |"),
""),
"Where each run ends, after all its iterations, and its best checkpoint\(if .seeds > 1 then " (means of the seeds, step by step)" else "" end):",
"",
(.seeds > 1) as $many | "| PPO with | rate |" + (if $many then " seeds |" else "" end) + " best win rate, % | at KL | win rate at the end | KL |",
"|---" * (if $many then 7 else 6 end) + "|",
(.runs[] | select(.rate != "n") | (.points | max_by(.win)) as $b | (.points | last) as $e
    | "| \(.candidate | name) | \(.rate) |" + (if $many then " \(.seeds) |" else "" end) + " \($b.win | r) | \($b.kl | r) | \($e.win | r) | \($e.kl | r) |"),
(select(.tokens | length > 0) | "",
"Tokens of an answer that it learns from, means of ten iterations:",
"",
"| PPO with | rate | " + (.tokens[0].at | map("to \(.step)") | join(" | ")) + " |",
"|---" * (2 + (.tokens[0].at | length)) + "|",
(.tokens[] | "| \(.candidate | name) | \(.rate) | \(.at | map(.tokens | r) | join(" | ")) |"))
