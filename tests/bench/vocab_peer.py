#!/usr/bin/env python3
"""Train a vocabulary of 8,000 on the lines of a text with another library, one thread.

usage: vocab_peer.py tokenizers|sentencepiece bpe|unigram TEXT DIR
Prints seconds of CPU time and the process's peak memory in KB; nothing without the package.
The tokenizer (DIR/LIBRARY.KIND.json, or .model) stays."""
import os
import resource
import sys
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
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
