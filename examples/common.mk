# How the examples' Makefiles run their recipes: the programs are first on PATH, a failure
# anywhere ends a recipe and deletes its incomplete target, and intermediate files are kept.
SHELL = /bin/bash
.SHELLFLAGS = -euo pipefail -c
.DELETE_ON_ERROR:
# one stage after another, since each of them uses all processors; with J=1 a stage uses one, and
# make -j N runs N of them at once
ifneq ($(J),1)
.NOTPARALLEL:
endif
.SECONDARY:
# $(eval $(call listed,FILE,NAMES)): FILE is made again when the names of what it is made of change;
# what is missing is then made, too, which .SECONDARY alone would not do
define listed
$1: $1.list
$1.list: FORCE
	@mkdir -p $$(@D) && { echo '$2' | cmp -s - $$@ || echo '$2' >$$@; }
endef
.PHONY: FORCE
examples := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
BUILD    ?= $(abspath $(examples)..)/build
export PATH := $(BUILD)/bin:$(PATH)
