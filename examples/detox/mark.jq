# A verdict without its texts: the prompt's number, lengths in characters and words, whether there is a rude word.
def words: [ascii_downcase | scan("[a-z0-9]+")];
def rude: any(words[]; $rude[0][.] != null);
{candidate, seed, rate, win, kl} + {
    prompt: (.prompt as $p | $prompts | map(.prompt) | index($p) | "beginning \(.)"),
    response_length: (.response | length), reference_length: (.reference | length),
    response_words: (.response | words | length), reference_words: (.reference | words | length),
    response_rude: (.response | rude), reference_rude: (.reference | rude)
}
