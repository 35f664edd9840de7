// SPDX-License-Identifier: GPL-2.0
/* flow.bpf.c for kernels before 5.12: see OUTLINE there. */
#define FLOW_COMPAT
#include "bpf/flow.bpf.c"
