# fg-winrate's rows with what the marks ($marks) say of words -> backbone.json
def mean: if length == 0 then null else add / length end;
def of($side): {length: (map(.[$side + "_length"]) | mean), words: (map(.[$side + "_words"]) | mean),
    rude: (map(if .[$side + "_rude"] then 100 else 0 end) | mean)};
. as $w | ($marks | group_by(.candidate) | map({key: .[0].candidate, value: of("response")}) | from_entries) as $texts
| {reference: ($marks | of("reference")), rows: [$w.rows[] | . + $texts[.candidate]], differences: $w.differences}
