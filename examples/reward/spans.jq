# How well rewards of tokens find what people marked as wrong in an answer: a token is flagged where its
# reward is below a threshold, which is chosen on the training records ($train) and read on the input.
# Counted in characters; records in ASCII, where a byte is one.
def marked: . as $r | reduce (.feedback.errors[]? | [.start, .end]) as [$a, $b] ([range($r.rejected | length) | 0];
    .[$a:$b] |= map(1));
# [reward, characters, of which marked] of each token
def tokens: marked as $m | [[0] + .rejected_ends[:-1], .rejected_ends, .rejected_reward] | transpose[] |
    [.[2], .[1] - .[0], ($m[.[0]:.[1]] | add // 0)];
def all_tokens: [.[] | select((.rejected | utf8bytelength) == (.rejected | length)) | tokens];
def f1($t): (map(.[2]) | add) as $human | map(select(.[0] < $t)) | (map(.[1]) | add // 0) as $flagged |
    if $human + $flagged == 0 then 0 else 2 * (map(.[2]) | add // 0) / ($human + $flagged) end;
def p: . * 1000 | round / 10;

($train | all_tokens) as $known | ([range(-19; 20) / 20 | . as $t | [($known | f1($t)), $t]] | max[1]) as $t |
{marked: (all_tokens | map(.[2]) | add), characters: (all_tokens | map(.[1]) | add), below: $t, f1: (all_tokens | f1($t) | p),
 every: (all_tokens | f1(1e9) | p), edits: (map(.rejected_reward = .rejected_label) | all_tokens | f1(-0.5) | p)}
