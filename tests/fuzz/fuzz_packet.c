/* SPDX-License-Identifier: MIT */
/*
 * The packet parser against any bytes. The first input byte says how the rest
 * is entered: as a frame, or as the packet of a device without Ethernet.
 */
#include <stdint.h>
#include <stdlib.h>

#include "bpf/packet.bpf.h"
#include "tests/bpf/samples.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

static const __u16 ethertypes[] = { 0, TYPE_IP, TYPE_IPV6, TYPE_8021Q };

static void check(int holds)
{
	if (!holds)
		abort();
}

static void keys(const struct packet *p)
{
	struct conn_key4 key4;
	struct conn_key6 key6;

	if (p->ip_version == 4)
		check(packet_key4(p, &key4) <= 1 && key4.protocol == p->protocol);
	else
		check(packet_key6(p, &key6) <= 1 && key6.protocol == p->protocol);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet p = {}, fast = {}, quoted = {};
	const uint8_t *end = data + size;
	__u16 type;
	int err, fast_err;

	if (!size)
		return 0;
	type = ethertypes[*data++ % 4];
	err = packet_parse(data, end, type, &p);
	fast_err = packet_parse_fast(data, end, type, &fast);
	check(fast_err == PACKET_SHORT || fast_err == err);
	if (err)
		return 0;
	check(fast_err || !__builtin_memcmp(&p, &fast, sizeof(p)));
	check(p.ip_version == 4 || p.ip_version == 6);
	check(p.l3 + 20 <= end - data && p.l4 >= p.l3 + 20);
	keys(&p);
	if (p.icmp_error && !packet_parse_quoted(data, end, &p, &quoted))
		keys(&quoted);
	if (p.tunnel && !packet_parse_inner(data, end, &p))
		keys(&p);
	return 0;
}

/* Now and then a sample takes the input's place, so that every protocol is reached soon. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	struct frame f;

	if (seed % 64 == 0) {
		frame_sample_make(seed / 64 % frame_samples_n, &f);
		if (f.len + 1 <= max_size) {
			data[0] = 0;
			memcpy(data + 1, f.b, f.len);
			size = f.len + 1;
		}
	}
	return LLVMFuzzerMutate(data, size, max_size);
}
