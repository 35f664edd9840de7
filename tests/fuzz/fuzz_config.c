/* SPDX-License-Identifier: MIT */
/* The client's configuration file: any bytes; what is read is written, and read the same. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/config_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pairs {
	struct text t; /* as it would be written */
	unsigned int n;
};

static int note(void *arg, const char *key, const char *value)
{
	struct pairs *p = arg;

	config_scalar(&p->t, key);
	text_str(&p->t, ": ");
	config_scalar(&p->t, value);
	text_char(&p->t, '\n');
	p->n++;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pairs first = {0}, second = {0};
	char err[256];

	if (size > 65536)
		return 0;
	if (!config_text_read((const char *)data, size, note, &first, err, sizeof(err))) {
		assert(!config_text_read(first.t.data ? first.t.data : "", first.t.len, note,
					 &second, err, sizeof(err)));
		assert(first.n == second.n && first.t.len == second.t.len);
		assert(!first.t.len || !memcmp(first.t.data, second.t.data, first.t.len));
	}
	text_free(&first.t);
	text_free(&second.t);
	return 0;
}
