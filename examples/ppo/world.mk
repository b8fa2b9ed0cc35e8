# The generated world at a small size: $D/sft, $D/reward-token, $D/prompts.jsonl.
CORPUS ?= 3000
PAIRS  ?= 300
MODEL  ?= --dim 64 --layers 2 --heads 4 --ffn 192 --tied --max-length 256
include ../world/rules.mk
all: $D/prompts.jsonl
# the prompts come last: they say that the models are there
$D/prompts.jsonl: $D/sft/trainer_state.json $D/reward-token/trainer_state.json
	@$(WORLD) prompts --n 1000 --seed $(SEED) >$@.new && mv $@.new $@
