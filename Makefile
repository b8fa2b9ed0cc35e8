# finegrain: `make` builds into $(BUILD), programs into $(BUILD)/bin.
PREFIX  ?= /usr/local
DESTDIR ?=
BUILD   ?= build
CC      ?= cc
HTTP    ?= 1
OPT     ?= -O2 -g
WARN    ?= -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes
SAN     ?=

ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -pthread -ffp-contract=off -fno-math-errno $(OPT) $(WARN) $(SAN) \
             -Ilib -Icmd -MMD -MP $(CFLAGS)
LIBS = -lyaml -lxxhash -ldivsufsort -ldivsufsort64 -lpcre2-8 -lutf8proc
ifeq ($(HTTP),1)
LIBS += -lcurl
ALL_CFLAGS += -DHAVE_CURL
endif
LIBS += -pthread -lm

LIB_SRC  = $(sort $(wildcard lib/*/*.c))
CMD_SRC  = $(sort $(wildcard cmd/*.c))
APP_SRC  = $(sort $(wildcard cmd/common/*.c))
UNIT_SRC = $(sort $(wildcard tests/unit/*.c tests/prop/*.c tests/grad/*.c tests/ref/*.c))
FUZZ_SRC = $(sort $(wildcard tests/fuzz/*.c))
BENCH_SRC = $(sort $(wildcard tests/bench/*.c))
EX_SRC   = $(sort $(wildcard examples/*/*.c))

LIB_OBJ  = $(LIB_SRC:%.c=$(BUILD)/%.o)
APP_OBJ  = $(APP_SRC:%.c=$(BUILD)/%.o)
PROG     = $(CMD_SRC:cmd/%.c=$(BUILD)/bin/fg-%)
UNIT     = $(UNIT_SRC:tests/%.c=$(BUILD)/tests/%.t)
FUZZ     = $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/fuzz/%)
BENCH    = $(BENCH_SRC:tests/bench/%.c=$(BUILD)/bench/%)
EXAMPLE  = $(EX_SRC:examples/%.c=$(BUILD)/examples/%)

all: $(PROG) $(EXAMPLE)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(CFLAGS_$(subst /,_,$*)) -c -o $@ $<

$(BUILD)/libfinegrain.a: $(LIB_OBJ)
	rm -f $@
	ar rcs $@ $(LIB_OBJ)
$(BUILD)/libapp.a: $(APP_OBJ)
	rm -f $@
	ar rcs $@ $(APP_OBJ)

$(BUILD)/bin/fg-%: $(BUILD)/cmd/%.o $(BUILD)/libapp.a $(BUILD)/libfinegrain.a
	@mkdir -p $(@D)
	$(CC) $(SAN) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/tests/%.t: $(BUILD)/tests/%.o $(BUILD)/libfinegrain.a
	@mkdir -p $(@D)
	$(CC) $(SAN) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)
$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/libfinegrain.a
	@mkdir -p $(@D)
	$(CC) $(SAN) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/libfinegrain.a
	@mkdir -p $(@D)
	$(CC) $(SAN) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/examples/%: $(BUILD)/examples/%.o
	@mkdir -p $(@D)
	$(CC) $(SAN) $(LDFLAGS) -o $@ $^ -lm

unit: $(UNIT)

check: all $(UNIT) $(FUZZ)
	BUILD=$(abspath $(BUILD)) prove -r $(BUILD)/tests tests

clean:
	rm -rf $(BUILD)

.PHONY: all unit check clean
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
