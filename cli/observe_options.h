/* SPDX-License-Identifier: MIT */
/* What `pitot observe` is asked. */
#ifndef PITOT_CLI_OBSERVE_OPTIONS_H
#define PITOT_CLI_OBSERVE_OPTIONS_H

#include "cli/options.h"
#include "cli/print.h"
#include "cli/server_options.h"
#include "flows/filter.h"
#include "flows/names/names.h"
#include "flows/where.h"

#define GEOIP_DBS_MAX 8
#define DNS_PORTS_MAX 4

enum observe_aggregate {
	AGGREGATE_NONE,
	AGGREGATE_CONNECTION,
	AGGREGATE_PAIR,
	AGGREGATE_SERVICE,
	AGGREGATE_NAMESPACE,
};
enum kube_scope { KUBE_SCOPE_CLUSTER, KUBE_SCOPE_NODE };
enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct observe_options {
	uint32_t first, last; /* 0: not asked */
	uint64_t since_ns, until_ns; /* wall clock; 0: not asked */
	uint64_t for_ns; /* 0: until it is stopped */
	const char *since; /* as typed */
	bool follow, all;
	const char *input_file; /* NULL: not asked; "-": standard input */
	bool no_agent; /* a capture of our own, even where an agent is */
	bool on_screen; /* `pitot ui`: it waits for a server, and has keys of its own that end it */
	bool reconnect, silent_errors, stats, print_raw_filters;
	bool default_masks; /* --use-default-field-masks, which changes nothing: all is asked for */
	struct server_options server;
	const char *where_text; /* NULL: not asked */
	struct where *where;
	char *field_mask; /* the paths of mask_paths, as typed and joined */
	const char **mask_paths; /* NULL-terminated; NULL: all fields */
	struct field_mask *mask;
	int aggregate; /* enum observe_aggregate */
	const char *sort; /* fields or columns by comma; NULL: not asked */
	uint32_t limit; /* of --sort and --aggregate; 0: not asked */
	uint64_t interval_ns; /* of --aggregate's tables; 0: not asked */
	int color; /* enum color */
	const struct print_format *format;
	struct print_options print;
	bool ip_translation;
	char node_name[256];
	struct filter filter;
	uint64_t report_interval_ns;
	struct capture_options capture;
	bool no_names; /* nothing is named, `names` is not looked at */
	struct names_options names;
	int kube_scope; /* enum kube_scope */
	const char *geoip_dbs[GEOIP_DBS_MAX + 1];
	uint16_t dns_ports[DNS_PORTS_MAX + 1];
};

extern const struct opt observe_option_table[];

/* NULL without memory. */
void *observe_options_new(void);
void observe_options_free(void *options);

/*
 * After parsing: refuses what does not go together and fills in what follows
 * from the rest (printer, capture, names). 0, or -errno with one line in err.
 */
int observe_options_finish(struct observe_options *o, char *err, size_t err_size);

/*
 * The part of that for `names` and node_name: node and cluster are called the same
 * wherever they are written.
 */
void observe_options_finish_names(struct observe_options *o);

/* --aggregate, --sort, --limit, --columns: 0, or -EINVAL with one line in err. */
int observe_summing_check(const struct observe_options *o, char *err, size_t err_size);

/* OPT_CALL's, of --since and --until; options begin with a struct observe_options. */
int observe_set_time(void *options, const struct opt *o, bool negated, const char *value, char *err,
		     size_t err_size);

/* --where into opt->where. What is wrong is shown with a caret. Returns an enum exit_code. */
int observe_parse_where(struct observe_options *opt);

/* True when fd may be written with colours: --color, NO_COLOR and the terminal decide. */
bool color_wanted(enum color when, int fd);

#endif
