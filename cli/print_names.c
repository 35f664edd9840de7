// SPDX-License-Identifier: MIT
/* What names and messages say beside the ends and the summary: parts of a line's tail. */
#include "cli/printer.h"
#include "flows/summary.h"

/* As flows/endpoint.c keeps them. */
#define NAME_MAX_SHOWN 513

/* A part: what a side has to say. arrow: `*` stands for a side that has nothing. */
struct detail {
	const char *title;
	bool arrow;
	bool (*has)(const struct flow_end *e);
	void (*say)(struct text *t, const struct flow_end *e);
};

static bool has_container(const struct flow_end *e)
{
	return e->endpoint && e->endpoint->kind == ENDPOINT_POD && *e->endpoint->container;
}

static void say_container(struct text *t, const struct flow_end *e)
{
	text_escape(t, e->endpoint->container, NAME_MAX_SHOWN);
}

/* Only where a better name is shown in its place. */
static bool has_reverse(const struct flow_end *e)
{
	return e->reverse && (e->dns || e->service || endpoint_is_pod(e->endpoint));
}

static void say_reverse(struct text *t, const struct flow_end *e)
{
	name_list_text(t, e->reverse);
}

static bool has_place(const struct flow_end *e)
{
	return e->place;
}

static void say_place(struct text *t, const struct flow_end *e)
{
	place_text(t, e->place);
}

static const struct detail container = {"container ", true, has_container, say_container};
static const struct detail reverse = {"ptr ", false, has_reverse, say_reverse};
static const struct detail place = {"", false, has_place, say_place};

static void detail(struct text *t, size_t from, const struct flow *f, const struct detail *d)
{
	const struct flow_end *left = flow_is_swapped(f) ? &f->dst : &f->src;
	const struct flow_end *right = flow_is_swapped(f) ? &f->src : &f->dst;
	bool has_left = d->has(left), has_right = d->has(right);

	if (!has_left && !has_right)
		return;
	tail_part(t, from);
	text_str(t, d->title);
	if (has_left)
		d->say(t, left);
	else if (d->arrow)
		text_char(t, '*');
	if (d->arrow || (has_left && has_right))
		text_mem(t, " -> ", 4);
	if (has_right)
		d->say(t, right);
	else if (d->arrow)
		text_char(t, '*');
}

void names_tail(struct printer *p, struct text *t, size_t from, const struct flow *f)
{
	detail(t, from, f, &container);
	if (!p->opt.numeric)
		detail(t, from, f, &reverse);
	detail(t, from, f, &place);
}

void l7_tail(struct text *t, size_t from, const struct l7 *l)
{
	const char *rcode =
		l7_failed(l) && !l->dns.timeout ? dns_rcode_mnemonic(l->dns.rcode) : NULL;

	if (!l)
		return;
	if (rcode) {
		tail_part(t, from);
		text_str(t, rcode);
	}
	if (l->latency_ns) {
		tail_part(t, from);
		text_str(t, "latency ");
		text_us(t, l->latency_ns / 1000);
	}
	if (l->dns.multicast) {
		tail_part(t, from);
		text_str(t, "multicast");
	}
	if (l->dns.truncated) {
		tail_part(t, from);
		text_str(t, "truncated");
	}
}
