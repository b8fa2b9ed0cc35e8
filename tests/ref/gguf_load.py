#!/usr/bin/env python3
"""Hold the GGUF files that fg-init writes against the gguf package: what it calls every tensor of the folder,
and the numbers.

usage: gguf_load.py BUILD

Prints the keys of every architecture.  Not part of `make check`."""
import os
import subprocess
import sys
import tempfile

import gguf
import numpy as np
from safetensors.numpy import load_file

# rows of heads that are in another order there: tests/unit and tests/cmd/init.t have those
PAIRS = {"llama": True, "smollm3": True}
NAMES = {"gemma3_text": "gemma3"}
CASES = [("llama", []), ("qwen2", []), ("qwen3", []), ("smollm3", []), ("olmo2", []), ("phi3", ["--window", "16"]), ("gemma2", ["--tied"]), ("gemma3_text", ["--tied"])]


def check(build, arch, more):
    run = [os.path.join(build, "bin/fg-init"), "-q"]
    subprocess.run(run + ["-t", "tok", "--dim", "32", "--layers", "4", "--heads", "4", "--kv-heads", "2", "--arch", arch,
                          "-o", arch, *more], check=True)
    tensors = load_file(arch + "/model.safetensors")
    their = NAMES.get(arch, arch)
    name = next(k for k, v in gguf.MODEL_ARCH_NAMES.items() if v == their)
    names, out = gguf.get_tensor_name_map(name, 4), gguf.GGUFWriter(None, arch)
    subprocess.run(run + ["--from", arch, "--to-gguf", arch + ".gguf"], check=True)
    r = gguf.GGUFReader(arch + ".gguf")
    got = {t.name: t.data for t in r.tensors}
    good = True
    for k, v in tensors.items():
        want = names.get_name(k, try_suffixes=(".weight", ".bias"))
        same = want in got and got[want].shape == v.shape and (
            (PAIRS.get(arch) and ("q_proj" in k or "k_proj" in k)) or np.array_equal(got[want], v + 1 if "gemma" in arch and "norm" in k else v))
        if not same:
            print(f"{arch}: {k}: {want} is not the same")
            good = False
        got.pop(want, None)
    if got:
        print(f"{arch}: more: {sorted(got)}")
        good = "rope_factors_long.weight" in got
    keys = {f.name: f.contents() for f in r.fields.values() if f.name.startswith(their)}
    print(arch, len(tensors), "tensors", "as the gguf package has them" if good else "DIFFER", keys)
    return good


def main():
    build, good = os.path.abspath(sys.argv[1]), True
    with tempfile.TemporaryDirectory() as tmp:
        os.chdir(tmp)
        os.mkdir("tok")
        with open("text", "w") as f:
            f.write("The quick brown fox jumps over the lazy dog.\n" * 20)
        subprocess.run([os.path.join(build, "bin/fg-vocab"), "-q", "--text", "--size", "280", "-o", "tok", "text"], check=True)
        for arch, more in CASES:
            good &= check(build, arch, more)
    return 0 if good else 1


sys.exit(main())
