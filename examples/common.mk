# How the examples' Makefiles run their recipes: the programs first on PATH, a failure
# anywhere ends a recipe, what it left half made goes, what was made on the way stays.
SHELL = /bin/bash
.SHELLFLAGS = -euo pipefail -c
.DELETE_ON_ERROR:
.SECONDARY:
examples := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
BUILD    ?= $(abspath $(examples)..)/build
export PATH := $(BUILD)/bin:$(PATH)
