#!/usr/bin/env python3
"""Krippendorff's alpha of drawn answers, by the package krippendorff, as tests/ref/agreement_vectors.h."""
import random

import krippendorff
import numpy

random.seed(5)
print("/* Made by tests/ref/agreement_vectors.py with krippendorff %s: rows are people, -1 is no answer. */" %
      __import__("importlib.metadata").metadata.version("krippendorff"))
print("#ifndef AGREEMENT_VECTORS_H\n#define AGREEMENT_VECTORS_H\n")
print("enum { VECTOR_PEOPLE = 4, VECTOR_UNITS = 30 };")
print("static const struct { double alpha; float v[VECTOR_PEOPLE][VECTOR_UNITS]; } vectors[] = {")
for kind, values in (("nominal", [0, 1]), ("interval", [0, 0.5, 1])):
    for noise in (0.05, 0.2, 0.5, 1):
        truth = [random.choice(values) for _ in range(30)]
        rows = [[random.choice(values) if random.random() < noise else t for t in truth] for _ in range(4)]
        for row in rows[1:]:
            for i in range(30):
                if random.random() < 0.3:
                    row[i] = float("nan")
        alpha = krippendorff.alpha(reliability_data=numpy.array(rows, float), level_of_measurement=kind)
        print("\t{ %.12f, {" % alpha)
        for row in rows:
            print("\t\t{ " + ", ".join("-1" if x != x else "%gf" % x if x == 0.5 else "%d" % x for x in row) + " },")
        print("\t} },")
print("};\n\n#endif")
