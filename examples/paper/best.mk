# Several answers of the model before to each test prompt, and what a reward model takes for the best.
NBEST ?= 16
$D/best.jsonl: $D/test.jsonl
	@fg-rollout -q -j $(J) -m $D/sft -n $(NBEST) --seed $(SEED)5 --max-tokens $(MAXTOKENS) $< >$@.new && mv $@.new $@
# a token reward above 0 does not count in the arm of penalties alone, as in its PPO
BEST = group_by(.id) | map(max_by(.response_score // (.response_reward | map(if . > 0 then 0 else . end) | add)))[]
