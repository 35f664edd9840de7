// SPDX-License-Identifier: MIT
#include "flows/process.h"

#include <stdlib.h>

struct process *process_get(struct process *p)
{
	if (p)
		p->refs++;
	return p;
}

void process_put(struct process *p)
{
	if (!p || --p->refs)
		return;
	free(p->exe);
	free(p->command);
	free(p);
}
