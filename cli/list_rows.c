// SPDX-License-Identifier: MIT
/* What can be listed: cells, columns, members of the JSON. */
#include "cli/list_rows.h"

#include <stdio.h>
#include <time.h>

#include "cli/list.h"
#include "cli/text_put.h"

#define TEXT_MAX 1024
#define NS_PER_S 1000000000ull

void list_duration(struct text *t, uint64_t ns)
{
	uint64_t s = ns / NS_PER_S;

	if (s >= 3600) {
		text_u64(t, s / 3600);
		text_char(t, 'h');
	}
	if (s >= 60) {
		text_u64(t, s / 60 % 60);
		text_char(t, 'm');
	}
	text_u64(t, s % 60);
	text_char(t, 's');
}

static void name(struct text *t, const char *s, const char *none)
{
	text_escape(t, *s ? s : none, TEXT_MAX);
}

static void node_name(struct text *t, const void *row)
{
	name(t, ((const struct answer_node *)row)->name, "");
}

static void node_status(struct text *t, const void *row)
{
	static const char *const states[] = {"Unknown", "Connected", "Unavailable", "Gone",
					     "Error"};
	uint64_t state = ((const struct answer_node *)row)->state;

	text_str(t, states[state < 5 ? state : 0]);
}

/* Rounded to the second, as Hubble does. */
static uint64_t node_uptime(const struct answer_node *n)
{
	uint64_t ns = n->uptime_ns < UINT64_MAX - NS_PER_S ? n->uptime_ns : 0;

	return (ns + NS_PER_S / 2) / NS_PER_S * NS_PER_S;
}

static void node_age(struct text *t, const void *row)
{
	uint64_t uptime = node_uptime(row);

	if (uptime)
		list_duration(t, uptime);
	else
		text_str(t, "N/A");
}

static void node_rate(struct text *t, const void *row)
{
	const struct answer_node *n = row;
	uint64_t uptime = node_uptime(n);

	if (uptime)
		text_put(t, "%.2f", (double)n->seen_flows * NS_PER_S / uptime);
	else
		text_str(t, "N/A");
}

static void node_ratio(struct text *t, const void *row)
{
	const struct answer_node *n = row;

	if (n->max_flows)
		text_put(t, "%llu/%llu (%6.2f%%)", (unsigned long long)n->num_flows,
			 (unsigned long long)n->max_flows,
			 (double)n->num_flows / n->max_flows * 100);
	else
		text_str(t, "N/A");
}

static void node_version(struct text *t, const void *row)
{
	name(t, ((const struct answer_node *)row)->version, "N/A");
}

static void node_address(struct text *t, const void *row)
{
	name(t, ((const struct answer_node *)row)->address, "");
}

static void node_tls(struct text *t, const void *row)
{
	const struct answer_node *n = row;

	text_str(t, !n->tls.is_set ? "N/A" : n->tls.enabled ? "Enabled" : "Disabled");
}

static void namespace_name(struct text *t, const void *row)
{
	name(t, ((const struct answer_namespace *)row)->name, "");
}

static void namespace_cluster(struct text *t, const void *row)
{
	name(t, ((const struct answer_namespace *)row)->cluster, "");
}

const char *list_endpoint_kind(uint64_t kind)
{
	static const char *const kinds[] = {
		"unknown", "pod", "container", "unit", "process", "node", "service", "world",
	};

	return kinds[kind < 8 ? kind : 0];
}

static void endpoint_kind(struct text *t, const void *row)
{
	text_str(t, list_endpoint_kind(((const struct answer_endpoint *)row)->kind));
}

static void endpoint_namespace(struct text *t, const void *row)
{
	name(t, ((const struct answer_endpoint *)row)->namespace_name, "-");
}

static void endpoint_name(struct text *t, const void *row)
{
	name(t, ((const struct answer_endpoint *)row)->name, "-");
}

static void endpoint_workload(struct text *t, const void *row)
{
	const struct answer_endpoint *e = row;

	if (*e->workload_kind) {
		name(t, e->workload_kind, "");
		text_char(t, '/');
	}
	name(t, e->workload, "-");
}

static void endpoint_identity(struct text *t, const void *row)
{
	text_u64(t, ((const struct answer_endpoint *)row)->identity);
}

static void endpoint_flows(struct text *t, const void *row)
{
	text_u64(t, ((const struct answer_endpoint *)row)->flows);
}

static void endpoint_seen(struct text *t, const void *row)
{
	uint64_t seen = ((const struct answer_endpoint *)row)->last_seen_ns;
	struct timespec now;
	uint64_t now_ns;

	clock_gettime(CLOCK_REALTIME, &now);
	now_ns = now.tv_sec * NS_PER_S + now.tv_nsec;
	if (!seen)
		text_char(t, '-');
	else
		list_duration(t, now_ns > seen ? now_ns - seen : 0);
}

static void endpoint_node(struct text *t, const void *row)
{
	name(t, ((const struct answer_endpoint *)row)->node, "-");
}

static void endpoint_container(struct text *t, const void *row)
{
	name(t, ((const struct answer_endpoint *)row)->container, "-");
}

static void endpoint_image(struct text *t, const void *row)
{
	name(t, ((const struct answer_endpoint *)row)->image, "-");
}

static void endpoint_labels(struct text *t, const void *row)
{
	const struct answer_texts *labels = &((const struct answer_endpoint *)row)->labels;

	for (size_t i = 0; i < labels->n; i++) {
		text_str(t, i ? "," : "");
		text_escape(t, labels->v[i], TEXT_MAX);
	}
	if (!labels->n)
		text_char(t, '-');
}

static void interface_index(struct text *t, const void *row)
{
	text_u64(t, ((const struct answer_interface *)row)->index);
}

static void interface_name(struct text *t, const void *row)
{
	name(t, ((const struct answer_interface *)row)->name, "-");
}

static void interface_kind(struct text *t, const void *row)
{
	name(t, ((const struct answer_interface *)row)->kind, "-");
}

static void interface_watched(struct text *t, const void *row)
{
	text_str(t, ((const struct answer_interface *)row)->watched ? "yes" : "no");
}

static void interface_how(struct text *t, const void *row)
{
	name(t, ((const struct answer_interface *)row)->how, "-");
}

/* ------------------------------------------------------------------- kinds */

const struct list_kind list_kinds[] = {
	{"nodes", "node", "/observer.Observer/GetNodes", ANSWER_NODES, sizeof(struct answer_node),
	 true,
	 (const struct list_column[]){{"NAME", node_name, false},
				      {"STATUS", node_status, false},
				      {"AGE", node_age, false},
				      {"FLOWS/S", node_rate, false},
				      {"CURRENT/MAX-FLOWS", node_ratio, false},
				      {"VERSION", node_version, true},
				      {"ADDRESS", node_address, true},
				      {"TLS", node_tls, true},
				      {NULL, NULL, false}},
	 (const struct list_member[]){
		 {"name", JSON_TEXT, offsetof(struct answer_node, name)},
		 {"version", JSON_TEXT, offsetof(struct answer_node, version)},
		 {"address", JSON_TEXT, offsetof(struct answer_node, address)},
		 {"state", JSON_NUMBER, offsetof(struct answer_node, state)},
		 {"tls", JSON_TLS, offsetof(struct answer_node, tls)},
		 {"uptime_ns", JSON_NUMBER, offsetof(struct answer_node, uptime_ns)},
		 {"num_flows", JSON_NUMBER, offsetof(struct answer_node, num_flows)},
		 {"max_flows", JSON_NUMBER, offsetof(struct answer_node, max_flows)},
		 {"seen_flows", JSON_NUMBER, offsetof(struct answer_node, seen_flows)},
		 {NULL, 0, 0}}},
	{"namespaces", "namespace", "/observer.Observer/GetNamespaces", ANSWER_NAMESPACES,
	 sizeof(struct answer_namespace), false,
	 (const struct list_column[]){{"NAMESPACE", namespace_name, false},
				      {"CLUSTER", namespace_cluster, true},
				      {NULL, NULL, false}},
	 (const struct list_member[]){
		 {"cluster", JSON_TEXT, offsetof(struct answer_namespace, cluster)},
		 {"namespace", JSON_TEXT, offsetof(struct answer_namespace, name)},
		 {NULL, 0, 0}}},
	{"endpoints", "endpoint", "/pitot.v1.Agent/ListEndpoints", ANSWER_ENDPOINTS,
	 sizeof(struct answer_endpoint), false,
	 (const struct list_column[]){{"KIND", endpoint_kind, false},
				      {"NAMESPACE", endpoint_namespace, false},
				      {"NAME", endpoint_name, false},
				      {"WORKLOAD", endpoint_workload, false},
				      {"IDENTITY", endpoint_identity, false},
				      {"FLOWS", endpoint_flows, false},
				      {"SEEN", endpoint_seen, false},
				      {"NODE", endpoint_node, true},
				      {"CONTAINER", endpoint_container, true},
				      {"IMAGE", endpoint_image, true},
				      {"LABELS", endpoint_labels, true},
				      {NULL, NULL, false}},
	 (const struct list_member[]){
		 {"kind", JSON_KIND, offsetof(struct answer_endpoint, kind)},
		 {"id", JSON_NUMBER, offsetof(struct answer_endpoint, id)},
		 {"identity", JSON_NUMBER, offsetof(struct answer_endpoint, identity)},
		 {"cluster", JSON_TEXT, offsetof(struct answer_endpoint, cluster)},
		 {"namespace", JSON_TEXT, offsetof(struct answer_endpoint, namespace_name)},
		 {"name", JSON_TEXT, offsetof(struct answer_endpoint, name)},
		 {"workload", JSON_TEXT, offsetof(struct answer_endpoint, workload)},
		 {"workload_kind", JSON_TEXT, offsetof(struct answer_endpoint, workload_kind)},
		 {"node", JSON_TEXT, offsetof(struct answer_endpoint, node)},
		 {"container", JSON_TEXT, offsetof(struct answer_endpoint, container)},
		 {"image", JSON_TEXT, offsetof(struct answer_endpoint, image)},
		 {"labels", JSON_TEXTS, offsetof(struct answer_endpoint, labels)},
		 {"last_seen_ns", JSON_NUMBER, offsetof(struct answer_endpoint, last_seen_ns)},
		 {"flows", JSON_NUMBER, offsetof(struct answer_endpoint, flows)},
		 {NULL, 0, 0}}},
	{"interfaces", "interface", "/pitot.v1.Agent/ListInterfaces", ANSWER_INTERFACES,
	 sizeof(struct answer_interface), false,
	 (const struct list_column[]){{"INDEX", interface_index, false},
				      {"NAME", interface_name, false},
				      {"KIND", interface_kind, false},
				      {"WATCHED", interface_watched, false},
				      {"HOW", interface_how, false},
				      {NULL, NULL, false}},
	 (const struct list_member[]){
		 {"index", JSON_NUMBER, offsetof(struct answer_interface, index)},
		 {"name", JSON_TEXT, offsetof(struct answer_interface, name)},
		 {"kind", JSON_TEXT, offsetof(struct answer_interface, kind)},
		 {"watched", JSON_BOOL, offsetof(struct answer_interface, watched)},
		 {"how", JSON_TEXT, offsetof(struct answer_interface, how)},
		 {NULL, 0, 0}}},
	{.name = NULL},
};
