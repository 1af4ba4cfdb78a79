// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of the segment that IMA's measurements are handed over in
 *
 * IMA gets a segment in each image that is loaded from files and writes to it when
 * that image is executed, through a mapping which is the image's own.  So nothing
 * that is loaded, fails or is unloaded beside an image makes a difference to it.
 */
#include <kunit/test.h>
#include <linux/ima.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "kexec_kunit.h"

#define SIZE	(4 * PAGE_SIZE)

/* Described as far as IMA and a loader do that. */
static struct kexec_subject *describe(struct kunit *test, bool scattered)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);

	kexec_test_scatter(subject->image, scattered);
	scoped_guard(mutex, &kexec_load_mutex)
		ima_add_kexec_buffer(subject->image);
	KUNIT_ASSERT_TRUE(test, kimage_is_ima_segment(subject->image, 0));
	kexec_subject_add_purgatory(subject);
	kexec_subject_place(subject, SIZE, SIZE);
	return subject;
}

static struct kexec_subject *build(struct kunit *test, bool scattered)
{
	struct kexec_subject *subject = describe(test, scattered);

	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
	KUNIT_ASSERT_NOT_NULL(test, subject->image->ima_buffer);
	return subject;
}

static void expect_measurements(struct kunit *test, struct kimage *image, int value)
{
	void *map = kimage_map_segment(image, image->ima_segment_index);

	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_EXPECT_NULL(test, memchr_inv(map, value, image->ima_buffer_size));
	kimage_unmap_segment(map);
}

/* The mapping is of the segment, of all of it, and stays when the loader's data go. */
static void the_mapping_is_of_the_segment(struct kunit *test)
{
	int scattered;

	for (scattered = 0; scattered < 2; scattered++) {
		struct kimage *image = build(test, scattered)->image;

		KUNIT_EXPECT_EQ(test, image->segment[0].mem, image->ima_buffer_addr);
		KUNIT_EXPECT_EQ(test, image->segment[0].memsz, image->ima_buffer_size);
		kimage_file_post_load_cleanup(image);
		memset(image->ima_buffer, 0x5a, image->ima_buffer_size);
		expect_measurements(test, image, 0x5a);
	}
}

/* Whatever becomes of another image: it fails half-way, is built, and freed. */
static void images_do_not_share_measurements(struct kunit *test)
{
	struct kexec_subject *first = build(test, false), *second;
	struct kimage was = *first->image;

	memset(first->image->ima_buffer, 0xa5, first->image->ima_buffer_size);
	kexec_subject_free(describe(test, false));
	second = build(test, false);
	KUNIT_EXPECT_PTR_NE(test, second->image->ima_buffer, was.ima_buffer);
	memset(second->image->ima_buffer, 0x5a, second->image->ima_buffer_size);
	kexec_subject_free(second);

	KUNIT_EXPECT_PTR_EQ(test, first->image->ima_buffer, was.ima_buffer);
	KUNIT_EXPECT_EQ(test, first->image->ima_buffer_size, was.ima_buffer_size);
	expect_measurements(test, first->image, 0xa5);
}

/* Of one that is relocated, too, which is mapped page by page. */
static void the_mapping_goes_with_the_image(struct kunit *test)
{
	struct kexec_subject *subject = build(test, true);
	void *map = subject->image->ima_buffer;

	if (!is_vmalloc_addr(map))
		kunit_skip(test, "its pages happen to be where they belong");
	KUNIT_EXPECT_NOT_NULL(test, find_vm_area(map));
	kexec_subject_free(subject);
	KUNIT_EXPECT_NULL(test, find_vm_area(map));
}

/* User space's images and crash images have no such segment. */
static void other_images_have_none(struct kunit *test)
{
	struct kexec_subject *user = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_USER);
	struct kexec_subject *crash = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_LOADER);

	kexec_subject_add(user, kexec_test_nowhere(), SIZE, SIZE);
	KUNIT_ASSERT_EQ(test, kexec_subject_build(user), 0);
	KUNIT_EXPECT_NULL(test, user->image->ima_buffer);

	scoped_guard(mutex, &kexec_load_mutex)
		ima_add_kexec_buffer(crash->image);
	KUNIT_EXPECT_EQ(test, crash->image->nr_segments, 0);
	KUNIT_EXPECT_FALSE(test, kimage_is_ima_segment(crash->image, 0));
}

static struct kunit_case measure_cases[] = {
	KUNIT_CASE(the_mapping_is_of_the_segment),
	KUNIT_CASE(images_do_not_share_measurements),
	KUNIT_CASE(the_mapping_goes_with_the_image),
	KUNIT_CASE(other_images_have_none),
	{}
};

static struct kunit_suite measure_suite = {
	.name = "kexec_measure",
	.test_cases = measure_cases,
};

kunit_test_suite(measure_suite);

MODULE_DESCRIPTION("KUnit tests of IMA's measurements in kexec images");
MODULE_LICENSE("GPL");
