// SPDX-License-Identifier: MIT
/* What exporters say of themselves on the page of metrics. */
#include <stdlib.h>

#include "export/exporter_config.h"
#include "export/json.h"

#define ROWS_MAX (2 * EXPORTERS_MAX)

static uint64_t up(const struct exporter_status *s)
{
	return s->up;
}

static uint64_t flows(const struct exporter_status *s)
{
	return s->flows;
}

static uint64_t bytes(const struct exporter_status *s)
{
	return s->bytes;
}

static uint64_t lost(const struct exporter_status *s)
{
	return s->lost;
}

static uint64_t filtered(const struct exporter_status *s)
{
	return s->filtered;
}

static const struct {
	const char *name, *type, *help;
	uint64_t (*get)(const struct exporter_status *s);
} columns[] = {
	{"pitot_exporter_up", "gauge", "1: the exporter writes", up},
	{"pitot_exporter_messages_total", "counter", "Messages that an exporter has written",
	 flows},
	{"pitot_exporter_bytes_total", "counter", "Their bytes before compression", bytes},
	{"pitot_exporter_lost_total", "counter", "Messages that an exporter has lost", lost},
	{"pitot_exporter_filtered_total", "counter", "Flows that did not pass its filters",
	 filtered},
	{"hubble_dynamic_exporter_up", "gauge", "1: the exporter is configured and writes", up},
};

static void put_head(struct text *t, const char *name, const char *type, const char *help)
{
	text_str(t, "# HELP ");
	text_str(t, name);
	text_char(t, ' ');
	text_str(t, help);
	text_str(t, "\n# TYPE ");
	text_str(t, name);
	text_char(t, ' ');
	text_str(t, type);
	text_char(t, '\n');
}

static void put_sample(struct text *t, const char *name, const char *label, const char *value,
		       uint64_t n)
{
	text_str(t, name);
	text_char(t, '{');
	text_str(t, label);
	text_char(t, '=');
	/* JSON's escapes of quotes and backslashes are Prometheus', control characters are no more. */
	json_quote(t, value, 256);
	text_str(t, "} ");
	text_u64(t, n);
	text_char(t, '\n');
}

void exporters_write_metrics(struct exporters *e, struct text *t)
{
	static const char total[] = "hubble_dynamic_exporter_exporters_total";
	struct exporter_status *rows = calloc(ROWS_MAX, sizeof(*rows));
	size_t n = rows ? exporters_status(e, rows, ROWS_MAX) : 0, active = 0;

	for (size_t c = 0; n && c < sizeof(columns) / sizeof(columns[0]); c++) {
		put_head(t, columns[c].name, columns[c].type, columns[c].help);
		for (size_t i = 0; i < n; i++)
			put_sample(t, columns[c].name, "name", rows[i].name,
				   columns[c].get(&rows[i]));
	}
	for (size_t i = 0; i < n; i++)
		active += rows[i].up;
	/* Hubble's name of a number that goes up and down. */
	if (n) {
		put_head(t, total, "gauge", "Exporters that are configured, by status");
		put_sample(t, total, "status", "active", active);
		put_sample(t, total, "status", "inactive", n - active);
	}
	free(rows);
}
