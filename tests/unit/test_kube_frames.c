// SPDX-License-Identifier: MIT
/* A watch's body, cut at every place, and events that are too long. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flows/names/kube_frames.h"

struct seen {
	char text[64];
	size_t n, largest;
};

static int on_frame(void *arg, const void *data, size_t size)
{
	struct seen *s = arg;

	s->n++;
	s->largest = size > s->largest ? size : s->largest;
	if (strlen(s->text) + size + 2 < sizeof(s->text)) {
		strncat(s->text, data, size);
		strncat(s->text, "|", 2);
	}
	return size == 4 && !memcmp(data, "stop", 4) ? -ECANCELED : 0;
}

static void check_cut(enum kube_encoding enc, const char *data, size_t size, const char *want)
{
	for (size_t at = 0; at <= size; at++) {
		struct kube_frames f = {.enc = enc};
		struct seen s = {0};

		assert_int_equal(kube_frames_add(&f, data, at, on_frame, &s), 0);
		assert_int_equal(kube_frames_add(&f, data + at, size - at, on_frame, &s), 0);
		assert_string_equal(s.text, want);
		assert_int_equal(f.len, 0);
		kube_frames_release(&f);
		kube_frames_release(&f);
	}
}

static void test_cut_anywhere(void **state)
{
	static const char frames[] = "\0\0\0\3one\0\0\0\0\0\0\0\5three";

	(void)state;
	check_cut(KUBE_JSON, "{1}\n\n{22}\n{}\n", 13, "{1}|{22}|{}|");
	check_cut(KUBE_PROTOBUF, frames, sizeof(frames) - 1, "one|three|");
}

static void test_rest_stays(void **state)
{
	struct kube_frames f = {.enc = KUBE_PROTOBUF};
	struct seen s = {0};

	(void)state;
	assert_int_equal(kube_frames_add(&f, "\0\0\0\5thr", 7, on_frame, &s), 0);
	assert_int_equal(s.n, 0);
	assert_int_equal(f.len, 7);
	kube_frames_release(&f);
}

static void test_callers_error(void **state)
{
	struct kube_frames f = {.enc = KUBE_JSON};
	struct seen s = {0};

	(void)state;
	assert_int_equal(kube_frames_add(&f, "a\nstop\nb\n", 9, on_frame, &s), -ECANCELED);
	assert_int_equal(s.n, 2);
	kube_frames_release(&f);
}

/* By its length alone: nothing is kept of it. */
static void test_too_long(void **state)
{
	struct kube_frames f = {.enc = KUBE_PROTOBUF};
	struct seen s = {0};
	char *line = malloc(KUBE_FRAME_MAX + 2);

	(void)state;
	assert_non_null(line);
	assert_int_equal(kube_frames_add(&f, "\0\x80\0\1x", 5, on_frame, &s), -EFBIG);
	kube_frames_release(&f);
	assert_int_equal(kube_frames_add(&f, "\xff\xff\xff\xffx", 5, on_frame, &s), -EFBIG);
	kube_frames_release(&f);
	f.enc = KUBE_JSON;
	memset(line, 'x', KUBE_FRAME_MAX + 1);
	line[KUBE_FRAME_MAX] = '\n';
	assert_int_equal(kube_frames_add(&f, line, 1000, on_frame, &s), 0);
	assert_int_equal(kube_frames_add(&f, line + 1000, KUBE_FRAME_MAX - 999, on_frame, &s), 0);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.largest, KUBE_FRAME_MAX);
	assert_int_equal(f.size, 0); /* given back */
	line[KUBE_FRAME_MAX] = 'x';
	assert_int_equal(kube_frames_add(&f, line, 1000, on_frame, &s), 0);
	assert_int_equal(kube_frames_add(&f, line, KUBE_FRAME_MAX - 999, on_frame, &s), -EFBIG);
	kube_frames_release(&f);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_rest_stays),
		cmocka_unit_test(test_callers_error),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
