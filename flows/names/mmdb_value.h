/* SPDX-License-Identifier: MIT */
/*
 * Is a value of a MaxMind DB file (format 2.0) one that may be decoded? libmaxminddb
 * checks bounds, yet neither how deep a value is nested (it would use up the stack)
 * nor how much it grows when its pointers are followed. Pure.
 */
#ifndef PITOT_FLOWS_NAMES_MMDB_VALUE_H
#define PITOT_FLOWS_NAMES_MMDB_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MMDB_VALUE_DEPTH 12 /* MaxMind's have 4 at most */
#define MMDB_VALUE_PARTS 4096 /* values in it, pointers followed; MaxMind's have some 150 */

/*
 * The value at offset of a section (data or metadata; pointers are offsets in it),
 * with all that it contains and points to, is well-formed and within these bounds.
 */
bool mmdb_value_ok(const uint8_t *section, size_t size, size_t offset);

#endif
