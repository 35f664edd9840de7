// SPDX-License-Identifier: MIT
#include "cli/filter_rows.h"

const char *const filter_protocols[] = {"tcp",	  "udp",    "sctp", "icmp",
					"icmpv4", "icmpv6", "dns",  NULL};
const char *const filter_ip_versions[] = {"v4", "v6", "none", NULL};
const char *const filter_verdicts[] = {"FORWARDED", "DROPPED", "ERROR", NULL};
const char *const filter_tcp_flags[] = {
	"SYN", "FIN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS", NULL,
};
const char *const filter_directions[] = {"ingress", "egress", NULL};
const char *const filter_events[] = {
	"new", "flags", "report", "end", "drop", "icmp_error", "listen_drop", "l7", NULL,
};
const char *const filter_types[] = {"drop", "trace", "l7", NULL};
const char *const filter_identities[] = {
	"host",	       "world",		 "unmanaged", "health", "init",
	"remote-node", "kube-apiserver", "ingress",   NULL,
};

static struct filter *filter_of(void *options, const struct opt *o)
{
	return (struct filter *)((char *)options + o->target);
}

int filter_row_set(void *options, const struct opt *o, bool negated, const char *value, char *err,
		   size_t err_size)
{
	return filter_add(filter_of(options, o), negated, o->field, o->side, value, err, err_size);
}

int filter_row_ip_version(void *options, const struct opt *o, bool negated, const char *value,
			  char *err, size_t err_size)
{
	(void)value;
	return filter_add(filter_of(options, o), negated, FILTER_IP_VERSION, FILTER_EITHER,
			  o->letter == '4' ? "v4" : "v6", err, err_size);
}
