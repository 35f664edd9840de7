// SPDX-License-Identifier: MIT
/*
 * flow_lines COUNT: so many flows as lines of JSON, as Hubble writes them; the same for
 * the same COUNT. 40 namespaces of 50 pods each, about one flow in thirty of "team-07"; TCP,
 * DNS, HTTP and drops.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NAMESPACES 40
#define PODS 50

static uint64_t state = 4;

/* splitmix64 */
static uint32_t below(uint32_t n)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (uint32_t)((z ^ z >> 31) >> 32) % n;
}

static void endpoint(const char *name, uint32_t team, uint32_t pod)
{
	printf(",\"%s\":{\"ID\":%u,\"identity\":%u,\"cluster_name\":\"default\",\"namespace\":\"team-%02u\","
	       "\"labels\":[\"k8s:app=app-%u\",\"k8s:app.kubernetes.io/part-of=team-%02u\","
	       "\"k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name=team-%02u\","
	       "\"k8s:io.cilium.k8s.policy.cluster=default\","
	       "\"k8s:io.cilium.k8s.policy.serviceaccount=app-%u\","
	       "\"k8s:io.kubernetes.pod.namespace=team-%02u\"],\"pod_name\":\"app-%u-7d9c5b6f4-%05u\","
	       "\"workloads\":[{\"name\":\"app-%u\",\"kind\":\"Deployment\"}]}",
	       name, 1000 + team * PODS + pod, 10000 + team * 10 + pod % 10, team, pod % 10, team,
	       team, pod % 10, team, pod % 10, pod, pod % 10);
}

static void when(uint64_t i)
{
	printf("\"time\":\"2026-01-15T%02u:%02u:%02u.%09uZ\"",
	       (unsigned int)(10 + i / 3600000 % 10), (unsigned int)(i / 60000 % 60),
	       (unsigned int)(i / 1000 % 60), (unsigned int)(i % 1000 * 1000000 + 1 + i % 999));
}

static void beginning(uint64_t i, const char *verdict, uint32_t from, uint32_t to)
{
	fputs("{\"flow\":{", stdout);
	when(i);
	printf(",\"uuid\":\"%08x-8f6c-4a86-a9d5-%012" PRIx64 "\",\"emitter\":{\"name\":\"Hubble\","
	       "\"version\":\"1.19.4\"},\"verdict\":\"%s\",\"ethernet\":{\"source\":\"0a:58:0a:00:%02x:0a\","
	       "\"destination\":\"0a:58:0a:00:%02x:14\"},\"IP\":{\"source\":\"10.%u.1.%u\","
	       "\"destination\":\"10.%u.2.%u\",\"ipVersion\":\"IPv4\"}",
	       below(UINT32_MAX), i, verdict, from, to, from, below(250), to, below(250));
}

static void node(uint64_t i)
{
	printf(",\"node_name\":\"node-%u\",\"node_labels\":[\"kubernetes.io/arch=amd64\","
	       "\"kubernetes.io/hostname=node-%u\",\"kubernetes.io/os=linux\"]",
	       (unsigned int)(i % 20), (unsigned int)(i % 20));
}

static void ending(uint64_t i, const char *summary)
{
	printf(",\"interface\":{\"index\":%u,\"name\":\"lxc%08x\"},\"Summary\":\"%s\"},"
	       "\"node_name\":\"node-%u\",",
	       10 + below(90), below(UINT32_MAX), summary, (unsigned int)(i % 20));
	when(i);
	puts("}");
}

static void tcp(uint64_t i, uint32_t from, uint32_t to)
{
	beginning(i, "FORWARDED", from, to);
	printf(",\"l4\":{\"TCP\":{\"source_port\":%u,\"destination_port\":8080,\"flags\":{\"PSH\":true,"
	       "\"ACK\":true}}}",
	       32768 + below(28000));
	endpoint("source", from, below(PODS));
	endpoint("destination", to, below(PODS));
	fputs(",\"Type\":\"L3_L4\"", stdout);
	node(i);
	fputs(",\"event_type\":{\"type\":4},\"traffic_direction\":\"INGRESS\",\"trace_observation_point\":"
	      "\"TO_ENDPOINT\",\"trace_reason\":\"ESTABLISHED\",\"is_reply\":false",
	      stdout);
	ending(i, "TCP Flags: ACK, PSH");
}

static void drop(uint64_t i, uint32_t from, uint32_t to)
{
	beginning(i, "DROPPED", from, to);
	printf(",\"l4\":{\"TCP\":{\"source_port\":%u,\"destination_port\":443,\"flags\":{\"SYN\":true}}}",
	       32768 + below(28000));
	endpoint("source", from, below(PODS));
	endpoint("destination", to, below(PODS));
	fputs(",\"Type\":\"L3_L4\"", stdout);
	node(i);
	fputs(",\"event_type\":{\"type\":1,\"sub_type\":133},\"traffic_direction\":\"EGRESS\","
	      "\"drop_reason_desc\":\"POLICY_DENIED\"",
	      stdout);
	ending(i, "TCP Flags: SYN");
}

static void http(uint64_t i, uint32_t from, uint32_t to)
{
	unsigned int item = below(10000);
	char summary[100];

	beginning(i, "FORWARDED", from, to);
	printf(",\"l4\":{\"TCP\":{\"source_port\":8080,\"destination_port\":%u}}",
	       32768 + below(28000));
	endpoint("source", from, below(PODS));
	endpoint("destination", to, below(PODS));
	fputs(",\"Type\":\"L7\"", stdout);
	node(i);
	printf(",\"l7\":{\"type\":\"RESPONSE\",\"latency_ns\":\"%u\",\"http\":{\"code\":200,\"method\":\"GET\","
	       "\"url\":\"http://app.team-%02u:8080/items/%u?x=1\\u0026y=2\",\"protocol\":\"HTTP/1.1\","
	       "\"headers\":[{\"key\":\"X-Request-Id\",\"value\":\"%08x\"}]}},\"event_type\":{\"type\":129},"
	       "\"traffic_direction\":\"INGRESS\",\"is_reply\":true",
	       100000 + below(90000000), to, item, below(UINT32_MAX));
	snprintf(summary, sizeof(summary),
		 "HTTP/1.1 200 2ms (GET http://app.team-%02u:8080/items/%u)", to, item);
	ending(i, summary);
}

static void dns(uint64_t i, uint32_t from, uint32_t to)
{
	beginning(i, "FORWARDED", from, to);
	printf(",\"l4\":{\"UDP\":{\"source_port\":53,\"destination_port\":%u}}",
	       32768 + below(28000));
	endpoint("source", from, below(PODS));
	endpoint("destination", to, below(PODS));
	fputs(",\"Type\":\"L7\"", stdout);
	node(i);
	fputs(",\"l7\":{\"type\":\"RESPONSE\",\"dns\":{\"query\":\"example.com.\",\"ips\":[\"93.184.216.34\"],"
	      "\"ttl\":30,\"observation_source\":\"proxy\",\"qtypes\":[\"A\"],\"rrtypes\":[\"A\"]}},"
	      "\"event_type\":{\"type\":129},\"traffic_direction\":\"INGRESS\",\"is_reply\":true",
	      stdout);
	ending(i, "DNS Answer \\\"93.184.216.34\\\" TTL: 30 (Proxy example.com. A)");
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;

	for (uint64_t i = 0; i < count; i++) {
		uint32_t kind = below(100), from = below(NAMESPACES);
		uint32_t to = below(100) < 70 ? from : below(NAMESPACES);

		if (kind < 75)
			tcp(i, from, to);
		else if (kind < 82)
			drop(i, from, to);
		else if (kind < 91)
			http(i, from, to);
		else
			dns(i, from, to);
	}
	return fflush(stdout) ? 1 : 0;
}
