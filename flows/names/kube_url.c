// SPDX-License-Identifier: MIT
/* What is asked for, and in which encoding. */
#include <string.h>

#include "flows/names/kube_client.h"

static const struct {
	const char *title, *path;
} kinds[KUBE_KINDS] = {
	[KUBE_POD] = {"pods", "/api/v1/pods"},
	[KUBE_SERVICE] = {"services", "/api/v1/services"},
	[KUBE_ENDPOINTSLICE] = {"endpointslices", "/apis/discovery.k8s.io/v1/endpointslices"},
	[KUBE_NODE] = {"nodes", "/api/v1/nodes"},
	[KUBE_NAMESPACE] = {"namespaces", "/api/v1/namespaces"},
	[KUBE_REPLICASET] = {"replicasets", "/apis/apps/v1/replicasets"},
};

const char *kube_kind_title(enum kube_kind kind)
{
	return kinds[kind].title;
}

static void text_query(struct text *t, const char *name, const char *value)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	text_str(t, name);
	for (; *value; value++) {
		if (strchr(plain, *value)) {
			text_char(t, *value);
		} else {
			text_char(t, '%');
			text_hex(t, (unsigned char)*value, 2);
		}
	}
}

void kube_watch_url(const struct kube_watch *w, uint32_t watch_s, struct text *url)
{
	const struct kube *k = w->kube;

	text_str(url, kube_auth_config(k->auth)->server);
	text_str(url, kinds[w->kind].path);
	if (w->listing) {
		text_str(url, "?limit=");
		text_u64(url, w->limit);
		if (w->next)
			text_query(url, "&continue=", w->next);
	} else {
		text_str(url, "?watch=1&allowWatchBookmarks=true&timeoutSeconds=");
		text_u64(url, watch_s);
		text_query(url, "&resourceVersion=", w->resource_version);
	}
	if (w->kind == KUBE_POD && k->opt.kube_scope_node) {
		text_query(url, "&fieldSelector=", "spec.nodeName=");
		text_query(url, "", k->node_name);
	}
	text_char(url, 0);
}

const char *kube_watch_accepts(const struct kube_watch *w)
{
	if (w->json)
		return "application/json";
	return w->listing
		       ? "application/vnd.kubernetes.protobuf, application/json;q=0.5"
		       : "application/vnd.kubernetes.protobuf;stream=watch, application/json;q=0.5";
}
