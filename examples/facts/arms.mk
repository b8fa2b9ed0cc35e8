# The arms: the reward model of each, what fg-advantage makes of its rewards, its rate.
ARMS ?= sequence edited fine penalties dpo dpo-edits
REWARD_sequence    ?= sequence
ADVANTAGE_sequence ?= --token-weight 0 --sequence-weight 1
LR_sequence        ?= 1e-4
REWARD_edited      ?= edited
ADVANTAGE_edited   ?= --token-weight 0 --sequence-weight 1
LR_edited          ?= 1e-4
# fine-grained: the expected cost of editing, as it is
REWARD_fine        ?= cost
ADVANTAGE_fine     ?= --token-range=-1000:0
LR_fine            ?= 2e-4
# the classification reading, penalties only
REWARD_penalties    ?= token
ADVANTAGE_penalties ?= --token-range=-1:0
LR_penalties        ?= 2e-4
LR_dpo             ?= 1e-4
LR_dpo-edits       ?= 1e-4
