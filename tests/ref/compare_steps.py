#!/usr/bin/env python3
"""Hold each normalizer and pre-tokenizer against the `tokenizers` package, on every code
point that Python's Unicode assigns (of big blocks of letters alike the first few).

usage: compare_steps.py BIN TOKENIZER

BIN        the folder of fg-tokenize
TOKENIZER  a folder with a byte-level tokenizer.json (gpt2), whose model is used

The package's classes and normal forms come from crates with old tables: its punctuation
and its marks are Unicode 8's, its normal forms Unicode 12's.  Code points that came later
differ, and are listed.  Not part of `make check`."""
import json
import os
import sys
import tempfile
import unicodedata

from compare_tokenizers import ours, peer

BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}


def bert(**on):
    return {"type": "BertNormalizer", "clean_text": False, "handle_chinese_chars": False, "strip_accents": False,
            "lowercase": False} | on


def split(pattern):
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Removed", "invert": False}


NORMALIZERS = [bert(clean_text=True), bert(handle_chinese_chars=True), bert(strip_accents=True), bert(lowercase=True),
               {"type": "Strip", "strip_left": True, "strip_right": True}] + [
    {"type": x} for x in ("StripAccents", "Lowercase", "Nmt", "NFC", "NFD", "NFKC", "NFKD")]
SPLITS = [{"type": x} for x in ("WhitespaceSplit", "Whitespace", "BertPreTokenizer")] + [
    {"type": "Punctuation", "behavior": "Removed"}, {"type": "Digits", "individual_digits": True}] + [
    split(x) for x in (r"\w", r"\W", r"\s", r"\S", r"\d", r"\D", r"[\w]", r"[\s]", r"[\d]", r"\p{L}", r"\p{N}", r"\p{P}",
                       r"\p{M}", r"\p{S}", r"\p{Lu}|\p{Lt}", r"(?i:[k-s])")]


def compare(binary, tokenizer, what, texts):
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "tokenizer.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(tokenizer, f)
        encode = peer(path)
        other = ["%04X" % ord(s[1]) for s, r in zip(texts, ours(binary, d, texts), strict=True)
                 if encode(s)[0] != r["response_ids"]]
    name = " ".join(k if x is True else str(x) for k, x in what.items() if x is not False)
    print("%-40s others %4d  %s" % (name, len(other), " ".join(other[:12])), flush=True)


def main():
    binary, folder = sys.argv[1:3]
    with open(os.path.join(folder, "tokenizer.json"), encoding="utf-8") as f:
        base = json.load(f)
    points = [c for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cs", "Cn", "Co")]
    alike = ((0x3410, 0x4db0), (0x4e10, 0x9ff0), (0xac10, 0xd790), (0x17010, 0x187e0), (0x20010, 0x3134a))
    points = [c for c in points if not any(a <= c < b for a, b in alike)]
    print("Unicode", unicodedata.unidata_version, "code points", len(points))
    for step in NORMALIZERS:
        t = base | {"normalizer": step, "pre_tokenizer": BYTES}
        compare(binary, t, step, [("." + chr(c)) if step["type"] == "Strip" else "a" + chr(c) + "A" for c in points])
    for step in SPLITS:
        t = base | {"normalizer": None, "pre_tokenizer": {"type": "Sequence", "pretokenizers": [step, BYTES]}}
        compare(binary, t, step, ["a" + chr(c) + "a" for c in points])


if __name__ == "__main__":
    main()
