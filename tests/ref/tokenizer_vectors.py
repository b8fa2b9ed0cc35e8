#!/usr/bin/env python3
"""Small tokenizers and texts with the ids that the `tokenizers` package gives, for
tests/ref/tokenizer.t.

usage: tokenizer_vectors.py > tokenizer.jsonl

A line is a case: members that a common tokenizer takes, texts, and their ids; ids null: the
package refuses the tokenizer, and so must we.  The common one has a token for each character
that begins a piece and one for each that goes on, so that ids tell the pieces."""
import json
import random

from tokenizers import Tokenizer

LETTERS = "aAbBsStTfFiIlLkKzZ0123456789 \t\n\r'-_.,&[](){}|ßẞſﬁﬃﬆéÉ日本語サーバーひらＡ²½ⅧΛς\u0301\u200b\u00a0😀"
PATTERNS = [
    r"(?=(\d{3})+(?!\d))", r"(?<=[a-z])(?=[A-Z])", r"\b", r"\B", r"a*", r"$", r"x|", r"(?i:ss)", r"(?i:sst)", r"(?i:ffi)",
    r"(?i:st)", r"(?i:ss+)", r"(?i:[a-z])+", r"(?i:[^\p{L}\p{N}])+", r"a{,2}b", r"\d{1,3}?", r"[^\S\r\n]+", r"(?<w>\w+)",
    r"a(?i)b|s", r"(?m:a.b)", r"\pL", r"[a-z&&[^aeiou]]+", r"[^a-z&&[aeiou]]+", r"[[:alpha:]&&[^a-z]]+", r"[[:^punct:]]+",
    r"[[:punct:]]+", r"\p{Punct}+", r"\p{Alnum}+", r"\p{Word}+", r"[\p{Word}]+", r"\h+", r"\H+", r"\p{Katakana}+", r"\p{Hiragana}+",
    r"\p{Han}+", r"\p{^L}+", r"\P{Letter}+", r"[\W]+", r"[a[^b]]+", r" ?[^(\s|[.,!?…])]+", r"\s+$", r"[\w-]+", r"[--a]+",
    r"(?:a|b)++", r"a{b}|{", r"\p{Emoji_Presentation}",
    r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"]
REFUSED = [r"\p{Script=Han}", r"\p{sc=Han}", r"\p{L&}", r"\p{Xan}", r"\p{isL}", r"(?P<n>a)", r"[a-\d]", r"[\d-a]", r"[[:foo:]]",
           r"{3}", r"(?u)a", r"(?s)a"]
BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]


def common():
    tokens = sorted(set(LETTERS))
    vocab = {"?": 0}
    for c in tokens:
        vocab[c] = len(vocab)
        vocab["##" + c] = len(vocab)
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
            "pre_tokenizer": None, "post_processor": None, "decoder": None,
            "model": {"type": "BPE", "dropout": None, "unk_token": "?", "continuing_subword_prefix": "##",
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                      "vocab": vocab, "merges": []}}


def split(pattern, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": behavior, "invert": invert}


def unigram(vocab, **more):
    return {"type": "Unigram", "unk_id": 0, "byte_fallback": False, "vocab": vocab} | more


def alphabet():
    """GPT-2's characters of bytes."""
    seen = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    return [chr(b) for b in seen] + [chr(256 + i) for i in range(68)]


def cases(rng):
    def texts(n):
        return ["".join(rng.choice(LETTERS) for _ in range(rng.randint(1, 24))) for _ in range(n)]

    for p in PATTERNS:
        yield "Split " + p, {"pre_tokenizer": split(p)}, texts(4) + ["1234567 camelCase \n", "aßbSSẞ sst ﬁ"]
    for b in BEHAVIORS:
        for invert in False, True:
            yield "%s %s" % (b, invert), {"pre_tokenizer": split(r"(?<=[a-z])(?=[A-Z])|s+|\b", b, invert)}, texts(4)
    for p in REFUSED:
        yield "Split " + p, {"pre_tokenizer": split(p)}, None
    for p in r"\d*", r"(?<=a)", r"s+":
        yield "Replace " + p, {"normalizer": {"type": "Replace", "pattern": {"Regex": p}, "content": "-"}}, texts(3)
    # scores with more digits than a double has, whose sums decide by their last bit
    for _ in range(12):
        names = ["▁", "-", "--", "---", "----", "_", "__", "___", "▁-", "▁_"]
        vocab = [["<unk>", 0.0]] + [[n, float("-%d.%017d" % (rng.randint(5, 6) + len(n), rng.randint(0, 10 ** 17)))] for n in names]
        yield "Unigram of many ways", {"model": unigram(vocab), "pre_tokenizer": {
            "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}}, ["-" * 7, "-" * 13, "_" * 9, "-_--__-"]
    equal = [["<unk>", 0.0]] + [["-" * k, -1.1 * k] for k in (1, 2, 3)] + [["_", -0.1], ["__", -0.2], ["___", -0.30000000000000004]]
    yield "Unigram of equal ways", {"model": unigram(equal)}, ["-" * k for k in range(1, 12)] + ["_" * k for k in range(1, 12)]
    pieces = [["<unk>", 0.0], ["▁", -2.0], ["a", -3.0], ["b", -3.0], ["éÉ", -9.0]] + [["<0x%02X>" % b, -9.0] for b in range(256)]
    for fallback in False, True:
        yield "Unigram, unknown, %s" % fallback, {"model": unigram(pieces, byte_fallback=fallback)}, [
            "a<unk>b", "<unk>", "é", "éÉa", "aéÉÉb", "<unk><unk>"]
    # CLIP: the last byte of a word has a suffix
    letters = alphabet()
    vocab = {c: i for i, c in enumerate(letters + [c + "</w>" for c in letters] + ["ab", "ab</w>", "cab</w>"])}
    yield "CLIP", {"normalizer": {"type": "Sequence", "normalizers": [
        {"type": "NFC"}, {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "}, {"type": "Lowercase"}]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            split(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", "Removed", True),
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}]},
        "model": {"type": "BPE", "vocab": vocab, "merges": ["a b", "a b</w>", "c ab</w>"], "unk_token": None,
                  "continuing_subword_prefix": "", "end_of_word_suffix": "</w>", "fuse_unk": False}}, [
        "ab", "Cab  a cab's é 12", "abab 日本"] + texts(3)
    for regex in True, False:
        yield "ByteLevel normalizer %s" % regex, {"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "ByteLevel"}]},
            "added_tokens": [{"id": 900, "content": "é", "single_word": False, "lstrip": False, "rstrip": False,
                              "normalized": True, "special": False}],
            "pre_tokenizer": split(r"Ġ?[^Ġ]+" if regex else r"Ã|\d"),
            "model": {"type": "BPE", "vocab": {c: i for i, c in enumerate(letters + ["ab", "Ġa"])} | {"é": 900},
                      "merges": ["a b", "Ġ a"], "unk_token": None}}, ["ab é ab", "1É a b"] + texts(3)


def main():
    base = common()
    print(json.dumps({"base": base}, ensure_ascii=False, separators=(",", ":")))
    for what, members, texts in cases(random.Random(1)):
        try:
            t = Tokenizer.from_str(json.dumps(base | members))
        except Exception:
            t = None
        if (t is None) != (texts is None):
            raise SystemExit("%s: %s" % (what, t))
        ids = texts and [t.encode(s, add_special_tokens=False).ids for s in texts]
        print(json.dumps({"what": what, "members": members, "texts": texts, "ids": ids}, ensure_ascii=False,
                         separators=(",", ":")))


if __name__ == "__main__":
    main()
