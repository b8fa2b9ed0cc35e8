# How the examples' Makefiles run their recipes: the programs are first on PATH, a failure
# anywhere ends a recipe and deletes its incomplete target, and intermediate files are kept.
SHELL = /bin/bash
.SHELLFLAGS = -euo pipefail -c
.DELETE_ON_ERROR:
# one stage after another, since each of them uses all processors
.NOTPARALLEL:
.SECONDARY:
examples := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
BUILD    ?= $(abspath $(examples)..)/build
export PATH := $(BUILD)/bin:$(PATH)
