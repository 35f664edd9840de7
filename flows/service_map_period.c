// SPDX-License-Identifier: MIT
/* From when to when the flows of a service map are, with few of them that have a wrong time. */
#include "flows/service_map_parts.h"

#define DAY_NS (24ull * 3600 * 1000000000)
#define FEW 8 /* flows that may all be wrong, or by chance come one after the other */

static bool is_near(uint64_t first, uint64_t last, uint64_t t)
{
	return t + DAY_NS >= first && t <= last + DAY_NS;
}

/* Many in a row: the ones before were few, and wrong; or both are right, with a pause between. */
static void follow(struct map_period *p)
{
	if (p->n > FEW) {
		map_span(&p->first_ns, &p->last_ns, p->next_first_ns, p->next_last_ns);
		p->strays -= p->next;
		p->n += p->next;
	} else {
		p->strays += p->n - p->next;
		p->first_ns = p->next_first_ns;
		p->last_ns = p->next_last_ns;
		p->n = p->next;
	}
	p->next = 0;
}

void map_period_add(struct map_period *p, uint64_t t)
{
	if (!t)
		return;
	map_span(&p->all_first_ns, &p->all_last_ns, t, t);
	if (!p->n || is_near(p->first_ns, p->last_ns, t)) {
		map_span(&p->first_ns, &p->last_ns, t, t);
		p->n++;
		p->next = 0;
		return;
	}
	p->strays++;
	if (!p->next || !is_near(p->next_first_ns, p->next_last_ns, t)) {
		p->next = 0;
		p->next_first_ns = p->next_last_ns = 0;
	}
	map_span(&p->next_first_ns, &p->next_last_ns, t, t);
	if (++p->next > FEW)
		follow(p);
}

uint64_t map_period_read(const struct map_period *p, uint64_t *ret_first_ns, uint64_t *ret_last_ns)
{
	bool most = p->n > p->strays; /* else nobody knows which of them are wrong */

	*ret_first_ns = most ? p->first_ns : p->all_first_ns;
	*ret_last_ns = most ? p->last_ns : p->all_last_ns;
	return most ? p->strays : 0;
}
