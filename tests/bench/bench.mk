# SPDX-License-Identifier: MIT
# The benchmarks, included by the Makefile and built by `make bench` only.
bench = $(patsubst %,$(O)/tests/bench/%.o,$1)

BENCH_OBJECTS := build/tests/bench/base.bpf.o build/tests/bench/driver.bpf.o
BENCH_PROGRAMS := $(patsubst %,$(B)/tests/bench/%,packet_bench drop_bench collector_bench print_bench \
	names_bench filter_bench where_bench hubble_bench names_store_bench metrics_bench grpc_bench flow_lines floor udp_flows udp_rate ui_bench)

$(B)/tests/bench/packet_bench: $(call bench,packet_bench subject object frames bench)
$(B)/tests/bench/drop_bench: $(call bench,drop_bench object flood bench)
$(B)/tests/bench/collector_bench: $(call bench,collector_bench subject object frames bench) $(LIB)
$(B)/tests/bench/print_bench: $(call bench,print_bench) $(LIB)
$(B)/tests/bench/names_bench: $(call bench,names_bench bench) $(LIB)
$(B)/tests/bench/filter_bench: $(call bench,filter_bench bench) $(LIB)
$(B)/tests/bench/hubble_bench: $(call bench,hubble_bench bench) $(LIB)
$(B)/tests/bench/names_store_bench: $(call bench,names_store_bench) $(LIB)
$(B)/tests/bench/metrics_bench: $(call bench,metrics_bench bench) $(LIB)
$(B)/tests/bench/grpc_bench: $(call bench,grpc_bench bench) $(LIB)
$(B)/tests/bench/where_bench: $(call bench,where_bench bench) $(LIB)
$(B)/tests/bench/ui_bench: $(call bench,ui_bench ui_flows bench) $(LIB)
$(B)/tests/bench/flow_lines: $(call bench,flow_lines)
$(B)/tests/bench/floor: $(call bench,floor object)
$(B)/tests/bench/udp_flows: $(call bench,udp_flows)
$(B)/tests/bench/udp_rate: $(call bench,udp_rate)

bench-build: $(B)/tests/system/kube_tool $(B)/tests/system/feed_tool

$(BENCH_PROGRAMS):
	$(call say,LINK,$@)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

-include $(patsubst %.c,$(O)/%.d,$(wildcard tests/bench/*.c)) $(BENCH_OBJECTS:.o=.d)
