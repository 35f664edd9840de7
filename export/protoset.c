// SPDX-License-Identifier: MIT
#include "export/protoset.h"

/* The path is from the folder that everything is built in. */
__asm__(".pushsection .rodata, \"a\"\n"
	".balign 8\n"
	".globl protoset_begin, protoset_end\n"
	".hidden protoset_begin, protoset_end\n"
	"protoset_begin:\n"
	".incbin \"build/export/api.protoset\"\n"
	"protoset_end:\n"
	".byte 0\n"
	".popsection\n");
