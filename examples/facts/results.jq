# results.json -> results.md
def r: if . == null then "" else ((. * 100 | round) / 100 | tostring) end;
def iv: if . == null or .points == null then "" else "\(.points * 10 | round / 10) [\(.low * 10 | round / 10), \(.high * 10 | round / 10)]" end;
def name: {"sequence": "PPO, sequence reward, original pairs", "sequence-rounds": "PPO, sequence reward, in rounds", "edited": "PPO, sequence reward, edited pairs",
    "fine": "**PPO, expected cost of editing**", "fine-rounds": "PPO, expected cost, in rounds", "penalties-rounds": "PPO, token labels, penalties only, in rounds", "penalties": "PPO, token labels, penalties only",
    "dpo": "DPO on pairs", "dpo-edits": "DPO on edits"}[.] // .;
def table: "| | win rate, % | right | wrong | junk | KL | characters | seeds |", "|---|---|---|---|---|---|---|---|",
    (.[] | "| \(.candidate | name) | \(.win | iv) | \(.right | r) | \(.wrong | r) | \(.junk | r) | \(.kl | r) | \(.length | r) | \(.seeds) |");
"<!-- made by: make -C examples/facts table -->",
"On countries that no annotator saw, against the model before; right, wrong and junk are facts an answer:",
"",
(.unseen | table),
"",
"On countries of the edits, asked about in new words:",
"",
(.seen | table),
"",
"Fine-grained minus traditional PPO on unseen countries, paired over \(.difference.prompts) countries and \(.difference.seeds) seeds: "
+ "**\(.difference | iv)** points; at equal KL \(.difference_equal_kl | iv)"
+ (if .against_edited.points then "; minus PPO on edited pairs \(.against_edited | iv)." else "." end)
