/* SPDX-License-Identifier: MIT */
/* How each field of a filter is read and applied; for flows/filter*.c only. */
#ifndef PITOT_FLOWS_FILTER_TERMS_H
#define PITOT_FLOWS_FILTER_TERMS_H

#include <string.h>

#include "flows/filter.h"

struct filter_row {
	const char *name; /* of the option, after "from-" and "to-" */
	/* Fills in *v (zeroed, its text apart). As filter_add(). */
	int (*parse)(struct filter_value *v, const char *text, char *err, size_t err_size);
	/* True when some value of the term is the flow's. */
	bool (*match)(const struct filter_term *t, const struct flow *f, bool destination);
};

/* By enum filter_field; what is only asked for has a name alone. */
extern const struct filter_row filter_rows[FILTER_FLAGS];

/* flows/filter_parse.c */
int parse_text(struct filter_value *v, const char *text, char *err, size_t size);
int parse_prefix(struct filter_value *v, const char *text, char *err, size_t size);
int parse_port(struct filter_value *v, const char *text, char *err, size_t size);
int parse_protocol(struct filter_value *v, const char *text, char *err, size_t size);
int parse_ip_version(struct filter_value *v, const char *text, char *err, size_t size);
int parse_verdict(struct filter_value *v, const char *text, char *err, size_t size);
int parse_direction(struct filter_value *v, const char *text, char *err, size_t size);
int parse_tcp_flags(struct filter_value *v, const char *text, char *err, size_t size);
int parse_events(struct filter_value *v, const char *text, char *err, size_t size);
int parse_type(struct filter_value *v, const char *text, char *err, size_t size);
int parse_bool(struct filter_value *v, const char *text, char *err, size_t size);
int parse_trace_number(struct filter_value *v, const char *text, char *err, size_t size);

/* flows/filter_parse_names.c */
int parse_path(struct filter_value *v, const char *text, char *err, size_t size);
int parse_identity(struct filter_value *v, const char *text, char *err, size_t size);
int parse_fqdn(struct filter_value *v, const char *text, char *err, size_t size);
int parse_node(struct filter_value *v, const char *text, char *err, size_t size);
int parse_labels(struct filter_value *v, const char *text, char *err, size_t size);
int parse_regex(struct filter_value *v, const char *text, char *err, size_t size);
int parse_interface(struct filter_value *v, const char *text, char *err, size_t size);
int parse_drop_reason(struct filter_value *v, const char *text, char *err, size_t size);
int parse_http_status(struct filter_value *v, const char *text, char *err, size_t size);
int parse_header(struct filter_value *v, const char *text, char *err, size_t size);
int filter_value_pair(struct filter_value *v, const char *dir, const char *name);
void filter_value_clear(struct filter_value *v);

/* flows/filter_match.c: what a flow is */
bool match_address(const struct filter_term *t, const struct flow *f, bool destination);
bool match_port(const struct filter_term *t, const struct flow *f, bool destination);
bool match_process(const struct filter_term *t, const struct flow *f, bool destination);
bool match_event(const struct filter_term *t, const struct flow *f, bool destination);
bool match_verdict(const struct filter_term *t, const struct flow *f, bool destination);
bool match_ip_version(const struct filter_term *t, const struct flow *f, bool destination);
bool match_protocol(const struct filter_term *t, const struct flow *f, bool destination);
bool match_direction(const struct filter_term *t, const struct flow *f, bool destination);
bool match_tcp_flags(const struct filter_term *t, const struct flow *f, bool destination);
bool match_reply(const struct filter_term *t, const struct flow *f, bool destination);
bool match_encrypted(const struct filter_term *t, const struct flow *f, bool destination);
bool match_type(const struct filter_term *t, const struct flow *f, bool destination);
bool match_drop_reason(const struct filter_term *t, const struct flow *f, bool destination);
bool match_interface(const struct filter_term *t, const struct flow *f, bool destination);
bool match_snat(const struct filter_term *t, const struct flow *f, bool destination);

/* flows/filter_match_names.c: who its ends are */
bool match_identity(const struct filter_term *t, const struct flow *f, bool destination);
bool match_pod(const struct filter_term *t, const struct flow *f, bool destination);
bool match_service(const struct filter_term *t, const struct flow *f, bool destination);
bool match_workload(const struct filter_term *t, const struct flow *f, bool destination);
bool match_cluster(const struct filter_term *t, const struct flow *f, bool destination);
bool match_fqdn(const struct filter_term *t, const struct flow *f, bool destination);
bool match_label(const struct filter_term *t, const struct flow *f, bool destination);
bool match_node_name(const struct filter_term *t, const struct flow *f, bool destination);
bool match_node_label(const struct filter_term *t, const struct flow *f, bool destination);
bool filter_node_is(const struct filter_value *v, const char *cluster, const char *node);

/* flows/filter_match_l7.c: what is said, and by which number */
bool match_uuid(const struct filter_term *t, const struct flow *f, bool destination);
bool match_trace_id(const struct filter_term *t, const struct flow *f, bool destination);
bool match_ip_trace_id(const struct filter_term *t, const struct flow *f, bool destination);
bool match_dns_query(const struct filter_term *t, const struct flow *f, bool destination);
bool match_http_status(const struct filter_term *t, const struct flow *f, bool destination);
bool match_http_method(const struct filter_term *t, const struct flow *f, bool destination);
bool match_http_path(const struct filter_term *t, const struct flow *f, bool destination);
bool match_http_url(const struct filter_term *t, const struct flow *f, bool destination);
bool match_http_header(const struct filter_term *t, const struct flow *f, bool destination);

/* Of --protocol: numbers above those of IP. */
enum {
	PROTOCOL_ICMP_BOTH = 256,
	PROTOCOL_L7, /* with an enum l7_protocol added */
};

/* Growing lists: *list is a pointer to items of that size. 0 or -ENOMEM. */
int filter_grow(void *list, size_t *n, const void *item, size_t size);

/* A value in an error, cut so that the reason behind it keeps its room. */
#define VALUE_SHOWN 80
#define VALUE_FORMAT "\"%.*s%s\""
#define VALUE_CUT(v) VALUE_SHOWN, (v), strlen(v) > VALUE_SHOWN ? "..." : ""

/* "\"VALUE\" is not WANTED"; -EINVAL. */
int filter_refuse(char *err, size_t size, const char *value, const char *wanted);

#endif
