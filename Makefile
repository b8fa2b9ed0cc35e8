# finegrain: `make` builds into $(BUILD), programs into $(BUILD)/bin.
PREFIX  ?= /usr/local
DESTDIR ?=
BUILD   ?= build
CC      ?= cc
HTTP    ?= 1
MPI     ?= 0
PAGE    ?= 1
OPT     ?= -O2 -g
WARN    ?= -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes
SAN     ?=

# One short line a file; V=1 shows the commands, and -s nothing.
V       ?= 0
Q        = $(if $(filter 1,$(V)),,@)
SILENT   = $(findstring s,$(filter-out -%,$(firstword $(MAKEFLAGS))))
say      = $(if $(SILENT)$(filter 1,$(V)),@:,@printf '  %-4s %s\n' $(1) $(2))

# As many jobs as there are processors, unless the command line says how many.
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell getconf _NPROCESSORS_ONLN)
endif
# `make deps demo`: everything is installed before anything is compiled.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
AFTER_DEPS = deps
endif

ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -pthread -ffp-contract=off -fno-math-errno $(OPT) $(WARN) $(SAN) \
             -Ilib -Icmd -MMD -MP $(CFLAGS)
LIBS = -lyaml -lxxhash -ldivsufsort -ldivsufsort64 -lpcre2-8 -lutf8proc
# libmicrohttpd's header may be missing: there is no page then
ifeq ($(HTTP),1)
ALL_CFLAGS += -DHAVE_CURL
endif
ifeq ($(PAGE),1)
ALL_CFLAGS += -DWANT_PAGE
endif
LIBS += -ldl -pthread -lm       # libcurl, libmicrohttpd and OpenCL are loaded where they are used

# Training on many machines: fg-update alone is linked with MPI.
ifeq ($(MPI),1)
CFLAGS_lib_run_comm_open = -DHAVE_MPI
CFLAGS_lib_run_comm_mpi = -DHAVE_MPI $(shell mpicc --showme:compile)
LIBS_MPI = $(shell mpicc --showme:link)
endif
LIBS_bin_fg-update = $(LIBS_MPI)
LIBS_unit_comm = $(LIBS_MPI)

# kernels of lib/tensor/cpu: vector code wants the optimiser, and its instruction set; asked when
# they are compiled, as `make deps demo` has no compiler before
KERN_OPT = -O3 $(if $(findstring clang,$(shell $(CC) --version)),,-fno-tree-loop-distribute-patterns)
CFLAGS_lib_tensor_cpu_kern_portable = $(KERN_OPT)
CFLAGS_lib_tensor_cpu_kern_neon = $(KERN_OPT)
CFLAGS_lib_tensor_cpu_kern_avx2 = $(KERN_OPT) $(if $(X86),-mavx2 -mfma -mf16c)
CFLAGS_lib_tensor_cpu_kern_avx512 = $(KERN_OPT) $(if $(X86),-mavx512f -mavx512dq -mavx512bw -mavx512vl -mfma -mprefer-vector-width=512)
CFLAGS_lib_tensor_cpu_adamw = -O3
CFLAGS_lib_json_array = -O3
CFLAGS_lib_json_number = -O3
CFLAGS_lib_json_scan = -O3
CFLAGS_lib_record_record = -O3
CFLAGS_lib_edit_level_avx2 = -O3 $(if $(X86),-mavx2)
CFLAGS_lib_edit_bound = -O3
X86 = $(findstring x86_64,$(shell $(CC) -dumpmachine))

LIB_SRC  = $(sort $(wildcard lib/*/*.c lib/*/*/*.c))
CMD_SRC  = $(sort $(wildcard cmd/*.c))
APP_SRC  = $(sort $(wildcard cmd/common/*.c))
UNIT_SRC = $(sort $(wildcard tests/unit/*.c tests/prop/*.c tests/grad/*.c tests/ref/*.c))
LIBS_unit_jansson = -ljansson
FUZZ_SRC = $(filter-out tests/fuzz/driver.c,$(sort $(wildcard tests/fuzz/*.c)))
BENCH_SRC = $(sort $(wildcard tests/bench/*.c))
EX_SRC   = $(sort $(wildcard examples/*/*.c))

# texts that become part of the library, those of the page for annotators, the kernels of OpenCL with what of lib/base
# they share, and the overview, which lists the programs: page.css is page_css[], page_css_n bytes and a NUL
TEXT_SRC = $(sort $(wildcard lib/*/*.html lib/*/*.css lib/*/*.js lib/tensor/opencl/*.cl)) \
           lib/base/math_expf.h lib/base/math_body.h man/finegrain.7

LIB_OBJ  = $(LIB_SRC:%.c=$(BUILD)/%.o) $(TEXT_SRC:%=$(BUILD)/%.o)
APP_OBJ  = $(APP_SRC:%.c=$(BUILD)/%.o)
PROG     = $(patsubst cmd/%.c,$(BUILD)/bin/fg-%,$(filter-out cmd/finegrain.c,$(CMD_SRC))) $(BUILD)/bin/finegrain
UNIT     = $(UNIT_SRC:tests/%.c=$(BUILD)/tests/%.t)
FUZZ     = $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/fuzz/%)
BENCH    = $(BENCH_SRC:tests/bench/%.c=$(BUILD)/bench/%)
EXAMPLE  = $(EX_SRC:examples/%.c=$(BUILD)/examples/%)

all: $(PROG) $(EXAMPLE)

# a missing library is reported once, and not by every file that includes it
HEADERS = yaml.h xxhash.h divsufsort.h divsufsort64.h pcre2.h utf8proc.h $(if $(filter 1,$(HTTP)),curl/curl.h)
$(BUILD)/headers: | $(AFTER_DEPS)
	@mkdir -p $(@D)
	@printf '#include <%s>\n' $(HEADERS) >$@.c
	@$(CC) -DPCRE2_CODE_UNIT_WIDTH=8 $(CFLAGS) -fsyntax-only $@.c || \
	    { echo "libraries are missing: 'make deps' installs them" >&2; exit 1; }
	@touch $@

$(BUILD)/%.o: %.c | $(BUILD)/headers
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(CFLAGS_$(subst /,_,$*)) -c -o $@ $<

# built again when the options of the last make were different
$(BUILD)/lib/run/comm_mpi.o $(BUILD)/lib/run/comm_open.o: $(BUILD)/mpi
$(BUILD)/mpi: FORCE
	@mkdir -p $(@D)
	@echo '$(MPI)' | cmp -s - $@ || echo '$(MPI)' >$@
FORCE:

$(TEXT_SRC:%=$(BUILD)/%.c): $(BUILD)/%.c: %
	@mkdir -p $(@D)
	@n=$(subst .,_,$(notdir $<)) && { printf '#include <stddef.h>\n'; \
	    printf "extern const unsigned char $$n[];\nextern const size_t $${n}_n;\n"; \
	    printf "const unsigned char $$n[] = {\n"; od -An -v -tx1 $< | sed 's/\([0-9a-f][0-9a-f]\)/0x\1,/g'; \
	    printf "0 };\nconst size_t $${n}_n = sizeof($$n) - 1;\n"; } >$@.part
	@mv $@.part $@
$(TEXT_SRC:%=$(BUILD)/%.o): $(BUILD)/%.o: $(BUILD)/%.c
	$(call say,CC,$*)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/libfinegrain.a: $(LIB_OBJ)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)ar rcs $@ $(LIB_OBJ)
$(BUILD)/libapp.a: $(APP_OBJ)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)ar rcs $@ $(APP_OBJ)

$(BUILD)/bin/fg-%: $(BUILD)/cmd/%.o $(BUILD)/libapp.a $(BUILD)/libfinegrain.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) $(LDFLAGS) -o $@ $^ $(LIBS_bin_fg-$*) $(LIBS)
$(BUILD)/bin/finegrain: $(BUILD)/cmd/finegrain.o $(BUILD)/libapp.a $(BUILD)/libfinegrain.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/tests/%.t: $(BUILD)/tests/%.o $(BUILD)/libfinegrain.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS_$(subst /,_,$*)) $(LIBS)

# tests/prop/growth.c counts the basic blocks of these that are run; they come before the library's own
COUNTED = $(patsubst %,$(BUILD)/counted/lib/%.o,record/import_m2 stat/winrate stat/winrate_cells stat/winrate_kl stat/winrate_stat $(addprefix token/, \
          added bpe charsmap encode norm normform pre text train_split train_unigram train_words unigram vocab wordpiece))
$(BUILD)/counted/%.o: %.c | $(BUILD)/headers
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -O1 -fsanitize-coverage=trace-pc -c -o $@ $<
$(BUILD)/tests/prop/growth.t: $(BUILD)/tests/prop/growth.o $(COUNTED) $(BUILD)/libfinegrain.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/driver.o $(BUILD)/libfinegrain.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/libfinegrain.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/examples/%: $(BUILD)/examples/%.o
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) $(LDFLAGS) -o $@ $^ -lm

unit: $(UNIT)
fuzz: $(FUZZ)
benches: $(BENCH)

deps:
	.ci/deps $(DEPS) $(if $(filter 1,$(MPI)),--mpi)

# prove runs what ends in .t: cmocka programs in $(BUILD)/tests, scripts in tests/
JOBS ?= $(shell getconf _NPROCESSORS_ONLN)
check: all $(UNIT) $(FUZZ)
	BUILD=$(abspath $(BUILD)) CC="$(CC)" UPDATE=$(UPDATE) prove -j$(JOBS) -r $(BUILD)/tests tests

check-san:
	LSAN_OPTIONS=suppressions=$(CURDIR)/tests/lsan.supp $(MAKE) BUILD=build-san OPT="-O1 -g -fno-omit-frame-pointer" \
	    SAN="-fsanitize=address,undefined -fno-sanitize-recover=undefined" check

# the lines that the tests run (gcov), of each folder; those that they do not run are listed in
# build-cov/uncovered
COVER_TESTS ?= build-cov/tests tests/cmd tests/ref tests/pipe tests/fault
coverage:
	$(MAKE) BUILD=build-cov OPT="-O1 -g" SAN="--coverage -fprofile-update=atomic" all unit fuzz
	find build-cov -name '*.gcda' -delete
	-BUILD=$(abspath build-cov) CC="$(CC)" prove -Q -j$(JOBS) -r $(COVER_TESTS)
	@tests/coverage.sh build-cov

# clang's libFuzzer runs each target: 10 minutes each, or FUZZ_SECONDS, several at once with -j;
# the inputs that it keeps are written to build-fuzz/corpus
FUZZ_SECONDS ?= 600
FUZZ_TARGETS ?= $(FUZZ_SRC:tests/fuzz/%.c=%)
$(BUILD)/guided/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/libfinegrain.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(LIBS)
guided: $(FUZZ_TARGETS:%=guide-%)
guide-%: $(BUILD)/guided/%
	@mkdir -p $(BUILD)/corpus/$*
	cd $(<D) && TMPDIR=$${TMPDIR:-/dev/shm} ./$* -max_total_time=$(FUZZ_SECONDS) -timeout=20 -verbosity=0 \
	    -print_final_stats=1 ../corpus/$* $(abspath tests/fuzz)/$*.corpus
check-fuzz:
	$(MAKE) BUILD=build-fuzz CC=clang OPT="-O1 -g" \
	    SAN="-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined" guided

check-slow: all $(UNIT) $(FUZZ)
	FG_SLOW=1 $(MAKE) check

bench: all $(BENCH)
	@set -e; for b in $(BENCH) $(sort $(wildcard tests/bench/*.sh)); do \
		echo "== $$b"; BUILD=$(abspath $(BUILD)) $$b; done

# the compiler checks every source and writes nothing
SYNTAX = $(patsubst %.c,$(BUILD)/%.syntax,$(LIB_SRC) $(CMD_SRC) $(APP_SRC) $(EX_SRC) $(UNIT_SRC) $(BENCH_SRC) \
         $(wildcard tests/fuzz/*.c tests/fault/*.c))
$(BUILD)/%.syntax: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(CFLAGS_$(subst /,_,$*)) -MF $@.d -MT $@ -Werror -fsyntax-only $<
	@touch $@
syntax: $(SYNTAX)

lint: all
	BUILD=$(abspath $(BUILD)) CC="$(CC)" prove -r tests/lint

demo: all
	@BUILD=$(abspath $(BUILD)) $(MAKE) -C examples/demo

MAN = $(sort $(wildcard man/*.[1-8]))
COMPLETE_BASH = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
COMPLETE_ZSH = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
install: all
	mkdir -p $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(PROG) $(DESTDIR)$(PREFIX)/bin
	for m in $(MAN); do d=$(DESTDIR)$(PREFIX)/share/man/man$${m##*.}; \
		mkdir -p $$d && install -m 644 $$m $$d; done
	mkdir -p $(COMPLETE_BASH) $(COMPLETE_ZSH)
	$(BUILD)/bin/finegrain completion bash >$(BUILD)/completion.bash
	$(BUILD)/bin/finegrain completion zsh >$(BUILD)/completion.zsh
	install -m 644 $(BUILD)/completion.bash $(COMPLETE_BASH)/finegrain
	install -m 644 $(BUILD)/completion.zsh $(COMPLETE_ZSH)/_finegrain
	for p in $(notdir $(filter-out %/finegrain,$(PROG))); do ln -sf finegrain $(COMPLETE_BASH)/$$p; done

uninstall:
	rm -f $(PROG:$(BUILD)/%=$(DESTDIR)$(PREFIX)/%) $(PROG:$(BUILD)/bin/%=$(COMPLETE_BASH)/%) $(COMPLETE_ZSH)/_finegrain
	for m in $(notdir $(MAN)); do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$$m; done

clean:
	rm -rf $(BUILD) build-san build-fuzz build-cov

.PHONY: all unit fuzz benches deps check check-san check-fuzz coverage guided check-slow bench syntax lint demo install uninstall clean
.SECONDARY:
-include $(shell find $(BUILD) -path $(BUILD)/lint -prune -o -name '*.d' -print 2>/dev/null)
