// SPDX-License-Identifier: MIT
/* What a relay says of its nodes: a line on standard error, beside the flows. */
#include <unistd.h>

#include "cli/printer.h"

/* Hubble cuts its list, too. */
#define NODES_SHOWN 16
#define TEXT_MAX 256

static void put_nodes(struct text *t, const struct node_status *s)
{
	for (size_t i = 0; i < s->n_nodes && i < NODES_SHOWN; i++) {
		text_str(t, i ? ", " : "");
		text_escape(t, s->nodes[i], TEXT_MAX);
	}
	if (s->n_nodes > NODES_SHOWN) {
		text_str(t, " and ");
		text_u64(t, s->n_nodes - NODES_SHOWN);
		text_str(t, " more");
	}
}

int print_node_status(struct sink *sink, const struct node_status *s)
{
	struct printer *p = (struct printer *)sink;
	struct text t = {0};
	int err;

	/* Good news is none that Hubble tells. */
	if (s->state != NODE_UNAVAILABLE && s->state != NODE_ERROR)
		return 0;
	printer_time(p, &t, s->time_ns);
	text_str(&t, " [");
	text_escape(&t, s->node_name ? s->node_name : "", TEXT_MAX);
	text_str(&t, "]: ");
	if (s->state == NODE_ERROR) {
		text_str(&t, "Error \"");
		text_escape(&t, s->message, TEXT_MAX);
		text_str(&t, "\" on ");
	}
	text_u64(&t, s->n_nodes);
	text_str(&t, s->state == NODE_ERROR ? " nodes: " : " nodes are unavailable: ");
	put_nodes(&t, s);
	text_char(&t, '\n');
	err = text_write(&t, STDERR_FILENO);
	text_free(&t);
	return err;
}
