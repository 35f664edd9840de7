// SPDX-License-Identifier: MIT
#include "export/flow_filter_rows.h"

#include "bpf/record.h"

#define SOURCE false
#define DESTINATION true

const struct wire_row filter_wire_rows[] = {
	{29, FILTER_UUID, SOURCE, KIND_TEXT, "uuid"},
	{1, FILTER_IP, SOURCE, KIND_TEXT, "source IP"},
	{34, FILTER_SNAT_IP, SOURCE, KIND_TEXT, "source IP translated"},
	{2, FILTER_POD, SOURCE, KIND_TEXT, "source pod"},
	{7, FILTER_FQDN, SOURCE, KIND_TEXT, "source FQDN"},
	{10, FILTER_LABEL, SOURCE, KIND_TEXT, "source label"},
	{16, FILTER_SERVICE, SOURCE, KIND_TEXT, "source service"},
	{26, FILTER_WORKLOAD, SOURCE, KIND_WORKLOAD, "source workload"},
	{37, FILTER_CLUSTER, SOURCE, KIND_TEXT, "source cluster name"},
	{3, FILTER_IP, DESTINATION, KIND_TEXT, "destination IP"},
	{4, FILTER_POD, DESTINATION, KIND_TEXT, "destination pod"},
	{8, FILTER_FQDN, DESTINATION, KIND_TEXT, "destination FQDN"},
	{11, FILTER_LABEL, DESTINATION, KIND_TEXT, "destination label"},
	{17, FILTER_SERVICE, DESTINATION, KIND_TEXT, "destination service"},
	{27, FILTER_WORKLOAD, DESTINATION, KIND_WORKLOAD, "destination workload"},
	{38, FILTER_CLUSTER, DESTINATION, KIND_TEXT, "destination cluster name"},
	{30, FILTER_DIRECTION, SOURCE, KIND_DIRECTION, "traffic direction"},
	{5, FILTER_VERDICT, SOURCE, KIND_VERDICT, "verdict"},
	{33, FILTER_DROP_REASON, SOURCE, KIND_REASON, "drop reason"},
	{35, FILTER_INTERFACE, SOURCE, KIND_INTERFACE, "interface"},
	{6, FILTER_TYPE, SOURCE, KIND_TYPE, "event type"},
	{9, FILTER_HTTP_STATUS, SOURCE, KIND_TEXT, "http status code"},
	{12, FILTER_PROTOCOL, SOURCE, KIND_TEXT, "protocol"},
	{13, FILTER_PORT, SOURCE, KIND_TEXT, "source port"},
	{14, FILTER_PORT, DESTINATION, KIND_TEXT, "destination port"},
	{15, FILTER_REPLY, SOURCE, KIND_BOOL, "reply"},
	{18, FILTER_DNS_QUERY, SOURCE, KIND_TEXT, "DNS query"},
	{19, FILTER_IDENTITY, SOURCE, KIND_NUMBER, "source identity"},
	{20, FILTER_IDENTITY, DESTINATION, KIND_NUMBER, "destination identity"},
	{21, FILTER_HTTP_METHOD, SOURCE, KIND_TEXT, "http method"},
	{22, FILTER_HTTP_PATH, SOURCE, KIND_TEXT, "http path"},
	{31, FILTER_HTTP_URL, SOURCE, KIND_TEXT, "http url"},
	{32, FILTER_HTTP_HEADER, SOURCE, KIND_HEADER, "http header"},
	{23, FILTER_TCP_FLAGS, SOURCE, KIND_FLAGS, "tcp flags"},
	{24, FILTER_NODE_NAME, SOURCE, KIND_TEXT, "node name"},
	{36, FILTER_NODE_LABEL, SOURCE, KIND_TEXT, "node label"},
	{25, FILTER_IP_VERSION, SOURCE, KIND_IP_VERSION, "ip version"},
	{28, FILTER_TRACE_ID, SOURCE, KIND_TEXT, "trace id"},
	{39, FILTER_IP_TRACE_ID, SOURCE, KIND_NUMBER, "ip trace id"},
	{40, FILTER_ENCRYPTED, SOURCE, KIND_BOOL, "encrypted"},
	{0},
};

const struct wire_row filter_own_rows[] = {
	{1, FILTER_PROCESS, SOURCE, KIND_TEXT, "source process"},
	{2, FILTER_PROCESS, DESTINATION, KIND_TEXT, "destination process"},
	{3, FILTER_EVENT, SOURCE, KIND_TEXT, "event"},
	{4, FILTER_DROP_REASON, SOURCE, KIND_KERNEL_REASON, "drop reason"},
	{5, FILTER_INTERFACE, SOURCE, KIND_GLOB, "interface"},
	{0},
};

const struct wire_flag filter_wire_flags[FILTER_WIRE_FLAGS] = {
	{NULL, 0},	   {"FIN", TCPF_FIN}, {"SYN", TCPF_SYN}, {"RST", TCPF_RST},
	{"PSH", TCPF_PSH}, {"ACK", TCPF_ACK}, {"URG", TCPF_URG}, {"ECE", TCPF_ECE},
	{"CWR", TCPF_CWR}, {"NS", TCPF_NS},
};
