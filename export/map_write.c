// SPDX-License-Identifier: MIT
/* The service map for Graphviz and Mermaid. */
#include "export/map_write.h"

#include <stdio.h>

#include "flows/flow.h"

#define NS_PER_US 1000

/* --------------------------------------------------------------------- figures */

static void put_share(struct text *t, uint64_t part, uint64_t whole)
{
	char buf[16];
	double share = whole ? 100.0 * part / whole : 0;

	snprintf(buf, sizeof(buf), share < 10 ? "%.1f %%" : "%.0f %%", share);
	text_str(t, buf);
}

static void put_latency(struct text *t, const struct map_edge *e, const char *eol)
{
	const struct {
		const char *name;
		uint64_t p50, p99;
	} times[] = {{"answers ", e->latency_p50_ns, e->latency_p99_ns},
		     {"rtt ", e->rtt_p50_ns, e->rtt_p99_ns},
		     {"handshake ", e->handshake_p50_ns, e->handshake_p99_ns}};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if (!times[i].p50)
			continue;
		text_str(t, times[i].name);
		text_us(t, times[i].p50 / NS_PER_US);
		text_str(t, ", p99 ");
		text_us(t, times[i].p99 / NS_PER_US);
		text_str(t, eol);
		return;
	}
}

void map_write_figures(struct text *t, const struct map_edge *e, const char *eol)
{
	if (e->bytes_rate >= 1) {
		text_bytes(t, (uint64_t)(e->bytes_rate + 0.5));
		text_str(t, "/s");
		text_str(t, eol);
	} else if (!e->bytes) { /* Hubble's flows have no counters */
		text_u64(t, e->flows);
		text_str(t, e->flows == 1 ? " flow" : " flows");
		text_str(t, eol);
	}
	put_latency(t, e, eol);
	if (e->drops) {
		put_share(t, e->drops, e->sent);
		text_str(t, " dropped");
		if (*e->drop_reason) {
			text_str(t, ": ");
			text_escape(t, e->drop_reason, 255);
		}
		text_str(t, eol);
	}
	if (!e->errors)
		return;
	text_u64(t, e->errors);
	text_str(t, e->errors == 1 ? " error" : " errors");
	text_str(t, eol);
}

/* What a mark looks like. */
static const char *color_of(uint8_t mark, bool bad)
{
	static const char *const marks[] = {
		[MAP_SAME] = "", [MAP_NEW] = "#1a7f37", [MAP_GONE] = "#8c959f"};

	return mark == MAP_SAME || mark > MAP_GONE ? (bad ? "#cf222e" : "") : marks[mark];
}

/* Calls for each namespace with its first node and the one behind its last; "" comes as well. */
static void each_namespace(struct text *t, const struct map_snapshot *s,
			   void (*fn)(struct text *t, const struct map_snapshot *s, size_t first,
				      size_t end))
{
	for (size_t i = 0, end; i < s->n_nodes; i = end) {
		for (end = i + 1; end < s->n_nodes && !strcmp(s->nodes[end].namespace_name,
							      s->nodes[i].namespace_name);)
			end++;
		fn(t, s, i, end);
	}
}

/* ------------------------------------------------------------------------- DOT */

/* Escaped for the terminal first, then what DOT's strings take for their own. */
static void dot_text(struct text *t, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '"' || s[i] == '\\')
			text_char(t, '\\');
		text_char(t, s[i]);
	}
}

static void dot_name(struct text *t, const char *name)
{
	struct text plain = {0};

	text_escape(&plain, name, 255);
	dot_text(t, plain.data ? plain.data : "", plain.len);
	text_free(&plain);
}

static void dot_id(struct text *t, uint64_t key)
{
	text_char(t, 'n');
	text_hex(t, key, 16);
}

static void dot_node(struct text *t, const struct map_node *n)
{
	static const char *const shapes[MAP_NODE_KINDS] = {
		[MAP_NODE_WORLD] = ", shape=ellipse",	 [MAP_NODE_ADDRESS] = ", shape=ellipse",
		[MAP_NODE_HOST] = ", shape=house",	 [MAP_NODE_NAMESPACE] = ", shape=folder",
		[MAP_NODE_OTHERS] = ", shape=plaintext",
	};
	const char *color = color_of(n->mark, n->listen_drops);

	text_str(t, "\t\t");
	dot_id(t, n->key);
	text_str(t, " [label=\"");
	dot_name(t, n->name);
	if (n->members > 1) {
		text_str(t, " (");
		text_u64(t, n->members);
		text_char(t, ')');
	}
	text_char(t, '"');
	if (n->kind < MAP_NODE_KINDS && shapes[n->kind])
		text_str(t, shapes[n->kind]);
	if (*color) {
		text_str(t, ", color=\"");
		text_str(t, color);
		text_char(t, '"');
	}
	if (n->mark == MAP_GONE)
		text_str(t, ", style=\"rounded,dashed\"");
	text_str(t, "];\n");
}

static void dot_namespace(struct text *t, const struct map_snapshot *s, size_t first, size_t end)
{
	const char *name = s->nodes[first].namespace_name;

	if (*name) {
		text_str(t, "\tsubgraph \"cluster_");
		dot_name(t, name);
		text_str(t, "\" {\n\t\tlabel=\"");
		dot_name(t, name);
		text_str(t, "\"; style=\"rounded\"; color=\"#8c959f\"; fontcolor=\"#57606a\";\n");
	}
	for (size_t i = first; i < end; i++)
		dot_node(t, &s->nodes[i]);
	if (*name)
		text_str(t, "\t}\n");
}

static void dot_edge(struct text *t, const struct map_snapshot *s, const struct map_edge *e)
{
	const char *color = color_of(e->mark, map_edge_is_bad(e));
	struct text label = {0};

	text_char(t, '\t');
	dot_id(t, s->nodes[e->from].key);
	text_str(t, " -> ");
	dot_id(t, s->nodes[e->to].key);
	text_str(t, " [label=\"");
	map_edge_text(&label, e);
	text_char(&label, '\n');
	map_write_figures(&label, e, "\n");
	for (size_t i = 0; i < label.len; i++)
		if (label.data[i] == '\n')
			text_str(t, "\\n");
		else
			dot_text(t, label.data + i, 1);
	text_free(&label);
	text_char(t, '"');
	if (*color) {
		text_str(t, ", color=\"");
		text_str(t, color);
		text_str(t, "\", fontcolor=\"");
		text_str(t, color);
		text_char(t, '"');
	}
	if (e->mark == MAP_GONE)
		text_str(t, ", style=dashed");
	text_str(t, "];\n");
}

void map_write_dot(struct text *t, const struct map_snapshot *s)
{
	text_str(t, "digraph pitot {\n\trankdir=LR;\n"
		    "\tnode [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11];\n"
		    "\tedge [fontname=\"sans-serif\", fontsize=9, color=\"#57606a\"];\n");
	each_namespace(t, s, dot_namespace);
	for (size_t i = 0; i < s->n_edges; i++)
		dot_edge(t, s, &s->edges[i]);
	text_str(t, "}\n");
}

/* --------------------------------------------------------------------- Mermaid */

/* In a quoted text Mermaid knows entities: all that is a mark in Markdown, HTML or Mermaid becomes one. */
static void mermaid_text(struct text *t, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = s[i];

		if (c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') || strchr(" ./:-_,%()", c)) {
			text_char(t, c);
			continue;
		}
		text_char(t, '#');
		text_u64(t, c);
		text_char(t, ';');
	}
}

static void mermaid_name(struct text *t, const char *name)
{
	struct text plain = {0};

	text_escape(&plain, name, 255);
	mermaid_text(t, plain.data ? plain.data : "", plain.len);
	text_free(&plain);
}

static void mermaid_node(struct text *t, const struct map_node *n, size_t i)
{
	bool outside = n->kind == MAP_NODE_WORLD || n->kind == MAP_NODE_ADDRESS;

	text_str(t, "    n");
	text_u64(t, i);
	text_str(t, outside ? "([\"" : "[\"");
	mermaid_name(t, n->name);
	if (n->members > 1) {
		text_str(t, " (");
		text_u64(t, n->members);
		text_char(t, ')');
	}
	text_str(t, outside ? "\"])\n" : "\"]\n");
}

static void mermaid_namespace(struct text *t, const struct map_snapshot *s, size_t first,
			      size_t end)
{
	const char *name = s->nodes[first].namespace_name;

	if (*name) {
		text_str(t, "  subgraph s");
		text_u64(t, first);
		text_str(t, "[\"");
		mermaid_name(t, name);
		text_str(t, "\"]\n");
	}
	for (size_t i = first; i < end; i++)
		mermaid_node(t, &s->nodes[i], i);
	if (*name)
		text_str(t, "  end\n");
}

static void mermaid_edge(struct text *t, const struct map_edge *e)
{
	struct text label = {0};

	text_str(t, "  n");
	text_u64(t, e->from);
	text_str(t, e->mark == MAP_GONE ? " -. \"" : " -- \"");
	map_edge_text(&label, e);
	text_char(&label, '\n');
	map_write_figures(&label, e, "\n");
	while (label.len && label.data[label.len - 1] == '\n')
		label.len--;
	for (size_t i = 0; i < label.len; i++)
		if (label.data[i] == '\n')
			text_str(t, "<br/>");
		else
			mermaid_text(t, label.data + i, 1);
	text_free(&label);
	text_str(t, e->mark == MAP_GONE ? "\" .-> n" : "\" --> n");
	text_u64(t, e->to);
	text_char(t, '\n');
}

void map_write_mermaid(struct text *t, const struct map_snapshot *s)
{
	text_str(t, "flowchart LR\n");
	each_namespace(t, s, mermaid_namespace);
	for (size_t i = 0; i < s->n_edges; i++)
		mermaid_edge(t, &s->edges[i]);
	for (size_t i = 0; i < s->n_edges; i++) {
		const char *color = color_of(s->edges[i].mark, map_edge_is_bad(&s->edges[i]));

		if (!*color)
			continue;
		text_str(t, "  linkStyle ");
		text_u64(t, i);
		text_str(t, " stroke:");
		text_str(t, color);
		text_char(t, '\n');
	}
}
