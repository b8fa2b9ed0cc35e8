#!/usr/bin/env python3
"""Other tokenizers on the lines of a text: CPU time on one thread, median of three rounds.

usage: tokenize_peer.py encode TEXT TOKENIZER...   MB/s of `tokenizers`, and of tiktoken where
                                                   it has the vocabulary (the file, for .tiktoken)
       tokenize_peer.py spm TEXT DIR               trains SentencePiece models of 8,000 pieces
                                                   (unigram, bpe) on TEXT, writes each as a
                                                   DIR/KIND/tokenizer.json, MB/s of both libraries
Prints `package name MB/s tokens`.  A package that is not installed is left out."""
import json
import os
import statistics
import sys
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
GPT2 = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
CL100K = (r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|"""
          r"""\s++$|\s*[\r\n]|\s+(?!\S)|\s""")


def show(package, name, lines, size, encode):
    took, tokens = [], 0
    for _ in range(3):
        start = time.process_time()
        out = encode(lines)
        took.append(time.process_time() - start)
        tokens = sum(map(len, out))
        del out
    print(package, name, "%.1f" % (size / statistics.median(took) * 1e-6), tokens, flush=True)


def read(path):
    data = open(path, "rb").read()
    return data.decode().removesuffix("\n").split("\n"), len(data)


def tokenizers_at(path, name, lines, size):
    try:
        from tokenizers import Tokenizer
    except ImportError:
        return
    t = Tokenizer.from_file(os.path.join(path, "tokenizer.json"))
    t.no_truncation()
    encode = getattr(t, "encode_batch_fast", t.encode_batch)
    show("tokenizers", name, lines, size, lambda x: encode(x, add_special_tokens=False))


def tiktoken_ranks(path):
    """Ranks of a .tiktoken file, or of GPT-2's tokenizer.json: they are its ids."""
    if path.endswith(".tiktoken"):
        from tiktoken.load import load_tiktoken_bpe
        return load_tiktoken_bpe(path)
    keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    rest = [b for b in range(256) if b not in keep]
    byte = {chr(b): b for b in keep} | {chr(256 + i): b for i, b in enumerate(rest)}
    model = json.load(open(os.path.join(path, "tokenizer.json"), encoding="utf-8"))["model"]
    rank = {}
    for merge in [[chr(c)] for c in map(ord, byte)] + [
            m.split(" ") if isinstance(m, str) else m for m in model["merges"]]:
        rank[bytes(byte[c] for c in "".join(merge))] = len(rank)
    return rank


def encode(text, paths):
    lines, size = read(text)
    for path in paths:
        name = os.path.basename(path)
        if os.path.isdir(path):
            tokenizers_at(path, name, lines, size)
        if name not in ("gpt2", "cl100k_base.tiktoken"):
            continue
        try:
            import tiktoken
        except ImportError:
            continue
        t = tiktoken.Encoding(name, pat_str=GPT2 if name == "gpt2" else CL100K,
                              mergeable_ranks=tiktoken_ranks(path), special_tokens={})
        show("tiktoken", name, lines, size, lambda x: [t.encode_ordinary(s) for s in x])


def fields(proto):
    """(number, value) of a protocol buffer's fields."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = proto[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(proto):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        else:
            n = {1: 8, 5: 4}.get(key & 7)
            n = varint() if n is None else n
            yield key >> 3, proto[at:at + n]
            at += n


def convert(sp, kind, path):
    """A SentencePiece model as tokenizer.json."""
    import base64
    proto = dict(fields(sp.serialized_model_proto()))
    charsmap = dict(fields(proto[3])).get(2, b"")
    pieces = [(sp.id_to_piece(i), sp.get_score(i)) for i in range(sp.get_piece_size())]
    if kind == "unigram":
        model = {"type": "Unigram", "unk_id": sp.unk_id(), "vocab": pieces}
    else:
        ids = {p: i for i, (p, _) in enumerate(pieces)}
        score = dict(pieces)
        merges = []
        for p, _ in pieces:
            halves = [(p[:k], p[k:]) for k in range(1, len(p)) if p[:k] in ids and p[k:] in ids]
            merges += sorted(halves, key=lambda h: (ids[h[0]], ids[h[1]]))
        merges.sort(key=lambda h: -score[h[0] + h[1]])
        model = {"type": "BPE", "unk_token": sp.id_to_piece(sp.unk_id()), "fuse_unk": True,
                 "vocab": ids, "merges": merges}
    steps = [{"type": "Precompiled", "precompiled_charsmap": base64.b64encode(charsmap).decode()}] * bool(charsmap)
    steps += [{"type": "Strip", "strip_left": True, "strip_right": True},
              {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]
    os.makedirs(path, exist_ok=True)
    json.dump({"version": "1.0", "added_tokens": [],
               "normalizer": {"type": "Sequence", "normalizers": steps},
               "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always"},
               "model": model}, open(os.path.join(path, "tokenizer.json"), "w"))


def spm(text, folder):
    try:
        import sentencepiece
    except ImportError:
        return
    lines, size = read(text)
    for kind in ("unigram", "bpe"):
        path = os.path.join(folder, kind)
        sentencepiece.SentencePieceTrainer.train(
            input=text, model_prefix=path, model_type=kind, vocab_size=8000, num_threads=1,
            max_sentence_length=1 << 20, minloglevel=2)
        sp = sentencepiece.SentencePieceProcessor(model_file=path + ".model")
        convert(sp, kind, path)
        show("sentencepiece", kind, lines, size, lambda x: sp.encode(x, num_threads=1))
        tokenizers_at(path, kind, lines, size)


encode(sys.argv[2], sys.argv[3:]) if sys.argv[1] == "encode" else spm(sys.argv[2], sys.argv[3])
