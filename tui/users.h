/* SPDX-License-Identifier: MIT */
/* What users are called on this machine: /etc/passwd, read once. No service is asked, for that may take long. */
#ifndef PITOT_TUI_USERS_H
#define PITOT_TUI_USERS_H

#include <stdint.h>

struct users;

/* NULL without memory, and it then has no names. */
struct users *users_new(void);
void users_free(struct users *u); /* takes NULL */

/* NULL: it has no name here. Untrusted. */
const char *users_name(const struct users *u, uint32_t uid); /* takes NULL */

#endif
