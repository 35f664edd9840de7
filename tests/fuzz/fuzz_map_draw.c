// SPDX-License-Identifier: MIT
/*
 * Maps out of anything: laid out, drawn at each zoom whole and in part, hit, walked, made a picture
 * and selected from. Nodes do not overlap, what reaches a screen or a picture has no control bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "export/map_svg.h"
#include "flows/map_draw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NODES 12
#define EDGES 30

struct input {
	const uint8_t *data;
	size_t size;
};

static void check(int holds)
{
	if (!holds)
		abort();
}

static unsigned int next(struct input *in)
{
	if (!in->size)
		return 0;
	in->size--;
	return *in->data++;
}

/* A text of up to 15 bytes of the input, any but NUL. */
static const char *next_text(struct input *in, char room[16])
{
	size_t n = next(in) % 16, i;

	for (i = 0; i < n && in->size; i++) {
		room[i] = (char)next(in);
		room[i] = room[i] ? room[i] : 'x';
	}
	room[i] = '\0';
	return room;
}

static char texts[2 * NODES][16];
static struct map_node nodes[NODES];
static struct map_edge edges[EDGES];

static int compare_edges(const void *pa, const void *pb)
{
	const struct map_edge *a = pa, *b = pb;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return a->port < b->port ? -1 : a->port > b->port;
}

static void fill(struct input *in, struct map_snapshot *s)
{
	size_t text = 0;

	s->n_nodes = 1 + next(in) % NODES;
	s->n_edges = next(in) % EDGES;
	s->nodes = nodes;
	s->edges = edges;
	for (size_t i = 0; i < s->n_nodes; i++) {
		const char *space = next_text(in, texts[text++]);

		nodes[i] = (struct map_node){.key = i + 1,
					     .kind = (uint8_t)(next(in) % MAP_NODE_KINDS),
					     .mark = (uint8_t)(next(in) % 3),
					     .workload_kind = "Deployment",
					     .members = next(in),
					     .drops = next(in) % 2};
		/* namespaces lie side by side */
		if (i && next(in) % 3)
			space = nodes[i - 1].namespace_name;
		nodes[i].namespace_name = space;
		nodes[i].name = next_text(in, texts[text++]);
		nodes[i].bytes_in = (double)(1ull << next(in) % 60);
	}
	for (size_t i = 0; i < s->n_edges; i++) {
		unsigned int rate = next(in);

		edges[i] = (struct map_edge){.key = i + 1,
					     .from = next(in) % (unsigned int)s->n_nodes,
					     .to = next(in) % (unsigned int)s->n_nodes,
					     .port = (uint16_t)(rate * 37),
					     .protocol = (uint8_t)rate,
					     .mark = (uint8_t)(next(in) % 3),
					     .app = next(in) % 2 ? "HTTP" : "",
					     .bytes = 1ull << rate % 64,
					     .bytes_rate = (double)(1ull << rate % 50),
					     .drops = rate % 5,
					     .sent = rate % 7,
					     .errors = rate % 3,
					     .latency_p99_ns = rate * 1000ull,
					     .drop_reason = "",
					     .drop_function = "",
					     .drop_policy = ""};
	}
	qsort(edges, s->n_edges, sizeof(*edges), compare_edges);
}

static void check_clean(const struct text *t, const char *newline)
{
	for (size_t i = 0; i < t->len; i++) {
		uint32_t c;
		size_t n = utf8_next(t->data + i, t->len - i, &c);

		check(n > 0);
		check(t->data[i] == *newline || !utf8_is_control(c));
		i += n - 1;
	}
}

static void check_layout(const struct layout *l)
{
	for (size_t i = 0; i < l->n_nodes; i++) {
		const struct layout_node *a = &l->nodes[i];

		check(a->x >= 0 && a->y >= 0 && a->x + a->width <= l->width &&
		      a->y + a->height <= l->height);
		for (size_t k = 0; k < i; k++) {
			const struct layout_node *b = &l->nodes[k];

			check(a->x >= b->x + b->width || b->x >= a->x + a->width ||
			      a->y >= b->y + b->height || b->y >= a->y + a->height);
		}
	}
	for (size_t i = 0; i < l->n_edges; i++)
		check(l->edges[i].n_points >= 2);
}

static void look_at(const struct map_drawing *d, const struct map_snapshot *s, struct input *in)
{
	int width = d->layout.width < 240 ? d->layout.width : 240;
	int height = d->layout.height < 80 ? d->layout.height : 80;
	struct map_look look = {.selected_node = (int64_t)(next(in) % (s->n_nodes + 1)) - 1,
				.selected_link = (int64_t)(next(in) % (d->n_links + 1)) - 1,
				.search = "a",
				.dim_rest = next(in) % 2};
	struct canvas c = {0};
	struct text t = {0};
	int64_t node, link;

	check(canvas_resize(&c, width, height) == 0);
	c.ascii = next(in) % 2;
	map_draw(d, s, &look, &c, canvas_whole(&c));
	look.x = (int)next(in) - 100;
	look.y = (int)next(in) - 100;
	map_draw(d, s, &look, &c, (struct canvas_area){5, 2, 20, 9});
	canvas_print(&c, false, &t);
	check_clean(&t, "\n");
	for (int i = 0; i < 40; i++)
		if (map_hit(d, (int)next(in) - 5, (int)next(in) - 5, &node, &link))
			check((node < 0) != (link < 0) && node < (int64_t)s->n_nodes &&
			      link < (int64_t)d->n_links);
	for (int dx = -1; dx <= 1; dx++)
		for (int dy = -1; dy <= 1; dy++)
			check(map_neighbour(d, look.selected_node, dx, dy) < (int64_t)s->n_nodes);
	text_free(&t);
	canvas_free(&c);
}

static void draw(const struct map_snapshot *s, enum map_zoom zoom, struct input *in)
{
	int max_width = next(in) % 2 ? (int)next(in) : 0;
	struct map_drawing d, again;

	check(map_drawing_make(s, zoom, max_width, NULL, &d) == 0);
	check_layout(&d.layout);
	look_at(&d, s, in);
	check(map_drawing_make(s, zoom, max_width, &d, &again) == 0);
	check_layout(&again.layout);
	map_drawing_free(&again);
	map_drawing_free(&d);
}

static void picture(const struct map_snapshot *s, struct input *in)
{
	const struct map_svg_options opt = {.zoom = next(in) % MAP_ZOOMS,
					    .theme = next(in) % 3,
					    .title = nodes[0].name,
					    .legend = next(in) % 2};
	struct text t = {0};

	check(map_svg_write(&t, s, &opt) == 0);
	check_clean(&t, "\n");
	text_free(&t);
}

static void select_some(const struct map_snapshot *s, struct input *in)
{
	const char *collapsed[] = {nodes[0].namespace_name, NULL};
	const struct map_selection what = {.collapsed = next(in) % 2 ? collapsed : NULL,
					   .focus = next(in) % (s->n_nodes + 1),
					   .hops = next(in) % 4,
					   .max_nodes = next(in) % 8};
	struct map_snapshot part = {0};

	check(map_select(s, &what, &part) == 0);
	if (part.n_nodes)
		draw(&part, next(in) % MAP_ZOOMS, in);
	service_map_snapshot_free(&part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct map_snapshot s = {0};

	fill(&in, &s);
	draw(&s, next(&in) % MAP_ZOOMS, &in);
	picture(&s, &in);
	select_some(&s, &in);
	return 0;
}
