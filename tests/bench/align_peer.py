#!/usr/bin/env python3
"""Edit scripts a second by other libraries and programs, on pairs like those of align.c:
1,000 of 300 symbols with 29 edits; one thread, median of 5 rounds.  What is not installed is left out."""
import difflib
import os
import random
import statistics
import subprocess
import tempfile
import time

rng = random.Random(3)
pairs = []
for _ in range(1000):
    a, b = [], []
    for _ in range(300):
        what, x = rng.randrange(300), rng.randrange(2000)
        a.append(x)
        if what >= 29 or what % 3 == 0:
            b.append(rng.randrange(2000) if what < 29 else x)
        if what < 29 and what % 3 == 1:
            b.append(rng.randrange(2000))
    pairs.append((a, b))


def show(name, work, some, rounds=5):
    rates = []
    for _ in range(rounds):
        t = time.perf_counter()
        work(some)
        rates.append(len(some) / (time.perf_counter() - t))
    print(f"{name:32} {statistics.median(rates):9.0f} pairs/s")


try:
    from rapidfuzz.distance import Indel, Levenshtein
    as_text = [("".join(chr(300 + x) for x in a), "".join(chr(300 + x) for x in b)) for a, b in pairs]
    show("rapidfuzz, insert and delete", lambda s: [Indel.editops(x, y) for x, y in s], as_text)
    show("rapidfuzz, Levenshtein", lambda s: [Levenshtein.editops(x, y) for x, y in s], as_text)
except ImportError:
    pass
try:
    import Levenshtein as lev
    show("python-Levenshtein", lambda s: [lev.editops(x, y) for x, y in s],
         [("".join(chr(300 + x) for x in a), "".join(chr(300 + x) for x in b)) for a, b in pairs])
except ImportError:
    pass
show("difflib", lambda s: [difflib.SequenceMatcher(None, a, b, False).get_opcodes() for a, b in s], pairs[:100])

with tempfile.TemporaryDirectory() as d:
    names = [os.path.join(d, "a"), os.path.join(d, "b")]

    def write(sep, some):
        # all pairs in one file, far from each other: a process a pair would be measured otherwise
        for k in (0, 1):
            with open(names[k], "w") as f:
                for i, p in enumerate(some):
                    f.write(sep.join(map(str, p[k])) + f"\nend of pair {i}\n")

    for name, sep, cmd in (("GNU diff, a symbol a line", "\n", ["diff"]),
                           ("git diff --word-diff", " ", ["git", "diff", "--no-index", "--word-diff"])):
        try:
            write(sep, pairs)
            show(name, lambda s: subprocess.run(cmd + names, stdout=subprocess.DEVNULL, check=False), pairs)
        except FileNotFoundError:
            pass
