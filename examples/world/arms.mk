# Arms of an experiment: the reward model of each, and what fg-advantage makes of its rewards.
REWARD_sequence    ?= sequence
ADVANTAGE_sequence ?= --token-weight 0 --sequence-weight 1
REWARD_edited      ?= edited
ADVANTAGE_edited   ?= --token-weight 0 --sequence-weight 1
REWARD_fine        ?= token
ADVANTAGE_fine     ?= --token-range=-1:0
REWARD_plain       ?= token
ADVANTAGE_plain    ?= --token-range=-1:1
REWARD_cost        ?= cost
ADVANTAGE_cost     ?= --token-range=-1000:0

# What each reward model learns from, its head and its objective.
DATA_token         = labels
DATA_weak          = labels
DATA_cost          = labels
DATA_sequence      = pairs
DATA_edited        = edits
HEAD_token         = token
HEAD_weak          = token
HEAD_cost          = token
HEAD_sequence      = sequence
HEAD_edited        = sequence
OBJECTIVE_token    = token --rest-weight $(REST)
OBJECTIVE_weak     = token --rest-weight 0.05
OBJECTIVE_cost     = cost
OBJECTIVE_sequence = sequence
OBJECTIVE_edited   = sequence
REST              ?= 1
REWARD_FIT         = --lr 1e-3 --schedule cosine --warmup 0 --batch 16 --epochs 6

# for jq: what is kept of a judged record of arm $1 and seed $2
verdict = {candidate: "$1", seed: $2, id, prompt, response, reference, win, kl: ([.response_logprob, .response_ref_logprob] | transpose | map(.[0] - .[1]) | add)}
