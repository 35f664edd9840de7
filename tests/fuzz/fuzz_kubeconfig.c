// SPDX-License-Identifier: MIT
/* A kubeconfig, a credential plugin's answer and base64 from untrusted bytes. The first byte chooses. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/kube_auth.h"
#include "flows/names/kube_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const char *line)
{
	for (; line && *line; line++)
		if ((unsigned char)*line < ' ' || *line == 0x7f)
			abort();
}

/* What goes into a header holds no line end. */
static void check_word(const char *s)
{
	for (; s && *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			abort();
}

static void check_config(const char *yaml, size_t size, const char *context)
{
	struct kube_config c = {0};
	char *error = NULL;
	int err = kube_config_parse(yaml, size, "/f", context, &c, &error);

	check_line(error);
	if (err && c.server)
		abort(); /* untouched on errors */
	if (err && err != -ENOENT && err != -ENOMEM && !error)
		abort();
	if (!err) {
		if (!c.server || strncmp(c.server, "http", 4) || !c.origin)
			abort();
		check_word(c.token);
		check_word(c.username);
		check_word(c.tls_server_name);
		if (c.exec.command && !c.exec.api_version)
			abort();
	}
	free(error);
	kube_config_release(&c);
}

static void check_credential(const char *json, size_t size)
{
	struct kube_credential c = {0};
	const char *why;

	if (kube_credential_parse(json, size, &c, &why)) {
		if (!why || c.token || c.cert)
			abort();
		return;
	}
	if (!c.token && !(c.cert && c.key))
		abort();
	check_word(c.token);
	kube_credential_release(&c);
}

static void check_base64(const char *s, size_t size)
{
	char *encoded = kube_base64_encode(s, size);
	struct kube_blob b;

	if (!encoded || kube_base64_decode(encoded, strlen(encoded), &b) || b.size != size ||
	    memcmp(b.data, s, size))
		abort();
	free(b.data);
	free(encoded);
	if (!kube_base64_decode(s, size, &b)) {
		if (b.size > size / 4 * 3)
			abort();
		free(b.data);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;

	if (!size--)
		return 0;
	switch (data[0] % 4) {
	case 0:
		check_credential(text, size);
		break;
	case 1:
		check_base64(text, size);
		break;
	default:
		check_config(text, size, data[0] % 4 == 2 ? "c" : NULL);
	}
	return 0;
}
