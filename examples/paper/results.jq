# results.json -> results.md
def r: if . == null then "" else ((. * 10 | round) / 10 | tostring) as $s
    | if ($s | contains(".")) then $s else $s + ".0" end end;
def iv: if . == null or .points == null then "" else "\(.points | r) [\(.low | r), \(.high | r)]" end;
def name: {"sequence": "PPO, sequence reward, original pairs", "edited": "PPO, sequence reward, edited pairs",
    "plain": "PPO, token reward, unclamped", "fine": "**PPO, token reward, fine-grained**",
    "collapse": "unclamped at the fine-grained rate", "weak": "fine-grained, kept tokens held loosely"}[.] // .;
"<!-- made by: make -C examples/paper table -->",
"| | win rate, % | at equal length | KL | characters |",
"|---|---|---|---|---|",
(.rows[] | "| \(.candidate | name) | \(.win | iv) | \(.length_controlled | iv) | \(.kl | r) | \(.length | r) |"),
"",
"Fine-grained minus traditional PPO, paired over \(.difference.prompts) prompts and \(.difference.seeds) seeds: "
+ "**\(.difference | iv)** points; at equal KL (\(.at_equal_kl.kl | r)) \(.at_equal_kl | iv); "
+ "minus PPO on edited pairs \(.against_edited | iv); minus the unclamped arm \(.against_plain | iv).",
"",
"| reward model | pairs in order, % | AUC of deleted tokens | AUC of inserted tokens |",
"|---|---|---|---|",
(.reward_models[] | "| \(.reward) | \(.pairs | r) | \(.auc_minus | r) | \(.auc_plus | r) |")
