// SPDX-License-Identifier: MIT
/* Who and where: what the newest flows of a node or a link say of their ends. */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "flows/map_where.h"
#include "flows/summary.h"
#include "flows/where.h"
#include "tui/view_map_page.h"

#define LOOK_NS 5000000000ull /* asked at most so often */
#define LOOK_BUDGET_NS 10000000ull
#define LOOK_ENOUGH 2000 /* flows that pass */
#define TEXT_MAX 512

void map_page_ends_free(struct map_page *m)
{
	for (int end = 0; end < 2; end++)
		for (int i = 0; i < SAIDS; i++) {
			struct map_values *k = &m->said[end][i];

			while (k->n)
				free(k->v[--k->n]);
			k->more = false;
		}
	if (m->has_example)
		flow_release(&m->example);
	m->has_example = false;
}

static void said(struct map_values *k, const char *s, size_t n)
{
	if (!n || !*s)
		return;
	for (size_t i = 0; i < k->n; i++)
		if (!strncmp(k->v[i], s, n) && !k->v[i][n])
			return;
	if (k->n == MAP_VALUES) {
		k->more = true;
		return;
	}
	k->v[k->n] = strndup(s, n);
	k->n += k->v[k->n] != NULL;
}

static void said_str(struct map_values *k, const char *s)
{
	said(k, s, strnlen(s, TEXT_MAX));
}

static void said_of_process(struct map_values *said_of, const struct process *p)
{
	struct text t = {0};

	process_text(&t, p);
	if (p->exe && *p->exe) {
		text_str(&t, " ");
		text_escape(&t, p->exe, TEXT_MAX);
	}
	said(&said_of[SAID_PROCESS], t.data, t.err ? 0 : t.len);
	text_free(&t);
}

static void said_of_endpoint(struct map_values *said_of, const struct endpoint *e)
{
	if (endpoint_is_pod(e))
		said_str(&said_of[SAID_POD], e->name);
	said_str(&said_of[SAID_NODE], e->node);
	said_str(&said_of[SAID_CONTAINER], e->container);
	said_str(&said_of[SAID_IMAGE], e->image);
}

static void said_of_end(struct map_values *said_of, const struct flow *f, const struct flow_end *e)
{
	const struct name_list *names = flow_end_names(e);
	struct text t = {0};
	char addr[46];

	if (flow_has_addr(f, e))
		said_str(&said_of[SAID_ADDRESS], ip_addr_text(&e->addr, addr));
	if (e->endpoint)
		said_of_endpoint(said_of, e->endpoint);
	if (e->process)
		said_of_process(said_of, e->process);
	if (e->service) {
		text_escape(&t, e->service->namespace_name, TEXT_MAX);
		text_char(&t, '/');
		text_escape(&t, e->service->name, TEXT_MAX);
		said(&said_of[SAID_SERVICE], t.data, t.err ? 0 : t.len);
		t.len = 0;
	}
	for (uint32_t i = 0; names && i < names->n; i++)
		said_str(&said_of[SAID_NAME], names->names[i]);
	if (e->place) {
		place_text(&t, e->place);
		said(&said_of[SAID_PLACE], t.data, t.err ? 0 : t.len);
	}
	text_free(&t);
}

/* ------------------------------------------------------------------ the flows */

struct look {
	struct where *first, *second; /* true of the source as the one, as the other end */
};

static struct where *parsed(struct text *t)
{
	struct where *w = NULL;
	struct where_error e;

	text_char(t, '\0');
	if (!t->err)
		where_parse(t->data, &w, &e);
	t->len = 0;
	return w;
}

/* For either end of the page's subject: is a flow's source it? */
static void look_new(struct map_page *m, struct look *l)
{
	const struct map_snapshot *s = &m->v->shown;
	int64_t a = map_view_node_at(s, m->node ? m->node : m->from);
	struct text t = {0};

	if (a >= 0 && map_end_where(&t, &m->v->opt, "src", &s->nodes[a]))
		l->first = parsed(&t);
	if (a >= 0 && map_end_where(&t, &m->v->opt, "dst", &s->nodes[a]))
		l->second = parsed(&t);
	text_free(&t);
}

static void look_at(struct map_page *m, const struct flow *f, const struct look *l)
{
	bool src = where_pass(l->first, f), dst = where_pass(l->second, f);

	if (!src && !dst)
		return;
	m->looked++;
	if (!m->has_example && flow_is_drop(f)) {
		flow_copy(&m->example, f);
		m->has_example = true;
	}
	said_of_end(m->said[0], f, src ? &f->src : &f->dst);
	if (!m->node)
		said_of_end(m->said[1], f, src ? &f->dst : &f->src);
	said(&m->said[0][SAID_INTERFACE], f->ifname, strnlen(f->ifname, sizeof(f->ifname)));
}

/* A link's flows: those that its own expression is true of. */
static struct where *link_where(struct map_page *m)
{
	const struct map_snapshot *s = &m->v->shown;
	int64_t from = map_view_node_at(s, m->from), to = map_view_node_at(s, m->to);
	struct where *w = NULL;
	struct text t = {0};
	size_t first = 0, n = 0;

	for (size_t i = 0; from >= 0 && to >= 0 && i < s->n_edges; i++) {
		if (s->edges[i].from != from || s->edges[i].to != to)
			continue;
		first = n++ ? first : i;
	}
	if (n && map_edges_where(&t, &m->v->opt, s, &s->edges[first], n))
		w = parsed(&t);
	text_free(&t);
	return w;
}

static void look_through(struct map_page *m, const struct look *l, const struct where *link)
{
	struct store *s = ui_store(m->v->ui);
	uint64_t until = uv_hrtime() + LOOK_BUDGET_NS, first = store_first(s);

	for (uint64_t at = m->v->given; at > first && m->looked < LOOK_ENOUGH; at--) {
		const struct flow *f = store_get(s, at - 1);

		if (f && (!link || where_pass(link, f)))
			look_at(m, f, l);
		if (at % 256 == 0 && uv_hrtime() > until)
			return;
	}
}

void map_page_look(struct map_page *m)
{
	struct look l = {0};
	struct where *link = NULL;

	if (m->looked_at && uv_hrtime() - m->looked_at < LOOK_NS)
		return;
	m->looked_at = uv_hrtime();
	look_new(m, &l);
	if (!m->node)
		link = link_where(m);
	if (l.first && l.second && (m->node || link)) {
		map_page_ends_free(m);
		m->looked = 0;
		look_through(m, &l, link);
	}
	where_free(l.first);
	where_free(l.second);
	where_free(link);
}

/* ------------------------------------------------------------------ on the page */

static void values(struct ui_page *p, const char *name, const struct map_values *k)
{
	struct text t = {0};

	for (size_t i = 0; i < k->n; i++) {
		if (i)
			text_str(&t, ", ");
		text_escape(&t, k->v[i], TEXT_MAX);
	}
	if (k->more)
		text_str(&t, ", ..");
	map_page_field(p, name, STYLE_INFO, &t);
	text_free(&t);
}

static void end(struct ui_page *p, const char *heading, const struct map_values *said_of)
{
	static const char *const names[SAIDS] = {
		[SAID_POD] = "pods",
		[SAID_ADDRESS] = "addresses",
		[SAID_NODE] = "runs on",
		[SAID_PROCESS] = "processes",
		[SAID_CONTAINER] = "containers",
		[SAID_IMAGE] = "images",
		[SAID_SERVICE] = "Services",
		[SAID_NAME] = "DNS names",
		[SAID_PLACE] = "where",
		[SAID_INTERFACE] = "interfaces",
	};

	ui_page_heading(p, heading);
	for (int i = 0; i < SAIDS; i++)
		values(p, names[i], &said_of[i]);
}

void map_page_ends(struct map_page *m, struct ui_page *p)
{
	if (!m->looked)
		return;
	end(p, m->node ? "Who and where" : "The caller", m->said[0]);
	if (!m->node)
		end(p, "The called one", m->said[1]);
}
