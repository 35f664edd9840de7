/* SPDX-License-Identifier: MIT */
/* Between kube_config.c and kube_find.c: kubeconfigs that are read together. */
#ifndef PITOT_FLOWS_NAMES_KUBE_YAML_H
#define PITOT_FLOWS_NAMES_KUBE_YAML_H

#include <yaml.h>

#include "flows/names/kube_config.h"

struct kube_yaml {
	yaml_document_t doc;
	const char *folder; /* where its relative paths begin; borrowed */
	const char *name; /* for messages; borrowed */
	bool loaded;
};

/* 0, or -EBADMSG, -ENOMEM. In any case kube_yaml_close() is right afterwards. */
int kube_yaml_load(struct kube_yaml *y, const char *text, size_t size, const char *folder,
		   const char *name, char **ret_error);
void kube_yaml_close(struct kube_yaml *y);

/* As kube_config_parse(), over several files: whatever is named, the first that has it. */
int kube_yaml_resolve(struct kube_yaml *files, size_t n, const char *context,
		      struct kube_config *ret, char **ret_error);

#endif
