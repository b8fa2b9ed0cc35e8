# The steps of an experiment in the generated world, from a vocabulary to verdicts.  The
# including Makefile sets sizes, and asks for $D/verdicts/ARM.jsonl of the arms it wants.
#
# A stage file is written under a temporary name and renamed, and a model folder appears complete:
# after any interruption, type the command again.
here  := $(dir $(lastword $(MAKEFILE_LIST)))
include $(here)../common.mk
include $(here)arms.mk
WORLD := $(BUILD)/examples/world/world
SEED  ?= 1
D     ?= run

# sizes
CORPUS    ?= 40000
EPOCHS    ?= 1
PAIRS     ?= 2000
ITERS     ?= 30
BATCH     ?= 64
TEST      ?= 200
MODEL     ?= --dim 128 --layers 4 --heads 4 --ffn 352 --tied --max-length 256
MAXTOKENS ?= 90
# threads; no byte depends on them
J         ?= 0

# an arm's learning rate
LR_sequence ?= 3e-5
LR_edited   ?= 3e-5
LR_fine     ?= 3e-4
LR_plain    ?= 3e-5

say = @printf '%s\n' "-- $(1)"
all:

$D:
	mkdir -p $@

$D/corpus.jsonl: | $D
	$(call say,a corpus of answers with faults in a third of the sentences)
	@$(WORLD) corpus --n $(CORPUS) --seed $(SEED) >$@.new && mv $@.new $@

$D/tokenizer.json: $D/corpus.jsonl
	$(call say,a vocabulary)
	@fg-vocab -q --model bpe --size 1024 -f prompt -f response -o $@ $<

$D/base/config.json: $D/tokenizer.json
	@rm -rf $D/base
	@fg-init -t $D/tokenizer.json -o $D/base --seed $(SEED) $(MODEL)

$D/sft/trainer_state.json: $D/base/config.json $D/corpus.jsonl
	$(call say,supervised fine-tuning)
	@fg-update sft -j $(J) -m $D/base -o $D/sft --seed $(SEED) --lr 3e-3 --schedule cosine --warmup 100 --batch 16 \
	    --train-on prompt --epochs $(EPOCHS) --save-every 200 --metrics $D/sft.metrics $D/corpus.jsonl

# two answers to every prompt; the annotator prefers one and edits the other
$D/samples.jsonl: $D/sft/trainer_state.json
	$(call say,two samples for each of $(PAIRS) prompts)
	@$(WORLD) prompts --n $(PAIRS) --seed $(SEED)1 | \
	    fg-rollout -j $(J) -m $D/sft -n 2 --seed $(SEED)1 --max-tokens $(MAXTOKENS) >$@.new && mv $@.new $@

$D/pairs.jsonl: $D/samples.jsonl
	@$(WORLD) prefer <$< >$@.new && mv $@.new $@

$D/edits.jsonl: $D/pairs.jsonl
	$(call say,minimal edits of the less-preferred ones)
	@fg-edit --command '$(WORLD) annotate' --cache $D/edits.cache --bad $D/unedited.jsonl --max-ratio 1 $< >$@.new && mv $@.new $@

$D/labels.jsonl: $D/edits.jsonl
	$(call say,labels of tokens from the edits)
	@fg-difflabel -j $(J) --cost tokens -t $D/sft $< >$@.new && mv $@.new $@

# reward models: of tokens from the edits, of sequences from the pairs and from the edits
$D/start-%/config.json: $D/sft/trainer_state.json
	@rm -rf $D/start-$* && fg-init --from $D/sft --head $* -o $D/start-$* --seed $(SEED)
define reward
$D/reward-$1/trainer_state.json: $D/$(DATA_$1).jsonl $D/start-$(HEAD_$1)/config.json
	$$(call say,a reward model ($1) from $(DATA_$1))
	@fg-update reward -j $(J) -m $D/start-$(HEAD_$1) -o $D/reward-$1 --objective $(OBJECTIVE_$1) --seed $(SEED) \
	    $(REWARD_FIT) --normalize $D/samples.jsonl --quiet $$<
endef
$(foreach r,token weak cost sequence edited,$(eval $(call reward,$r)))

# accuracy of the reward models on pairs that they have not seen
$D/heldout.jsonl: $D/sft/trainer_state.json
	@$(WORLD) prompts --n 300 --seed $(SEED)3 --part tune | \
	    fg-rollout -j $(J) -m $D/sft -n 2 --seed $(SEED)3 --max-tokens $(MAXTOKENS) | $(WORLD) prefer >$@.new && mv $@.new $@
$D/heldout-labels.jsonl: $D/heldout.jsonl
	@fg-edit --command '$(WORLD) annotate' --bad $D/heldout-bad.jsonl --max-ratio 1 $< | fg-difflabel -j $(J) -t $D/sft >$@.new && mv $@.new $@
$D/accuracy-sequence.json: $D/heldout.jsonl $D/reward-sequence/trainer_state.json
	@fg-score -j $(J) -m $D/reward-sequence -f chosen -f rejected $< | fg-winrate --reward --json >$@.new && mv $@.new $@
$D/accuracy-edited.json: $D/heldout-labels.jsonl $D/reward-edited/trainer_state.json
	@fg-score -j $(J) -m $D/reward-edited -f chosen -f rejected $< | fg-winrate --reward --json >$@.new && mv $@.new $@
$D/accuracy-%.json: $D/heldout-labels.jsonl $D/reward-%/trainer_state.json
	@fg-score -j $(J) -m $D/reward-$* -f chosen -f rejected $< | fg-winrate --reward --json >$@.new && mv $@.new $@

# proximal policy optimisation of an arm
.SECONDEXPANSION:
$D/ppo-%/done: $$D/reward-$$(REWARD_$$*)/trainer_state.json $$D/sft/trainer_state.json
	$(call say,PPO "$*": $(ITERS) iterations of $(BATCH) responses)
	@J=$(J) ADVANTAGE='$(ADVANTAGE_$*)' SFT=$D/sft REWARD=$D/reward-$(REWARD_$*) LR=$(LR_$*) ITERS=$(ITERS) \
	    BATCH=$(BATCH) SEED=$(SEED) MAXTOKENS=$(MAXTOKENS) WORLD=$(WORLD) $(here)ppo.sh $D/ppo-$*

# the reference's answers, and every arm against them
$D/test.jsonl: $D/sft/trainer_state.json
	$(call say,the reference answers $(TEST) prompts that nobody has seen)
	@$(WORLD) prompts --n $(TEST) --seed $(SEED)2 --part $(PART) | \
	    fg-rollout -j $(J) -m $D/sft --seed $(SEED)2 --max-tokens $(MAXTOKENS) | \
	    jq -c '{id, prompt, reference: .response}' >$@.new && mv $@.new $@
PART ?= test

VERDICT = $(call verdict,$*,$(SEED))
$D/verdicts/%.jsonl: $$D/ppo-$$*/done $$D/test.jsonl
	$(call say,the judge compares "$*" with the reference)
	@mkdir -p $D/verdicts
	@fg-rollout -j $(J) -m $D/ppo-$*/policy --seed $(SEED)4 --max-tokens $(MAXTOKENS) $D/test.jsonl | \
	    fg-score -j $(J) -m $D/sft --as ref_logprob | fg-judge --command '$(WORLD) judge' | \
	    jq -c '$(VERDICT)' >$@.new && mv $@.new $@
