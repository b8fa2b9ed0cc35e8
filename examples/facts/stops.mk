# When to stop: the policies that the two arms kept along the way, on the tuning countries, which choose one of
# each, and on the unseen ones.
#
#	make -C examples/facts MODEL=...  stops		what is missing, and stops.md
#	make -C examples/facts stops.md			again from the verdicts that are kept
STOPPED ?= sequence fine
policies = $(foreach s,$(SEEDS),$(foreach a,$(STOPPED),$(foreach k,$(addprefix +,$(KEEP)) +$(ITERS),$(D)/$s/$a@$(LR_$a)$(filter-out +$(ITERS),$k))))
$(D)/stops.jsonl: $(policies:=/tune.jsonl) $(policies:=/unseen.jsonl)
	@cat $(filter-out %.list,$^) | jq -c '.candidate += " after " + (.rate | split("+")[1] // "$(ITERS)")' >$@.new && mv $@.new $@
$(eval $(call listed,$(D)/stops.jsonl,$(policies)))
$(D)/stops.marks: $(D)/stops.jsonl
	@$(FACTS) score <$< | jq -c '{country}' >$@.new
	@jq -cn --slurpfile m $@.new '[inputs] | [., $$m] | transpose[] | (.[0] | {candidate, seed, part, win, kl}) + {prompt: .[1].country}' $< >$@
	@rm -f $@.new
stops: $(D)/stops.marks
	@gzip -9nc $< >stops.jsonl.gz
	@$(MAKE) --no-print-directory stops.md
# of an arm, the policy that wins most on the tuning countries
CHOSEN = [.rows[] | select(.candidate | startswith("$1 "))] | max_by(.win.points).candidate
BOTH = [$$t[0] | ($(call CHOSEN,sequence)), ($(call CHOSEN,fine))] as $$two | select(.part == "unseen" and (.candidate | IN($$two[])))
RESULT = $$t[0] as $$t | {tune: $$t.rows, unseen: $$u[0].rows, sequence: ($$t | $(call CHOSEN,sequence)), \
    fine: ($$t | $(call CHOSEN,fine)), difference: $$p[0].differences[0]}
stops.json: stops.jsonl.gz
	@gzip -dc $< | jq -c 'select(.part == "tune")' | fg-winrate -q --by candidate --json >$@.tune
	@gzip -dc $< | jq -c 'select(.part == "unseen")' | fg-winrate -q --by candidate --json >$@.unseen
	@gzip -dc $< | jq -c --slurpfile t $@.tune '$(BOTH)' | fg-winrate -q --by candidate --json \
	    --against "$$(jq -r '$(call CHOSEN,sequence)' $@.tune)" >$@.pair
	@jq -n --slurpfile t $@.tune --slurpfile u $@.unseen --slurpfile p $@.pair '$(RESULT)' >$@.new
	@mv $@.new $@ && rm -f $@.tune $@.unseen $@.pair
stops.md: stops.json stops.jq
	@jq -r -f stops.jq $< >$@
.PHONY: stops
