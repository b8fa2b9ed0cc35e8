# $(D)/pairs.jsonl from a file of texts with rewrites, PAIRS.  Versions of one text stay on one
# side of a split: a record's id is the text itself, or what the filter ID says.  FROM: the layout, if another, and options for
# it.  MEND: a jq filter to apply first, ending in |.  CONTEXT: PAIRS are answers with what they were written from, of which
# so many characters go into the prompt, ../reward/context.jq.
ID ?= .rejected
CONTEXT ?=
$(D)/pairs.jsonl:
	@[ -n "$(PAIRS)" ] || { echo "PAIRS names a file of pairs, see the Makefile" >&2; exit 2; }
	@mkdir -p $(D)
	$(if $(CONTEXT),jq -c --argjson most $(CONTEXT) -f $(examples)reward/context.jq $(PAIRS) | )fg-import -q --from $(or $(FROM),pairs) --bad $(D)/rejected.jsonl $(if $(CONTEXT),,$(PAIRS)) | \
	    jq -c '$(MEND) select(.rejected != .chosen) | .id = $(ID)' | \
	    fg-dedup -q --min-bytes 0 --drop >$@.new && mv $@.new $@
