// SPDX-License-Identifier: MIT
/* `pitot map`: the service map without a screen. */
#include "cli/map.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/observe.h"
#include "cli/ui_filter.h"

static int refuse_args(char **args)
{
	struct text cure = {0};
	int code;

	if (!options_put_file(&cure, "map", *args))
		ui_filter_put_try(&cure, args);
	text_char(&cure, '\0');
	code = say(EXIT_USAGE,
		   "\"%s\" is one argument too many: \"pitot map\" takes options; a file is "
		   "--input-file, two of them --diff%s",
		   args[0], cure.err ? "" : cure.data);
	text_free(&cure);
	return code;
}

static int check_args(char **args, const struct map_options *opt)
{
	const struct observe_options *o = &opt->o;

	if (args[0] && !opt->diff)
		return refuse_args(args);
	if (opt->diff && (!args[0] || !args[1] || args[2]))
		return say(EXIT_USAGE,
			   "--diff compares two files: \"pitot map --diff BEFORE AFTER\"");
	if (opt->diff && (o->input_file || o->no_agent || o->for_ns || o->follow))
		return say(EXIT_USAGE, "--diff reads two files and nothing else: leave out "
				       "--input-file, --no-agent, --for and --follow");
	if (o->input_file && (o->for_ns || o->follow))
		return say(EXIT_USAGE,
			   "cannot set both --input-file and %s: a file is read to "
			   "its end",
			   o->for_ns ? "--for" : "--follow");
	if (o->last && (o->input_file || opt->diff))
		return say(EXIT_USAGE, "--last is about what a server holds: a file is read whole");
	if (opt->hops && !opt->focus)
		return say(EXIT_USAGE, "--hops goes with --focus");
	return EXIT_FINE;
}

static bool is_fine(int code)
{
	return code == EXIT_FINE || code == EXIT_UNREADABLE;
}

static int diff(char **files, const struct map_options *opt, struct map_snapshot *ret)
{
	struct map_snapshot a = {0}, b = {0};
	int code = map_gather(opt, files[0], &a), after;

	if (is_fine(code)) {
		after = map_gather(opt, files[1], &b);
		if (is_fine(after) && map_diff(&a, &b, ret))
			after = say(EXIT_FAILED, "out of memory");
		if (code == EXIT_FINE || !is_fine(after))
			code = after;
	}
	service_map_snapshot_free(&a);
	service_map_snapshot_free(&b);
	return code;
}

int map_run(char **args, void *options)
{
	struct map_options *opt = options;
	struct map_snapshot s = {0};
	char err[1024];
	int code = check_args(args, opt), printed;

	if (code)
		return code;
	if (opt->world < 0) /* who looks at namespaces wants the large picture */
		opt->world = opt->group == MAP_NAMESPACE ? MAP_WORLD_ONE : MAP_WORLD_NAME;
	if (observe_options_finish(&opt->o, err, sizeof(err)))
		return say(EXIT_USAGE, "%s", err);
	code = observe_parse_where(&opt->o);
	if (code)
		return code;
	code = opt->diff ? diff(args, opt, &s) : map_gather(opt, NULL, &s);
	/* a server that goes away takes nothing with it that was seen */
	printed = is_fine(code) || s.n_nodes ? map_print(opt, &s) : code;
	service_map_snapshot_free(&s);
	return printed ? printed : code;
}
