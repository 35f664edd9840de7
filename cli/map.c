// SPDX-License-Identifier: MIT
/* `pitot map`: the service map without a screen. */
#include "cli/map.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/observe.h"

static int check_args(char **args, const struct map_options *opt)
{
	const struct observe_options *o = &opt->o;

	if (args[0] && !opt->diff)
		return say(
			EXIT_USAGE,
			"\"%s\" is one argument too many: \"pitot map\" takes options; a file is "
			"--input-file, two of them --diff",
			args[0]);
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
	if (opt->hops && !opt->focus)
		return say(EXIT_USAGE, "--hops goes with --focus");
	return EXIT_FINE;
}

static int diff(char **files, const struct map_options *opt, struct map_snapshot *ret)
{
	struct map_snapshot a = {0}, b = {0};
	int code = map_gather(opt, files[0], &a), after;

	if (code != EXIT_FINE && code != EXIT_UNREADABLE)
		return code;
	after = map_gather(opt, files[1], &b);
	if (after == EXIT_FINE || after == EXIT_UNREADABLE) {
		if (map_diff(&a, &b, ret))
			after = say(EXIT_FAILED, "out of memory");
		else if (code == EXIT_UNREADABLE)
			after = code;
	}
	service_map_snapshot_free(&a);
	service_map_snapshot_free(&b);
	return after;
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
	if (code != EXIT_FINE && code != EXIT_UNREADABLE)
		return code;
	printed = map_print(opt, &s);
	service_map_snapshot_free(&s);
	return printed ? printed : code;
}
