// SPDX-License-Identifier: MIT
/* What a flow says of one of its ends. */
#include "flows/fields_rows.h"

#include "flows/summary.h"

#define END_GETTER(id)                                                              \
	static inline void end_##id(const struct flow *f, const struct flow_end *e, \
				    struct field_value *v, struct text *scratch)

/* One text of something that may not be there. */
#define END_TEXT(id, from, text)                       \
	END_GETTER(id)                                 \
	{                                              \
		(void)f, (void)scratch;                \
		value_text(v, (from) ? (text) : NULL); \
	}
#define END_NUMBER(id, is_known, n)                      \
	END_GETTER(id)                                   \
	{                                                \
		bool known = (is_known);                 \
                                                         \
		(void)f, (void)scratch;                  \
		value_number(v, known, known ? (n) : 0); \
	}

END_GETTER(ip)
{
	(void)scratch;
	value_addr(v, flow_has_addr(f, e), &e->addr);
}

END_NUMBER(port, flow_port(f, e), e->port)
END_NUMBER(kind, e->endpoint && e->endpoint->kind, e->endpoint->kind)
END_NUMBER(identity, e->identity, e->identity)
END_TEXT(namespace, e->endpoint, e->endpoint->namespace_name)
END_TEXT(pod, endpoint_is_pod(e->endpoint), e->endpoint->name)
END_TEXT(workload, e->endpoint, e->endpoint->workload)
END_TEXT(workload_kind, e->endpoint, e->endpoint->workload_kind)
END_TEXT(service, e->service, e->service->name)
END_TEXT(service_namespace, e->service, e->service->namespace_name)
END_NUMBER(pid, e->process, e->process->pid)
END_NUMBER(ppid, e->process, e->process->ppid)
END_NUMBER(uid, e->process, e->process->uid)
END_NUMBER(netns, e->process && e->process->netns, e->process->netns)
END_TEXT(exe, e->process, e->process->exe)
END_TEXT(command, e->process, e->process->command)
END_TEXT(container, e->endpoint, e->endpoint->container)
END_TEXT(container_id, e->endpoint, e->endpoint->container_id)
END_TEXT(image, e->endpoint, e->endpoint->image)
END_TEXT(cgroup, e->endpoint, e->endpoint->cgroup)
END_TEXT(node, e->endpoint, e->endpoint->node)
END_TEXT(cluster, e->endpoint, e->endpoint->cluster)
END_TEXT(country, e->place, e->place->country)
END_TEXT(country_name, e->place, e->place->country_name)
END_TEXT(city, e->place, e->place->city)
END_NUMBER(asn, e->place && e->place->asn, e->place->asn)
END_TEXT(as, e->place, e->place->as_name)
END_TEXT(mac, f->hubble, e == &f->src ? f->hubble->source_mac : f->hubble->destination_mac)

END_GETTER(name)
{
	flow_host_text(scratch, f, e, false);
	value_made(v, scratch);
}

END_GETTER(process)
{
	const char *comm = e->process ? e->process->comm : NULL;

	(void)f;
	if (!comm || memchr(comm, 0, sizeof(e->process->comm))) {
		value_text(v, comm);
		return;
	}
	text_mem(scratch, comm, sizeof(e->process->comm));
	value_made(v, scratch);
}

/* As --label sees them: a reserved identity is a label where there are no others. */
END_GETTER(labels)
{
	const char *reserved = identity_label(e->identity);
	const char **room;

	(void)f;
	if (e->endpoint && e->endpoint->n_labels) {
		value_texts(v, e->endpoint->labels, e->endpoint->n_labels);
		return;
	}
	room = reserved ? value_room(scratch, 1) : NULL;
	if (room)
		*room = reserved;
	value_texts(v, room, room ? 1 : 0);
}

static inline void names(struct field_value *v, const struct name_list *l)
{
	value_texts(v, l ? l->names : NULL, l ? l->n : 0);
}

END_GETTER(dns)
{
	(void)f, (void)scratch;
	names(v, flow_end_names(e));
}

END_GETTER(reverse)
{
	(void)f, (void)scratch;
	names(v, e->reverse);
}

/* NULL: it is not known who is who. */
static inline const struct flow_counters *sent(const struct flow *f, const struct flow_end *e)
{
	if (f->is_reply == REPLY_UNKNOWN || !flow_is_counted(f))
		return NULL;
	return (e == &f->src) == (f->is_reply == REPLY_NO) ? &f->forward : &f->reply;
}

END_NUMBER(sent_bytes, sent(f, e), sent(f, e)->bytes)
END_NUMBER(sent_packets, sent(f, e), sent(f, e)->packets)

/* NULL: not known. A drop that does not say counts as the initiator's, as in Hubble's filters. */
static inline const struct flow_end *client(const struct flow *f)
{
	if (f->is_reply == REPLY_UNKNOWN && f->verdict != VERDICT_DROPPED)
		return NULL;
	return f->is_reply == REPLY_YES ? &f->dst : &f->src;
}

#define END_DEFINE(id, ...)                                                                       \
	void field_src_##id(const struct flow *f, struct field_value *v, struct text *scratch)    \
	{                                                                                         \
		end_##id(f, &f->src, v, scratch);                                                 \
	}                                                                                         \
	void field_dst_##id(const struct flow *f, struct field_value *v, struct text *scratch)    \
	{                                                                                         \
		end_##id(f, &f->dst, v, scratch);                                                 \
	}                                                                                         \
	void field_client_##id(const struct flow *f, struct field_value *v, struct text *scratch) \
	{                                                                                         \
		const struct flow_end *e = client(f);                                             \
                                                                                                  \
		v->known = false;                                                                 \
		if (e)                                                                            \
			end_##id(f, e, v, scratch);                                               \
	}                                                                                         \
	void field_server_##id(const struct flow *f, struct field_value *v, struct text *scratch) \
	{                                                                                         \
		const struct flow_end *e = client(f);                                             \
                                                                                                  \
		v->known = false;                                                                 \
		if (e)                                                                            \
			end_##id(f, e == &f->src ? &f->dst : &f->src, v, scratch);                \
	}

END_FIELDS(END_DEFINE)
