#!/usr/bin/env python3
"""Hold fg-tokenize against the `tokenizers` package, record by record.

usage: compare_tokenizers.py BIN TOKENIZERS TEXT [STRINGS]

BIN        the folder of fg-tokenize
TOKENIZERS a folder of folders with tokenizer.json
TEXT       a folder of text files
STRINGS    random strings for each tokenizer (default 2000)

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


def texts(folder):
    out = []
    for path in sorted(glob.glob(os.path.join(folder, "**", "*.txt"), recursive=True)):
        data = open(path, "rb").read().decode("utf-8", "replace")
        for i in range(0, len(data), 20000):
            out.append(data[i:i + 20000])
    return out


def strings(count, seed=1):
    rng = random.Random(seed)
    points = [c for c in range(1, 0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")]
    common = [c for c in points if c < 0x500]
    out = []
    for _ in range(count):
        pool = points if rng.random() < 0.5 else common
        out.append("".join(chr(rng.choice(pool if rng.random() < 0.8 else range(1, 128)))
                           for _ in range(rng.randint(1, 24))))
    return out


def ours(binary, tokenizer, items):
    text = "\n".join(json.dumps({"response": s}, ensure_ascii=False) for s in items) + "\n"
    got = subprocess.run([os.path.join(binary, "fg-tokenize"), "-q", "-j1", "-t", tokenizer],
                         input=text.encode(), stdout=subprocess.PIPE, check=True).stdout
    return [json.loads(line) for line in got.split(b"\n") if line]


def compare(binary, tokenizer, items, label):
    hf = Tokenizer.from_file(os.path.join(tokenizer, "tokenizer.json"))
    hf.no_truncation()
    ids = ends = tokens = moved = 0
    shown = 0
    for s, r in zip(items, ours(binary, tokenizer, items)):
        want = hf.encode(s, add_special_tokens=False)
        tokens += len(want.ids)
        if want.ids != r["response_ids"]:
            ids += 1
            if shown < 3:
                shown += 1
                k = next((i for i, (x, y) in enumerate(zip(want.ids, r["response_ids"])) if x != y), -1)
                print("  differs at token %d: %r" % (k, s[:60]), want.ids[k:k + 5],
                      r["response_ids"][k:k + 5])
            continue
        place, n = [0], 0       # byte -> characters begun before it
        for c in s:
            n += 1
            place += [n] * len(c.encode())
        for end, (_, stop) in zip(r["response_ends"], want.offsets):
            if place[end] != stop:
                moved += 1
    print("%-12s %-8s records %6d  tokens %9d  records with other ids %d  ends elsewhere %d"
          % (os.path.basename(tokenizer), label, len(items), tokens, ids, moved))
    return ids


def main():
    binary, tokenizers, text = sys.argv[1:4]
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 2000
    bad = 0
    sets = [("text", texts(text)), ("random", strings(count))]
    for path in sorted(glob.glob(os.path.join(tokenizers, "*", "tokenizer.json"))):
        for label, items in sets:
            bad += compare(binary, os.path.dirname(path), items, label)
    return bad != 0


sys.exit(main())
