/* SPDX-License-Identifier: MIT */
/* The table of `pitot observe`'s options. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/names_rows.h"
#include "cli/observe_options.h"
#include "cli/time_arg.h"

static const char *const outputs[] = {
	"compact", "dict", "json", "jsonpb", "table", "tab", "wide", "connection", NULL,
};
static const char *const time_formats[] = {
	"StampMilli", "YearMonthDay", "YearMonthDayHour", "YearMonthDayHourMinute",
	"RFC3339",    "RFC3339Milli", "RFC3339Micro",	  "RFC3339Nano",
	"RFC1123Z",   NULL,
};
static const char *const colors[] = {"auto", "always", "never", NULL};
static const char *const aggregates[] = {"none", "connection", NULL};
static const char *const protocols[] = {"tcp",	  "udp",    "sctp", "icmp",
					"icmpv4", "icmpv6", "dns",  NULL};
static const char *const ip_versions[] = {"v4", "v6", "none", NULL};
static const char *const verdicts[] = {"FORWARDED", "DROPPED", "ERROR", NULL};
static const char *const tcp_flags[] = {
	"SYN", "FIN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS", NULL,
};
static const char *const directions[] = {"ingress", "egress", NULL};
static const char *const events[] = {
	"new", "flags", "report", "end", "drop", "icmp_error", "listen_drop", "l7", NULL,
};

static const char *const types[] = {"drop", "trace", "l7", NULL};
static const char *const identities[] = {
	"host",	       "world",		 "unmanaged", "health", "init",
	"remote-node", "kube-apiserver", "ingress",   NULL,
};

static int set_filter(void *options, const struct opt *o, bool negated, const char *value,
		      char *err, size_t err_size)
{
	struct observe_options *obs = options;

	if (negated && o->field != FILTER_INTERFACE)
		obs->deny_interfaces_only = false;
	return filter_add(&obs->filter, negated, o->field, o->side, value, err, err_size);
}

static int set_ip_version(void *options, const struct opt *o, bool negated, const char *value,
			  char *err, size_t err_size)
{
	(void)value;
	return set_filter(options, o, negated, o->letter == '4' ? "v4" : "v6", err, err_size);
}

static int set_output(void *options, const struct opt *o, bool negated, const char *value,
		      char *err, size_t err_size)
{
	struct observe_options *obs = options;
	size_t n;

	(void)negated;
	obs->format = print_format_find(value);
	if (obs->format)
		return 0;
	n = snprintf(err, err_size, "\"%s\" is not one of", value);
	for (int i = 0; o->choices[i] && n < err_size; i++)
		n += snprintf(err + n, err_size - n, "%s%s", i ? ", " : " ", o->choices[i]);
	return -EINVAL;
}

static int set_time(void *options, const struct opt *o, bool negated, const char *value, char *err,
		    size_t err_size)
{
	struct observe_options *obs = options;
	struct timespec now;

	(void)negated;
	clock_gettime(CLOCK_REALTIME, &now);
	if (time_arg_parse(value, now.tv_sec * 1000000000ull + now.tv_nsec,
			   (uint64_t *)((char *)options + o->target))) {
		snprintf(err, err_size,
			 "\"%s\" is not a time: give a duration back from now "
			 "(90s, 1h30m), 2006-01-02 or 2006-01-02T15:04:05Z",
			 value);
		return -EINVAL;
	}
	if (o->target == offsetof(struct observe_options, since_ns))
		obs->since = value;
	return 0;
}

#define AT(field) offsetof(struct observe_options, field)
#define FILTER(field_, side_)                                                    \
	.type = OPT_CALL, .set = set_filter, .field = (field_), .side = (side_), \
	.group = GROUP_FILTER, .negatable = true

const struct opt observe_option_table[] = {
	{"last", 0, OPT_NUMBER, "N", AT(last), .group = GROUP_SELECT,
	 .help = "the last N flows, shown when the capture stops"},
	{"first", 0, OPT_NUMBER, "N", AT(first), .group = GROUP_SELECT,
	 .help = "stop after N flows"},
	{"since", 0, OPT_CALL, "TIME", AT(since_ns), .set = set_time, .group = GROUP_SELECT,
	 .help = "flows from TIME on: a duration back from now (5m) or a date"},
	{"until", 0, OPT_CALL, "TIME", AT(until_ns), .set = set_time, .group = GROUP_SELECT,
	 .help = "stop at TIME"},
	{"for", 0, OPT_DURATION, "DURATION", AT(for_ns), .group = GROUP_SELECT,
	 .help = "stop after DURATION (300ms, 5s, 1h30m)"},
	{"follow", 'f', OPT_FLAG, NULL, AT(follow), .group = GROUP_SELECT,
	 .help = "show flows as they come, also with --last"},
	{"all-drops", 0, OPT_FLAG, NULL, AT(filter.normal_drops), .group = GROUP_SELECT,
	 .help = "show drops that are part of normal life, too"},

	{"not", 0, OPT_NOT, .group = GROUP_FILTER, .help = "negate the filter that follows"},
	{"pod", 0, .arg = "POD", FILTER(FILTER_POD, FILTER_EITHER),
	 .help = "pod of either end: [NAMESPACE/]PREFIX"},
	{"from-pod", 0, .arg = "POD", FILTER(FILTER_POD, FILTER_SOURCE),
	 .help = "pod of the source"},
	{"to-pod", 0, .arg = "POD", FILTER(FILTER_POD, FILTER_DESTINATION),
	 .help = "pod of the destination"},
	{"namespace", 'n', .arg = "NAMESPACE", FILTER(FILTER_NAMESPACE, FILTER_EITHER),
	 .help = "namespace of either end"},
	{"from-namespace", 0, .arg = "NAMESPACE", FILTER(FILTER_NAMESPACE, FILTER_SOURCE),
	 .help = "namespace of the source"},
	{"to-namespace", 0, .arg = "NAMESPACE", FILTER(FILTER_NAMESPACE, FILTER_DESTINATION),
	 .help = "namespace of the destination"},
	{"all-namespaces", 'A', OPT_CALL, .set = set_filter, .field = FILTER_ALL_NAMESPACES,
	 .side = FILTER_EITHER, .group = GROUP_FILTER, .negatable = true,
	 .help = "either end in a namespace, whichever: a pod, container, unit, process"},
	{"from-all-namespaces", 0, OPT_CALL, .set = set_filter, .field = FILTER_ALL_NAMESPACES,
	 .side = FILTER_SOURCE, .group = GROUP_FILTER, .negatable = true,
	 .help = "the source in a namespace, whichever"},
	{"to-all-namespaces", 0, OPT_CALL, .set = set_filter, .field = FILTER_ALL_NAMESPACES,
	 .side = FILTER_DESTINATION, .group = GROUP_FILTER, .negatable = true,
	 .help = "the destination in a namespace, whichever"},
	{"label", 'l', .arg = "SELECTOR", FILTER(FILTER_LABEL, FILTER_EITHER),
	 .help = "labels of either end: app=x, tier in (a,b), !y"},
	{"from-label", 0, .arg = "SELECTOR", FILTER(FILTER_LABEL, FILTER_SOURCE),
	 .help = "labels of the source"},
	{"to-label", 0, .arg = "SELECTOR", FILTER(FILTER_LABEL, FILTER_DESTINATION),
	 .help = "labels of the destination"},
	{"fqdn", 0, .arg = "NAME", FILTER(FILTER_FQDN, FILTER_EITHER),
	 .help = "DNS name of either end; * matches"},
	{"from-fqdn", 0, .arg = "NAME", FILTER(FILTER_FQDN, FILTER_SOURCE),
	 .help = "DNS name of the source"},
	{"to-fqdn", 0, .arg = "NAME", FILTER(FILTER_FQDN, FILTER_DESTINATION),
	 .help = "DNS name of the destination"},
	{"service", 0, .arg = "SERVICE", FILTER(FILTER_SERVICE, FILTER_EITHER),
	 .help = "Service of either end: [NAMESPACE/]PREFIX"},
	{"from-service", 0, .arg = "SERVICE", FILTER(FILTER_SERVICE, FILTER_SOURCE),
	 .help = "Service of the source"},
	{"to-service", 0, .arg = "SERVICE", FILTER(FILTER_SERVICE, FILTER_DESTINATION),
	 .help = "Service of the destination"},
	{"workload", 0, .arg = "WORKLOAD", FILTER(FILTER_WORKLOAD, FILTER_EITHER),
	 .help = "workload of either end: [KIND/]NAME"},
	{"from-workload", 0, .arg = "WORKLOAD", FILTER(FILTER_WORKLOAD, FILTER_SOURCE),
	 .help = "workload of the source"},
	{"to-workload", 0, .arg = "WORKLOAD", FILTER(FILTER_WORKLOAD, FILTER_DESTINATION),
	 .help = "workload of the destination"},
	{"identity", 0, .arg = "IDENTITY", FILTER(FILTER_IDENTITY, FILTER_EITHER),
	 .choices = identities, .help = "identity of either end: a number, host, world, .."},
	{"from-identity", 0, .arg = "IDENTITY", FILTER(FILTER_IDENTITY, FILTER_SOURCE),
	 .choices = identities, .help = "identity of the source"},
	{"to-identity", 0, .arg = "IDENTITY", FILTER(FILTER_IDENTITY, FILTER_DESTINATION),
	 .choices = identities, .help = "identity of the destination"},
	{"cluster", 0, .arg = "CLUSTER", FILTER(FILTER_CLUSTER, FILTER_EITHER),
	 .help = "cluster of either end"},
	{"from-cluster", 0, .arg = "CLUSTER", FILTER(FILTER_CLUSTER, FILTER_SOURCE),
	 .help = "cluster of the source"},
	{"to-cluster", 0, .arg = "CLUSTER", FILTER(FILTER_CLUSTER, FILTER_DESTINATION),
	 .help = "cluster of the destination"},
	{"ip", 0, .arg = "ADDRESS", FILTER(FILTER_IP, FILTER_EITHER),
	 .help = "address or CIDR of either end"},
	{"from-ip", 0, .arg = "ADDRESS", FILTER(FILTER_IP, FILTER_SOURCE),
	 .help = "address or CIDR of the source"},
	{"to-ip", 0, .arg = "ADDRESS", FILTER(FILTER_IP, FILTER_DESTINATION),
	 .help = "address or CIDR of the destination"},
	{"port", 0, .arg = "PORT", FILTER(FILTER_PORT, FILTER_EITHER),
	 .help = "port of either end"},
	{"from-port", 0, .arg = "PORT", FILTER(FILTER_PORT, FILTER_SOURCE),
	 .help = "port of the source"},
	{"to-port", 0, .arg = "PORT", FILTER(FILTER_PORT, FILTER_DESTINATION),
	 .help = "port of the destination"},
	{"process", 0, .arg = "PROCESS", FILTER(FILTER_PROCESS, FILTER_EITHER),
	 .help = "process at either end: pid, name, program or path; * matches"},
	{"from-process", 0, .arg = "PROCESS", FILTER(FILTER_PROCESS, FILTER_SOURCE),
	 .help = "process at the source"},
	{"to-process", 0, .arg = "PROCESS", FILTER(FILTER_PROCESS, FILTER_DESTINATION),
	 .help = "process at the destination"},
	{"protocol", 0, .arg = "PROTOCOL", FILTER(FILTER_PROTOCOL, 0), .choices = protocols,
	 .help = "tcp, udp, sctp, icmp (both), icmpv4, icmpv6, dns or a number"},
	{"ipv4", '4', OPT_CALL, .set = set_ip_version, .field = FILTER_IP_VERSION,
	 .group = GROUP_FILTER, .negatable = true, .help = "IPv4 only"},
	{"ipv6", '6', OPT_CALL, .set = set_ip_version, .field = FILTER_IP_VERSION,
	 .group = GROUP_FILTER, .negatable = true, .help = "IPv6 only"},
	{"ip-version", 0, .arg = "VERSION", FILTER(FILTER_IP_VERSION, 0), .choices = ip_versions,
	 .help = "v4, v6 or none"},
	{"interface", 0, .arg = "NAME", FILTER(FILTER_INTERFACE, 0),
	 .help = "interface; * and ? match"},
	{"traffic-direction", 0, .arg = "DIRECTION", FILTER(FILTER_DIRECTION, 0),
	 .choices = directions, .help = "ingress or egress"},
	{"tcp-flags", 0, .arg = "FLAGS", FILTER(FILTER_TCP_FLAGS, 0), .choices = tcp_flags,
	 .help = "TCP flags; those joined by commas must all be set"},
	{"verdict", 0, .arg = "VERDICT", FILTER(FILTER_VERDICT, 0), .choices = verdicts,
	 .help = "FORWARDED, DROPPED or ERROR (a DNS timeout)"},
	{"drop-reason-desc", 0, .arg = "REASON", FILTER(FILTER_DROP_REASON, 0),
	 .help = "the kernel's drop reason (NO_SOCKET, tcp_*); * and ? match"},
	{"event", 0, .arg = "EVENTS", FILTER(FILTER_EVENT, 0), .choices = events,
	 .help = "new, flags, report, end, drop, icmp_error, listen_drop, l7; by comma"},
	{"type", 't', .arg = "TYPE", FILTER(FILTER_TYPE, 0), .choices = types,
	 .help = "Hubble's event type: trace, drop, l7, .. or a number"},
	{"node-name", 0, .arg = "NODE", FILTER(FILTER_NODE_NAME, 0),
	 .help = "node where it is seen: [CLUSTER/]NODE; * matches"},

	{"output", 'o', OPT_CALL, "FORMAT", .set = set_output, .choices = outputs,
	 .group = GROUP_OUTPUT, .fallback = "compact",
	 .help = "compact, dict, json, jsonpb, table, tab, wide, connection"},
	{"aggregate", 0, OPT_CHOICE, "BY", AT(aggregate), .choices = aggregates,
	 .group = GROUP_OUTPUT, .fallback = "none",
	 .help = "connection: one line for each, when it ends"},
	{"time-format", 0, OPT_CHOICE, "FORMAT", AT(print.time_format), .choices = time_formats,
	 .group = GROUP_OUTPUT, .fallback = "StampMilli",
	 .help = "StampMilli, YearMonthDay, RFC3339, RFC3339Nano, .. RFC1123Z"},
	{"local-time", 0, OPT_FLAG, NULL, AT(print.local_time), .group = GROUP_OUTPUT,
	 .help = "times of this machine's zone, not UTC"},
	{"color", 0, OPT_CHOICE, "WHEN", AT(color), .choices = colors, .group = GROUP_OUTPUT,
	 .fallback = "auto", .help = "auto, always or never"},
	{"numeric", 0, OPT_FLAG, NULL, AT(print.numeric), .group = GROUP_OUTPUT,
	 .help = "addresses in place of names"},
	{"ip-translation", 0, OPT_SWITCH, NULL, AT(ip_translation), .group = GROUP_OUTPUT,
	 .fallback = "true", .help = "names in place of addresses"},
	{"print-node-name", 0, OPT_FLAG, NULL, AT(print.print_node_name), .group = GROUP_OUTPUT,
	 .help = "this machine's name in each line"},
	{"no-tail", 0, OPT_FLAG, NULL, AT(print.no_tail), .group = GROUP_OUTPUT,
	 .help = "compact lines without the part in brackets, exactly Hubble's"},

	{"no-names", 0, OPT_FLAG, NULL, AT(no_names), .group = GROUP_NAMES,
	 .help = "addresses and processes only: no pods, services, DNS names, places"},
	NAMES_ROWS,

	{"report-interval", 0, OPT_DURATION, "DURATION", AT(report_interval_ns),
	 .group = GROUP_CAPTURE, .fallback = "5s",
	 .help = "how often a connection that goes on is shown"},
	{"max-connections", 0, OPT_NUMBER, "N", AT(capture.max_connections), .group = GROUP_CAPTURE,
	 .fallback = "65536", .help = "connections held in the kernel at a time"},
	{"ring-size", 0, OPT_SIZE, "BYTES", AT(capture.ring_bytes), .group = GROUP_CAPTURE,
	 .fallback = "1M", .help = "room for events on their way; K, M"},
	{"drop-stack", 0, OPT_FLAG, NULL, AT(capture.drop_stack), .group = GROUP_CAPTURE,
	 .help = "the kernel's call stack for each new drop"},
	{"without", 0, OPT_TEXT, "FEATURES", AT(capture.without), .group = GROUP_HIDDEN,
	 .help = "act as if the kernel lacked these"},

	{"help", 'h', OPT_HELP, .group = GROUP_OTHER, .help = "print this"},
	{.name = NULL},
};
