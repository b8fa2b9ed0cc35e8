#!/usr/bin/env python3
"""Hold fg-tokenize against the `tokenizers` package, record by record, and against tiktoken
on .tiktoken files.

usage: compare_tokenizers.py BIN TOKENIZERS TEXT [STRINGS]

BIN        the folder of fg-tokenize
TOKENIZERS a folder of folders with tokenizer.json or a .tiktoken file
TEXT       a folder of text files
STRINGS    random strings for each tokenizer (default 2000)

Random strings are over the code points that Python's Unicode assigns, private use left
out; Python 3.11 knows Unicode 14, as do PCRE2 10.42 and the package's Oniguruma, and
utf8proc 2.8 and Rust's crates know more.  What lies outside (unassigned there, or private)
has strings of its own, a tenth as many: the libraries' versions differ in its classes, so
other ids are told and not counted as wrong.

Ids are compared as they are.  Ends are byte offsets here and characters there, where a
token that ends inside a character counts the whole; ends that the package trims, or
that a normalizer moved, are counted apart.  Not part of `make check`."""
import glob
import json
import os
import random
import subprocess
import sys
import unicodedata

from tokenizers import Tokenizer

CL100K = (r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|"""
          r"""\s++$|\s*[\r\n]|\s+(?!\S)|\s""")


def texts(folder):
    out = []
    for path in sorted(glob.glob(os.path.join(folder, "**", "*.txt"), recursive=True)):
        data = open(path, "rb").read().decode("utf-8", "replace")
        for i in range(0, len(data), 20000):
            out.append(data[i:i + 20000])
    return out


def strings(count, assigned, seed=1):
    rng = random.Random(seed)
    usual, other = [], []
    for c in range(0x110000):
        kind = unicodedata.category(chr(c))
        if kind != "Cs":
            (other if kind in ("Cn", "Co") else usual).append(c)
    common = [c for c in usual if c < 0x500]
    out = []
    for _ in range(count):
        pool = (usual if assigned else other) if rng.random() < 0.5 or not assigned else common
        out.append("".join(chr(rng.choice(pool if rng.random() < 0.8 else range(1, 128)))
                           for _ in range(rng.randint(1, 24))))
    return out


def ours(binary, tokenizer, items):
    text = "\n".join(json.dumps({"response": s}, ensure_ascii=False) for s in items) + "\n"
    got = subprocess.run([os.path.join(binary, "fg-tokenize"), "-q", "-j1", "-t", tokenizer],
                         input=text.encode(), stdout=subprocess.PIPE, check=True).stdout
    return [json.loads(line) for line in got.split(b"\n") if line]


def peer(tokenizer):
    """What gives ids and ends (in characters; None if there are none)."""
    if tokenizer.endswith(".tiktoken"):
        import tiktoken
        from tiktoken.load import load_tiktoken_bpe
        t = tiktoken.Encoding("cl100k", pat_str=CL100K, mergeable_ranks=load_tiktoken_bpe(tokenizer),
                              special_tokens={"<|endoftext|>": 100257, "<|fim_prefix|>": 100258,
                                              "<|fim_middle|>": 100259, "<|fim_suffix|>": 100260,
                                              "<|endofprompt|>": 100276})
        return lambda s: (t.encode(s, allowed_special="all"), None)
    hf = Tokenizer.from_file(tokenizer)
    hf.no_truncation()

    def encode(s):
        e = hf.encode(s, add_special_tokens=False)
        return e.ids, [stop for _, stop in e.offsets]
    return encode


def compare(binary, tokenizer, items, label):
    encode = peer(tokenizer)
    ids = tokens = moved = 0
    for s, r in zip(items, ours(binary, tokenizer, items), strict=True):
        want, stops = encode(s)
        tokens += len(want)
        if want != r["response_ids"]:
            ids += 1
            if ids <= 3:
                k = next((i for i, (x, y) in enumerate(zip(want, r["response_ids"])) if x != y), -1)
                print("  differs at token %d: %a" % (k, s[:60]), want[k:k + 5], r["response_ids"][k:k + 5])
            continue
        if stops is None:
            continue
        place, n = [0], 0       # byte -> characters begun before it
        for c in s:
            n += 1
            place += [n] * len(c.encode())
        for end, stop in zip(r["response_ends"], stops):
            if place[end] != stop:
                moved += 1
    print("%-12s %-8s records %6d  tokens %9d  records with other ids %d  ends elsewhere %d"
          % (os.path.basename(os.path.dirname(tokenizer)), label, len(items), tokens, ids, moved), flush=True)
    return ids


def main():
    binary, tokenizers, text = sys.argv[1:4]
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 2000
    bad = 0
    print("Unicode", unicodedata.unidata_version)
    sets = [("text", texts(text)), ("random", strings(count, True)), ("outside", strings(count // 10, False))]
    for path in sorted(glob.glob(os.path.join(tokenizers, "*", "tokenizer.json")) +
                       glob.glob(os.path.join(tokenizers, "*", "*.tiktoken"))):
        for label, items in sets:
            n = compare(binary, path, items, label)
            bad += n if label != "outside" else 0
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
