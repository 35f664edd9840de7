/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a file, a pipe or a terminal, plain, gzip or zstd: what it is shows in its
 * first bytes. Several compressed parts may follow one another.
 */
#ifndef PITOT_EXPORT_FILE_INPUT_H
#define PITOT_EXPORT_FILE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that wait to be taken: data[begin..end). */
struct file_buffer {
	char *data;
	size_t begin, end, size;
};

struct file_input;

/* "-" is standard input, which stays open. 0 or -errno with one line in *ret_error. */
int file_input_open(const char *path, struct file_input **ret_input, char **ret_error);
void file_input_free(struct file_input *in); /* takes NULL */

int file_input_fd(const struct file_input *in);
bool file_input_is_regular(const struct file_input *in); /* nothing to wait for */

enum { INPUT_END = 0, INPUT_MORE = 1 };

/*
 * Appends what one read gives, 128 KiB or less. INPUT_MORE (call again), INPUT_END,
 * -EAGAIN (the descriptor has to become readable), or -errno; -EBADMSG: what is
 * compressed is damaged or ends early, *ret_why says how.
 */
int file_input_read(struct file_input *in, struct file_buffer *b, const char **ret_why);

/* Bytes of the file itself that were read. */
uint64_t file_input_bytes(const struct file_input *in);

/* Room for n more bytes behind b->end. 0 or -ENOMEM. */
int file_buffer_reserve(struct file_buffer *b, size_t n);

#endif
