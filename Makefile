# SPDX-License-Identifier: MIT
#
#   make run [ARGS="..."]   install what is missing, build, `pitot`; with ARGS `pitot observe ARGS`
#   make check              the same set-up, every test; ends with N passed, N failed, N skipped
#
# Others: all deps deps-test bench fuzz check-bench check-headers check-layers check-man
# check-kernels format-check install uninstall clean. Knobs: V=1 (commands in full), WERROR=1,
# SANITIZE=address,undefined, FUZZ_SECONDS=60, KERNELS="5.10 6.1", PREFIX=/usr/local, DESTDIR=.
#
# Everything is built into build/. Each outside library has one home, which
# tests/layers enforces:
#   libbpf, libelf         flows/capture/
#   zlib, libzstd          export/ (files); zlib: flows/capture/, too
#   libuv                  the event loop: flows/, export/, tui/, cli/
#   libcurl                flows/names/http*.c, loaded when it is first needed
#   libcares, libmaxminddb   flows/names/
#   libprotobuf-c, libjansson, libyaml   flows/names/ (Kubernetes), export/; libyaml: cli/, too
#   libnghttp2, libssl     export/grpc*, http2*; export/transport*, tls*
#   libpcre2               flows/regex.c
#   libncursesw            tui/terminal*.c

VERSION := 0.1.0
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60

CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
CLANG ?= clang
BPFTOOL ?= bpftool
PROTOC_C ?= protoc-c
export PATH := $(PATH):/usr/sbin:/sbin

# Debian packages: to build and run, and further ones for the tests.
DEPS := bpftool clang gcc libbpf-dev libc-ares-dev libc6-dev libcurl4-openssl-dev libelf-dev \
	libjansson-dev libmaxminddb-dev libncurses-dev libnghttp2-dev libpcre2-dev libprotobuf-c-dev libprotobuf-dev libssl-dev \
	libuv1-dev libyaml-dev libzstd-dev linux-libc-dev make pkg-config protobuf-c-compiler zlib1g-dev
DEPS_TEST := bind9-dnsutils busybox-static conntrack curl dnsmasq-base docker-compose ethtool iperf3 iproute2 iptables \
	iputils-ping jq kmod libcmocka-dev librsvg2-bin mandoc mmdb-bin netavark netcat-openbsd nftables nginx-light openssl podman postgresql redis-server \
	$(if $(shell command -v npm),,nodejs npm) $(if $(shell command -v kubectl),,kubernetes-client) procps prometheus protobuf-compiler python3 python3-grpcio python3-protobuf runc shellcheck socat tcpdump \
	tmux tshark util-linux zsh libclang-rt-$(or $(shell $(CLANG) -dumpversion 2>/dev/null | cut -d. -f1),14)-dev
DEPS_KERNELS := busybox-static cpio kmod libcmocka-dev qemu-system-x86 xz-utils

# ------------------------------------------------------------------ flags

comma := ,
B := build$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))
O := $(B)/obj$(if $(WERROR),-werror)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings \
	-Wformat=2 -Wvla -Wundef $(if $(WERROR),-Werror)
SAN := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
CPPFLAGS += -I. -Ibuild -D_GNU_SOURCE -DPITOT_VERSION='"$(VERSION)"'
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(WARN) $(SAN) -pthread

ARCH_x86_64 := x86
ARCH_aarch64 := arm64
MACHINE := $(shell uname -m)
BPF_ARCH := $(or $(ARCH_$(MACHINE)),$(MACHINE))
BPF_WARN := -Wall -Wextra -Wshadow -Wundef -Wno-unused-parameter -Wno-address-of-packed-member \
	-Wno-sign-compare
BPF_CFLAGS := -O2 -g -std=gnu11 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPF_ARCH) $(BPF_WARN) \
	-I. -I/usr/include/$(MACHINE)-linux-gnu

# The archives where there are any: the binary then needs libc alone.
archive = $(wildcard $(shell $(CC) -print-file-name=$1))
LIBS = $(or $(call archive,libbpf.a),-lbpf) $(or $(call archive,libelf.a),-lelf) \
	$(or $(call archive,libz.a),-lz) $(or $(call archive,libuv_a.a),-luv) \
	$(or $(call archive,libcares.a),-lcares) $(or $(call archive,libmaxminddb.a),-lmaxminddb) \
	$(or $(call archive,libyaml.a),-lyaml) $(or $(call archive,libjansson.a),-ljansson) \
	$(or $(call archive,libprotobuf-c.a),-lprotobuf-c) $(or $(call archive,libnghttp2.a),-lnghttp2) \
	$(or $(call archive,libssl.a),-lssl) $(or $(call archive,libcrypto.a),-lcrypto) \
	$(or $(call archive,libpcre2-8.a),-lpcre2-8) $(or $(call archive,libzstd.a),-lzstd) \
	$(or $(call archive,libncursesw.a),-lncursesw) $(or $(call archive,libtinfo.a),-ltinfo) -lpthread -ldl

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-6s %s\n' $1 $2;)

# ------------------------------------------------------------------ files

BPF := $(patsubst bpf/%.bpf.c,%,$(wildcard bpf/*.bpf.c))
SKEL := $(BPF:%=build/bpf/%.skel.h)
SRC := $(wildcard flows/*.c flows/*/*.c export/*.c export/*/*.c tui/*.c cli/*.c)
API := $(wildcard export/proto/*.proto)
PROTO := $(wildcard flows/*/*.proto) $(API) \
	$(patsubst %,google/protobuf/%.proto,any field_mask struct timestamp wrappers)
PROTO_C := $(PROTO:%.proto=build/%.pb-c.c)
PROTOSET := build/export/api.protoset
OBJ := $(SRC:%.c=$(O)/%.o) $(PROTO:%.proto=$(O)/%.pb-c.o)
LIB := $(O)/libpitot.a
UNIT := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
PACKET := $(patsubst %.c,$(B)/%,$(wildcard tests/bpf/*.c))
HELPERS := $(patsubst %.c,$(B)/%,$(wildcard tests/system/*.c))
TEST_BPF := $(patsubst %.bpf.c,build/%.bpf.o,$(wildcard tests/system/*/*.bpf.c))
FUZZ := $(patsubst %.c,build/%,$(wildcard tests/fuzz/fuzz_*.c))
MAN := $(wildcard man/*.[1-9])
HEADERS := $(wildcard bpf/*.h flows/*.h flows/*/*.h export/*.h export/*/*.h tui/*.h cli/*.h)
BPF_ONLY := $(filter-out bpf/record.h bpf/key.h,$(filter bpf/%,$(HEADERS)))

all: $(B)/pitot
tests-build: $(UNIT) $(PACKET) $(HELPERS) $(TEST_BPF)
.PHONY: all tests-build bench-build run check bench fuzz fuzz-build deps deps-test deps-kernels \
	check-bench check-headers check-layers check-man check-shell check-kernels format-check install uninstall clean
.DELETE_ON_ERROR:
.SECONDARY:

# ------------------------------------------------------------------ build

define have-tool
	@command -v $1 >/dev/null || { echo "pitot: no $1 here: 'make deps' installs what the build needs" >&2; exit 1; }
endef

build/tool-clang:
	$(call have-tool,$(CLANG))
	@mkdir -p build && touch $@
build/tool-protoc-c:
	$(call have-tool,$(PROTOC_C))
	@mkdir -p build && touch $@
build/tool-bpftool:
	$(call have-tool,$(BPFTOOL))
	@mkdir -p build && touch $@

build/%.bpf.o: %.bpf.c | build/tool-clang
	$(call say,BPF,$@)mkdir -p $(@D) && $(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@

build/%.skel.h: build/%.bpf.o | build/tool-bpftool
	$(call say,SKEL,$@)$(BPFTOOL) gen skeleton $< name $(notdir $*)_bpf > $@

build/%.pb-c.c: %.proto | build/tool-protoc-c
	$(call say,PROTO,$@)$(PROTOC_C) --c_out=build $<
# protobuf's own, from where its package puts them
build/google/protobuf/%.pb-c.c: | build/tool-protoc-c
	$(call say,PROTO,$@)$(PROTOC_C) --c_out=build google/protobuf/$*.proto
# The API's descriptors, for reflection and for the order of JSON's fields. Struct is in
# none of its imports: it travels in an Any.
$(PROTOSET): $(API) | build/tool-protoc-c
	$(call say,PROTO,$@)mkdir -p $(@D) && $(PROTOC_C) --include_imports --descriptor_set_out=$@ $(API) google/protobuf/struct.proto

# embedded by it
$(O)/export/protoset.o build/fuzz/export/protoset.o: $(PROTOSET)

# Only what includes a generated header waits for it (order-only: -MMD knows the rest).
$(OBJ): | $(SKEL) $(PROTO_C) $(PROTOSET)

$(O)/%.pb-c.o: build/%.pb-c.c
	$(call say,CC,$@)mkdir -p $(@D) && $(CC) $(CPPFLAGS) -std=gnu11 $(CFLAGS) $(SAN) -MMD -MP -c $< -o $@

$(O)/%.o: %.c
	$(call say,CC,$@)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(LIB): $(filter-out %/cli/main.o,$(OBJ))
	$(call say,AR,$@)ar qcs $@.$$$$ $^ && mv $@.$$$$ $@

$(B)/pitot: $(O)/cli/main.o $(LIB)
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/tests/%: $(O)/tests/%.o $(LIB)
	$(call say,LINK,$@)mkdir -p $(@D) && \
		$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LIBS) \
		$(if $(filter unit/% bpf/%,$*),-lcmocka)
$(patsubst $(B)/%,$(O)/%.o,$(UNIT) $(PACKET) $(HELPERS)): | $(SKEL) $(PROTO_C)

# Fuzzers: their own objects, made by clang with coverage.
FUZZ_CFLAGS = -std=gnu11 -O1 -g $(WARN) -fno-omit-frame-pointer -pthread
build/fuzz/%.pb-c.o: build/%.pb-c.c
	$(call say,FUZZCC,$@)mkdir -p $(@D) && $(CLANG) $(CPPFLAGS) -O1 -g \
		-fsanitize=fuzzer-no-link$(comma)address$(comma)undefined -MMD -MP -c $< -o $@
build/fuzz/%.o: %.c | $(SKEL) $(PROTO_C) $(PROTOSET) build/tool-clang
	$(call say,FUZZCC,$@)mkdir -p $(@D) && $(CLANG) $(CPPFLAGS) $(FUZZ_CFLAGS) \
		-fsanitize=fuzzer-no-link$(comma)address$(comma)undefined -MMD -MP -c $< -o $@
build/fuzz/libpitot.a: $(patsubst %.c,build/fuzz/%.o,$(filter-out cli/main.c,$(SRC))) \
	$(PROTO:%.proto=build/fuzz/%.pb-c.o)
	$(call say,AR,$@)ar qcs $@.$$$$ $^ && mv $@.$$$$ $@
build/tests/fuzz/%: build/fuzz/tests/fuzz/%.o build/fuzz/libpitot.a
	$(call say,LINK,$@)mkdir -p $(@D) && $(CLANG) -fsanitize=fuzzer$(comma)address$(comma)undefined \
		-pthread -o $@ $^ $(LIBS)

-include $(OBJ:.o=.d) $(BPF:%=build/bpf/%.bpf.d)
-include $(patsubst $(B)/%,$(O)/%.d,$(UNIT) $(PACKET) $(HELPERS))
-include $(TEST_BPF:.o=.d)
-include $(patsubst build/%,build/fuzz/%.d,$(FUZZ)) $(patsubst %.c,build/fuzz/%.d,$(SRC))

# ----------------------------------------------------------------- set-up

# $(call install-packages,PACKAGES): no call of apt when all are there. The policy file
# keeps what is installed (nginx) from being started.
define install-packages
	@missing=; for p in $1; do \
		dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; \
	done; \
	[ -n "$$missing" ] || exit 0; \
	command -v apt-get >/dev/null || { \
		echo "pitot: not a Debian system; these are taken to be there:$$missing" >&2; exit 0; }; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=$$(command -v sudo) || { \
		echo "pitot: not root and no sudo; as root: apt-get install$$missing" >&2; exit 1; }; \
	echo "  APT   $$missing"; mkdir -p build; \
	policy=/usr/sbin/policy-rc.d; [ -e $$policy ] || { \
		printf '#!/bin/sh\nexit 101\n' | $$sudo tee $$policy >/dev/null; \
		$$sudo chmod +x $$policy; trap "$$sudo rm -f $$policy" EXIT; }; \
	apt() { $$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq "$$@" </dev/null >>build/apt.log 2>&1; }; \
	install() { apt -o Dpkg::Use-Pty=0 install --no-install-recommends -y $$missing; }; \
	: >build/apt.log; { [ -z "$$CI" ] && install; } || { apt update; install; } || { \
		echo "pitot: apt-get failed (see build/apt.log); install these by hand:$$missing" >&2; exit 1; }
endef

deps:
	$(call install-packages,$(DEPS))
deps-test:
	$(call install-packages,$(DEPS) $(DEPS_TEST))
deps-kernels:
	$(call install-packages,$(DEPS) $(DEPS_KERNELS))

# The build starts in a make of its own: what was just installed is seen there.
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
run: deps
	@$(MAKE) --no-print-directory $(JOBS) all
	@sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	what=observe; if [ -z "$(ARGS)" ] && [ -t 0 ] && [ -t 1 ]; then what=ui; fi; exec $$sudo $(B)/pitot $$what $(ARGS)

# ------------------------------------------------------------------ tests

check: deps-test
	@$(MAKE) --no-print-directory $(JOBS) WERROR=1 all tests-build
	@BUILD=$(B) WERROR=1 tests/run

# What is built for the benchmarks, and how: the fragment beside them.
include $(wildcard tests/bench/bench.mk)
bench-build: all $(BENCH_PROGRAMS) $(BENCH_OBJECTS)
bench: deps-test
	@$(MAKE) --no-print-directory $(JOBS) bench-build
	@BUILD=$(B) tests/bench/run $(ARGS)

fuzz-build: $(FUZZ)
fuzz: fuzz-build
	@for f in $(FUZZ); do \
		echo "  FUZZ   $$f for $(FUZZ_SECONDS) s"; mkdir -p $$f.corpus; \
		$$f -max_total_time=$(FUZZ_SECONDS) -timeout=5 -print_final_stats=1 \
			-artifact_prefix=$$f.crash- $$f.corpus || exit 1; \
	done

# Every header compiles alone; every kernel program without a warning.
check-headers: | build/tool-clang
	@bad=0; bpf='$(CLANG) $(BPF_CFLAGS) -Werror -ferror-limit=3 -fsyntax-only'; \
	for h in $(filter-out $(BPF_ONLY),$(HEADERS)); do \
		echo "#include \"$$h\"" | $(CC) $(CPPFLAGS) -std=gnu11 $(WARN) -Werror -fsyntax-only -x c - || bad=1; \
	done; \
	for h in $(BPF_ONLY); do \
		echo "#include \"$$h\"" | $$bpf -Wno-unused-function -x c - || bad=1; \
	done; \
	for p in $(BPF:%=bpf/%.bpf.c); do $$bpf $$p || bad=1; done; \
	exit $$bad

# Nothing builds the benchmarks but `make bench`: that they compile shows here.
check-bench: | $(SKEL) $(PROTO_C)
	@bad=0; for c in $(filter-out %.bpf.c,$(wildcard tests/bench/*.c)); do \
		$(CC) $(CPPFLAGS) -std=gnu11 $(WARN) -Werror -fsyntax-only $$c || bad=1; done; exit $$bad

check-layers:
	@tests/layers

check-man:
	@[ -z "$(MAN)" ] && exit 0; out=$$(mandoc -T lint -W warning $(MAN)) && [ -z "$$out" ] || { echo "$$out"; exit 1; }

check-shell:
	@shellcheck -S warning -e SC2034,SC2217 -x -P SCRIPTDIR .ci/run tests/run $(wildcard tests/kernels/* tests/system/*.sh tests/tui/*.sh) deploy/kubernetes/certificates

check-kernels: deps-kernels
	@$(MAKE) --no-print-directory $(JOBS) all $(PACKET) $(B)/tests/system/messages_tool
	@BUILD=$(B) tests/kernels/check $(KERNELS)

format-check:
	@clang-format --dry-run -Werror $(SRC) $(HEADERS) $(wildcard bpf/*.c tests/*/*.c)

# ---------------------------------------------------------------- install

share = $(DESTDIR)$(PREFIX)/share
BASH_COMP = $(share)/bash-completion/completions/pitot
ZSH_COMP = $(share)/zsh/site-functions/_pitot
FISH_COMP = $(share)/fish/vendor_completions.d/pitot.fish
UNIT_FILE = $(DESTDIR)$(PREFIX)/lib/systemd/system/pitot.service
CONF_EXAMPLE = $(share)/doc/pitot/pitot.conf

install: all
	install -D -m 755 $(B)/pitot $(DESTDIR)$(PREFIX)/bin/pitot
	for m in $(MAN); do install -D -m 644 $$m $(share)/man/man$${m##*.}/$${m##*/} || exit 1; done
	mkdir -p $(dir $(BASH_COMP) $(ZSH_COMP) $(FISH_COMP))
	$(B)/pitot completion bash > $(BASH_COMP)
	$(B)/pitot completion zsh > $(ZSH_COMP)
	$(B)/pitot completion fish > $(FISH_COMP)
	mkdir -p $(dir $(UNIT_FILE))
	sed 's|/usr/local/bin|$(PREFIX)/bin|' deploy/systemd/pitot.service > $(UNIT_FILE)
	install -D -m 644 deploy/pitot.conf $(CONF_EXAMPLE)

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/pitot $(BASH_COMP) $(ZSH_COMP) $(FISH_COMP) $(UNIT_FILE) $(CONF_EXAMPLE)
	for m in $(MAN); do rm -f $(share)/man/man$${m##*.}/$${m##*/}; done

clean:
	rm -rf build
