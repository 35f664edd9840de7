/* SPDX-License-Identifier: MIT */
/* A program that is run for its output: bounded in bytes and in time. */
#ifndef PITOT_FLOWS_NAMES_KUBE_EXEC_H
#define PITOT_FLOWS_NAMES_KUBE_EXEC_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct kube_run;

struct kube_run_options {
	const char *command; /* with a slash, or looked for in $PATH */
	char *const *args; /* after the name; NULL-terminated, or NULL */
	char *const *env; /* further ones, "NAME=value", as above */
	const char *info; /* one more of these, or NULL */
	size_t max_bytes; /* of standard output */
	uint32_t timeout_ms;
};

/*
 * Once: err 0 where it ended with status 0, and what it printed; else -errno and one
 * line of why (-EIO: another status, why has the last line that it complained with).
 */
typedef void (*kube_run_done)(void *arg, int err, const char *why, const char *out, size_t size);

/* 0 or -errno. *ret is valid until done. Options are not needed after it returns. */
int kube_run(uv_loop_t *loop, const struct kube_run_options *opt, kube_run_done done, void *arg,
	     struct kube_run **ret);

/* Kills it with its children; done() does not come. Takes NULL. Run the loop afterwards. */
void kube_run_cancel(struct kube_run *r);

#endif
