"""The model `short` of train.c as a GPT-2 for llm.c, whose layers then have as many weights
(12 d^2): tokens a second of its training step, 4 texts of 64 tokens, and its most memory.

	python train_llmc.py PROGRAM [threads]

PROGRAM: llm.c's train_gpt2.  It takes the clock's time alone, so its best steps count.
"""
import os
import re
import resource
import struct
import subprocess
import sys
import tempfile

import numpy as np

LAYERS, DIM, HEADS, VOCAB, LENGTH = 6, 288, 6, 4096, 64
program = os.path.abspath(sys.argv[1])
threads = sys.argv[2] if len(sys.argv) > 2 else "1"
shapes = [(VOCAB, DIM), (LENGTH, DIM)] + [
    (LAYERS, n) for n in (DIM, DIM, 3 * DIM * DIM, 3 * DIM, DIM * DIM, DIM, DIM, DIM, 4 * DIM * DIM,
                          4 * DIM, 4 * DIM * DIM, DIM)] + [(2, DIM)]
rng = np.random.default_rng(1)

with tempfile.TemporaryDirectory() as folder:
    with open(folder + "/gpt2_124M.bin", "wb") as f:
        head = (20240326, 3, LENGTH, VOCAB, LAYERS, HEADS, DIM, VOCAB)
        f.write(struct.pack("<256i", *head, *(256 - len(head)) * (0,)))
        for shape in shapes:
            f.write((rng.standard_normal(shape, "f4") * np.float32(0.02)).tobytes())
    data = folder + "/dev/data/tinyshakespeare"
    os.makedirs(data)
    for part in "train", "val":
        with open(f"{data}/tiny_shakespeare_{part}.bin", "wb") as f:
            f.write(struct.pack("<256i", 20240520, 1, 1 << 15, *253 * (0,)))
            f.write(rng.integers(0, VOCAB, 1 << 15, "u2").tobytes())
    out = subprocess.run([program], cwd=folder, env=dict(os.environ, OMP_NUM_THREADS=threads), check=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode(errors="replace")
took = sorted(float(x) for x in re.findall(r"took ([0-9.]+) ms", out))
mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(f"short train step {4 * LENGTH / took[len(took) // 10] * 1e3:9.0f} tokens/s of the best tenth, "
      f"{4 * LENGTH / took[len(took) // 2] * 1e3:.0f} of half, {mb:.0f} MB")
