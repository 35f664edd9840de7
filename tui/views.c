// SPDX-License-Identifier: MIT
#include "tui/views.h"

const struct view *const views[VIEWS] = {
	[VIEW_FLOWS] = &view_flows,   [VIEW_MAP] = &view_map, [VIEW_TOP] = &view_top,
	[VIEW_DROPS] = &view_drops,   [VIEW_DNS] = &view_dns, [VIEW_PROCESSES] = &view_processes,
	[VIEW_STATUS] = &view_status,
};
