# verdicts -> blocks of "KL win" a candidate, by step, for gnuplot
map(select(.kl != null)) | group_by(.candidate)[]
| "KL \"\(.[0].candidate)\"", "0 50",
  (group_by(.step)[] | "\(map(.kl) | add / length) \(100 * (map(.win) | add / length))"), "", ""
