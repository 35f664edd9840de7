// SPDX-License-Identifier: MIT
/* The Map view's model: from the store's flows to the snapshot that is shown. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "tui/ui.h"
#include "tui/view_map_own.h"

#define NS_PER_MS 1000000ull
#define SLICE_NS (8 * NS_PER_MS) /* of a frame, for flows that are read again */
#define TAKE_NS (250 * NS_PER_MS) /* figures change at most so often */
#define TAKE_MAX_NS (2000 * NS_PER_MS) /* and at least so often, whatever it costs */
#define LONG_NS (61 * NS_PER_MS * 1000) /* silent for so long there are no rates any more */
#define AGO_NS (10000 * NS_PER_MS) /* all that changes then is how long ago it was */
#define SHAPE_NS (1000 * NS_PER_MS) /* nodes and links at most so often */
#define SHARE 80 /* figures, and layouts, cost that part of the time at most */
#define SHAPE_MAX_NS (5000 * NS_PER_MS)
#define WAIT_NS \
	(1500 * NS_PER_MS) /* for a model that is being filled; then what there is is shown */

/* ------------------------------------------------------------- from the store */

static void reset(void *arg)
{
	struct map_view *v = arg;

	service_map_reset(v->map);
	v->again = false;
	v->next = v->given = 0;
	v->flows_came = true;
	v->reset_at = uv_hrtime();
	v->fresh = true;
}

static void flow(void *arg, const struct flow *f, uint64_t number)
{
	struct map_view *v = arg;

	v->given = number + 1;
	v->flows_came = true;
	if (!v->again)
		service_map_add(v->map, f);
}

static size_t bytes(const void *arg)
{
	const struct map_view *v = arg;

	return service_map_bytes(v->map);
}

int map_view_model_new(struct map_view *v)
{
	const struct store_model model = {
		.arg = v, .reset = reset, .flow = flow, .lazy = true, .bytes = bytes};
	int err;

	v->opt.report_interval_ns = ui_config(v->ui)->report_interval_ns;
	v->fresh = true;
	v->reset_at = uv_hrtime();
	err = service_map_new(&v->opt, &v->map);
	return err ? err : store_attach(ui_store(v->ui), &model);
}

static void forget_unlike(struct map_view *v)
{
	for (size_t i = 0; i < v->n_unlike; i++)
		free(v->unlike[i]);
	free(v->unlike);
	v->unlike = NULL;
	v->n_unlike = 0;
}

void map_view_model_free(struct map_view *v)
{
	service_map_snapshot_free(&v->all);
	service_map_snapshot_free(&v->shown);
	service_map_free(v->map);
	forget_unlike(v);
}

void map_view_again(struct map_view *v)
{
	struct service_map *map;

	if (service_map_new(&v->opt, &map)) {
		ui_say(v->ui, STYLE_BAD, "out of memory");
		return;
	}
	service_map_free(v->map);
	v->map = map;
	v->next = store_first(ui_store(v->ui));
	v->again = true;
	v->stale = v->fresh = true;
	v->reset_at = uv_hrtime();
	ui_changed(v->ui);
}

/* What the store gave before, from its history. True: there is more. */
static bool read_again(struct map_view *v)
{
	struct store *s = ui_store(v->ui);
	const struct ui_filter *filter = store_filter(s);
	uint64_t until = uv_hrtime() + SLICE_NS, first = store_first(s);

	if (v->next < first)
		v->next = first;
	for (unsigned int n = 1; v->next < v->given; n++) {
		const struct flow *f = store_get(s, v->next++);

		if (f && ui_filter_pass(filter, f))
			service_map_add(v->map, f);
		if (n % 256 == 0 && uv_hrtime() > until)
			return true;
	}
	v->again = false;
	return false;
}

/* ------------------------------------------------------------------ namespaces */

static size_t find_unlike(const struct map_view *v, const char *name)
{
	for (size_t i = 0; i < v->n_unlike; i++)
		if (!strcmp(v->unlike[i], name))
			return i;
	return SIZE_MAX;
}

bool map_view_is_folded(const struct map_view *v, const char *name)
{
	return *name && v->fold_all != (find_unlike(v, name) != SIZE_MAX);
}

void map_view_fold(struct map_view *v, const char *name, bool fold)
{
	size_t at = find_unlike(v, name);
	char **more;

	v->stale = v->fold_chosen = true;
	if (!*name || fold == map_view_is_folded(v, name))
		return;
	if (at != SIZE_MAX) {
		free(v->unlike[at]);
		v->unlike[at] = v->unlike[--v->n_unlike];
		return;
	}
	more = realloc(v->unlike, (v->n_unlike + 1) * sizeof(*more));
	if (!more)
		return;
	v->unlike = more;
	more[v->n_unlike] = strdup(name);
	v->n_unlike += more[v->n_unlike] != NULL;
}

void map_view_fold_all(struct map_view *v, bool fold)
{
	forget_unlike(v);
	v->fold_all = fold;
	v->fold_chosen = v->stale = true;
}

/* The names of folded namespaces, NULL at the end; nodes come sorted by namespace. NULL: none, or no memory. */
static const char **folded(const struct map_view *v)
{
	const char **names = malloc((v->all.n_nodes + 1) * sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; names && i < v->all.n_nodes; i++) {
		const char *name = v->all.nodes[i].namespace_name;

		if (!map_view_is_folded(v, name) || (n && !strcmp(names[n - 1], name)))
			continue;
		names[n++] = name;
	}
	if (names)
		names[n] = NULL;
	return names;
}

/* Nodes that there would be if no namespace was folded. */
static size_t unfolded(const struct map_view *v)
{
	size_t n = v->all.n_nodes, outside[2] = {0};

	for (size_t i = 0; i < v->all.n_nodes && !v->all_outside; i++) {
		outside[0] += v->all.nodes[i].kind == MAP_NODE_WORLD;
		outside[1] += v->all.nodes[i].kind == MAP_NODE_ADDRESS;
	}
	for (int i = 0; i < 2; i++)
		n -= outside[i] > OUTSIDE ? outside[i] - OUTSIDE : 0;
	return n;
}

/* Too much for one picture: namespaces first. Once told, it is the person's affair. */
static void fold_by_itself(struct map_view *v)
{
	bool many = unfolded(v) > FOLD_ABOVE;

	if (v->fold_chosen || v->opt.group == MAP_NAMESPACE || many == v->fold_all)
		return;
	if (!many && !v->fresh)
		return; /* no to and fro at the limit */
	v->fold_all = many;
}

/* ------------------------------------------------------------------- snapshots */

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15;
	return h ^ h >> 29;
}

/* What a drawing depends on: which nodes and edges there are, in their order, and what they say. */
static uint64_t shape_of(const struct map_snapshot *s)
{
	uint64_t h = mix(s->n_nodes, s->n_edges);

	for (size_t i = 0; i < s->n_nodes; i++)
		h = mix(h, s->nodes[i].key);
	for (size_t i = 0; i < s->n_edges; i++)
		h = mix(h, s->edges[i].key ^ map_view_says(&s->edges[i]));
	return h;
}

static int take_all(struct map_view *v)
{
	uint64_t now = store_now_ns(ui_store(v->ui));
	struct map_snapshot all = {0};
	int err = service_map_snapshot(v->map, now, v->window, &all);

	if (err)
		return err;
	service_map_snapshot_free(&v->all);
	v->all = all;
	return 0;
}

int map_view_select(const struct map_view *v, const struct map_snapshot *all,
		    struct map_snapshot *ret)
{
	uint64_t now = all->now_ns;
	struct map_selection what = {
		.focus = v->focus,
		.hops = v->hops,
		.max_outside = v->all_outside ? 0 : OUTSIDE,
		.before = v->fresh ? NULL : &v->shown,
		.since_ns = v->hide_silent && now > HIDE_NS ? now - HIDE_NS : 0,
	};
	const char **names = folded(v);
	int err;

	what.collapsed = names;
	err = map_select(all, &what, ret);
	free(names);
	return err;
}

static uint64_t shape_ns(const struct map_view *v)
{
	uint64_t wait = v->laid_ns * SHARE;

	if (wait > SHAPE_MAX_NS)
		return SHAPE_MAX_NS;
	return wait > SHAPE_NS ? wait : SHAPE_NS;
}

/*
 * Nodes that come and go with every look (names of the world, say) must not make the map dance:
 * it becomes another one at most once a second, and less often where that takes long, but where
 * somebody asked for it.
 */
static int select_shown(struct map_view *v, bool force)
{
	struct map_snapshot shown = {0};
	uint64_t now = uv_hrtime();
	int err;

	fold_by_itself(v);
	err = map_view_select(v, &v->all, &shown);
	if (err)
		return err;
	v->late = false;
	if (shape_of(&shown) != v->shape) {
		v->late = !force && !v->fresh && now - v->shaped_at < shape_ns(v);
		if (v->late) {
			map_view_renew(&v->shown, &shown);
			service_map_snapshot_free(&shown);
			return 0;
		}
		v->shaped_at = now;
	}
	service_map_snapshot_free(&v->shown);
	v->shown = shown;
	v->shape = shape_of(&shown);
	v->n_rows = v->listed = 0; /* they were the other one's */
	return 0;
}

/* A model that is still being filled would be laid out again and again. */
static bool is_filling(struct map_view *v, uint64_t now)
{
	struct store_stats stats;

	if (!v->reset_at)
		return false;
	store_stats(ui_store(v->ui), &stats);
	if (!v->again && !stats.behind) {
		v->reset_at = 0;
		return false;
	}
	return now - v->reset_at < WAIT_NS;
}

/* Is it time for another one? */
static bool is_due(struct map_view *v, uint64_t now)
{
	uint64_t shown_ns = store_now_ns(ui_store(v->ui)), wait = v->took_ns * SHARE;

	if (!v->flows_came && shown_ns / (NS_PER_MS * 1000) == v->all.now_ns / (NS_PER_MS * 1000))
		return false;
	if (wait > TAKE_MAX_NS)
		wait = TAKE_MAX_NS;
	if (!v->flows_came && v->all.now_ns > v->all.last_ns + LONG_NS && wait < AGO_NS)
		wait = AGO_NS;
	return now - v->taken_at >= (wait > TAKE_NS ? wait : TAKE_NS);
}

bool map_view_take(struct map_view *v, bool force)
{
	uint64_t now = uv_hrtime();
	bool all = v->stale || force;

	if (v->again && read_again(v))
		ui_changed(v->ui);
	if (is_filling(v, now)) {
		ui_changed(v->ui); /* look again soon */
		if (!force || !v->all.n_nodes)
			return false;
	}
	if (!all && !is_due(v, now)) {
		if (v->flows_came)
			ui_changed(v->ui);
		return false;
	}
	if (take_all(v) || select_shown(v, all)) {
		ui_say(v->ui, STYLE_BAD, "out of memory");
		return false;
	}
	v->flows_came = v->late;
	v->stale = false;
	if (v->late)
		ui_changed(v->ui);
	v->taken_at = now;
	v->took_ns = uv_hrtime() - now;
	return true;
}
