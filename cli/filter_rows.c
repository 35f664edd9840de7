// SPDX-License-Identifier: MIT
#include "cli/filter_rows.h"

#include <errno.h>
#include <stdio.h>

#include "export/flow_filter.h"

const char *const filter_protocols[] = {"tcp",	"udp",	"sctp", "icmp", "icmpv4", "icmpv6",
					"igmp", "vrrp", "dns",	"http", "kafka",  NULL};
const char *const filter_ip_versions[] = {"v4", "v6", "none", NULL};
const char *const filter_verdicts[] = {
	"FORWARDED", "DROPPED", "ERROR", "AUDIT", "REDIRECTED", "TRACED", "TRANSLATED", NULL,
};
const char *const filter_tcp_flags[] = {
	"SYN", "FIN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS", NULL,
};
const char *const filter_directions[] = {"ingress", "egress", NULL};
const char *const filter_events[] = {
	"new", "flags", "report", "end", "drop", "icmp_error", "listen_drop", "l7", NULL,
};
const char *const filter_types[] = {
	"drop", "trace", "l7", "capture", "policy-verdict", "trace-sock", NULL,
};
const char *const filter_identities[] = {
	"host",	       "world",		 "unmanaged", "health", "init",
	"remote-node", "kube-apiserver", "ingress",   NULL,
};

const char *const filter_http_methods[] = {
	"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", NULL,
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

/* --allowlist, --denylist: the row's field tells which. */
int filter_row_list(void *options, const struct opt *o, bool negated, const char *value, char *err,
		    size_t err_size)
{
	(void)negated;
	return flow_filter_read_json(filter_of(options, o), o->field, value, err, err_size);
}

int filter_row_cel(void *options, const struct opt *o, bool negated, const char *value, char *err,
		   size_t err_size)
{
	(void)options, (void)o, (void)negated, (void)value;
	snprintf(err, err_size, "CEL is not there: --where asks the same, see pitot-filter(7)");
	return -EINVAL;
}
