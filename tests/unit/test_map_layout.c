// SPDX-License-Identifier: MIT
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "flows/map_layout.h"

static const struct layout_options cells = {
	.column_gap = 4,
	.row_gap = 0,
	.group_pad_x = 3,
	.group_pad_y = 1,
	.track = 2,
	.port_gap = 1,
	.arrow = 1,
};
static const struct layout_options boxes = {
	.column_gap = 4,
	.row_gap = 1,
	.group_pad_x = 3,
	.group_pad_y = 1,
	.track = 2,
	.port_gap = 2,
	.port_margin = 1,
	.arrow = 1,
	.even_columns = true,
};
static const struct layout_options pixels = {
	.column_gap = 50,
	.row_gap = 14,
	.group_pad_x = 26,
	.group_pad_y = 14,
	.group_head = 14,
	.track = 12,
	.port_gap = 18,
	.port_margin = 15,
	.arrow = 16,
	.even_columns = true,
};

static uint64_t seed;

static uint32_t below(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % n);
}

/* ------------------------------------------------------------------------ graphs */

static struct layout new_layout(size_t nodes, size_t edges, size_t groups)
{
	struct layout l = {.n_nodes = nodes, .n_groups = groups};

	l.nodes = calloc(nodes + 1, sizeof(*l.nodes));
	l.edges = calloc(edges + 1, sizeof(*l.edges));
	l.groups = calloc(groups + 1, sizeof(*l.groups));
	assert_true(l.nodes && l.edges && l.groups);
	for (size_t i = 0; i < nodes; i++)
		l.nodes[i] =
			(struct layout_node){.key = i + 1, .width = 8, .height = 1, .group = -1};
	for (size_t i = 0; i < groups; i++)
		l.groups[i] = (struct layout_group){.key = i + 1, .title = 9};
	return l;
}

static bool has_edge(const struct layout *l, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < l->n_edges; i++)
		if (l->edges[i].from == from && l->edges[i].to == to)
			return true;
	return false;
}

static void add_edge(struct layout *l, uint32_t from, uint32_t to)
{
	if (has_edge(l, from, to))
		return;
	l->edges[l->n_edges++] = (struct layout_edge){
		.key = ((uint64_t)from << 32 | to) + 1, .from = from, .to = to, .weight = 1};
}

/* Edges mostly from lower to higher nodes; one of `odd` in any direction, or to itself. */
static void add_random_edges(struct layout *l, size_t n, uint32_t odd)
{
	uint32_t nodes = (uint32_t)l->n_nodes;

	for (size_t i = 0; i < n; i++) {
		uint32_t a = below(nodes), b = below(nodes);

		if (a == b && below(odd))
			continue;
		if (a > b && below(odd))
			add_edge(l, b, a);
		else
			add_edge(l, a, b);
	}
}

/* The same graph, nothing laid out. */
static struct layout copy_of(const struct layout *l, size_t more_edges)
{
	struct layout c = new_layout(l->n_nodes, l->n_edges + more_edges, l->n_groups);

	for (size_t i = 0; i < l->n_nodes; i++)
		c.nodes[i].group = l->nodes[i].group;
	for (size_t i = 0; i < l->n_edges; i++)
		add_edge(&c, l->edges[i].from, l->edges[i].to);
	return c;
}

/* ------------------------------------------------------------------------ checks */

static bool inside(int v, int from, int length)
{
	return from <= v && v < from + length;
}

static void check_nodes(const struct layout *l)
{
	for (size_t i = 0; i < l->n_nodes; i++) {
		const struct layout_node *a = &l->nodes[i];

		assert_true(a->x >= 0 && a->y >= 0);
		assert_true(a->x + a->width <= l->width && a->y + a->height <= l->height);
		for (size_t k = 0; k < i; k++) {
			const struct layout_node *b = &l->nodes[k];

			if (a->x < b->x + b->width && b->x < a->x + a->width &&
			    a->y < b->y + b->height && b->y < a->y + a->height)
				fail_msg("nodes %zu and %zu overlap", k, i);
		}
	}
}

static void check_groups(const struct layout *l)
{
	for (size_t i = 0; i < l->n_groups; i++) {
		const struct layout_group *g = &l->groups[i];

		for (size_t k = 0; k < l->n_nodes; k++) {
			const struct layout_node *n = &l->nodes[k];
			bool apart = n->x >= g->x + g->width || n->x + n->width <= g->x ||
				     n->y >= g->y + g->height || n->y + n->height <= g->y;

			if (n->group == (int)i)
				assert_true(n->x > g->x && n->x + n->width < g->x + g->width &&
					    n->y > g->y && n->y + n->height < g->y + g->height);
			else if (!apart)
				fail_msg("group %zu holds node %zu", i, k);
		}
		for (size_t k = 0; k < i; k++) {
			const struct layout_group *o = &l->groups[k];

			if (g->x < o->x + o->width && o->x < g->x + g->width &&
			    g->y < o->y + o->height && o->y < g->y + g->height)
				fail_msg("groups %zu and %zu overlap", k, i);
		}
		if (g->width)
			assert_true(g->width >= g->title && g->x >= 0 && g->y >= 0 &&
				    g->x + g->width <= l->width && g->y + g->height <= l->height);
	}
}

/* Beside its node: right of it at x + width, left of it at x - 1. */
static bool beside(const struct layout_node *n, const struct layout_point *p)
{
	return (p->x == n->x + n->width || p->x == n->x - 1) && inside(p->y, n->y, n->height);
}

static void check_route(const struct layout *l, const struct layout_edge *e)
{
	assert_true(e->n_points >= 2);
	assert_true(beside(&l->nodes[e->from], &e->points[0]));
	assert_true(beside(&l->nodes[e->to], &e->points[e->n_points - 1]));
	for (size_t i = 1; i < e->n_points; i++) {
		const struct layout_point *a = &e->points[i - 1], *b = &e->points[i];
		int left = a->x < b->x ? a->x : b->x, right = a->x < b->x ? b->x : a->x;
		int top = a->y < b->y ? a->y : b->y, bottom = a->y < b->y ? b->y : a->y;

		assert_true((a->x == b->x) != (a->y == b->y) || e->n_points == 2);
		assert_true(left >= 0 && top >= 0 && right < l->width && bottom < l->height);
		for (size_t k = 0; k < l->n_nodes; k++) {
			const struct layout_node *n = &l->nodes[k];

			if (left < n->x + n->width && right >= n->x && top < n->y + n->height &&
			    bottom >= n->y)
				fail_msg("an edge from %u to %u runs over node %zu", e->from, e->to,
					 k);
		}
	}
}

static bool share_an_end(const struct layout_edge *a, const struct layout_edge *b)
{
	return a->from == b->from || a->from == b->to || a->to == b->from || a->to == b->to;
}

/* Do two pieces lie on each other, for more than a point? */
static bool lie_on(const struct layout_point *a, const struct layout_point *b)
{
	for (int across = 0; across < 2; across++) {
		int a0 = across ? a[0].x : a[0].y, a1 = across ? a[1].x : a[1].y;
		int b0 = across ? b[0].x : b[0].y, b1 = across ? b[1].x : b[1].y;
		int at = across ? a[0].y : a[0].x, other = across ? b[0].y : b[0].x;
		bool straight = across ? a[0].y == a[1].y && b[0].y == b[1].y
				       : a[0].x == a[1].x && b[0].x == b[1].x;
		int low = (a0 < a1 ? a0 : a1) > (b0 < b1 ? b0 : b1) ? (a0 < a1 ? a0 : a1)
								    : (b0 < b1 ? b0 : b1);
		int high = (a0 < a1 ? a1 : a0) < (b0 < b1 ? b1 : b0) ? (a0 < a1 ? a1 : a0)
								     : (b0 < b1 ? b1 : b0);

		if (straight && at == other && low < high)
			return true;
	}
	return false;
}

static void check_apart(const struct layout *l)
{
	for (size_t i = 0; i < l->n_edges; i++)
		for (size_t k = 0; k < i; k++) {
			const struct layout_edge *a = &l->edges[i], *b = &l->edges[k];

			if (share_an_end(a, b))
				continue;
			for (size_t p = 1; p < a->n_points; p++)
				for (size_t q = 1; q < b->n_points; q++)
					if (lie_on(a->points + p - 1, b->points + q - 1))
						fail_msg("edges %u-%u and %u-%u run on one line",
							 a->from, a->to, b->from, b->to);
		}
}

/* A label lies on its own edge's line, clear of nodes, other labels, and all lines that cross. */
static void check_label(const struct layout *l, size_t i)
{
	const struct layout_edge *e = &l->edges[i];
	int x = e->label_at.x, y = e->label_at.y;
	bool on_line = false;

	assert_true(x >= 0 && x + e->label <= l->width);
	for (size_t k = 0; k < l->n_nodes; k++) {
		const struct layout_node *n = &l->nodes[k];

		assert_false(x < n->x + n->width && n->x < x + e->label &&
			     inside(y, n->y, n->height));
	}
	for (size_t k = 0; k < l->n_edges; k++) {
		const struct layout_edge *o = &l->edges[k];

		if (k != i && o->label && o->label_at.y == y)
			assert_false(o->label_at.x < x + e->label && x < o->label_at.x + o->label);
		for (size_t p = 1; p < o->n_points; p++) {
			const struct layout_point *a = &o->points[p - 1], *b = &o->points[p];
			int left = a->x < b->x ? a->x : b->x, right = a->x < b->x ? b->x : a->x;
			int top = a->y < b->y ? a->y : b->y, bottom = a->y < b->y ? b->y : a->y;

			if (a->y == b->y && k == i && a->y == y && left <= x && right >= x)
				on_line = true;
			if (a->x == b->x && inside(a->x, x, e->label) && top <= y && y <= bottom)
				fail_msg("an edge crosses a label");
			if (a->y == b->y && k != i && a->y == y && left < x + e->label &&
			    right >= x)
				fail_msg("label %zu lies on the line of edge %zu, too", i, k);
		}
	}
	assert_true(on_line);
}

static void check_all(const struct layout *l)
{
	check_nodes(l);
	check_groups(l);
	for (size_t i = 0; i < l->n_edges; i++)
		check_route(l, &l->edges[i]);
	check_apart(l);
	for (size_t i = 0; i < l->n_edges; i++)
		if (l->edges[i].label)
			check_label(l, i);
}

static void lay_out(struct layout *l, const struct layout_options *opt,
		    const struct layout *previous)
{
	assert_int_equal(map_layout(l, opt, previous), 0);
	check_all(l);
}

/* ------------------------------------------------------------------- brute force */

#define PLACES 6 /* in a column at most: 720 orders */

struct column {
	int edge[PLACES * 4], node[PLACES * 4]; /* a node, or where an edge passes */
	int n;
};

static int place_of(const struct column *c, const int *order, int node, int edge)
{
	for (int i = 0; i < c->n; i++)
		if (node >= 0 ? c->node[order[i]] == node
			      : c->node[order[i]] < 0 && c->edge[order[i]] == edge)
			return i;
	return -1;
}

static unsigned int crossings_between(const struct layout *l, const struct column *a,
				      const int *order_a, const struct column *b,
				      const int *order_b, int rank)
{
	int from[64], to[64], n = 0;
	unsigned int sum = 0;

	for (size_t i = 0; i < l->n_edges; i++) {
		int left = (int)l->edges[i].from, right = (int)l->edges[i].to;

		if (l->nodes[left].rank > l->nodes[right].rank) {
			left = (int)l->edges[i].to;
			right = (int)l->edges[i].from;
		}
		if (l->nodes[left].rank > rank || l->nodes[right].rank <= rank)
			continue;
		from[n] = place_of(a, order_a, l->nodes[left].rank == rank ? left : -1, (int)i);
		to[n++] =
			place_of(b, order_b, l->nodes[right].rank == rank + 1 ? right : -1, (int)i);
	}
	for (int i = 0; i < n; i++)
		for (int k = 0; k < i; k++)
			sum += (from[i] < from[k] && to[i] > to[k]) ||
			       (from[i] > from[k] && to[i] < to[k]);
	return sum;
}

/* All orders of 0..n-1. */
static int orders_of(int n, int orders[720][PLACES])
{
	int count = 1;

	for (int i = 2; i <= n; i++)
		count *= i;
	for (int i = 0; i < count; i++) {
		int left[PLACES] = {0, 1, 2, 3, 4, 5}, rest = i;

		for (int k = 0; k < n; k++) {
			int at = rest % (n - k);

			rest /= n - k;
			orders[i][k] = left[at];
			memmove(left + at, left + at + 1, (size_t)(n - k - at - 1) * sizeof(int));
		}
	}
	return count;
}

/* The least crossings of any order within the columns; -1: too much to try. */
static int least_crossings(const struct layout *l)
{
	static int orders[2][720][PLACES];
	struct column columns[12] = {0};
	unsigned int least[2][720] = {0};
	int ranks = 0, count = 0;

	for (size_t i = 0; i < l->n_nodes; i++)
		ranks = l->nodes[i].rank + 1 > ranks ? l->nodes[i].rank + 1 : ranks;
	if (ranks > 12)
		return -1;
	for (size_t i = 0; i < l->n_nodes; i++) {
		struct column *c = &columns[l->nodes[i].rank];

		if (c->n == PLACES)
			return -1;
		c->node[c->n++] = (int)i;
	}
	for (size_t i = 0; i < l->n_edges; i++) {
		int a = l->nodes[l->edges[i].from].rank, b = l->nodes[l->edges[i].to].rank;

		for (int r = (a < b ? a : b) + 1; r < (a < b ? b : a); r++) {
			if (columns[r].n == PLACES)
				return -1;
			columns[r].node[columns[r].n] = -1;
			columns[r].edge[columns[r].n++] = (int)i;
		}
	}
	for (int r = 0; r < ranks; r++) {
		int before = count, now = r % 2;

		count = orders_of(columns[r].n, orders[now]);
		for (int i = 0; i < count; i++) {
			unsigned int best = r ? UINT32_MAX : 0;

			for (int k = 0; r && k < before; k++) {
				unsigned int sum = least[!now][k];

				if (sum < best)
					sum += crossings_between(l, &columns[r - 1],
								 orders[!now][k], &columns[r],
								 orders[now][i], r - 1);
				best = sum < best ? sum : best;
			}
			least[now][i] = best;
		}
	}
	unsigned int best = UINT32_MAX;

	for (int i = 0; i < count; i++)
		best = least[(ranks - 1) % 2][i] < best ? least[(ranks - 1) % 2][i] : best;
	return (int)best;
}

static void test_orders(void **state)
{
	static int orders[720][PLACES];

	(void)state;
	for (int n = 1; n <= PLACES; n++) {
		int count = orders_of(n, orders), factorial = 1;

		for (int i = 2; i <= n; i++)
			factorial *= i;
		assert_int_equal(count, factorial);
		for (int i = 0; i < count; i++) {
			int seen = 0;

			for (int k = 0; k < n; k++)
				seen |= 1 << orders[i][k];
			assert_int_equal(seen, (1 << n) - 1);
			for (int k = 0; k < i; k++)
				assert_true(n == PLACES ||
					    memcmp(orders[i], orders[k], (size_t)n * sizeof(int)));
		}
	}
}

/* No order within the columns has fewer crossings than what is drawn. */
static void test_least_crossings(void **state)
{
	int tried = 0;

	(void)state;
	for (seed = 1; tried < 150 && seed; seed += 0x1000) {
		struct layout l = new_layout(10, 14, 0);
		int least;

		add_random_edges(&l, 11, 8);
		lay_out(&l, tried % 2 ? &boxes : &cells, NULL);
		least = least_crossings(&l);
		if (least >= 0) {
			tried++;
			if ((int)l.crossings > least)
				fail_msg("%u crossings where %d do", l.crossings, least);
		}
		map_layout_free(&l);
	}
}

/* -------------------------------------------------------------------- invariants */

static void test_random(void **state)
{
	static const struct layout_options *const options[] = {&cells, &boxes, &pixels};

	(void)state;
	for (int i = 0; i < 240; i++) {
		uint32_t n = 1 + below(30), groups = below(5);
		struct layout l = new_layout(n, 2 * n, groups);
		const struct layout_options *opt = options[i % 3];

		seed += (uint64_t)i;
		add_random_edges(&l, 2 * n, 1 + below(9));
		for (size_t k = 0; k < n; k++) {
			l.nodes[k].group = groups ? (int)below(groups + 1) - 1 : -1;
			l.nodes[k].width = 1 + (int)below(20) * (opt == &pixels ? 8 : 1);
			l.nodes[k].height = opt == &cells ? 1 : 3 + (int)below(3);
			l.nodes[k].height *= opt == &pixels ? 12 : 1;
		}
		for (size_t k = 0; i % 2 && k < l.n_edges; k++)
			l.edges[k].label = (int)below(3) ? 4 + (int)below(16) : 0;
		lay_out(&l, opt, NULL);
		map_layout_free(&l);
	}
}

static void test_same_again(void **state)
{
	struct layout a = new_layout(20, 40, 0), b;

	(void)state;
	seed = 7;
	add_random_edges(&a, 35, 6);
	b = copy_of(&a, 0);
	lay_out(&a, &cells, NULL);
	lay_out(&b, &cells, NULL);
	assert_memory_equal(a.nodes, b.nodes, a.n_nodes * sizeof(*a.nodes));
	map_layout_free(&a);
	map_layout_free(&b);
}

/* ---------------------------------------------------------------------- directions */

static void test_left_to_right(void **state)
{
	struct layout l = new_layout(4, 4, 0);

	(void)state;
	add_edge(&l, 0, 1);
	add_edge(&l, 1, 2);
	add_edge(&l, 2, 3);
	add_edge(&l, 3, 1); /* a circle: this one runs back */
	lay_out(&l, &cells, NULL);
	for (int i = 0; i < 4; i++)
		assert_int_equal(l.nodes[i].rank, i);
	assert_false(l.edges[0].reversed || l.edges[1].reversed || l.edges[2].reversed);
	assert_true(l.edges[3].reversed);
	assert_int_equal(l.edges[3].points[0].x, l.nodes[3].x - 1);
	map_layout_free(&l);
}

static void test_to_itself(void **state)
{
	struct layout l = new_layout(1, 1, 0);
	const struct layout_edge *e = l.edges;

	(void)state;
	add_edge(&l, 0, 0);
	lay_out(&l, &cells, NULL);
	assert_int_equal(e->n_points, 4);
	assert_int_equal(e->points[0].x, 8);
	assert_int_equal(e->points[3].x, 8);
	assert_true(e->points[0].y != e->points[3].y);
	map_layout_free(&l);
}

/* Of two edges into one node the heavy one is straight. */
static void test_heavy_is_straight(void **state)
{
	for (uint32_t heavy = 0; heavy < 2; heavy++) {
		struct layout l = new_layout(3, 2, 0);

		add_edge(&l, 0, 2);
		add_edge(&l, 1, 2);
		l.edges[heavy].weight = 1000000;
		lay_out(&l, &cells, NULL);
		assert_int_equal(l.edges[heavy].n_points, 2);
		map_layout_free(&l);
	}
	(void)state;
}

/* A hub's edges share one line: it is as high as a name, not as its edges. */
static void test_hub(void **state)
{
	struct layout l = new_layout(31, 30, 0);

	(void)state;
	for (uint32_t i = 0; i < 30; i++)
		add_edge(&l, i, 30);
	lay_out(&l, &cells, NULL);
	assert_int_equal(l.nodes[30].height, 1);
	assert_int_equal(l.crossings, 0);
	assert_int_equal(l.height, 30);
	map_layout_free(&l);
}

/* ------------------------------------------------------------------------ stability */

static void test_same_with_previous(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct layout a = new_layout(14, 24, 2), b;

		seed = 100 + (uint64_t)i;
		add_random_edges(&a, 18, 8);
		for (int k = 0; k < 14; k++)
			a.nodes[k].group = (int)below(3) - 1;
		b = copy_of(&a, 0);
		lay_out(&a, &cells, NULL);
		lay_out(&b, &cells, &a);
		for (int k = 0; k < 14; k++) {
			assert_int_equal(a.nodes[k].x, b.nodes[k].x);
			assert_int_equal(a.nodes[k].rank, b.nodes[k].rank);
			assert_int_equal(a.nodes[k].order, b.nodes[k].order);
			assert_int_equal(a.nodes[k].y, b.nodes[k].y);
		}
		map_layout_free(&a);
		map_layout_free(&b);
	}
}

/* A new edge: all keep their column and order, and few move. */
static void test_new_edge(void **state)
{
	int moved = 0, all = 0;

	(void)state;
	for (int i = 0; i < 40; i++) {
		struct layout a = new_layout(14, 24, 2), b;

		seed = 200 + (uint64_t)i;
		add_random_edges(&a, 16, 8);
		for (int k = 0; k < 14; k++)
			a.nodes[k].group = (int)below(3) - 1;
		b = copy_of(&a, 1);
		add_edge(&b, below(7), 7 + below(7));
		lay_out(&a, &cells, NULL);
		lay_out(&b, &cells, &a);
		for (int k = 0; k < 14; k++) {
			assert_int_equal(a.nodes[k].rank, b.nodes[k].rank);
			assert_int_equal(a.nodes[k].order, b.nodes[k].order);
			moved += abs(a.nodes[k].y - b.nodes[k].y) > 1;
			all++;
		}
		map_layout_free(&a);
		map_layout_free(&b);
	}
	if (moved * 5 > all)
		fail_msg("%d of %d nodes moved", moved, all);
}

/* ----------------------------------------------------------------------------- bounds */

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void test_300(void **state)
{
	struct layout l = new_layout(300, 900, 20);
	double before = cpu_seconds(), took;

	(void)state;
	seed = 3;
	for (uint32_t i = 0; i < 300; i++) {
		l.nodes[i].group = (int)(i % 20);
		if (i >= 60)
			add_edge(&l, i - 20 * (1 + below(2)), i);
		if (i > 1)
			add_edge(&l, i, 0); /* DNS */
		if (i > 1)
			add_edge(&l, 1, i); /* whoever scrapes all */
	}
	assert_int_equal(map_layout(&l, &cells, NULL), 0);
	took = cpu_seconds() - before;
	check_nodes(&l);
	check_groups(&l);
#ifdef __SANITIZE_ADDRESS__
	took /= 10;
#endif
	if (took > 0.3) /* 20 ms where it was written */
		fail_msg("%.3f s", took);
	map_layout_free(&l);
}

/* Anything to anything, and then once more from what there was: the search for an order ends. */
static void test_1000(void **state)
{
	struct layout a = new_layout(500, 2000, 0), b = new_layout(500, 2000, 0);
	struct layout large = new_layout(1000, 4000, 0);
	double before, took;

	(void)state;
	seed = 4;
	for (int i = 0; i < 4000; i++)
		add_edge(&large, below(1000), below(1000));
	for (int i = 0; i < 2000; i++) {
		uint32_t from = below(500), to = below(500);

		add_edge(&a, from, to);
		add_edge(&b, from, to);
	}
	before = cpu_seconds();
	assert_int_equal(map_layout(&large, &cells, NULL), 0);
	assert_int_equal(map_layout(&a, &cells, NULL), 0);
	assert_int_equal(map_layout(&b, &cells, &a), 0);
	took = cpu_seconds() - before;
	check_nodes(&large);
#ifdef __SANITIZE_ADDRESS__
	took /= 10;
#endif
	if (took > 0.8) /* 0.4 s where it was written */
		fail_msg("%.3f s", took);
	map_layout_free(&a);
	map_layout_free(&b);
	map_layout_free(&large);
}

/* A chain of as many columns as nodes, and edges over all of them: columns are folded. */
static void test_chain_is_bounded(void **state)
{
	struct layout l = new_layout(2000, 4000, 0);

	(void)state;
	for (uint32_t i = 1; i < 2000; i++) {
		add_edge(&l, i - 1, i);
		add_edge(&l, 0, i);
	}
	assert_int_equal(map_layout(&l, &cells, NULL), 0);
	check_nodes(&l);
	map_layout_free(&l);
}

static void test_not_sound(void **state)
{
	struct layout l = new_layout(2, 1, 0), none = {0};

	(void)state;
	add_edge(&l, 0, 1);
	l.edges[0].to = 2;
	assert_int_equal(map_layout(&l, &cells, NULL), -EINVAL);
	l.edges[0].to = 1;
	l.nodes[1].group = 0;
	assert_int_equal(map_layout(&l, &cells, NULL), -EINVAL);
	l.nodes[1].group = -1;
	l.nodes[1].width = 0;
	assert_int_equal(map_layout(&l, &cells, NULL), -EINVAL);
	map_layout_free(&l);
	assert_int_equal(map_layout(&none, &cells, NULL), 0);
	assert_int_equal(none.width, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_least_crossings),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_same_again),
		cmocka_unit_test(test_left_to_right),
		cmocka_unit_test(test_to_itself),
		cmocka_unit_test(test_heavy_is_straight),
		cmocka_unit_test(test_hub),
		cmocka_unit_test(test_same_with_previous),
		cmocka_unit_test(test_new_edge),
		cmocka_unit_test(test_300),
		cmocka_unit_test(test_1000),
		cmocka_unit_test(test_chain_is_bounded),
		cmocka_unit_test(test_not_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
