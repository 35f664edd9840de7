// SPDX-License-Identifier: MIT
#include "flows/capture/link_message.h"

#include <errno.h>
#include <sys/socket.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "flows/capture/netlink.h"

/* ------------------------------------------------------------------ links */

static const struct {
	const char *kind;	/* IFLA_INFO_KIND */
	enum link_place place;
} places[] = {
	{"veth", LINK_ENDPOINT},   {"netkit", LINK_ENDPOINT},	 {"tun", LINK_ENDPOINT},
	{"bridge", LINK_BRIDGE},   {"openvswitch", LINK_BRIDGE}, {"vxlan", LINK_OVERLAY},
	{"geneve", LINK_OVERLAY},  {"gre", LINK_OVERLAY},	 {"gretap", LINK_OVERLAY},
	{"ip6gre", LINK_OVERLAY},  {"ip6gretap", LINK_OVERLAY},	 {"erspan", LINK_OVERLAY},
	{"ip6erspan", LINK_OVERLAY}, {"ipip", LINK_OVERLAY},	 {"sit", LINK_OVERLAY},
	{"ip6tnl", LINK_OVERLAY},  {"wireguard", LINK_OVERLAY},	 {"bareudp", LINK_OVERLAY},
};

static enum link_place place_of(const char *kind)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (!strcmp(places[i].kind, kind))
			return places[i].place;
	return LINK_NETWORK;
}

/* A packet on such a device begins with its IP header. */
static bool is_layer3(uint16_t type)
{
	switch (type) {
	case ARPHRD_NONE:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
	case ARPHRD_IP6GRE:
	case ARPHRD_PPP:
	case ARPHRD_RAWIP:
		return true;
	}
	return false;
}

static void read_info(struct nl_span s, struct link *l)
{
	char kind[16];
	struct nl_attr a;

	while (nl_next_attr(&s, &a)) {
		if (a.type == IFLA_INFO_KIND) {
			nl_string(a.value, l->kind, sizeof(l->kind));
			l->place = place_of(l->kind);
		} else if (a.type == IFLA_INFO_SLAVE_KIND) {
			nl_string(a.value, kind, sizeof(kind));
			l->member = !strcmp(kind, "bond") || !strcmp(kind, "team");
		}
	}
}

/*
 * A bridge tells of its ports under a family of its own: a port that leaves the
 * bridge is "deleted" there, but not gone.
 */
static int read_link(struct nl_span s, bool gone, struct link_message *m)
{
	struct ifinfomsg head;
	struct nl_attr a;

	if (!nl_copy(s, &head, sizeof(head)))
		return -EBADMSG;
	if (head.ifi_family != AF_UNSPEC || head.ifi_index <= 0)
		return 0;
	s.at += sizeof(head);
	m->link.ifindex = head.ifi_index;
	m->link.layer3 = is_layer3(head.ifi_type);
	while (nl_next_attr(&s, &a)) {
		if (a.type == IFLA_IFNAME)
			nl_string(a.value, m->link.name, sizeof(m->link.name));
		else if (a.type == IFLA_LINKINFO)
			read_info(a.value, &m->link);
	}
	if (head.ifi_flags & IFF_LOOPBACK)
		m->link.place = LINK_LOOPBACK;
	if (gone)
		m->kind = LINK_MESSAGE_LINK_GONE;
	else if (m->link.name[0]) /* wireless events come without one and say nothing of the link */
		m->kind = LINK_MESSAGE_LINK;
	return 0;
}

/* -------------------------------------------------------------- addresses */

static bool read_ip(struct nl_span s, uint8_t family, struct ip_addr *ret)
{
	if (family == AF_INET6)
		return nl_copy(s, ret->b, 16);
	memset(ret, 0, sizeof(*ret));
	ret->b[10] = ret->b[11] = 0xff;
	return nl_copy(s, ret->b + 12, 4);
}

/* IFA_ADDRESS is the peer's on point-to-point links; IFA_LOCAL, where given, is ours. */
static int read_addr(struct nl_span s, bool gone, struct link_message *m)
{
	bool found = false, local = false;
	struct ifaddrmsg head;
	struct nl_attr a;

	if (!nl_copy(s, &head, sizeof(head)))
		return -EBADMSG;
	if (head.ifa_family != AF_INET && head.ifa_family != AF_INET6)
		return 0;
	s.at += sizeof(head);
	while (nl_next_attr(&s, &a)) {
		if (a.type == IFA_LOCAL)
			found = local = read_ip(a.value, head.ifa_family, &m->addr.addr);
		else if (a.type == IFA_ADDRESS && !local)
			found = read_ip(a.value, head.ifa_family, &m->addr.addr);
	}
	if (!found || head.ifa_prefixlen > (head.ifa_family == AF_INET ? 32 : 128))
		return 0;
	m->addr.ifindex = head.ifa_index;
	m->addr.bits = head.ifa_prefixlen + (head.ifa_family == AF_INET ? 96 : 0);
	m->kind = gone ? LINK_MESSAGE_ADDR_GONE : LINK_MESSAGE_ADDR;
	return 0;
}

/* --------------------------------------------------------------- messages */

/* Both kinds begin with an error number; a dump's end may be without. */
static int read_error(struct nl_span s, enum link_message_kind kind, struct link_message *m)
{
	int error = 0;

	if (!nl_copy(s, &error, sizeof(error)) && kind == LINK_MESSAGE_ERROR)
		return -EBADMSG;
	m->error = error > 0 || error < -4095 ? -EBADMSG : error;
	m->kind = kind;
	return 0;
}

static int read_message(uint16_t type, struct nl_span body, struct link_message *m)
{
	switch (type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return read_link(body, type == RTM_DELLINK, m);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return read_addr(body, type == RTM_DELADDR, m);
	case NLMSG_DONE:
		return read_error(body, LINK_MESSAGE_DONE, m);
	case NLMSG_ERROR:
		return read_error(body, LINK_MESSAGE_ERROR, m);
	}
	return 0;
}

int link_message_next(const void *buf, size_t len, size_t *offset, struct link_message *ret)
{
	struct link_message m = {.kind = LINK_MESSAGE_OTHER};
	struct nl_span s = {(const uint8_t *)buf + *offset, (const uint8_t *)buf + len};
	struct nl_message raw;
	int r;

	r = nl_next_message(&s, &raw);
	if (r <= 0)
		return r;
	m.seq = raw.head.nlmsg_seq;
	m.interrupted = raw.head.nlmsg_flags & NLM_F_DUMP_INTR;
	r = read_message(raw.head.nlmsg_type, raw.body, &m);
	if (r)
		return r;
	*offset = s.at - (const uint8_t *)buf;
	*ret = m;
	return 1;
}
