/* SPDX-License-Identifier: MIT */
/* Compresses a file in steps, beside other work: FILE becomes FILE.gz or FILE.zst. */
#ifndef PITOT_EXPORT_EXPORT_COMPRESS_H
#define PITOT_EXPORT_EXPORT_COMPRESS_H

#include "export/exporter.h"

struct export_compress;

const char *export_compress_suffix(enum export_compression kind); /* ".gz"; "" for none */

/* Opens FILE, and FILE.gz.tmp beside it. 0 or -errno. */
int export_compress_start(const char *file, enum export_compression kind,
			  struct export_compress **ret);

/* 1: there is more; 0: done, FILE is gone and FILE.gz is there; -errno. */
int export_compress_step(struct export_compress *c);

/* What is not done is taken back: FILE stays. Takes NULL. */
void export_compress_free(struct export_compress *c);

#endif
