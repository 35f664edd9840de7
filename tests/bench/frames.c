// SPDX-License-Identifier: MIT
#include "tests/bench/frames.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <string.h>

#define OPTIONS 12

static size_t put_tcp(uint8_t *at, size_t payload, int syn)
{
	static const uint8_t timestamps[OPTIONS] = { 1, 1, 8, 10, 0, 0, 16, 0, 0, 0, 32, 0 };
	struct tcphdr tcp = {
		.source = htons(1024),
		.dest = htons(443),
		.seq = htonl(1000000),
		.ack_seq = htonl(syn ? 0 : 2000000),
		.doff = (sizeof(tcp) + OPTIONS) / 4,
		.syn = !!syn,
		.ack = !syn,
		.psh = !syn,
		.window = htons(501),
	};

	memcpy(at, &tcp, sizeof(tcp));
	memcpy(at + sizeof(tcp), timestamps, OPTIONS);
	memset(at + sizeof(tcp) + OPTIONS, 'x', payload);
	return sizeof(tcp) + OPTIONS + payload;
}

/* A destination address of zeros is loopback's own, which makes the packet one for this host. */
static void put_ethernet(uint8_t *buf, uint16_t protocol)
{
	struct ethhdr eth = { .h_source = { 2, 0, 0, 0, 0, 1 }, .h_proto = htons(protocol) };

	memcpy(buf, &eth, sizeof(eth));
}

static uint16_t checksum(const void *data, size_t bytes)
{
	const uint8_t *p = data;
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < bytes; i += 2)
		sum += p[i] << 8 | p[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static size_t frame4(uint8_t *buf, size_t payload, int syn)
{
	struct iphdr ip = {
		.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP,
		.saddr = htonl(0x0a010000), .daddr = htonl(0x0a020001),
	};
	size_t bytes = put_tcp(buf + ETH_HLEN + sizeof(ip), payload, syn) + sizeof(ip);

	ip.tot_len = htons(bytes);
	ip.check = checksum(&ip, sizeof(ip));
	put_ethernet(buf, ETH_P_IP);
	memcpy(buf + ETH_HLEN, &ip, sizeof(ip));
	return ETH_HLEN + bytes;
}

size_t frame_data4(uint8_t *buf)
{
	return frame4(buf, FRAME_MAX - ETH_HLEN - sizeof(struct iphdr) - sizeof(struct tcphdr) -
			   OPTIONS, 0);
}

size_t frame_syn4(uint8_t *buf)
{
	return frame4(buf, 0, 1);
}

size_t frame_data6(uint8_t *buf)
{
	struct ipv6hdr ip = {
		.version = 6, .nexthdr = IPPROTO_TCP, .hop_limit = 64,
		.saddr.s6_addr = { 0x20, 1, 0x0d, 0xb8, [12] = 10, 1, 0, 0 },
		.daddr.s6_addr = { 0x20, 1, 0x0d, 0xb8, [12] = 10, 2, 0, 1 },
	};
	size_t payload = FRAME_MAX - ETH_HLEN - sizeof(ip) - sizeof(struct tcphdr) - OPTIONS;
	size_t bytes = put_tcp(buf + ETH_HLEN + sizeof(ip), payload, 0);

	ip.payload_len = htons(bytes);
	put_ethernet(buf, ETH_P_IPV6);
	memcpy(buf + ETH_HLEN, &ip, sizeof(ip));
	return ETH_HLEN + sizeof(ip) + bytes;
}
