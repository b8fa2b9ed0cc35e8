# A chat model's folder, BACKBONE, in place of small models that are made here: the comments, the rewards and the policy
# are learned by LoRA; the judge stays the small model of the other half.
#
#	make -C examples/detox PAIRS=paradetox.tsv ALIKE=1 EVEN=10 BACKBONE=DIR backbone
#	... -j 3 J=1				runs side by side
#
# Verdicts become marks, which say nothing of what the comments say, in backbone.jsonl.gz.
RANK     ?= 16
# texts that it learns to write, and pairs that its reward models learn from
TEXTS    ?= 2000
LABELLED ?= 1000
ARMS     ?= sequence fine cost
ITERS    ?= 8
LR_sequence ?= 2e-4
LR_fine  ?= 2e-4
LR_cost  ?= 2e-4
SAMPLED  ?= 100
MAXTOKENS ?= $(if $(EVEN),9,20)

TOKENIZER = $(BACKBONE)
TAUGHT = $(D)/taught.jsonl
HEADS = $(D)/head-token/config.json $(D)/head-sequence/config.json
FIT   = --lr 5e-4 --schedule cosine --warmup 10 --batch 32 --epochs 1
start = fg-init -q --from $(D)/head-$(HEAD_$1) --lora-rank $(RANK) -o $(D)/$*/start-$1 --seed $*
$(D)/taught.jsonl: $(D)/policy.jsonl
	fg-split -q --shuffle --sample $(LABELLED) --seed 1 $< >$@.new && mv $@.new $@
$(D)/read.jsonl: $(D)/policy-text.jsonl
	fg-split -q --shuffle --sample $(TEXTS) --seed 1 $< >$@.new && mv $@.new $@
$(D)/sft/config.json: $(D)/read.jsonl
	@rm -rf $(D)/sft-start $(D)/sft && fg-init -q --from $(BACKBONE) --lora-rank $(RANK) -o $(D)/sft-start
	fg-update sft -q -j $(J) -m $(D)/sft-start -o $(D)/sft-adapter --lr 1e-3 --schedule cosine --warmup 10 --batch 64 --train-on prompt \
	    --seed 1 --metrics $(D)/sft.metrics $<
	fg-init -q --from $(D)/sft-adapter --merge --dtype float32 -o $(D)/sft
$(foreach s,$(SEEDS),$(D)/$s/sft/config.json): $(D)/%/sft/config.json: $(D)/sft/config.json
	@mkdir -p $(D)/$* && ln -sfn ../sft $(D)/$*/sft
$(D)/head-%/config.json: $(D)/sft/config.json
	@rm -rf $(D)/head-$* && fg-init -q --from $(D)/sft --head $* -o $(D)/head-$* --seed 1

backbone: $(D)/marks.jsonl
	@gzip -9nc $< >backbone.jsonl.gz
	@$(MAKE) --no-print-directory table
# a prompt is a number there, and a rude word one that rewrites avoid
$(D)/marks.jsonl: $(D)/all.jsonl $(D)/rude.json
	@jq -c --slurpfile rude $(D)/rude.json --slurpfile prompts $(D)/test-prompts.jsonl -f mark.jq $< >$@.new && mv $@.new $@
.PHONY: backbone
