/* SPDX-License-Identifier: MIT */
/* Durations and moments as they are typed: flows/time_arg.h. */
#include "flows/time_arg.h"
