// SPDX-License-Identifier: MIT
#include "cli/print.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/printer.h"
#include "flows/summary.h"

#define CYAN "\033[36m"
#define YELLOW "\033[33m"
#define MAGENTA "\033[35m"
#define GREEN "\033[32m"
#define RED "\033[31m"
#define OFF "\033[0m"

const struct print_format print_formats[] = {
	{"compact", "a line a flow, as Hubble prints it, with counters and processes after it",
	 true, print_compact_create},
	{"dict", "a block of lines a flow", true, print_dict_create},
	{"json", "a line of JSON a flow, Hubble's fields", true, print_json_create},
	{"jsonpb", "the same as json", true, print_json_create},
	{"table", "columns as wide as their widest cell, at the end", false, print_table_create},
	{"tab", "the same as table", false, print_table_create},
	{"wide", "columns as they come, with counters, times and processes", true,
	 print_wide_create},
	{"connection", "a line a connection when it ends", true, print_connection_create},
	{"pb", "protobuf: each flow's length, then the flow, Hubble's fields and pitot's", true,
	 print_pb_create},
	{"csv", "a table for programs, --columns chooses what is in it", true, print_csv_create},
	{NULL, NULL, false, NULL},
};

bool print_format_is_binary(const struct print_format *f)
{
	return f->create == print_pb_create;
}

const struct print_format *print_format_find(const char *name)
{
	for (const struct print_format *f = print_formats; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

struct printer *printer_new(size_t size, const struct print_options *opt,
			    int (*flow)(struct sink *s, const struct flow *f),
			    int (*lost)(struct printer *p, const struct lost_events *l))
{
	struct printer *p = calloc(1, size);

	if (!p)
		return NULL;
	p->opt = *opt;
	p->opt.numeric = opt->numeric || opt->no_ip_translation;
	if (!p->opt.node_name)
		p->opt.node_name = "";
	p->time.second = UINT64_MAX;
	if (!p->opt.err_fd)
		p->opt.err_fd = STDERR_FILENO;
	p->lost = lost;
	p->node_status = printer_node_status;
	p->sink.flow = flow;
	p->sink.flush = printer_flush;
	p->sink.close = printer_close;
	/* room for a line past the mark, so that the buffer rarely has to grow */
	if (!text_reserve(&p->out, PRINT_BUFFER + 4096)) {
		free(p);
		return NULL;
	}
	return p;
}

static int write_out(struct printer *p)
{
	int err = p->out.err;

	if (!p->opt.put)
		return text_write(&p->out, p->opt.fd);
	if (!err && p->out.len)
		err = p->opt.put(p->opt.put_arg, p->out.data, p->out.len);
	p->out.len = 0;
	p->out.err = 0;
	return err;
}

int printer_line(struct printer *p)
{
	if (p->out.len < PRINT_BUFFER)
		return p->out.err;
	return write_out(p);
}

int printer_flush(struct sink *s)
{
	struct printer *p = (struct printer *)s;

	return write_out(p);
}

int printer_close(struct sink *s)
{
	struct printer *p = (struct printer *)s;
	int err = printer_flush(s);

	text_free(&p->out);
	free(p);
	return err;
}

int print_lost(struct sink *s, const struct lost_events *lost)
{
	struct printer *p = (struct printer *)s;

	return p->lost(p, lost);
}

const char *printer_node_name(const struct printer *p, const struct flow *f)
{
	return f->hubble ? f->hubble->node_name : p->opt.node_name;
}

const char *printer_lost_node(const struct printer *p, const struct lost_events *l)
{
	return l->node_name ? l->node_name : p->opt.node_name;
}

void printer_node(struct printer *p, const struct flow *f)
{
	if (!p->opt.print_node_name)
		return;
	text_mem(&p->out, " [", 2);
	text_escape(&p->out, printer_node_name(p, f), 256);
	text_char(&p->out, ']');
}

void printer_end(struct printer *p, const struct flow *f, const struct flow_end *e)
{
	struct text *t = &p->out;
	uint16_t port;

	if (!p->opt.color) {
		flow_end_text(t, f, e, p->opt.numeric);
		return;
	}
	port = flow_port(f, e);
	text_str(t, CYAN);
	flow_host_port_text(t, f, e, p->opt.numeric);
	if (port) {
		text_str(t, ":" YELLOW);
		text_u64(t, port);
		text_str(t, OFF);
	}
	text_str(t, OFF);
}

void printer_identity(struct printer *p, uint32_t identity)
{
	const char *name = identity_name(identity);
	struct text *t = &p->out;

	if (p->opt.color)
		text_str(t, MAGENTA);
	if (name) {
		text_char(t, '(');
		text_str(t, name);
	} else {
		text_str(t, "(ID:");
		text_u64(t, identity);
	}
	text_char(t, ')');
	if (p->opt.color)
		text_str(t, OFF);
}

void printer_ends(struct printer *p, const struct flow *f, const char *arrow)
{
	const struct flow_end *left = flow_is_swapped(f) ? &f->dst : &f->src;
	const struct flow_end *right = flow_is_swapped(f) ? &f->src : &f->dst;
	struct text *t = &p->out;

	printer_time(p, t, f->time_ns);
	printer_node(p, f);
	text_mem(t, ": ", 2);
	printer_end(p, f, left);
	text_char(t, ' ');
	printer_identity(p, left->identity);
	text_str(t, arrow);
	printer_end(p, f, right);
	text_char(t, ' ');
	printer_identity(p, right->identity);
}

void printer_verdict(struct printer *p, const struct flow *f)
{
	static const char *const colors[VERDICT_MAX] = {
		[VERDICT_FORWARDED] = GREEN,   [VERDICT_REDIRECTED] = GREEN,
		[VERDICT_DROPPED] = RED,       [VERDICT_ERROR] = RED,
		[VERDICT_AUDIT] = YELLOW,      [VERDICT_TRACED] = YELLOW,
		[VERDICT_TRANSLATED] = YELLOW,
	};

	const char *color = p->opt.color && f->verdict < VERDICT_MAX ? colors[f->verdict] : NULL;
	const struct hubble_policies *policies =
		p->opt.print_policy_names ? flow_policies(f) : NULL;

	if (color)
		text_str(&p->out, color);
	text_str(&p->out, flow_verdict_name(f));
	if (policies)
		policies_text(&p->out, policies);
	if (color)
		text_str(&p->out, OFF);
}

static void foreign_summary(struct printer *p, const struct flow *f)
{
	const char *auth = flow_auth_name(f);

	hubble_summary(&p->out, f->hubble);
	if (!auth)
		return;
	text_str(&p->out, "; Auth: ");
	text_str(&p->out, strcmp(auth, "SPIRE") ? RED : GREEN);
	text_str(&p->out, auth);
	text_str(&p->out, OFF);
}

void printer_summary(struct printer *p, const struct flow *f)
{
	bool red = p->opt.color && flow_failed(f);

	if (p->opt.color && flow_foreign(f)) {
		foreign_summary(p, f);
		return;
	}
	if (red)
		text_str(&p->out, RED);
	flow_summary(&p->out, f);
	if (red)
		text_str(&p->out, OFF);
}

void printer_lost_detail(struct printer *p, struct text *t, const struct lost_events *l,
			 const char *sep)
{
	text_str(t, "CPU(");
	text_u64(t, l->cpu > 0 ? l->cpu : 0);
	text_str(t, sep);
	text_u64(t, l->count);
	if (!l->first_ns && !l->last_ns)
		return;
	text_str(t, " (first: ");
	printer_time(p, t, l->first_ns);
	text_str(t, ", last: ");
	printer_time(p, t, l->last_ns);
	text_char(t, ')');
}
