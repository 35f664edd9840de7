// SPDX-License-Identifier: MIT
/* What a relay says of the nodes behind it, in Hubble's words. */
#include "cli/printer.h"
#include "flows/summary.h"

/* Names are listed up to this many bytes. */
#define NAMES_SHOWN 50
#define NAME_MAX_SHOWN 256

const char *printer_node_state(enum node_state state)
{
	static const char *const names[] = {
		[NODE_UNKNOWN] = "UNKNOWN_NODE_STATE",
		[NODE_CONNECTED] = "NODE_CONNECTED",
		[NODE_UNAVAILABLE] = "NODE_UNAVAILABLE",
		[NODE_GONE] = "NODE_GONE",
		[NODE_ERROR] = "NODE_ERROR",
	};

	return names[state <= NODE_ERROR ? state : NODE_UNKNOWN];
}

void node_names_text(struct text *t, const struct node_status *s)
{
	size_t used = 0;

	for (size_t i = 0; i < s->n_nodes; i++) {
		used += strlen(s->nodes[i]) + 2;
		if (used > NAMES_SHOWN && i) {
			text_str(t, " (and ");
			text_u64(t, s->n_nodes - i);
			text_str(t, " more)");
			return;
		}
		if (i)
			text_str(t, ", ");
		text_escape(t, s->nodes[i], NAME_MAX_SHOWN);
	}
}

void quoted_text(struct text *t, const char *s)
{
	text_char(t, '"');
	escape_marks(t, s, "\"\\");
	text_char(t, '"');
}

static void count(struct text *t, const struct node_status *s, const char *before,
		  const char *after)
{
	text_str(t, before);
	text_u64(t, s->n_nodes);
	text_str(t, after);
}

void printer_node_status(struct printer *p, struct text *t, const struct node_status *s)
{
	printer_time(p, t, s->time_ns);
	text_str(t, " [");
	text_escape(t, s->node_name ? s->node_name : "", NAME_MAX_SHOWN);
	text_str(t, "]: ");
	switch (s->state) {
	case NODE_CONNECTED:
		count(t, s, "Receiving flows from ", " nodes: ");
		break;
	case NODE_UNAVAILABLE:
		count(t, s, "", " nodes are unavailable: ");
		break;
	case NODE_GONE:
		count(t, s, "", " nodes removed from cluster: ");
		break;
	case NODE_ERROR:
		text_str(t, "Error ");
		quoted_text(t, s->message ? s->message : "");
		count(t, s, " on ", " nodes: ");
		break;
	default:
		text_str(t, "unknown state of nodes: ");
	}
	node_names_text(t, s);
	text_char(t, '\n');
}

/* What was printed before comes before it on a terminal, too. */
int print_node_status(struct sink *s, const struct node_status *status)
{
	struct printer *p = (struct printer *)s;
	struct text t = {0};
	int err;

	if (!p->opt.all_node_states && status->state != NODE_UNAVAILABLE &&
	    status->state != NODE_ERROR)
		return 0;
	err = text_write(&p->out, p->opt.fd);
	p->node_status(p, &t, status);
	text_write(&t, p->opt.err_fd);
	text_free(&t);
	return err;
}
