// SPDX-License-Identifier: MIT
#include <errno.h>

#include "cli/printer.h"
#include "flows/summary.h"

/* A drop is printed at once; what follows of the same kind, no more often than this. */
#define DROP_INTERVAL_NS (10 * 1000000000ull)
#define DROPS 256

/* The latest event of drops of one tuple, reason and function. */
struct kept_drop {
	struct flow flow;
	uint64_t printed_ns; /* when a line about it was printed; 0: the slot is free */
	bool changed; /* since then */
};

struct connections {
	struct printer printer;
	struct kept_drop drops[DROPS];
};

static int print_drop(struct connections *c, struct kept_drop *d)
{
	struct printer *p = &c->printer;

	compact_line(p, &d->flow);
	compact_tail(p, &d->flow);
	text_char(&p->out, '\n');
	d->printed_ns = d->flow.time_ns ? d->flow.time_ns : 1;
	d->changed = false;
	return printer_line(p);
}

static int forget_drop(struct connections *c, struct kept_drop *d)
{
	int err = d->changed ? print_drop(c, d) : 0;

	flow_release(&d->flow);
	d->printed_ns = 0;
	return err;
}

static bool same_end(const struct flow_end *a, const struct flow_end *b)
{
	return a->port == b->port && !memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

static bool same_drop(const struct flow *a, const struct flow *b)
{
	return a->protocol == b->protocol && a->drop.reason == b->drop.reason &&
	       a->drop.function == b->drop.function && a->drop.offset == b->drop.offset &&
	       a->ifindex == b->ifindex && a->drop.netns == b->drop.netns &&
	       same_end(&a->src, &b->src) && same_end(&a->dst, &b->dst);
}

/* The drop's slot, else a free one, else the one that is longest unheard of. */
static struct kept_drop *drop_slot(struct connections *c, const struct flow *f)
{
	struct kept_drop *best = &c->drops[0];

	for (size_t i = 0; i < DROPS; i++) {
		struct kept_drop *d = &c->drops[i];

		if (d->printed_ns && same_drop(&d->flow, f))
			return d;
		if (!best->printed_ns)
			continue;
		if (!d->printed_ns || d->flow.time_ns < best->flow.time_ns)
			best = d;
	}
	return best;
}

static int drop_flow(struct connections *c, const struct flow *f)
{
	struct kept_drop *d = drop_slot(c, f);
	bool known = d->printed_ns && same_drop(&d->flow, f);
	int err = 0;

	if (d->printed_ns && !known)
		err = forget_drop(c, d);
	if (known)
		flow_release(&d->flow);
	flow_copy(&d->flow, f);
	d->changed = true;
	if (!err && (!known || f->time_ns >= d->printed_ns + DROP_INTERVAL_NS))
		err = print_drop(c, d);
	return err;
}

static int drops_of(struct connections *c, uint64_t connection_id)
{
	int err = 0;

	for (size_t i = 0; i < DROPS && !err; i++) {
		struct kept_drop *d = &c->drops[i];

		if (d->printed_ns && d->flow.connection_id == connection_id)
			err = forget_drop(c, d);
	}
	return err;
}

static uint64_t duration_us(const struct flow *f)
{
	uint64_t first = f->forward.first_ns, last = f->forward.last_ns;

	if (f->reply.first_ns && (!first || f->reply.first_ns < first))
		first = f->reply.first_ns;
	if (f->reply.last_ns > last)
		last = f->reply.last_ns;
	return last > first ? (last - first) / 1000 : 0;
}

/* "TIME: SRC (ID) -> DST (ID) TCP 2.31 s [end closed; ...]", the initiator on the left. */
static int connection_line(struct printer *p, const struct flow *f)
{
	struct text *t = &p->out;

	printer_ends(p, f, f->is_reply == REPLY_UNKNOWN ? " <> " : " -> ");
	text_char(t, ' ');
	flow_protocol_text(t, f);
	text_char(t, ' ');
	text_us(t, duration_us(f));
	compact_tail(p, f);
	text_char(t, '\n');
	return printer_line(p);
}

static int connection_flow(struct sink *s, const struct flow *f)
{
	struct connections *c = (struct connections *)s;
	struct printer *p = &c->printer;
	int err = 0;

	switch (f->event) {
	case FLOW_DROP:
		return drop_flow(c, f);
	case FLOW_LISTEN_DROP:
		compact_line(p, f);
		compact_tail(p, f);
		text_char(&p->out, '\n');
		return printer_line(p);
	case FLOW_END:
		if (f->connection_id)
			err = drops_of(c, f->connection_id);
		return err ? err : connection_line(p, f);
	default:
		return 0;
	}
}

static int connection_close(struct sink *s)
{
	struct connections *c = (struct connections *)s;

	for (size_t i = 0; i < DROPS; i++)
		if (c->drops[i].printed_ns)
			forget_drop(c, &c->drops[i]);
	return printer_close(s);
}

int print_connection_create(const struct print_options *opt, struct sink **ret_sink)
{
	struct printer *p =
		printer_new(sizeof(struct connections), opt, connection_flow, compact_lost);

	if (!p)
		return -ENOMEM;
	p->sink.close = connection_close;
	*ret_sink = &p->sink;
	return 0;
}
