// SPDX-License-Identifier: MIT
#include "flows/names/world.h"

#include <string.h>

static uint32_t be32(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static bool v4_is_world(uint32_t a)
{
	switch (a >> 24) {
	case 0:
	case 10:
	case 127:
		return false;
	case 100:
		return a >> 22 != (100u << 2 | 1); /* 100.64.0.0/10 */
	case 169:
		return a >> 16 != (169u << 8 | 254);
	case 172:
		return a >> 20 != (172u << 4 | 1); /* 172.16.0.0/12 */
	case 192: /* 192.168.0.0/16, 192.0.0.0/24, 192.0.2.0/24 */
		return a >> 16 != (192u << 8 | 168) && a >> 8 != 192u << 16 &&
		       a >> 8 != (192u << 16 | 2);
	case 198: /* 198.18.0.0/15, 198.51.100.0/24 */
		return a >> 17 != (198u << 7 | 9) && a >> 8 != (198u << 16 | 51 << 8 | 100);
	case 203:
		return a >> 8 != (203u << 16 | 113); /* 203.0.113.0/24 */
	default:
		return a >> 24 < 224;
	}
}

static bool v6_is_world(const uint8_t *b)
{
	uint32_t head = be32(b);

	if (b[0] >> 5 != 1)
		return false;
	if (head >> 16 == 0x2002)
		return v4_is_world(be32(b + 2));
	/* 2001:2::/48, 2001:10::/28, 2001:20::/28, 2001:db8::/32, 3fff::/20 */
	return !(head == 0x20010002 && !b[4] && !b[5]) && head >> 4 != 0x2001001 &&
	       head >> 4 != 0x2001002 && head != 0x20010db8 && head >> 12 != 0x3fff0;
}

bool addr_is_world(const struct ip_addr *a)
{
	return ip_addr_is_v4(a) ? v4_is_world(be32(a->b + 12)) : v6_is_world(a->b);
}
