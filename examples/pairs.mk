# $(D)/pairs.jsonl from a file of texts with rewrites, PAIRS.  Versions of one text stay on one
# side of a split: a record's id is the text itself.  FROM: the layout, if another, and options for it.  MEND: a jq filter to apply first, ending in |.
$(D)/pairs.jsonl:
	@[ -n "$(PAIRS)" ] || { echo "PAIRS names a file of pairs, see the Makefile" >&2; exit 2; }
	@mkdir -p $(D)
	fg-import -q --from $(or $(FROM),pairs) --bad $(D)/rejected.jsonl $(PAIRS) | \
	    jq -c '$(MEND) select(.rejected != .chosen) | .id = .rejected' | \
	    fg-dedup -q --min-bytes 0 --drop >$@.new && mv $@.new $@
