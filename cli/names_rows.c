// SPDX-License-Identifier: MIT
#include "cli/names_rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *const names_kube_scopes[] = {"cluster", "node", NULL};

int names_set_geoip_db(void *options, const struct opt *o, bool negated, const char *value,
		       char *err, size_t err_size)
{
	struct observe_options *obs = options;
	size_t n = 0;

	(void)o, (void)negated;
	while (obs->geoip_dbs[n])
		n++;
	if (n == GEOIP_DBS_MAX) {
		snprintf(err, err_size, "at most %d files", GEOIP_DBS_MAX);
		return -EINVAL;
	}
	obs->geoip_dbs[n] = value;
	return 0;
}

int names_set_dns_port(void *options, const struct opt *o, bool negated, const char *value,
		       char *err, size_t err_size)
{
	struct observe_options *obs = options;
	uint32_t port;
	size_t n = 0;

	(void)o, (void)negated;
	if (value[strspn(value, "0123456789")] || size_parse(value, &port) || port > UINT16_MAX) {
		snprintf(err, err_size, "\"%s\" is not a port (1 to 65535)", value);
		return -EINVAL;
	}
	while (obs->dns_ports[n])
		n++;
	if (n == DNS_PORTS_MAX) {
		snprintf(err, err_size, "at most %d ports", DNS_PORTS_MAX);
		return -EINVAL;
	}
	obs->dns_ports[n] = port;
	return 0;
}
