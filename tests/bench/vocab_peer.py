#!/usr/bin/env python3
"""Train a vocabulary of 8,000 on the lines of a text with another library, one thread.

usage: vocab_peer.py tokenizers|sentencepiece bpe|unigram TEXT DIR
       vocab_peer.py loss FILE TEXT
Prints seconds of CPU time and the process's peak memory in KB; nothing without the package.
The tokenizer (DIR/LIBRARY.KIND.json, or .model) stays.  loss: what a Unigram tokenizer
needs for the lines of a text, in nats a character."""
import os
import resource
import sys
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"


def loss(path, text):
    lines = [x for x in open(text, encoding="utf-8").read().split("\n") if x]
    if path.endswith(".model"):
        import sentencepiece
        sp = sentencepiece.SentencePieceProcessor(model_file=path)
        ids = sp.encode(lines)
        score = [sp.get_score(i) for i in range(sp.get_piece_size())]
        unk = sp.unk_id()
    else:
        import json
        from tokenizers import Tokenizer
        ids = [x.ids for x in Tokenizer.from_file(path).encode_batch(lines, add_special_tokens=False)]
        model = json.load(open(path, encoding="utf-8"))["model"]
        score = [x for _, x in model["vocab"]]
        unk = model["unk_id"]
    score[unk] = min(score) - 10
    return -sum(score[i] for x in ids for i in x) / sum(map(len, lines))


if sys.argv[1] == "loss":
    print("%.4f" % loss(sys.argv[2], sys.argv[3]))
    sys.exit(0)
library, kind, text, folder = sys.argv[1:5]
out = os.path.join(folder, library + "." + kind)
try:
    if library == "tokenizers":
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    else:
        import sentencepiece
except ImportError:
    sys.exit(0)

start = time.process_time()
if library == "sentencepiece":
    sentencepiece.SentencePieceTrainer.train(input=text, model_prefix=out, model_type=kind, vocab_size=8000,
                                             num_threads=1, max_sentence_length=1 << 20, minloglevel=2)
elif kind == "bpe":
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.train([text], trainers.BpeTrainer(vocab_size=8000, min_frequency=2, show_progress=False,
                                        special_tokens=["<|endoftext|>"],
                                        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    t.save(out + ".json")
else:
    t = Tokenizer(models.Unigram())
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    t.train([text], trainers.UnigramTrainer(vocab_size=8000, show_progress=False, unk_token="<unk>",
                                            special_tokens=["<unk>", "<|endoftext|>"]))
    t.save(out + ".json")
print("%.2f %d" % (time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
