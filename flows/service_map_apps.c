// SPDX-License-Identifier: MIT
/* The applications that ports are known for: what most people run there, not what IANA has. */
#include "flows/service_map_parts.h"

#define TCP 1
#define UDP 2

static const struct {
	uint16_t port;
	uint8_t protocols;
	const char *app;
} rows[] = {
	{21, TCP, "FTP"},
	{22, TCP, "SSH"},
	{25, TCP, "SMTP"},
	{53, TCP | UDP, "DNS"},
	{80, TCP, "HTTP"},
	{88, TCP | UDP, "Kerberos"},
	{110, TCP, "POP3"},
	{111, TCP | UDP, "portmap"},
	{123, UDP, "NTP"},
	{143, TCP, "IMAP"},
	{161, UDP, "SNMP"},
	{179, TCP, "BGP"},
	{389, TCP, "LDAP"},
	{443, TCP, "HTTPS"},
	{443, UDP, "QUIC"},
	{445, TCP, "SMB"},
	{465, TCP, "SMTPS"},
	{500, UDP, "IKE"},
	{514, TCP | UDP, "syslog"},
	{587, TCP, "SMTP"},
	{636, TCP, "LDAPS"},
	{853, TCP, "DNS-TLS"},
	{873, TCP, "rsync"},
	{993, TCP, "IMAPS"},
	{995, TCP, "POP3S"},
	{1433, TCP, "SQL Server"},
	{1521, TCP, "Oracle"},
	{1883, TCP, "MQTT"},
	{2049, TCP, "NFS"},
	{2181, TCP, "ZooKeeper"},
	{2379, TCP, "etcd"},
	{2380, TCP, "etcd"},
	{3128, TCP, "proxy"},
	{3306, TCP, "MySQL"},
	{3389, TCP, "RDP"},
	{4222, TCP, "NATS"},
	{4317, TCP, "OTLP"},
	{4318, TCP, "OTLP"},
	{4500, UDP, "IPsec"},
	{4789, UDP, "VXLAN"},
	{5060, TCP | UDP, "SIP"},
	{5353, UDP, "mDNS"},
	{5432, TCP, "PostgreSQL"},
	{5671, TCP, "AMQPS"},
	{5672, TCP, "AMQP"},
	{6081, UDP, "Geneve"},
	{6379, TCP, "Redis"},
	{6443, TCP, "Kubernetes"},
	{7687, TCP, "Neo4j"},
	{8080, TCP, "HTTP"},
	{8086, TCP, "InfluxDB"},
	{8125, UDP, "StatsD"},
	{8443, TCP, "HTTPS"},
	{8500, TCP, "Consul"},
	{8883, TCP, "MQTTS"},
	{9042, TCP, "Cassandra"},
	{9090, TCP, "Prometheus"},
	{9092, TCP, "Kafka"},
	{9093, TCP, "Kafka"},
	{9200, TCP, "Elasticsearch"},
	{9300, TCP, "Elasticsearch"},
	{9411, TCP, "Zipkin"},
	{10250, TCP, "kubelet"},
	{11211, TCP, "Memcached"},
	{26257, TCP, "CockroachDB"},
	{27017, TCP, "MongoDB"},
	{51820, UDP, "WireGuard"},
};

const char *map_port_app(unsigned int protocol, unsigned int port)
{
	unsigned int bit = protocol == 6 ? TCP : protocol == 17 ? UDP : 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].port == port && rows[i].protocols & bit)
			return rows[i].app;
	return "";
}
