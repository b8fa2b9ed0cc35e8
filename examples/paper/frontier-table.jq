# frontier.json -> frontier.md
def r: if . == null then "" else ((. * 10 | round) / 10 | tostring) as $s
    | if ($s | contains(".")) then $s else $s + ".0" end end;
def iv: if . == null then "not reached" else "\(.points | r) [\(.low | r), \(.high | r)]" end;
def name: {"sequence": "sequence reward, original pairs", "edited": "sequence reward, edited pairs",
    "plain": "token reward, unclamped", "fine": "token reward, penalties only", "cost": "expected cost of editing"}[.] // .;
def row: "| \(.candidate | name) | \(.at | map(iv) | join(" | ")) |";
"<!-- made by: make -C examples/paper frontier-table -->",
"Win rate, %, at a KL from the reference (\(.seeds) seed\(if .seeds == 1 then "" else "s" end)):",
"",
"| PPO with | " + (.kls | map("KL \(.)") | join(" | ")) + " |",
"|---" * (.kls | length + 1) + "|",
(.arms[] | row),
"",
"Points more than PPO with the sequence reward of original pairs at the same KL:",
"",
"| PPO with | " + (.kls | map("KL \(.)") | join(" | ")) + " |",
"|---" * (.kls | length + 1) + "|",
(.difference[] | row),
"",
"Where each run ends, after all its iterations, and its best checkpoint:",
"",
"| PPO with | rate | best win rate, % | at KL | win rate at the end | KL |",
"|---|---|---|---|---|---|",
(.runs[] | (.points | max_by(.win)) as $b | (.points | last) as $e
    | "| \(.candidate | name) | \(.rate) | \($b.win | r) | \($b.kl | r) | \($e.win | r) | \($e.kl | r) |")
