/* SPDX-License-Identifier: MIT */
/* The options that filter: rows of every command that does (cli/options.h). */
#ifndef PITOT_CLI_FILTER_ROWS_H
#define PITOT_CLI_FILTER_ROWS_H

#include "cli/options.h"
#include "flows/filter.h"

/* The values to complete, NULL-terminated. */
extern const char *const filter_protocols[];
extern const char *const filter_ip_versions[];
extern const char *const filter_verdicts[];
extern const char *const filter_tcp_flags[];
extern const char *const filter_directions[];
extern const char *const filter_events[];
extern const char *const filter_types[];
extern const char *const filter_identities[];
extern const char *const filter_http_methods[];

/* OPT_CALL's; a row's target is where the options have their struct filter. */
int filter_row_set(void *options, const struct opt *o, bool negated, const char *value, char *err,
		   size_t err_size);
int filter_row_list(void *options, const struct opt *o, bool negated, const char *value, char *err,
		    size_t err_size);
int filter_row_cel(void *options, const struct opt *o, bool negated, const char *value, char *err,
		   size_t err_size);
int filter_row_ip_version(void *options, const struct opt *o, bool negated, const char *value,
			  char *err, size_t err_size);

/* clang-format off */
#define FILTER_ROW(at, field_, side_) \
	.type = OPT_CALL, .target = (at), .set = filter_row_set, .field = (field_), \
	.side = (side_), .group = GROUP_FILTER, .negatable = true

/* --NAME, --from-NAME, --to-NAME; also: further members of each row. */
#define FILTER_ENDS(at, name, letter, argument, field_, what, how, also) \
	{name, letter, .arg = argument, FILTER_ROW(at, field_, FILTER_EITHER), also \
	 .help = what " of either end" how}, \
	{"from-" name, 0, .arg = argument, FILTER_ROW(at, field_, FILTER_SOURCE), also \
	 .help = what " of the source"}, \
	{"to-" name, 0, .arg = argument, FILTER_ROW(at, field_, FILTER_DESTINATION), also \
	 .help = what " of the destination"}

#define FILTER_NOTHING_ELSE
#define FILTER_CHOICES_IDENTITY .choices = filter_identities,

/* at: offset of the struct filter in the options. */
#define FILTER_ROWS(at) \
	{"not", 0, OPT_NOT, .group = GROUP_FILTER, .help = "negate the filter that follows"}, \
	FILTER_ENDS(at, "pod", 0, "POD", FILTER_POD, "pod", ": [NAMESPACE/]PREFIX", \
		    FILTER_NOTHING_ELSE), \
	FILTER_ENDS(at, "namespace", 'n', "NAMESPACE", FILTER_NAMESPACE, "namespace", "", \
		    FILTER_NOTHING_ELSE), \
	{"all-namespaces", 'A', FILTER_ROW(at, FILTER_ALL_NAMESPACES, FILTER_EITHER), \
	 .help = "either end in a namespace, whichever: a pod, container, unit, process"}, \
	{"from-all-namespaces", 0, FILTER_ROW(at, FILTER_ALL_NAMESPACES, FILTER_SOURCE), \
	 .help = "the source in a namespace, whichever"}, \
	{"to-all-namespaces", 0, FILTER_ROW(at, FILTER_ALL_NAMESPACES, FILTER_DESTINATION), \
	 .help = "the destination in a namespace, whichever"}, \
	FILTER_ENDS(at, "label", 'l', "SELECTOR", FILTER_LABEL, "labels", \
		    ": app=x, tier in (a,b), !y", FILTER_NOTHING_ELSE), \
	FILTER_ENDS(at, "fqdn", 0, "NAME", FILTER_FQDN, "DNS name", "; * matches", \
		    FILTER_NOTHING_ELSE), \
	FILTER_ENDS(at, "service", 0, "SERVICE", FILTER_SERVICE, "Service", \
		    ": [NAMESPACE/]PREFIX", FILTER_NOTHING_ELSE), \
	FILTER_ENDS(at, "workload", 0, "WORKLOAD", FILTER_WORKLOAD, "workload", \
		    ": [KIND/]NAME", FILTER_NOTHING_ELSE), \
	FILTER_ENDS(at, "identity", 0, "IDENTITY", FILTER_IDENTITY, "identity", \
		    ": a number, host, world, ..", FILTER_CHOICES_IDENTITY), \
	FILTER_ENDS(at, "cluster", 0, "CLUSTER", FILTER_CLUSTER, "cluster", "", \
		    FILTER_NOTHING_ELSE), \
	FILTER_ENDS(at, "ip", 0, "ADDRESS", FILTER_IP, "address or CIDR", "", \
		    FILTER_NOTHING_ELSE), \
	FILTER_ENDS(at, "port", 0, "PORT", FILTER_PORT, "port", "", FILTER_NOTHING_ELSE), \
	FILTER_ENDS(at, "process", 0, "PROCESS", FILTER_PROCESS, "process", \
		    ": pid, name, program or path; * matches", FILTER_NOTHING_ELSE), \
	{"protocol", 0, .arg = "PROTOCOL", FILTER_ROW(at, FILTER_PROTOCOL, 0), \
	 .choices = filter_protocols, \
	 .help = "tcp, udp, sctp, icmp (both), icmpv4, .., dns, http or a number"}, \
	{"ipv4", '4', OPT_CALL, .target = (at), .set = filter_row_ip_version, \
	 .group = GROUP_FILTER, .negatable = true, .help = "IPv4 only"}, \
	{"ipv6", '6', OPT_CALL, .target = (at), .set = filter_row_ip_version, \
	 .group = GROUP_FILTER, .negatable = true, .help = "IPv6 only"}, \
	{"ip-version", 0, .arg = "VERSION", FILTER_ROW(at, FILTER_IP_VERSION, 0), \
	 .choices = filter_ip_versions, .help = "v4, v6 or none"}, \
	{"snat-ip", 0, .arg = "ADDRESS", FILTER_ROW(at, FILTER_SNAT_IP, 0), \
	 .help = "the source's address or CIDR after translation"}, \
	{"interface", 0, .arg = "NAME", FILTER_ROW(at, FILTER_INTERFACE, 0), \
	 .help = "interface; * and ? match"}, \
	{"traffic-direction", 0, .arg = "DIRECTION", FILTER_ROW(at, FILTER_DIRECTION, 0), \
	 .choices = filter_directions, .help = "ingress or egress"}, \
	{"tcp-flags", 0, .arg = "FLAGS", FILTER_ROW(at, FILTER_TCP_FLAGS, 0), \
	 .choices = filter_tcp_flags, \
	 .help = "TCP flags; those joined by commas must all be set"}, \
	{"encrypted", 0, FILTER_ROW(at, FILTER_ENCRYPTED, 0), \
	 .help = "encrypted between the nodes"}, \
	{"unencrypted", 0, FILTER_ROW(at, FILTER_UNENCRYPTED, 0), \
	 .help = "not encrypted between the nodes"}, \
	{"verdict", 0, .arg = "VERDICT", FILTER_ROW(at, FILTER_VERDICT, 0), \
	 .choices = filter_verdicts, .help = "FORWARDED, DROPPED, ERROR (a DNS timeout), .."}, \
	{"drop-reason-desc", 0, .arg = "REASON", FILTER_ROW(at, FILTER_DROP_REASON, 0), \
	 .help = "the kernel's drop reason (NO_SOCKET, tcp_*), or Cilium's"}, \
	{"event", 0, .arg = "EVENTS", FILTER_ROW(at, FILTER_EVENT, 0), .choices = filter_events, \
	 .help = "new, flags, report, end, drop, icmp_error, listen_drop, l7; by comma"}, \
	{"type", 't', .arg = "TYPE", FILTER_ROW(at, FILTER_TYPE, 0), .choices = filter_types, \
	 .help = "Hubble's event type: trace, drop, l7, .. or a number[:SUBTYPE]"}, \
	{"http-status", 0, .arg = "STATUS", FILTER_ROW(at, FILTER_HTTP_STATUS, 0), \
	 .help = "HTTP status: 404, 40+, 5+"}, \
	{"http-method", 0, .arg = "METHOD", FILTER_ROW(at, FILTER_HTTP_METHOD, 0), \
	 .choices = filter_http_methods, .help = "HTTP method, whatever the case"}, \
	{"http-path", 0, .arg = "REGEX", FILTER_ROW(at, FILTER_HTTP_PATH, 0), \
	 .help = "HTTP path; a regular expression (RE2)"}, \
	{"http-url", 0, .arg = "REGEX", FILTER_ROW(at, FILTER_HTTP_URL, 0), \
	 .help = "HTTP URL; a regular expression (RE2)"}, \
	{"http-header", 0, .arg = "NAME:VALUE", FILTER_ROW(at, FILTER_HTTP_HEADER, 0), \
	 .help = "HTTP header; an empty part is any"}, \
	{"dns-query", 0, .arg = "REGEX", FILTER_ROW(at, FILTER_DNS_QUERY, 0), \
	 .help = "name that is asked for in DNS; a regular expression (RE2)"}, \
	{"node-name", 0, .arg = "NODE", FILTER_ROW(at, FILTER_NODE_NAME, 0), \
	 .help = "node where it is seen: [CLUSTER/]NODE; * matches"}, \
	{"node-label", 0, .arg = "SELECTOR", FILTER_ROW(at, FILTER_NODE_LABEL, 0), \
	 .help = "labels of that node"}, \
	{"uuid", 0, .arg = "UUID", FILTER_ROW(at, FILTER_UUID, 0), .help = "this very flow"}, \
	{"trace-id", 0, .arg = "ID", FILTER_ROW(at, FILTER_TRACE_ID, 0), \
	 .help = "trace of an application"}, \
	{"ip-trace-id", 0, .arg = "NUMBER", FILTER_ROW(at, FILTER_IP_TRACE_ID, 0), \
	 .help = "number in an IP option"}, \
	{"allowlist", 0, OPT_CALL, "JSON", (at), .set = filter_row_list, .group = GROUP_FILTER, \
	 .help = "a filter as Hubble's FlowFilter in JSON, or several in a row"}, \
	{"denylist", 0, OPT_CALL, "JSON", (at), .set = filter_row_list, .field = true, \
	 .group = GROUP_FILTER, .help = "the same, for what is not wanted"}, \
	{"cel-expression", 0, OPT_CALL, "EXPR", .set = filter_row_cel, .group = GROUP_HIDDEN, \
	 .negatable = true, .help = "not there: --where does it"}, \
	{"experimental-cel", 0, OPT_CALL, "EXPR", .set = filter_row_cel, .group = GROUP_HIDDEN, \
	 .negatable = true, .help = "not there: --where does it"}
/* clang-format on */

#endif
