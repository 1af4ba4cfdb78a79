// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of running out of memory
 *
 * Every allocation of every path fails once: each scenario is run with the first of
 * its allocations made to fail, then with the second, and so on until one run gets
 * by without any that fails.  Whatever comes of a run, no page, object or mapping is
 * lost, an errno or a complete image is returned, and what was armed before is armed
 * as it was.
 */
#include <kunit/test.h>
#include <linux/compat.h>
#include <linux/debugfs.h>
#include <linux/fault-inject.h>
#include <linux/initrd.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/uaccess.h>

#include "kexec_kunit.h"

/* ---- the n-th allocation fails ---- */

#ifdef CONFIG_FAULT_INJECTION
static void fail_allocation(unsigned int nth)
{
	WRITE_ONCE(current->fail_nth, nth);
}

/* Returns whether it came to that. */
static bool has_failed(void)
{
	bool failed = !READ_ONCE(current->fail_nth);

	WRITE_ONCE(current->fail_nth, 0);
	return failed;
}
#else
static void fail_allocation(unsigned int nth) { }
static bool has_failed(void) { return false; }
#endif

/*
 * By default the framework spares allocations that may wait, which here are nearly
 * all.  What can be set in debugfs is found there.
 */
static const struct knob {
	const char *directory, *file;
	size_t size;
	u64 value;
} knobs[] = {
	{ "failslab", "ignore-gfp-wait", sizeof(bool), false },
	{ "failslab", "verbose", sizeof(unsigned long), 0 },
	{ "fail_page_alloc", "ignore-gfp-wait", sizeof(bool), false },
	{ "fail_page_alloc", "ignore-gfp-highmem", sizeof(bool), false },
	{ "fail_page_alloc", "min-order", sizeof(u32), 0 },
	{ "fail_page_alloc", "verbose", sizeof(unsigned long), 0 },
};

struct knobs_before {
	void *where[ARRAY_SIZE(knobs)];
	u64 value[ARRAY_SIZE(knobs)];
};

static void *find_knob(const struct knob *knob)
{
	struct dentry *directory = debugfs_lookup(knob->directory, NULL);
	struct dentry *file = directory ? debugfs_lookup(knob->file, directory) : NULL;
	void *where = file ? d_inode(file)->i_private : NULL;

	dput(file);
	dput(directory);
	return where;
}

static void restore_knobs(void *data)
{
	struct knobs_before *before = data;
	int i;

	for (i = 0; i < ARRAY_SIZE(knobs); i++)
		memcpy(before->where[i], &before->value[i], knobs[i].size);
}

static int all_allocations_can_fail(struct kunit *test)
{
	struct knobs_before *before = kunit_kzalloc(test, sizeof(*before), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, before);
	/* While it is unpacked, no run is like the one before. */
	wait_for_initramfs();
	for (i = 0; i < ARRAY_SIZE(knobs); i++) {
		before->where[i] = find_knob(&knobs[i]);
		if (!before->where[i])
			kunit_skip(test, "no FAILSLAB, FAIL_PAGE_ALLOC, FAULT_INJECTION_DEBUG_FS");
		memcpy(&before->value[i], before->where[i], knobs[i].size);
	}
	for (i = 0; i < ARRAY_SIZE(knobs); i++)
		memcpy(before->where[i], &knobs[i].value, knobs[i].size);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, restore_knobs, before));
	kexec_test_watch_leaks(test);
	return 0;
}

/* ---- scenarios ---- */

#define SEGMENTS	3

/**
 * struct plan - an image that is described, built and freed again and again
 * @type:       KEXEC_TYPE_DEFAULT or KEXEC_TYPE_CRASH
 * @mode:       by whom it is described
 * @scattered:  nothing is claimed
 * @nr:         segments
 * @segment:    the segments: as user space describes them, or for a loader the sizes
 * @want:       their contents
 * @purgatory:  for a loader
 * @digested:     room for what that holds in the end
 * @initrd:     the last segment is read to memory of the image's first, if there is any
 * @image:      the image, while it is built
 */
struct plan {
	int type;
	enum kexec_test_mode mode;
	bool scattered;
	unsigned int nr;
	struct kexec_segment segment[SEGMENTS];
	u8 *want[SEGMENTS];
	struct kexec_object *purgatory;
	u8 *digested;
	bool initrd;
	struct kimage *image;
};

/* As kexec_file.c reads one. */
static int read_initrd(struct plan *plan)
{
	size_t size = plan->segment[plan->nr - 1].bufsz;
	struct kimage *image = plan->image;

	image->initrd_buf = kimage_place_initrd(image, size) ?: vmalloc(PAGE_ALIGN(size));
	if (!image->initrd_buf)
		return -ENOMEM;
	image->initrd_buf_len = size;
	memcpy(image->initrd_buf, plan->want[plan->nr - 1], size);
	return 0;
}

static void *buffer_of(struct plan *plan, unsigned int i)
{
	return plan->initrd && i == plan->nr - 1 ? plan->image->initrd_buf : plan->want[i];
}

static int describe_by_loader(struct plan *plan)
{
	struct kexec_buf pbuf = { .image = plan->image, .buf_max = ULONG_MAX, .top_down = true };
	int ret = plan->initrd ? read_initrd(plan) : 0;
	unsigned int i;

	ret = ret ?: kexec_object_load_into(plan->purgatory, plan->image, &pbuf);
	for (i = 0; i < plan->nr && !ret; i++) {
		struct kexec_buf kbuf = kexec_test_wish(plan->image, buffer_of(plan, i),
							plan->segment[i].bufsz,
							plan->segment[i].memsz);

		ret = kexec_add_buffer(&kbuf);
	}
	return ret;
}

static int describe_by_user(struct plan *plan)
{
	memcpy(plan->image->segment, plan->segment, plan->nr * sizeof(plan->segment[0]));
	plan->image->nr_segments = plan->nr;
	plan->image->start = plan->segment[0].mem;
	return 0;
}

static int build(struct plan *plan)
{
	struct kimage *image = do_kimage_alloc_init();

	plan->image = image;
	if (!image)
		return -ENOMEM;
	kexec_test_hush(image, true);
	image->type = plan->type;
	image->file_mode = plan->mode == BY_LOADER;
	kexec_test_scatter(image, plan->scattered);
	if (kimage_is_crash(image))
		kexec_test_build_around(image, kexec_crash_image);
	return (plan->mode == BY_LOADER ? describe_by_loader(plan) : describe_by_user(plan)) ?:
		kimage_build(image);
}

static void scrap(struct plan *plan)
{
	kimage_discard(plan->image);
	plan->image = NULL;
}

/* The segments of the plan are the last of the image: a purgatory comes before. */
static const char *wrong_with(struct plan *plan, struct kexec_model *model)
{
	struct kexec_subject subject = { .image = plan->image };
	unsigned int i, before = plan->image->nr_segments - plan->nr;
	kimage_entry_t head = kimage_is_staged(plan->image) ? *kexec_test_list(plan->image) :
							       plan->image->head;

	for (i = 0; i < plan->nr; i++)
		subject.want[before + i] = plan->want[i];
	for (i = 0; i < before; i++) {
		subject.want[i] = plan->digested;
		memcpy(plan->digested, plan->image->segment[i].kbuf, plan->image->segment[i].bufsz);
	}
	return kexec_model_wrong(model, &subject, head);
}

/**
 * struct run - what came of one
 * @failed: an allocation was made to fail
 * @ret:    what building said
 * @wrong:  what is wrong with an image that was built all the same
 * @leaks:  what it has allocated and nobody has freed
 * @site:   who has allocated the first of it
 */
struct run {
	bool failed;
	int ret;
	const char *wrong;
	unsigned long leaks;
	void *site;
};

static struct run run_once(struct plan *plan, struct kexec_model *model, unsigned int nth)
{
	struct run run = {};

	guard(mutex)(&kexec_load_mutex);
	kexec_test_begin_leaks();
	fail_allocation(nth);
	run.ret = build(plan);
	run.failed = has_failed();
	if (!run.ret)
		run.wrong = wrong_with(plan, model);
	scrap(plan);
	run.leaks = kexec_test_end_leaks(&run.site);
	return run;
}

/* Allocators and page tables keep a little for themselves now and then, but not always. */
#define LEAK_TRIES	10

static struct run run(struct plan *plan, struct kexec_model *model, unsigned int nth)
{
	struct run run = run_once(plan, model, nth);
	int try;

	for (try = 1; try < LEAK_TRIES && run.leaks && !run.wrong; try++)
		run = run_once(plan, model, nth);
	return run;
}

/* More allocations than this a load does not do. */
#define MANY	4000

#define WARM_UP	2

/* What is in the way is moved, which allocates as well: not all passes get far. */
#define PASSES	4
#define ENOUGH	5

/* Returns how many allocations there are, and how many of them a load cannot do without. */
static unsigned int run_pass(struct kunit *test, struct plan *plan, struct kexec_model *model,
			     const struct kimage *armed, unsigned int *refused)
{
	unsigned int nth;
	long owned = kexec_test_owned_pages();
	struct run last;

	*refused = 0;
	/* What has to be moved out of the way is moved by the first, and allocates for it. */
	for (nth = 0; nth < WARM_UP; nth++)
		run(plan, model, MANY);
	for (nth = 1; nth < MANY; nth++) {
		last = run(plan, model, nth);
		KUNIT_ASSERT_STREQ_MSG(test, "", last.wrong ?: "", "allocation %u", nth);
		KUNIT_ASSERT_EQ_MSG(test, last.leaks, 0, "allocation %u, from %pS", nth, last.site);
		if (plan->type == KEXEC_TYPE_DEFAULT)
			KUNIT_ASSERT_EQ_MSG(test, owned, kexec_test_owned_pages(),
					    "allocation %u", nth);
		KUNIT_ASSERT_PTR_EQ_MSG(test, armed, kexec_crash_image, "allocation %u", nth);
		if (!last.failed)
			break;
		KUNIT_ASSERT_TRUE_MSG(test, !last.ret || last.ret == -ENOMEM,
				      "allocation %u: %d", nth, last.ret);
		*refused += !!last.ret;
	}
	KUNIT_EXPECT_EQ_MSG(test, last.ret, 0, "fails with nothing made to fail");
	return nth - 1;
}

/* Returns how many allocations there are. */
static unsigned int run_all(struct kunit *test, struct plan *plan, struct kexec_model *model,
			    const struct kimage *armed)
{
	unsigned int pass, all = 0, refused = 0;

	for (pass = 0; pass < PASSES && refused < ENOUGH; pass++)
		all = run_pass(test, plan, model, armed, &refused);
	KUNIT_EXPECT_GE_MSG(test, refused, ENOUGH, "of %u allocations hardly any counts", all);
	kunit_info(test, "%u allocations, %u of them vital", all, refused);
	return all;
}

/* ---- plans ---- */

static void __user *copy_for_user(struct kunit *test, const void *buf, size_t size)
{
	unsigned long addr = kunit_vm_mmap(test, NULL, 0, PAGE_ALIGN(size), PROT_READ | PROT_WRITE,
					   MAP_ANONYMOUS | MAP_PRIVATE, 0);

	KUNIT_ASSERT_NE(test, addr, 0);
	KUNIT_ASSERT_EQ(test, 0, copy_to_user((void __user *)addr, buf, size));
	return (void __user *)addr;
}

static void add_segment(struct kunit *test, struct plan *plan, unsigned long mem, size_t bufsz,
			size_t memsz)
{
	struct kexec_segment *segment = &plan->segment[plan->nr];
	u8 *want = kexec_test_alloc(test, memsz);

	kexec_test_fill(want, bufsz, 900 + plan->nr);
	*segment = (struct kexec_segment) { .bufsz = bufsz, .mem = mem, .memsz = memsz };
	if (plan->mode == BY_USER)
		segment->buf = copy_for_user(test, want, bufsz);
	plan->want[plan->nr++] = want;
}

static struct plan *new_plan(struct kunit *test, int type, enum kexec_test_mode mode)
{
	struct plan *plan = kunit_kzalloc(test, sizeof(*plan), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, plan);
	plan->type = type;
	plan->mode = mode;
	if (mode == BY_LOADER) {
		plan->purgatory = kexec_object_with_digests(test);
		plan->digested = kexec_test_alloc(test, PAGE_ALIGN(plan->purgatory->size));
	}
	return plan;
}

/* ---- reboot images ---- */

/* Nowhere is there memory to be claimed, and the list has three tables. */
static void relocated_by_user_space(struct kunit *test)
{
	struct plan *plan = new_plan(test, KEXEC_TYPE_DEFAULT, BY_USER);

	kexec_test_count_pages(test);
	add_segment(test, plan, kexec_test_nowhere(), 7777, BYTES(20));
	add_segment(test, plan, kexec_test_nowhere() + SZ_16M, BYTES(1100), BYTES(1100));
	run_all(test, plan, kexec_model_new(test, 1200), NULL);
}

/* Memory is claimed, but for a page in the middle. */
static void claimed_by_user_space(struct kunit *test)
{
	static const unsigned int held[] = { pageblock_nr_pages + 5 };
	struct plan *plan = new_plan(test, KEXEC_TYPE_DEFAULT, BY_USER);
	unsigned long pfn;

	kexec_test_count_pages(test);
	pfn = kexec_test_block_but_for(test, 3 * pageblock_nr_pages, held, 1);
	add_segment(test, plan, BYTES(pfn), BYTES(3 * pageblock_nr_pages) - 7777,
		    BYTES(3 * pageblock_nr_pages));
	add_segment(test, plan, kexec_test_nowhere(), 7777, BYTES(2));
	run_all(test, plan, kexec_model_new(test, 4 * pageblock_nr_pages), NULL);
}

/* What cannot be noted as the image's is not the image's. */
static void a_claim_is_noted_or_given_back(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_counted(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	unsigned long pfn = kexec_test_free_block(test, pageblock_nr_pages);
	struct kimage *image = subject->image;
	unsigned int nth = 0;
	bool failed;

	kexec_subject_add(subject, BYTES(pfn), 0, 0);
	image->segment[0].bufsz = BYTES(pageblock_nr_pages);
	image->segment[0].memsz = BYTES(pageblock_nr_pages);
	do {
		fail_allocation(++nth);
		kimage_claim_segment(image, 0);
		failed = has_failed();
		KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), kimage_pages_in_place(image, 0));
	} while (failed);
	KUNIT_EXPECT_GT(test, nth, 1);
	KUNIT_EXPECT_TRUE(test, kexec_test_in_place(image, 0));
}

static void claimed_by_a_loader(struct kunit *test)
{
	struct plan *plan = new_plan(test, KEXEC_TYPE_DEFAULT, BY_LOADER);

	kexec_test_count_pages(test);
	add_segment(test, plan, 0, 77777, BYTES(30));
	add_segment(test, plan, 0, SZ_1M, SZ_1M);
	run_all(test, plan, kexec_model_new(test, 600), NULL);
}

static void relocated_by_a_loader(struct kunit *test)
{
	struct plan *plan = new_plan(test, KEXEC_TYPE_DEFAULT, BY_LOADER);

	plan->scattered = true;
	kexec_test_count_pages(test);
	add_segment(test, plan, 0, 77777, BYTES(30));
	add_segment(test, plan, 0, SZ_1M, SZ_1M);
	run_all(test, plan, kexec_model_new(test, 600), NULL);
}

/* An initrd is read into place, or to a buffer, or not at all. */
static void taken_over_by_a_loader(struct kunit *test)
{
	struct plan *plan = new_plan(test, KEXEC_TYPE_DEFAULT, BY_LOADER);

	plan->initrd = true;
	kexec_test_count_pages(test);
	add_segment(test, plan, 0, 77777, BYTES(30));
	add_segment(test, plan, 0, BYTES(200) - 9, BYTES(200));
	run_all(test, plan, kexec_model_new(test, 600), NULL);
}

/* ---- crash images ---- */

static unsigned long slot(unsigned int nr)
{
	return kexec_region().start + SZ_64M + nr * SZ_4M;
}

static struct kexec_subject *arm_one(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER);

	kexec_subject_add(subject, slot(0), 77777, BYTES(30));
	kexec_subject_add(subject, slot(1), BYTES(9), BYTES(9));
	subject->image->start = slot(0);
	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
	kexec_subject_arm(subject);
	return subject;
}

/* With an image armed, which stays as it is. */
static void run_all_beside_one(struct kunit *test, struct plan *plan, unsigned int pages)
{
	struct kexec_subject *armed = arm_one(test);
	struct kexec_test_hash before = kexec_test_hash(armed->image);

	run_all(test, plan, kexec_model_new(test, pages), armed->image);
	KUNIT_EXPECT_PTR_EQ(test, armed->image, kexec_crash_image);
	KUNIT_EXPECT_TRUE(test, kexec_test_unchanged(armed->image, before));
}

/* The first crash image, in place. */
static void the_first_crash_image(struct kunit *test)
{
	struct plan *plan;

	kexec_test_need_region_and_peace(test);
	plan = new_plan(test, KEXEC_TYPE_CRASH, BY_USER);
	add_segment(test, plan, slot(0), 77777, BYTES(30));
	add_segment(test, plan, slot(1), BYTES(9), BYTES(9));
	run_all(test, plan, kexec_model_new(test, 100), NULL);
}

/* One beside the armed image, described by a loader. */
static void beside_the_armed_image(struct kunit *test)
{
	struct plan *plan;

	kexec_test_need_region_and_peace(test);
	plan = new_plan(test, KEXEC_TYPE_CRASH, BY_LOADER);
	add_segment(test, plan, 0, 77777, BYTES(30));
	add_segment(test, plan, 0, SZ_1M, SZ_1M);
	run_all_beside_one(test, plan, 600);
}

/* The same, and the initrd is read straight to where it will be. */
static void taken_over_next_to_the_armed_image(struct kunit *test)
{
	struct plan *plan;

	kexec_test_need_region_and_peace(test);
	plan = new_plan(test, KEXEC_TYPE_CRASH, BY_LOADER);
	plan->initrd = true;
	add_segment(test, plan, 0, 77777, BYTES(30));
	add_segment(test, plan, 0, BYTES(200) - 9, BYTES(200));
	run_all_beside_one(test, plan, 600);
}

/* One for the place of the armed image, staged. */
static void in_place_of_the_armed_image(struct kunit *test)
{
	struct plan *plan;

	kexec_test_need_region_and_peace(test);
	plan = new_plan(test, KEXEC_TYPE_CRASH, BY_USER);
	add_segment(test, plan, slot(0), 77777, BYTES(40));
	add_segment(test, plan, slot(2), BYTES(9), BYTES(9));
	run_all_beside_one(test, plan, 100);
}

/* Pages of a staged image that were lost would be missing from the machine's. */
static void staged_pages_are_not_lost(struct kunit *test)
{
	struct kexec_model *model = kexec_model_new(test, 600);
	unsigned int nth, control;
	struct plan *plan;
	struct run last;

	kexec_test_need_region_and_peace(test);
	arm_one(test);
	plan = new_plan(test, KEXEC_TYPE_CRASH, BY_USER);
	add_segment(test, plan, slot(0), BYTES(500), BYTES(500));
	kexec_test_count_pages(test);
	last = run(plan, model, MANY);
	control = kexec_test_owned_pages();
	KUNIT_ASSERT_EQ(test, last.ret, 0);
	for (nth = 1; last.failed || nth == 1; nth++) {
		long before = kexec_test_owned_pages();

		last = run(plan, model, nth);
		/* Control pages of the region are only ever counted as taken. */
		KUNIT_ASSERT_LE_MSG(test, kexec_test_owned_pages() - before, control,
				    "allocation %u", nth);
	}
}

/* ---- what cannot fail, and what may ---- */

/*
 * Arming cannot fail: whichever allocation does on the way, the image is armed in
 * the end, complete.
 */
static void arming_cannot_fail(struct kunit *test)
{
	struct kexec_model *model = kexec_model_new(test, 100);
	struct kexec_subject *subject;
	bool failed = true;
	unsigned int nth;

	kexec_test_need_region_and_peace(test);
	arm_one(test);
	for (nth = 1; failed && nth < MANY; nth++) {
		subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER);
		kexec_subject_add(subject, slot(0), 777, BYTES(20));
		kexec_subject_add(subject, slot(2 + nth % 2), BYTES(3), BYTES(4));
		subject->image->start = slot(0);
		KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
		subject->armed = true;
		scoped_guard(mutex, &kexec_load_mutex) {
			fail_allocation(nth);
			kimage_arm(subject->image);
			failed = has_failed();
		}
		KUNIT_ASSERT_PTR_EQ(test, kexec_crash_image, subject->image);
		KUNIT_ASSERT_STREQ_MSG(test, "", kexec_model_wrong(model, subject,
								   subject->image->head) ?: "",
				       "allocation %u", nth);
	}
	KUNIT_EXPECT_GT(test, nth, 2);
}

/* Builds an image and arms it in place of the last. */
static int build_and_arm(struct plan *plan)
{
	int ret = build(plan);

	if (ret)
		scrap(plan);
	else
		kimage_arm(plan->image);
	return ret;
}

/* One image is armed after another, and the last unloaded.  Returns what is left. */
static unsigned long arm_and_unload(struct kunit *test, struct plan *plan, struct plan *other,
				    void **site)
{
	int ret;

	scoped_guard(mutex, &kexec_load_mutex) {
		kexec_test_begin_leaks();
		ret = build_and_arm(plan) ?: build_and_arm(other) ?: build_and_arm(plan);
		kimage_disarm(plan->type);
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	return kexec_test_end_leaks(site);
}

static void expect_nothing_left(struct kunit *test, struct plan *plan, struct plan *other)
{
	unsigned long leaks = 1;
	void *site;
	int try;

	for (try = 0; try < WARM_UP + LEAK_TRIES && leaks; try++)
		leaks = arm_and_unload(test, plan, other, &site);
	KUNIT_EXPECT_EQ_MSG(test, leaks, 0, "from %pS", site);
}

static struct plan *crash_plan(struct kunit *test, unsigned int nr, unsigned int pages)
{
	struct plan *plan = new_plan(test, KEXEC_TYPE_CRASH, BY_USER);

	add_segment(test, plan, slot(nr), 77777, BYTES(pages));
	add_segment(test, plan, slot(nr + 1), BYTES(9), BYTES(9));
	return plan;
}

/* Of images that were armed nothing is left, be one beside the other or in its place. */
static void nothing_is_left_of_crash_images(struct kunit *test)
{
	kexec_test_need_region_and_peace(test);
	expect_nothing_left(test, crash_plan(test, 0, 30), crash_plan(test, 3, 40));
	expect_nothing_left(test, crash_plan(test, 0, 30), crash_plan(test, 0, 600));
}

static void nothing_is_left_of_reboot_images(struct kunit *test)
{
	struct plan *plan = new_plan(test, KEXEC_TYPE_DEFAULT, BY_USER);
	struct plan *other = new_plan(test, KEXEC_TYPE_DEFAULT, BY_LOADER);

	kexec_test_need_peace(test);
	add_segment(test, plan, kexec_test_nowhere(), 77777, BYTES(700));
	add_segment(test, other, 0, BYTES(30), BYTES(90));
	expect_nothing_left(test, plan, other);
}

/* Rewriting a segment may fail, and then its contents are the old ones. */
static void rewriting_all_or_nothing(struct kunit *test)
{
	struct kexec_model *model = kexec_model_new(test, 100);
	void *buf = kexec_test_alloc(test, BYTES(9));
	struct kexec_subject *subject;
	bool failed = true;
	unsigned int nth, refused = 0;
	void *site;
	int ret = 0;

	kexec_test_need_region_and_peace(test);
	subject = arm_one(test);
	for (nth = 1; failed && nth < MANY; nth++) {
		kexec_test_fill(buf, BYTES(9), 2000 + nth);
		scoped_guard(mutex, &kexec_arm_mutex) {
			kexec_test_begin_leaks();
			fail_allocation(nth);
			ret = kimage_update_segment(subject->image, 1, buf, BYTES(9));
			failed = has_failed();
			kexec_test_end_leaks(&site);
		}
		KUNIT_ASSERT_NULL_MSG(test, site, "allocation %u, from %pS", nth, site);
		KUNIT_ASSERT_TRUE(test, !ret || ret == -ENOMEM);
		refused += !!ret;
		if (!ret)
			memcpy(subject->want[1], buf, BYTES(9));
		KUNIT_ASSERT_EQ(test, subject->image->head, IND_DONE);
		KUNIT_ASSERT_PTR_EQ(test, kexec_crash_image, subject->image);
		KUNIT_ASSERT_STREQ_MSG(test, "", kexec_model_wrong(model, subject, IND_DONE) ?: "",
				       "allocation %u", nth);
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_GT(test, refused, 1);
}

/* ---- on the way to an image from files ---- */

typedef void *(*place_fn)(struct kimage *image, size_t size);

static void place_and_release(struct kunit *test, int type, place_fn place)
{
	unsigned int nth, without = 0;
	bool failed = true;
	long owned = kexec_test_owned_pages();

	for (nth = 1; failed && nth < MANY; nth++) {
		struct kexec_subject *subject = kexec_subject_new(test, type, BY_LOADER);
		struct kimage *image = subject->image;
		void *where;

		scoped_guard(mutex, &kexec_load_mutex) {
			fail_allocation(nth);
			where = place(image, SZ_1M - 9);
			failed = has_failed();
		}
		without += !where;
		KUNIT_ASSERT_EQ_MSG(test, !where,
				    kexec_range_empty(kexec_test_initrd(image)->range) &&
					    kexec_range_empty(kexec_test_kernel(image)->range),
				    "allocation %u", nth);
		kexec_subject_free(subject);
		KUNIT_ASSERT_EQ_MSG(test, kexec_test_owned_pages(), owned, "allocation %u", nth);
	}
	KUNIT_EXPECT_GT(test, without, 0);
	KUNIT_EXPECT_LT(test, without, nth - 1);
}

/* A file finds a place or finds none, and leaves nothing behind (O4). */
static void an_initrd_finds_a_place_or_none(struct kunit *test)
{
	kexec_test_count_pages(test);
	place_and_release(test, KEXEC_TYPE_DEFAULT, kimage_place_initrd);
}

static void a_kernel_finds_a_place_or_none(struct kunit *test)
{
	if (!kexec_shares_zeros())
		kunit_skip(test, "this architecture does not read kernels into place");
	kexec_test_count_pages(test);
	place_and_release(test, KEXEC_TYPE_DEFAULT, kimage_place_kernel);
}

static void an_initrd_in_the_region_or_not(struct kunit *test)
{
	kexec_test_need_region_and_peace(test);
	kexec_test_count_pages(test);
	place_and_release(test, KEXEC_TYPE_CRASH, kimage_place_initrd);
}

/* A segment is mapped, or it is not; neither costs a page of the image. */
static void a_segment_is_mapped_or_not(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	unsigned int nth, refused = 0;
	bool failed = true;

	kexec_subject_add(subject, kexec_test_nowhere(), BYTES(600), BYTES(600));
	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);
	for (nth = 1; failed && nth < MANY; nth++) {
		void *map, *site;

		kexec_test_begin_leaks();
		fail_allocation(nth);
		map = kimage_map_segment(subject->image, 0);
		failed = has_failed();
		refused += !map;
		if (map)
			KUNIT_ASSERT_MEMEQ(test, map, subject->want[0], BYTES(600));
		kimage_unmap_segment(map);
		kexec_test_end_leaks(&site);
		KUNIT_ASSERT_NULL_MSG(test, site, "allocation %u, from %pS", nth, site);
	}
	KUNIT_EXPECT_GT(test, refused, 0);
}

/* ---- what a system call is given ---- */

/* What it is wrong with comes out at once, when it has been read. */
static const struct kexec_segment unaligned = { .mem = 1, .memsz = PAGE_SIZE };

static long load_unaligned(const void __user *segments)
{
	return kexec_test_load(0, 1, segments, KEXEC_ARCH_DEFAULT);
}

#ifdef CONFIG_IA32_EMULATION
static const struct compat_kexec_segment unaligned_compat = { .mem = 1, .memsz = PAGE_SIZE };

static long load_unaligned_compat(const void __user *segments)
{
	return kexec_test_load_compat(0, 1, segments, KEXEC_ARCH);
}
#endif

static const struct client {
	const char *name;
	const void *list;
	size_t size;
	long (*load)(const void __user *segments);
} clients[] = {
	{ "a client", &unaligned, sizeof(unaligned), load_unaligned },
#ifdef CONFIG_IA32_EMULATION
	{ "a 32-bit client", &unaligned_compat, sizeof(unaligned_compat), load_unaligned_compat },
#endif
};

KUNIT_ARRAY_PARAM_DESC(client, clients, name);

/* Without memory for the list of segments, or the image, the call says so and leaves nothing. */
static void a_call_has_memory_or_says_so(struct kunit *test)
{
	const struct client *client = test->param_value;
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	unsigned int nth, refused = 0;
	void __user *segments;
	bool failed = true;
	unsigned long addr;
	void *site;
	long ret;

	kexec_test_need_peace(test);
	/* Where a 32-bit client can have it. */
	addr = kunit_vm_mmap(test, NULL, SZ_64M, PAGE_SIZE, PROT_READ | PROT_WRITE,
			     MAP_ANONYMOUS | MAP_PRIVATE | MAP_FIXED, 0);
	KUNIT_ASSERT_EQ(test, addr, SZ_64M);
	segments = (void __user *)addr;
	KUNIT_ASSERT_EQ(test, 0, copy_to_user(segments, client->list, client->size));
	for (nth = 1; failed && nth < MANY; nth++) {
		kexec_test_begin_leaks();
		fail_allocation(nth);
		ret = client->load(segments);
		failed = has_failed();
		kexec_test_end_leaks(&site);
		KUNIT_ASSERT_NULL_MSG(test, site, "allocation %u, from %pS", nth, site);
		/* Of those that fail not all count: an allocator may have another way. */
		if (ret != -ENOMEM) {
			KUNIT_ASSERT_EQ_MSG(test, ret, -EADDRNOTAVAIL, "allocation %u", nth);
			continue;
		}
		KUNIT_ASSERT_TRUE_MSG(test, failed, "allocation %u", nth);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, "no memory"), "%s", last->why);
		refused++;
	}
	KUNIT_EXPECT_GT(test, refused, 1);
}

static struct kunit_case fault_cases[] = {
	KUNIT_CASE(relocated_by_user_space),
	KUNIT_CASE(claimed_by_user_space),
	KUNIT_CASE(a_claim_is_noted_or_given_back),
	KUNIT_CASE(claimed_by_a_loader),
	KUNIT_CASE(relocated_by_a_loader),
	KUNIT_CASE(taken_over_by_a_loader),
	KUNIT_CASE(the_first_crash_image),
	KUNIT_CASE(beside_the_armed_image),
	KUNIT_CASE(taken_over_next_to_the_armed_image),
	KUNIT_CASE(in_place_of_the_armed_image),
	KUNIT_CASE(staged_pages_are_not_lost),
	KUNIT_CASE(arming_cannot_fail),
	KUNIT_CASE(nothing_is_left_of_crash_images),
	KUNIT_CASE(nothing_is_left_of_reboot_images),
	KUNIT_CASE(rewriting_all_or_nothing),
	KUNIT_CASE(an_initrd_finds_a_place_or_none),
	KUNIT_CASE(a_kernel_finds_a_place_or_none),
	KUNIT_CASE(an_initrd_in_the_region_or_not),
	KUNIT_CASE(a_segment_is_mapped_or_not),
	KUNIT_CASE_PARAM(a_call_has_memory_or_says_so, client_gen_params),
	{}
};

static struct kunit_suite fault_suite = {
	.name = "kexec_fault",
	.init = all_allocations_can_fail,
	.test_cases = fault_cases,
};

kunit_test_suite(fault_suite);

MODULE_DESCRIPTION("KUnit tests of kexec running out of memory");
MODULE_LICENSE("GPL");
