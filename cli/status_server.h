/* SPDX-License-Identifier: MIT */
/* For cli/status*.c: how a server is, and what pitot's agent says beyond Hubble's words. */
#ifndef PITOT_CLI_STATUS_SERVER_H
#define PITOT_CLI_STATUS_SERVER_H

#include "cli/status.h"
#include "export/answers.h"

/* Hubble's texts, byte for byte, from its second line on; format is an enum status_output. */
void status_server_text(struct text *t, const struct answer_server_status *s, int format);

/*
 * What Agent/Status answered, for a person. The programs' runs are those of the last
 * counted_ns; 0: since the start, where the kernel counts at all.
 */
void status_agent_text(struct text *t, const struct answer_agent_status *s, uint64_t counted_ns,
		       bool color);

/* Returns an enum exit_code. */
int status_server_run(struct status_options *opt);

#endif
