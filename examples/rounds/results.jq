# results.json -> results.md
def r: if . == null then "" else ((. * 10 | round) / 10 | tostring) as $s
    | if ($s | contains(".")) then $s else $s + ".0" end end;
def iv: if . == null or .points == null then "" else "\(.points | r) [\(.low | r), \(.high | r)]" end;
def name: {"sequence": "sequence reward, preferences", "fine": "token reward, penalties only", "cost": "expected cost of editing"}[.] // .;
def row($way): .rows[] | select(.candidate | endswith($way)) | "\(.win | iv) | \(.kl | r) | \(.length | r)";
"<!-- made by: make -C examples/rounds table -->",
"Win rate against the model before, the same number of annotations and iterations (\(.[0].rows[0].seeds) seed\(if .[0].rows[0].seeds == 1 then "" else "s" end)):",
"",
(.[0].rows[0].seeds > 1) as $many | def by_seed: if $many then " \(.difference.by_seed | map(r) | join(", ")) |" else "" end;
"| PPO with | at once, % | KL | characters | in rounds, % | KL | characters | rounds - once |" + (if $many then " seed by seed |" else "" end),
"|---" * (if $many then 9 else 8 end) + "|",
(.[] | "| \(.arm | name) | \(row("at once")) | \(row("in rounds")) | \(.difference | iv) |" + by_seed)
