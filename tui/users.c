// SPDX-License-Identifier: MIT
#include "tui/users.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USERS_MAX 4096

struct user {
	uint32_t uid;
	char name[32];
};

struct users {
	size_t n;
	struct user v[USERS_MAX];
};

struct users *users_new(void)
{
	struct users *u = calloc(1, sizeof(*u));
	FILE *in = u ? fopen("/etc/passwd", "re") : NULL;
	struct passwd *p;

	while (in && u->n < USERS_MAX && (p = fgetpwent(in))) {
		struct user *to = &u->v[u->n++];

		to->uid = p->pw_uid;
		strncpy(to->name, p->pw_name, sizeof(to->name) - 1);
	}
	if (in)
		fclose(in);
	return u;
}

void users_free(struct users *u)
{
	free(u);
}

const char *users_name(const struct users *u, uint32_t uid)
{
	for (size_t i = 0; u && i < u->n; i++)
		if (u->v[i].uid == uid)
			return u->v[i].name;
	return NULL;
}
