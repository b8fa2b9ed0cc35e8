# backbone.json -> backbone.md
def r: if . == null then "" else . * 10 | round / 10 | tostring end;
def iv: if . == null or .points == null then "" else "\(.points | r) [\(.low | r), \(.high | r)]" end;
def name: {"sequence": "PPO, sequence reward", "fine": "PPO, token labels, penalties only", "cost": "PPO, expected cost of editing",
    "plain": "PPO, token labels, as they are"}[.] // .;
"<!-- made by: make -C examples/detox table -->",
"| | win rate, % | at equal length | at equal KL | KL | characters | words | with a rude word, % | seeds |",
"|---|---|---|---|---|---|---|---|---|",
"| reference | | | | | \(.reference | "\(.length | r) | \(.words | r) | \(.rude | r)") | |",
(.rows[] | "| \(.candidate | name) | \(.win | iv) | \(.length_controlled | iv) | \(.at_kl | iv) | \(.kl | r) | \(.length | r) | \(.words | r) | \(.rude | r) | \(.seeds) |"),
"",
"Minus PPO on the sequence reward, paired over prompts and seeds:",
"",
"| | points | at equal length | at equal KL | by seed |",
"|---|---|---|---|---|",
(.differences[] | "| \(.candidate | name) | \(iv) | \(.length_controlled | iv) | \(.at_kl | iv) | \([.by_seed[] | r] | join(", ")) |")
