# stops.json -> stops.md
def iv: if . == null or .points == null then "" else "\(.points * 10 | round / 10) [\(.low * 10 | round / 10), \(.high * 10 | round / 10)]" end;
def kl: if . == null then "" else . * 100 | round / 100 end;
def part($rows; $c): $rows[] | select(.candidate == $c);
def name: {"sequence": "PPO, sequence reward", "fine": "PPO, expected cost"}[split(" ")[0]] + ", " + split(" ")[2] + " iterations";
. as $r
| "<!-- made by: make -C examples/facts stops.md -->",
"| | win rate, %: tuning countries | unseen countries | KL |",
"|---|---|---|---|",
([.tune[].candidate] | sort_by((split(" ")[0] | if . == "fine" then 1 else 0 end), (split(" ")[2] | tonumber))[] | . as $c
    | "| \(if $c == $r.fine or $c == $r.sequence then "**" else "" end)\(name)\(if $c == $r.fine or $c == $r.sequence then "**" else "" end)"
    + " | \(part($r.tune; $c).win | iv) | \(part($r.unseen; $c) | .win | iv) | \(part($r.unseen; $c).kl | kl) |"),
"",
"Each arm where the tuning countries stop it: fine-grained minus traditional PPO on unseen countries **\(.difference | iv)** points"
+ (if .difference.at_kl.points then "; at equal KL \(.difference.at_kl | iv)." else "." end)
