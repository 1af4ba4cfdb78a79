// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of what is armed, and of who may touch it
 *
 * Crash images are built and armed for real, in the region that is reserved for
 * them, and are never executed: the crash path is played up to where it would
 * jump.  There it takes hold of the armed image, and a model of the relocation says
 * whether each byte would be in its place.
 *
 * The crash is played in three ways: while another thread arms an image and has to
 * wait; on another CPU, all the time; and, by kprobes, on the very CPU that arms,
 * before each single instruction of the functions that arming goes through.
 */
#include <kunit/run-in-irq-context.h>
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <trace/events/kexec.h>

#include "kexec_kunit.h"

/* ---- the lock ---- */

/* One holder at a time: who tries again, on the same CPU too, is told so at once. */
static void a_lock_is_taken_once(struct kunit *test)
{
	bool first, second, third;

	preempt_disable();
	first = kexec_trylock();
	second = kexec_trylock();
	kexec_unlock();
	third = kexec_trylock();
	kexec_unlock();
	preempt_enable();
	KUNIT_EXPECT_TRUE(test, first);
	KUNIT_EXPECT_FALSE(test, second);
	KUNIT_EXPECT_TRUE(test, third);
	KUNIT_EXPECT_EQ(test, atomic_read(&__kexec_lock), 0);
}

/* The guard holds it from its line to the end of the scope, with preemption off. */
static void a_guard_holds_the_lock(struct kunit *test)
{
	int before = preempt_count(), inside, held;

	scoped_guard(kexec_armed) {
		held = atomic_read(&__kexec_lock);
		inside = preempt_count();
	}
	KUNIT_EXPECT_EQ(test, held, 1);
	if (IS_ENABLED(CONFIG_PREEMPT_COUNT))
		KUNIT_EXPECT_EQ(test, inside, before + PREEMPT_DISABLE_OFFSET);
	KUNIT_EXPECT_EQ(test, preempt_count(), before);
	KUNIT_EXPECT_EQ(test, atomic_read(&__kexec_lock), 0);
}

struct exclusion {
	int inside;
	atomic_t got;
};

static bool try_to_be_alone(void *data)
{
	struct exclusion *exclusion = data;
	bool alone = true;
	int i;

	guard(preempt)();
	if (!kexec_trylock())
		return true;
	for (i = 0; i < 20; i++) {
		WRITE_ONCE(exclusion->inside, READ_ONCE(exclusion->inside) + 1);
		alone &= READ_ONCE(exclusion->inside) == 1;
		cpu_relax();
		WRITE_ONCE(exclusion->inside, READ_ONCE(exclusion->inside) - 1);
	}
	atomic_inc(&exclusion->got);
	kexec_unlock();
	return alone;
}

/* Tried from a task, a softirq and a hardirq that interrupt each other, one gets it. */
static void the_lock_excludes_interrupts(struct kunit *test)
{
	struct exclusion exclusion = {};

	kunit_run_irq_test(test, try_to_be_alone, 20000, &exclusion);
	KUNIT_EXPECT_GT(test, atomic_read(&exclusion.got), 0);
	KUNIT_EXPECT_EQ(test, exclusion.inside, 0);
}

#define COUNTS	20000

struct counter {
	unsigned long count;
	struct completion done;
};

static int count_up(void *data)
{
	struct counter *counter = data;
	int i;

	for (i = 0; i < COUNTS; i++) {
		scoped_guard(kexec_armed)
			WRITE_ONCE(counter->count, READ_ONCE(counter->count) + 1);
		if (!(i % 1000))
			cond_resched();
	}
	complete(&counter->done);
	return 0;
}

/* Threads that wait for it exclude each other: no count is lost. */
static void the_lock_excludes_threads(struct kunit *test)
{
	struct counter *counter = kunit_kzalloc(test, sizeof(*counter), GFP_KERNEL);
	const int threads = 3;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, counter);
	init_completion(&counter->done);
	for (i = 0; i < threads; i++)
		KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(count_up, counter, "kexec_count/%d",
							    i)));
	for (i = 0; i < threads; i++)
		wait_for_completion(&counter->done);
	KUNIT_EXPECT_EQ(test, counter->count, threads * COUNTS);
}

/* The crash path takes no lock, so it gets through whoever holds them. */
static void a_crash_needs_no_lock(struct kunit *test)
{
	struct kimage *image;

	kexec_test_need_peace(test);
	scoped_guard(mutex, &kexec_load_mutex) {
		guard(mutex)(&kexec_arm_mutex);
		guard(kexec_armed)();
		image = kexec_crash_begin();
		kexec_crash_end();
	}
	KUNIT_EXPECT_NULL(test, image);
}

/* ---- whose turn it is ---- */

static int try_to_begin(const char *call)
{
	CLASS(kexec_turn, busy)(call);
	return busy;
}

/* Whoever comes second is sent away; a turn ends with its scope, and with nobody else's. */
static void a_turn_is_taken_once(struct kunit *test)
{
	int second, third;

	scoped_class(kexec_turn, busy, "first") {
		KUNIT_EXPECT_EQ(test, busy, 0);
		KUNIT_EXPECT_TRUE(test, mutex_is_locked(&kexec_load_mutex));
		second = try_to_begin("second");
		third = try_to_begin("third");
	}
	KUNIT_EXPECT_EQ(test, second, -EBUSY);
	KUNIT_EXPECT_EQ(test, third, -EBUSY);
	KUNIT_EXPECT_FALSE(test, mutex_is_locked(&kexec_load_mutex));
	KUNIT_EXPECT_EQ(test, try_to_begin("fourth"), 0);
}

struct loader {
	struct completion began, go_on;
};

static int load_slowly(void *data)
{
	struct loader *loader = data;

	CLASS(kexec_turn, busy)("a load");
	complete(&loader->began);
	wait_for_completion(&loader->go_on);
	return busy;
}

/* The log names who loads and since when, and not who has come or who was before. */
static void who_loads_is_named(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct loader *loader = kunit_kzalloc(test, sizeof(*loader), GFP_KERNEL);
	ktime_t since = ktime_get_boottime();
	struct task_struct *task;
	const char *for_how_long;
	char text[96];
	u32 ms;
	u64 s;

	KUNIT_ASSERT_NOT_NULL(test, loader);
	init_completion(&loader->began);
	init_completion(&loader->go_on);
	KUNIT_ASSERT_EQ(test, try_to_begin("before"), 0);
	task = kthread_create(load_slowly, loader, "slow_loader");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	get_task_struct(task);
	snprintf(text, sizeof(text), "mine: slow_loader[%d] has been at a load for ",
		 task_pid_nr(task));
	wake_up_process(task);
	wait_for_completion(&loader->began);
	msleep(20);
	KUNIT_EXPECT_EQ(test, try_to_begin("mine"), -EBUSY);
	complete(&loader->go_on);
	KUNIT_EXPECT_EQ(test, kthread_stop_put(task), 0);

	KUNIT_EXPECT_EQ(test, last->count, 1);
	KUNIT_EXPECT_EQ(test, last->err, -EBUSY);
	KUNIT_ASSERT_NOT_NULL_MSG(test, strstr(last->why, text), "%s", last->why);
	KUNIT_EXPECT_NULL_MSG(test, strstr(last->why, "for 0.000 s"), "%s", last->why);
	for_how_long = strstr(last->why, text) + strlen(text);
	KUNIT_ASSERT_EQ(test, sscanf(for_how_long, "%llu.%u s", &s, &ms), 2);
	KUNIT_EXPECT_LE_MSG(test, s * MSEC_PER_SEC + ms,
			    ktime_ms_delta(ktime_get_boottime(), since), "%s", last->why);
}

/* Between two turns nobody is named, least of all the last one. */
static void who_has_loaded_is_forgotten(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);

	KUNIT_EXPECT_EQ(test, try_to_begin("before"), 0);
	scoped_guard(mutex, &kexec_load_mutex)
		KUNIT_EXPECT_EQ(test, try_to_begin("mine"), -EBUSY);
	KUNIT_EXPECT_STREQ(test, last->why, "mine: another load is under way");
}

static struct kunit_case lock_cases[] = {
	KUNIT_CASE(a_lock_is_taken_once),
	KUNIT_CASE(a_guard_holds_the_lock),
	KUNIT_CASE(the_lock_excludes_interrupts),
	KUNIT_CASE(the_lock_excludes_threads),
	KUNIT_CASE(a_crash_needs_no_lock),
	KUNIT_CASE(a_turn_is_taken_once),
	KUNIT_CASE(who_loads_is_named),
	KUNIT_CASE(who_has_loaded_is_forgotten),
	{}
};

static struct kunit_suite lock_suite = {
	.name = "kexec_lock",
	.test_cases = lock_cases,
};

/* ---- crash images ---- */

#define SEGMENTS	3
#define SEGMENT_PAGES	3

/* Places in the region where images of these tests may be, far from control pages. */
static unsigned long slot(unsigned int nr)
{
	return kexec_region().start + SZ_64M + nr * SZ_1M;
}

/* An image with a segment in each of three slots, built. */
static struct kexec_subject *build_at(struct kunit *test, unsigned int a, unsigned int b,
				      unsigned int c)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER);
	const unsigned int slots[SEGMENTS] = { a, b, c };
	unsigned int i;

	for (i = 0; i < SEGMENTS; i++)
		kexec_subject_add(subject, slot(slots[i]), SEGMENT_PAGES * PAGE_SIZE - 100 * i,
				  SEGMENT_PAGES * PAGE_SIZE);
	subject->image->start = slot(a);
	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
	return subject;
}

static struct kexec_model *new_model(struct kunit *test)
{
	return kexec_model_new(test, 4 * SEGMENTS * SEGMENT_PAGES);
}

static const char *wrong_with(struct kexec_model *model, const struct kexec_subject *subject)
{
	return kexec_model_wrong(model, subject, READ_ONCE(subject->image->head)) ?: "";
}

/* ---- arming, one thing after the other ---- */

/* With nothing armed the crash path gets nothing, and says why. */
static void nothing_is_armed_at_first(struct kunit *test)
{
	const char *why = "no dump: memory is reserved, but no crash image is loaded";
	struct kmsg_dump_iter *log = kexec_test_end_of_log(test);

	KUNIT_EXPECT_NULL(test, kexec_crash_begin());
	kexec_crash_end();
	KUNIT_EXPECT_EQ(test, kexec_test_lines_with(log, why), 1);
}

/* The first image is in place, is what the crash path gets, and complete. */
static void the_first_image(struct kunit *test)
{
	struct kexec_model *model = new_model(test);
	struct kexec_subject *subject = build_at(test, 0, 1, 2);

	KUNIT_EXPECT_FALSE(test, kexec_crash_loaded());
	KUNIT_EXPECT_EQ(test, *kexec_test_list(subject->image), IND_DONE);
	kexec_subject_arm(subject);
	KUNIT_EXPECT_TRUE(test, kexec_crash_loaded());
	KUNIT_EXPECT_PTR_EQ(test, kexec_crash_begin(), subject->image);
	kexec_crash_end();
	KUNIT_EXPECT_EQ(test, subject->image->head, IND_DONE);
	KUNIT_EXPECT_STREQ(test, "", wrong_with(model, subject));
	KUNIT_EXPECT_NULL(test, kexec_test_predecessor(subject->image));
}

/* Does anything of two images lie in the same place? */
static bool share_memory(const struct kimage *a, const struct kimage *b)
{
	const struct kimage_ranges *of_a = kexec_test_control(a);
	const struct kimage_ranges *of_b = kexec_test_control(b);
	unsigned int i, j;

	for (i = 0; i < of_a->nr; i++) {
		if (kimage_is_destination_range((struct kimage *)b, of_a->range[i].start,
						of_a->range[i].end - 1))
			return true;
		for (j = 0; j < of_b->nr; j++)
			if (kexec_range_overlaps(of_a->range[i], of_b->range[j]))
				return true;
	}
	return false;
}

/*
 * While a new image is built, the armed one stays armed and as it is, to the last
 * byte of its page tables; nothing is shared between them.
 */
static void building_leaves_the_armed_image_alone(struct kunit *test)
{
	struct kexec_model *model = new_model(test);
	struct kexec_subject *armed = build_at(test, 0, 1, 2), *beside, *instead;
	struct kexec_test_hash before;

	kexec_subject_arm(armed);
	before = kexec_test_hash(armed->image);
	beside = build_at(test, 3, 4, 5);
	KUNIT_EXPECT_TRUE(test, kexec_test_unchanged(armed->image, before));
	KUNIT_EXPECT_EQ(test, *kexec_test_list(beside->image), IND_DONE);
	KUNIT_EXPECT_FALSE(test, share_memory(armed->image, beside->image));
	KUNIT_EXPECT_FALSE(test, share_memory(beside->image, armed->image));
	kexec_subject_free(beside);

	instead = build_at(test, 2, 1, 0);
	KUNIT_EXPECT_TRUE(test, kexec_test_unchanged(armed->image, before));
	KUNIT_EXPECT_NE(test, *kexec_test_list(instead->image), IND_DONE);
	KUNIT_EXPECT_FALSE(test, share_memory(armed->image, instead->image));
	KUNIT_EXPECT_FALSE(test, share_memory(instead->image, armed->image));
	kexec_subject_free(instead);

	KUNIT_EXPECT_TRUE(test, kexec_test_unchanged(armed->image, before));
	KUNIT_EXPECT_PTR_EQ(test, kexec_crash_image, armed->image);
	KUNIT_EXPECT_STREQ(test, "", wrong_with(model, armed));
}

/* Loads that fail, early and late, leave what was armed as it was (O2). */
static void failed_loads_leave_the_armed_image_alone(struct kunit *test)
{
	struct kexec_subject *armed = build_at(test, 0, 1, 2), *bad;
	struct kexec_test_hash before;
	int i;

	kexec_subject_arm(armed);
	before = kexec_test_hash(armed->image);
	for (i = 0; i < 4; i++) {
		bad = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER);
		kexec_subject_add(bad, slot(i % 2 ? 0 : 7), PAGE_SIZE, PAGE_SIZE);
		kexec_subject_add(bad, slot(i % 2 ? 1 : 8), 2 * PAGE_SIZE, 2 * PAGE_SIZE);
		if (i < 2)
			bad->image->segment[1].buf = (void __user *)-PAGE_SIZE;
		else
			bad->image->segment[1].mem = kexec_region().end - PAGE_SIZE;
		KUNIT_EXPECT_EQ(test, kexec_subject_build(bad), i < 2 ? -EFAULT : -EADDRNOTAVAIL);
		kexec_subject_free(bad);
		KUNIT_EXPECT_TRUE(test, kexec_test_unchanged(armed->image, before));
		KUNIT_EXPECT_PTR_EQ(test, kexec_crash_image, armed->image);
	}
}

/* How many of the three segments are where the armed image is. */
static const unsigned int overlaps[] = { 0, 1, 2, 3 };

static void describe_overlap(const unsigned int *overlap, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u segments staged", *overlap);
}

KUNIT_ARRAY_PARAM(overlap, overlaps, describe_overlap);

static struct kexec_subject *build_over(struct kunit *test, unsigned int overlap)
{
	return build_at(test, overlap > 0 ? 0 : 3, overlap > 1 ? 1 : 4, overlap > 2 ? 2 : 5);
}

/*
 * A new image takes the place of the old one: what was staged is in the region
 * then, the list and its pages are gone, and nothing else is left of either.
 */
static void one_image_after_another(struct kunit *test)
{
	const unsigned int overlap = *(const unsigned int *)test->param_value;
	struct kexec_model *model = new_model(test);
	struct kexec_subject *old = build_at(test, 0, 1, 2), *new;
	unsigned int i, staged = 0;

	kexec_subject_arm(old);
	new = build_over(test, overlap);
	for (i = 0; i < SEGMENTS; i++)
		staged += !kexec_test_in_place(new->image, i);
	KUNIT_EXPECT_EQ(test, staged, overlap);
	KUNIT_EXPECT_EQ(test, kimage_is_staged(new->image), overlap > 0);

	kexec_subject_arm(new);
	KUNIT_EXPECT_PTR_EQ(test, kexec_crash_image, new->image);
	KUNIT_EXPECT_EQ(test, new->image->head, IND_DONE);
	if (overlap)
		KUNIT_EXPECT_EQ(test, *kexec_test_list(new->image), 0);
	KUNIT_EXPECT_STREQ(test, "", wrong_with(model, new));
	for (i = 0; i < SEGMENTS; i++)
		KUNIT_EXPECT_TRUE(test, kexec_test_in_place(new->image, i));
}

/*
 * The pages that a staged image was staged in go back when it is in place.  Its
 * control pages are the region's and are only ever counted as taken.
 */
static void staging_gives_its_pages_back(struct kunit *test)
{
	struct kexec_subject *old = build_at(test, 0, 1, 2), *new;
	long control;

	kexec_subject_arm(old);
	kexec_test_count_pages(test);
	new = build_at(test, 3, 4, 5);
	control = kexec_test_owned_pages();
	kexec_subject_free(new);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), control);
	new = build_at(test, 0, 1, 2);
	KUNIT_EXPECT_GE(test, kexec_test_owned_pages(), 2 * control + SEGMENTS * SEGMENT_PAGES);
	kexec_subject_arm(new);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 2 * control);
}

/* Again and again in the same place, or beside, or half and half. */
static void many_images_after_another(struct kunit *test)
{
	struct rnd_state *chance = kexec_test_chance(test);
	struct kexec_model *model = new_model(test);
	int round;

	for (round = 0; round < 12; round++) {
		unsigned int a = kexec_test_below(chance, 4);
		struct kexec_subject *subject = build_at(test, a, 4 + kexec_test_below(chance, 3),
							 8 + kexec_test_below(chance, 2));

		kexec_subject_arm(subject);
		KUNIT_ASSERT_STREQ(test, "", wrong_with(model, subject));
		KUNIT_ASSERT_PTR_EQ(test, kexec_crash_image, subject->image);
	}
}

/* How much of the region an image takes, in percent. */
static const unsigned int shares[] = { 10, 45, 55 };

static void describe_share(const unsigned int *share, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u%% of the region", *share);
}

KUNIT_ARRAY_PARAM(share, shares, describe_share);

/*
 * As long as the region has room for both, an image from files is placed around the
 * armed one, and nothing has to be copied when it is armed.  When it has not, what
 * overlaps is staged.  Either way the armed image stays as it is until then.
 */
static void around_while_there_is_room(struct kunit *test)
{
	const unsigned int share = *(const unsigned int *)test->param_value;
	size_t size = PAGE_ALIGN(kexec_range_size(kexec_region()) / 100 * share);
	struct kexec_model *model = kexec_model_new(test, 2 * size >> PAGE_SHIFT);
	struct kexec_subject *armed = NULL, *new;
	int i;

	for (i = 0; i < 3; i++) {
		new = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_LOADER);
		kexec_subject_add_purgatory(new);
		kexec_subject_place(new, SZ_64K - 7, size);
		kexec_subject_place(new, SZ_64K, SZ_64K);
		KUNIT_ASSERT_EQ(test, kexec_subject_build(new), 0);
		KUNIT_EXPECT_EQ(test, kimage_is_staged(new->image), armed && share > 50);
		KUNIT_EXPECT_TRUE(test, kexec_test_in_place(new->image, 0));
		KUNIT_EXPECT_TRUE(test, kexec_test_in_place(new->image, 2));
		if (armed)
			KUNIT_EXPECT_STREQ(test, "", wrong_with(model, armed));
		kexec_subject_arm(new);
		KUNIT_EXPECT_STREQ(test, "", wrong_with(model, new));
		armed = new;
	}
}

/* Unloading takes the image away, and only that of the type that was asked for. */
static void unloading_by_type(struct kunit *test)
{
	struct kexec_subject *crash = build_at(test, 0, 1, 2);
	struct kexec_subject *reboot = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_USER);

	kexec_subject_add(reboot, kexec_test_nowhere(), 5, PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, kexec_subject_build(reboot), 0);
	kexec_subject_arm(crash);
	kexec_subject_arm(reboot);
	KUNIT_EXPECT_PTR_EQ(test, kexec_image, reboot->image);
	KUNIT_EXPECT_PTR_EQ(test, kexec_crash_image, crash->image);
	kexec_test_disarm(KEXEC_TYPE_DEFAULT);
	KUNIT_EXPECT_NULL(test, kexec_image);
	KUNIT_EXPECT_PTR_EQ(test, kexec_crash_image, crash->image);
	kexec_test_disarm(KEXEC_TYPE_CRASH);
	KUNIT_EXPECT_NULL(test, kexec_crash_image);
	kexec_test_disarm(KEXEC_TYPE_CRASH);
	kexec_test_disarm(KEXEC_TYPE_DEFAULT);
}

/*
 * A panic on the way to the dump gets another chance, the one after it none, so
 * that what makes the crash path fail each time does not go on for ever.
 */
static void a_crash_that_crashes_comes_to_an_end(struct kunit *test)
{
	struct kexec_subject *subject = build_at(test, 0, 1, 2);
	struct kmsg_dump_iter *log = kexec_test_end_of_log(test);

	kexec_subject_arm(subject);
	KUNIT_EXPECT_PTR_EQ(test, kexec_crash_begin(), subject->image);
	KUNIT_EXPECT_PTR_EQ(test, kexec_crash_begin(), subject->image);
	KUNIT_EXPECT_NULL(test, kexec_crash_begin());
	KUNIT_EXPECT_EQ(test, kexec_test_lines_with(log, "no dump: 2 attempts"), 1);
	kexec_crash_end();
	kexec_crash_end();
	kexec_crash_end();
	KUNIT_EXPECT_PTR_EQ(test, kexec_crash_begin(), subject->image);
	kexec_crash_end();
}

/* ---- write protection ---- */

static bool is_writable(u64 address)
{
	u8 *byte = boot_phys_to_virt(address), same = READ_ONCE(*byte);

	return !copy_to_kernel_nofault(byte, &same, 1);
}

static bool any_segment_is_writable(const struct kimage *image)
{
	unsigned long i, at;

	for (i = 0; i < image->nr_segments; i++)
		for (at = 0; at < image->segment[i].memsz; at += PAGE_SIZE)
			if (is_writable(image->segment[i].mem + at))
				return true;
	return false;
}

/* x86 always protects the region, others where their page tables allow it. */
static void need_protection(struct kunit *test, const struct kimage *armed)
{
	if (!any_segment_is_writable(armed))
		return;
	KUNIT_ASSERT_FALSE_MSG(test, IS_ENABLED(CONFIG_X86_64), "an armed image is writable");
	kunit_skip(test, "this architecture does not protect the region");
}

/*
 * An armed image is write-protected: from when it is armed, while others are built
 * and dropped, until it is unloaded.
 */
static void armed_images_are_write_protected(struct kunit *test)
{
	struct kexec_subject *armed = build_at(test, 0, 1, 2), *other;

	kexec_subject_arm(armed);
	need_protection(test, armed->image);
	other = build_at(test, 3, 4, 5);
	KUNIT_EXPECT_FALSE(test, any_segment_is_writable(armed->image));
	kexec_subject_free(other);
	KUNIT_EXPECT_FALSE(test, any_segment_is_writable(armed->image));
	KUNIT_EXPECT_FALSE(test, is_writable(slot(3)));

	other = build_at(test, 0, 1, 3);
	KUNIT_EXPECT_FALSE(test, any_segment_is_writable(armed->image));
	kexec_subject_arm(other);
	KUNIT_EXPECT_FALSE(test, any_segment_is_writable(other->image));
	kexec_test_disarm(KEXEC_TYPE_CRASH);
	KUNIT_EXPECT_TRUE(test, is_writable(slot(0)));
}

/* What a failed load has opened of the region is closed again. */
static void failed_loads_close_what_they_opened(struct kunit *test)
{
	struct kexec_subject *armed = build_at(test, 0, 1, 2), *bad;
	const struct kimage_ranges *control;
	u64 opened;

	kexec_subject_arm(armed);
	need_protection(test, armed->image);
	bad = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER);
	kexec_subject_add(bad, slot(3), PAGE_SIZE, PAGE_SIZE);
	bad->image->segment[0].buf = (void __user *)-PAGE_SIZE;
	KUNIT_ASSERT_EQ(test, kexec_subject_build(bad), -EFAULT);
	KUNIT_ASSERT_GT(test, kexec_test_control(bad->image)->nr, 0);
	/* The control page comes first, and is closed already. */
	control = kexec_test_control(bad->image);
	opened = control->range[control->nr - 1].end - PAGE_SIZE;
	KUNIT_EXPECT_TRUE(test, is_writable(opened));
	kexec_subject_free(bad);
	KUNIT_EXPECT_FALSE(test, is_writable(opened));
}

/* Is it in the kernel's mapping at all? */
static bool is_there(u64 address)
{
	u8 byte;

	return !copy_from_kernel_nofault(&byte, boot_phys_to_virt(address), 1);
}

/*
 * The keys of an armed image are not even mapped; when another image takes its place
 * they are again, be it beside the old one or where the keys are.
 */
static void keys_are_covered_while_armed(struct kunit *test)
{
	const unsigned int overlap = *(const unsigned int *)test->param_value;
	struct kexec_subject *armed = build_at(test, 0, 1, 2), *next;

	armed->image->dm_crypt_keys_addr = slot(1);
	armed->image->dm_crypt_keys_sz = 2 * PAGE_SIZE - 5;
	kexec_subject_arm(armed);
	if (is_there(slot(1)))
		kunit_skip(test, "this architecture does not cover the keys");
	KUNIT_EXPECT_FALSE(test, is_there(slot(1) + PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, is_there(slot(1) + 2 * PAGE_SIZE));
	next = build_over(test, overlap);
	KUNIT_EXPECT_FALSE(test, is_there(slot(1)));
	kexec_subject_arm(next);
	KUNIT_ASSERT_TRUE(test, is_there(slot(1)));
	KUNIT_ASSERT_TRUE(test, is_there(slot(1) + PAGE_SIZE));
	KUNIT_EXPECT_STREQ(test, "", wrong_with(new_model(test), next));
}

/* ---- vmcoreinfo, and the size of the region ---- */

/* Each image has its own copy of vmcoreinfo, and keeps it. */
static void each_image_has_its_vmcoreinfo(struct kunit *test)
{
	struct kexec_subject *old = build_at(test, 0, 1, 2), *new;

	KUNIT_ASSERT_NOT_NULL(test, old->image->vmcoreinfo_data_copy);
	KUNIT_EXPECT_MEMEQ(test, old->image->vmcoreinfo_data_copy, vmcoreinfo_data,
			   vmcoreinfo_size);
	kexec_subject_arm(old);
	new = build_at(test, 3, 4, 5);
	KUNIT_EXPECT_PTR_NE(test, new->image->vmcoreinfo_data_copy,
			    old->image->vmcoreinfo_data_copy);
	kexec_subject_free(new);
	KUNIT_EXPECT_MEMEQ(test, old->image->vmcoreinfo_data_copy, vmcoreinfo_data,
			   vmcoreinfo_size);
}

/* The region's size can be read while somebody loads (O15), but not changed. */
static void the_size_can_be_read_while_loading(struct kunit *test)
{
	struct kexec_subject *armed;
	int while_loading, while_armed;
	ssize_t size;

	scoped_guard(mutex, &kexec_load_mutex) {
		size = crash_get_memory_size();
		while_loading = crash_shrink_memory(SZ_16M);
	}
	KUNIT_EXPECT_GE(test, size, kexec_range_size(kexec_region()));
	KUNIT_EXPECT_EQ(test, while_loading, -EBUSY);
	armed = build_at(test, 0, 1, 2);
	kexec_subject_arm(armed);
	while_armed = crash_shrink_memory(SZ_16M);
	KUNIT_EXPECT_EQ(test, while_armed, -ENOENT);
	KUNIT_EXPECT_EQ(test, size, crash_get_memory_size());
}

/* Who wants to change it is told who loads. */
static void who_shrinks_is_told_who_loads(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	int ret;

	scoped_class(kexec_turn, busy, "kexec_file_load") {
		KUNIT_EXPECT_EQ(test, busy, 0);
		ret = crash_shrink_memory(SZ_16M);
	}
	KUNIT_EXPECT_EQ(test, ret, -EBUSY);
	KUNIT_EXPECT_EQ(test, last->count, 1);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, "] has been at kexec_file_load for "),
				  "%s", last->why);
}

/* ---- changing an armed image ---- */

static int update(struct kimage *image, int idx, const void *buf, size_t len)
{
	guard(mutex)(&kexec_arm_mutex);
	return kimage_update_segment(image, idx, buf, len);
}

/* How long the last of them was. */
static u64 window_ns;

/* How often there was no crash image for being replaced, from here to the test's end. */
static void count_window(void *data, u64 ns)
{
	window_ns = ns;
	++*(unsigned int *)data;
}

static void stop_counting_windows(void *data)
{
	unregister_trace_kexec_unarmed(count_window, data);
	tracepoint_synchronize_unregister();
}

static const unsigned int *count_windows(struct kunit *test)
{
	unsigned int *windows = kunit_kzalloc(test, sizeof(*windows), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, windows);
	if (register_trace_kexec_unarmed(count_window, windows))
		kunit_skip(test, "windows are seen by a tracepoint, which this kernel has not");
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, stop_counting_windows, windows));
	return windows;
}

/**
 * struct rewriting - a part of a segment that is rewritten
 * @len:   bytes
 * @spare: pages that the image has ready for it
 */
struct rewriting {
	size_t len;
	unsigned long spare;
};

static const struct rewriting rewritings[] = {
	{ 1, 1 }, { 8, 3 }, { PAGE_SIZE - 1, 1 }, { PAGE_SIZE, 1 }, { PAGE_SIZE + 1, 2 },
	{ 3 * PAGE_SIZE, 3 }, { 1, 0 }, { PAGE_SIZE, 0 }, { PAGE_SIZE + 1, 1 },
	{ 3 * PAGE_SIZE - 1, 2 }, { 3 * PAGE_SIZE, 1 },
};

static void describe_rewriting(const struct rewriting *rewriting, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%zu bytes, %lu pages to spare", rewriting->len,
		 rewriting->spare);
}

KUNIT_ARRAY_PARAM(rewriting, rewritings, describe_rewriting);

/*
 * A segment is rewritten from its start, as far as was asked; the rest stays.  There is
 * an armed image all the time if there are pages enough to list.
 */
static void segments_are_rewritten(struct kunit *test)
{
	const struct rewriting *rewriting = test->param_value;
	const unsigned int *windows = count_windows(test);
	struct kexec_model *model = new_model(test);
	struct kexec_subject *subject = build_at(test, 0, 1, 2);
	void *buf = kexec_test_alloc(test, rewriting->len);

	KUNIT_ASSERT_EQ(test, 0, kimage_alloc_spare(subject->image, rewriting->spare));
	kexec_subject_arm(subject);
	kexec_test_fill(buf, rewriting->len, 555);
	KUNIT_EXPECT_EQ(test, update(subject->image, 1, buf, rewriting->len), 0);
	memcpy(subject->want[1], buf, rewriting->len);
	KUNIT_EXPECT_STREQ(test, "", wrong_with(model, subject));
	KUNIT_EXPECT_EQ(test, subject->image->head, IND_DONE);
	KUNIT_EXPECT_PTR_EQ(test, kexec_crash_image, subject->image);
	KUNIT_EXPECT_EQ(test, *windows, PFN_UP(rewriting->len) > rewriting->spare);
}

/* Contents that do not fit are refused and change nothing. */
static void what_does_not_fit_is_not_written(struct kunit *test)
{
	struct kexec_model *model = new_model(test);
	struct kexec_subject *subject = build_at(test, 0, 1, 2);
	size_t len = SEGMENT_PAGES * PAGE_SIZE + 1;
	void *buf = kexec_test_alloc(test, len);

	kexec_subject_arm(subject);
	KUNIT_EXPECT_EQ(test, update(subject->image, 1, buf, len), -EINVAL);
	KUNIT_EXPECT_STREQ(test, "", wrong_with(model, subject));
}

#define ENTRIES	(PAGE_SIZE / sizeof(kimage_entry_t))

/* As many pages as a list has entries, in one of its own pages and in more. */
static const unsigned int list_lengths[] = {
	1, 2, ENTRIES - 3, ENTRIES - 2, ENTRIES - 1, ENTRIES, 2 * ENTRIES - 4, 2 * ENTRIES - 3,
	2 * ENTRIES - 2, 2 * ENTRIES,
};

static void describe_pages(const unsigned int *pages, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u pages", *pages);
}

KUNIT_ARRAY_PARAM(list_length, list_lengths, describe_pages);

/*
 * Before a segment is rewritten there is a list that does the same, for as many pages
 * as were set aside and for fewer; what is behind the new contents stays.
 */
static void spare_pages_stand_in(struct kunit *test)
{
	const unsigned int pages = *(const unsigned int *)test->param_value;
	const size_t lens[] = { pages * PAGE_SIZE - 9, 1, (pages + 1) / 2 * PAGE_SIZE };
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER);
	struct kexec_model *model = kexec_model_new(test, pages);
	void *old = boot_phys_to_virt(slot(0)), *want, *buf;
	unsigned int i;

	kexec_test_dirty_memory();
	kexec_subject_add(subject, slot(0), pages * PAGE_SIZE - 99, pages * PAGE_SIZE);
	subject->image->start = slot(0);
	KUNIT_ASSERT_EQ(test, kimage_alloc_spare(subject->image, pages), 0);
	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
	want = subject->want[0];
	buf = kexec_test_alloc(test, pages * PAGE_SIZE);
	subject->want[0] = kexec_test_alloc(test, pages * PAGE_SIZE);
	kexec_test_fill(buf, pages * PAGE_SIZE, 556);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		struct kexec_range part = { slot(0), slot(0) + PAGE_ALIGN(lens[i]) };

		memcpy(subject->want[0], want, pages * PAGE_SIZE);
		memcpy(subject->want[0], buf, lens[i]);
		subject->image->head = kimage_list_spare(subject->image, part, old, buf, lens[i]);
		KUNIT_EXPECT_STREQ(test, "", wrong_with(model, subject));
		KUNIT_EXPECT_EQ(test, model->moved, PFN_UP(lens[i]));
	}
}

/* An image has spare pages for its ELF core header if that is to change, not else. */
static void headers_have_spare_pages(struct kunit *test)
{
	const unsigned long most = PFN_UP(crash_get_elfcorehdr_size());
	const struct {
		unsigned long flags;
		bool is_header;
		unsigned long pages, spare;
	} rows[] = {
		{ 0, true, 2, 0 },
		{ KEXEC_CRASH_HOTPLUG_SUPPORT, false, 2, 0 },
		{ KEXEC_CRASH_HOTPLUG_SUPPORT, true, 2, 2 },
		{ KEXEC_CRASH_HOTPLUG_SUPPORT, true, most + 9, most },
	};
	struct kexec_subject *subject;
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER);
		kexec_subject_add(subject, slot(0), PAGE_SIZE, 4 * PAGE_SIZE);
		kexec_subject_add(subject, slot(1), 64, BYTES(rows[i].pages));
		subject->image->start = slot(0);
		kimage_set_hotplug_support(subject->image, rows[i].flags);
		if (rows[i].flags && !kimage_is_hotplugged(subject->image))
			kunit_skip(test, "nothing is changed by hotplug here");
		if (rows[i].is_header)
			KUNIT_ASSERT_EQ(test, 0, copy_to_user(subject->image->segment[1].buf,
							      ELFMAG, SELFMAG));
		KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
		KUNIT_EXPECT_EQ_MSG(test, kexec_test_nr_spare(subject->image), rows[i].spare,
				    "row %d", i);
		kexec_subject_free(subject);
	}
}

/* They go with the image, as do the tables that list them. */
static void spare_pages_go_with_their_image(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER);

	kexec_test_count_pages(test);
	KUNIT_ASSERT_EQ(test, kimage_alloc_spare(subject->image, 3), 0);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 3 + 1);
	kexec_subject_free(subject);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 0);
}

/* Where files are loaded, the header is the segment that was noted as such. */
static void headers_of_loaders_have_them_too(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_LOADER);
	unsigned long most = PFN_UP(crash_get_elfcorehdr_size());
	unsigned int idx;

	kexec_subject_add_purgatory(subject);
	idx = kexec_subject_place(subject, 64, BYTES(2));
	kexec_subject_place(subject, 64, BYTES(4));
	kimage_set_hotplug_support(subject->image, 0);
	if (!kimage_is_hotplugged(subject->image))
		kunit_skip(test, "nothing is changed by hotplug here");
#ifdef CONFIG_CRASH_HOTPLUG
	subject->image->elfcorehdr_index = idx;
#endif
	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
	KUNIT_EXPECT_EQ(test, kexec_test_nr_spare(subject->image), min(most, 2));
}

static unsigned int pages_left;

static struct page *give_what_is_left(gfp_t gfp, unsigned int order)
{
	return pages_left ? pages_left--, alloc_pages(gfp, order) : NULL;
}

/*
 * An image for whose header there is no such memory, or not enough, is armed all the
 * same, keeps none of it, and is out of reach while the header is rewritten.
 */
static void memory_short_of_spare_pages(struct kunit *test)
{
	const unsigned int *windows = count_windows(test);
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER);
	struct kexec_model *model = new_model(test);

	kexec_subject_add(subject, slot(0), PAGE_SIZE, 4 * PAGE_SIZE);
	kexec_subject_add(subject, slot(1), 64, 4 * PAGE_SIZE);
	subject->image->start = slot(0);
	kimage_set_hotplug_support(subject->image, KEXEC_CRASH_HOTPLUG_SUPPORT);
	if (!kimage_is_hotplugged(subject->image))
		kunit_skip(test, "nothing is changed by hotplug here");
	KUNIT_ASSERT_EQ(test, 0, copy_to_user(subject->image->segment[1].buf, ELFMAG, SELFMAG));
	memcpy(subject->want[1], ELFMAG, SELFMAG);
	pages_left = *(const unsigned int *)test->param_value;
	kunit_activate_static_stub(test, kexec_alloc_block, give_what_is_left);
	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
	kunit_deactivate_static_stub(test, kexec_alloc_block);
	KUNIT_EXPECT_EQ(test, kexec_test_nr_spare(subject->image), 0);
	KUNIT_EXPECT_TRUE(test, list_empty(kexec_test_spare_pages(subject->image)));
	KUNIT_EXPECT_TRUE(test, list_empty(kexec_test_spare_tables(subject->image)));
	kexec_subject_arm(subject);
	memset(subject->want[1], 'x', 99);
	KUNIT_EXPECT_EQ(test, update(subject->image, 1, subject->want[1], 99), 0);
	KUNIT_EXPECT_STREQ(test, "", wrong_with(model, subject));
	KUNIT_EXPECT_EQ(test, *windows, 1);
}

/* Four pages and a table of the list would be wanted. */
static const unsigned int too_few[] = { 0, 3, 4 };

KUNIT_ARRAY_PARAM(too_few, too_few, describe_pages);

/* ---- a crash while another thread arms ---- */

/**
 * struct worker - a thread that does something to what is armed
 * @work:    what it does
 * @subject: to which image
 * @buf:     what it writes to it
 * @test:    whose stubs it is to meet
 * @started: completed when it begins
 * @done:    completed when it has
 */
struct worker {
	void (*work)(struct worker *worker);
	struct kexec_subject *subject;
	void *buf;
	struct kunit *test;
	struct completion started;
	struct completion done;
};

static int worker_thread(void *data)
{
	struct worker *worker = data;

	current->kunit_test = worker->test;
	complete(&worker->started);
	worker->work(worker);
	current->kunit_test = NULL;
	complete_all(&worker->done);
	return 0;
}

static void arm_it(struct worker *worker)
{
	guard(mutex)(&kexec_load_mutex);
	kimage_arm(worker->subject->image);
}

static void disarm_it(struct worker *worker)
{
	kexec_test_disarm(KEXEC_TYPE_CRASH);
}

static void update_it(struct worker *worker)
{
	update(worker->subject->image, 0, worker->buf, PAGE_SIZE);
}

static void crash_ends(void *worker)
{
	kexec_crash_end();
	wait_for_completion(&((struct worker *)worker)->done);
}

/* How long an exchange is waited for that never comes; a busy machine is slow. */
#define PATIENCE	(100 * HZ)

/* The crash path takes hold of what is armed; then the thread is let loose. */
static struct kimage *crash_and_let_work(struct kunit *test, struct worker *worker)
{
	struct kimage *image = kexec_crash_begin();
	bool runs;

	worker->test = test;
	init_completion(&worker->started);
	init_completion(&worker->done);
	runs = !IS_ERR(kthread_run(worker_thread, worker, "kexec_worker"));
	if (!runs)
		complete_all(&worker->done);
	/* From here on an assertion may fail. */
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, crash_ends, worker));
	KUNIT_ASSERT_TRUE(test, runs);
	wait_for_completion(&worker->started);
	return image;
}

/* Whether the thread, which waits after that, exchanges what is armed for @image. */
static bool comes_to_be_armed(const struct kimage *image)
{
	unsigned long limit = jiffies + PATIENCE;

	while (READ_ONCE(kexec_crash_image) != image && time_before(jiffies, limit))
		fsleep(1000);
	return READ_ONCE(kexec_crash_image) == image;
}

static void arm_against_a_crash(struct kunit *test, unsigned int overlap)
{
	struct worker *worker = kunit_kzalloc(test, sizeof(*worker), GFP_KERNEL);
	struct kexec_model *model = new_model(test);
	struct kexec_subject *old = build_at(test, 0, 1, 2), *new;
	struct kexec_test_hash before;
	struct kimage *image;
	int i;

	if (overlap && !kexec_relocates_crash_image())
		kunit_skip(test, "this architecture has no image armed meanwhile");
	kexec_subject_arm(old);
	new = build_over(test, overlap);
	before = kexec_test_hash(old->image);
	KUNIT_ASSERT_NOT_NULL(test, worker);
	*worker = (struct worker) { .work = arm_it, .subject = new };
	new->armed = true;
	image = crash_and_let_work(test, worker);
	KUNIT_EXPECT_PTR_EQ(test, image, old->image);
	KUNIT_EXPECT_TRUE(test, comes_to_be_armed(new->image));

	for (i = 0; i < 10; i++) {
		KUNIT_EXPECT_FALSE(test, wait_for_completion_timeout(&worker->done, 2));
		KUNIT_EXPECT_TRUE(test, kexec_test_unchanged(old->image, before));
		KUNIT_EXPECT_STREQ(test, "", wrong_with(model, old));
	}
	/* Another crash, if there could be one, would find the new image, complete. */
	KUNIT_EXPECT_STREQ(test, "", wrong_with(model, new));

	kunit_release_action(test, crash_ends, worker);
	KUNIT_EXPECT_PTR_EQ(test, kexec_crash_image, new->image);
	KUNIT_EXPECT_STREQ(test, "", wrong_with(model, new));
	KUNIT_EXPECT_EQ(test, new->image->head, IND_DONE);
}

/*
 * Arming waits for a crash path that has hold of the old image: nothing of that is
 * freed or overwritten, be the new one beside it or staged to go to its place.
 */
static void arming_waits_for_a_crash(struct kunit *test)
{
	arm_against_a_crash(test, *(const unsigned int *)test->param_value);
}

/* So does unloading. */
static void unloading_waits_for_a_crash(struct kunit *test)
{
	struct worker *worker = kunit_kzalloc(test, sizeof(*worker), GFP_KERNEL);
	struct kexec_subject *subject = build_at(test, 0, 1, 2);
	struct kexec_test_hash before;

	kexec_subject_arm(subject);
	before = kexec_test_hash(subject->image);
	KUNIT_ASSERT_NOT_NULL(test, worker);
	*worker = (struct worker) { .work = disarm_it };
	KUNIT_EXPECT_PTR_EQ(test, crash_and_let_work(test, worker), subject->image);
	KUNIT_EXPECT_TRUE(test, comes_to_be_armed(NULL));
	KUNIT_EXPECT_FALSE(test, wait_for_completion_timeout(&worker->done, HZ / 20));
	KUNIT_EXPECT_TRUE(test, kexec_test_unchanged(subject->image, before));
	kunit_release_action(test, crash_ends, worker);
	KUNIT_EXPECT_NULL(test, kexec_crash_image);
}

/*
 * And so does rewriting a segment, before it drops the list that stands in for it; or,
 * when there is none, before it writes.
 */
static void rewriting_waits_for_a_crash(struct kunit *test)
{
	const unsigned int spare = *(const unsigned int *)test->param_value;
	struct worker *worker = kunit_kzalloc(test, sizeof(*worker), GFP_KERNEL);
	struct kexec_subject *subject = build_at(test, 0, 1, 2);
	struct kexec_test_hash before;

	KUNIT_ASSERT_EQ(test, 0, kimage_alloc_spare(subject->image, spare));
	kexec_subject_arm(subject);
	before = kexec_test_hash(subject->image);
	KUNIT_ASSERT_NOT_NULL(test, worker);
	*worker = (struct worker) {
		.work = update_it, .subject = subject, .buf = kexec_test_alloc(test, PAGE_SIZE),
	};
	KUNIT_EXPECT_PTR_EQ(test, crash_and_let_work(test, worker), subject->image);
	KUNIT_EXPECT_FALSE(test, wait_for_completion_timeout(&worker->done, HZ / 20));
	if (!spare) {
		KUNIT_EXPECT_TRUE(test, comes_to_be_armed(NULL));
		KUNIT_EXPECT_FALSE(test, wait_for_completion_timeout(&worker->done, HZ / 20));
		KUNIT_EXPECT_TRUE(test, kexec_test_unchanged(subject->image, before));
	}
	kunit_release_action(test, crash_ends, worker);
	KUNIT_EXPECT_EQ(test, *(u64 *)boot_phys_to_virt(slot(0)), 0);
	KUNIT_EXPECT_PTR_EQ(test, kexec_crash_image, subject->image);
}

static const unsigned int spares[] = { 0, 1 };

static void describe_spare(const unsigned int *spare, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u pages to spare", *spare);
}

KUNIT_ARRAY_PARAM(spare, spares, describe_spare);

/* ---- architectures that have to copy what is staged ---- */

static bool nothing_is_relocated(void)
{
	return false;
}

/**
 * struct cleaning - what an architecture does that cleans caches when an image is finished
 * @subject: the image
 * @cleaned: for each page of each segment, whether that was so when it was there
 * @early:   pages that were cleaned of something else
 * @armed:   what a crash would find just then
 */
struct cleaning {
	const struct kexec_subject *subject;
	bool cleaned[SEGMENTS][SEGMENT_PAGES];
	unsigned int early;
	const struct kimage *armed;
};

static struct cleaning *cleaning;

static int clean(struct kimage *image)
{
	unsigned int i, nr;

	for (i = 0; i < SEGMENTS; i++) {
		for (nr = 0; nr < SEGMENT_PAGES; nr++) {
			const u8 *page = boot_phys_to_virt(image->segment[i].mem +
							   nr * PAGE_SIZE);

			if (!kimage_page_in_place(image, i, nr))
				continue;
			if (memcmp(page, cleaning->subject->want[i] + nr * PAGE_SIZE, PAGE_SIZE))
				cleaning->early++;
			else
				cleaning->cleaned[i][nr] = true;
		}
	}
	cleaning->armed = kexec_crash_begin();
	kexec_crash_end();
	return 0;
}

/*
 * Where relocation code does not serve crash images, the architecture is told to finish
 * a staged one again when its pages have come to their places, and then finds every
 * page in place.  A crash that comes just then finds nothing, and says why; the window
 * is traced.
 */
static void what_is_copied_is_cleaned(struct kunit *test)
{
	const char *why = "no dump: the crash image is just being copied into place";
	const unsigned int overlap = *(const unsigned int *)test->param_value;
	const unsigned int *windows = count_windows(test);
	struct kexec_subject *old = build_at(test, 0, 1, 2), *new;
	struct kexec_model *model = new_model(test);
	struct kmsg_dump_iter *log = kexec_test_end_of_log(test);
	unsigned int i, nr;

	kexec_subject_arm(old);
	new = build_over(test, overlap);
	cleaning = kunit_kzalloc(test, sizeof(*cleaning), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, cleaning);
	cleaning->subject = new;
	kunit_activate_static_stub(test, kexec_relocates_crash_image, nothing_is_relocated);
	kunit_activate_static_stub(test, kimage_post_load, clean);

	/* Once when it was built, which for what is in place is late enough. */
	clean(new->image);
	KUNIT_EXPECT_PTR_EQ(test, cleaning->armed, old->image);
	kexec_subject_arm(new);
	KUNIT_EXPECT_EQ(test, cleaning->early, 0);
	for (i = 0; i < SEGMENTS; i++)
		for (nr = 0; nr < SEGMENT_PAGES; nr++)
			KUNIT_EXPECT_TRUE_MSG(test, cleaning->cleaned[i][nr],
					      "segment %u, page %u", i, nr);
	KUNIT_EXPECT_EQ(test, !cleaning->armed, overlap > 0);
	KUNIT_EXPECT_EQ(test, kexec_test_lines_with(log, why), overlap > 0);
	KUNIT_EXPECT_EQ(test, *windows, overlap > 0);
	KUNIT_EXPECT_PTR_EQ(test, kexec_crash_image, new->image);
	KUNIT_EXPECT_EQ(test, new->image->head, IND_DONE);
	KUNIT_EXPECT_EQ(test, *kexec_test_list(new->image), overlap ? 0 : IND_DONE);
	KUNIT_EXPECT_STREQ(test, "", wrong_with(model, new));
}

/* Nothing is copied over an image that a crash path has got hold of. */
static void copying_waits_for_a_crash(struct kunit *test)
{
	const unsigned int overlap = *(const unsigned int *)test->param_value;
	struct worker *worker = kunit_kzalloc(test, sizeof(*worker), GFP_KERNEL);
	struct kexec_subject *old = build_at(test, 0, 1, 2), *new;
	struct kexec_model *model = new_model(test);
	struct kexec_test_hash before;

	kexec_subject_arm(old);
	new = build_over(test, overlap);
	before = kexec_test_hash(old->image);
	KUNIT_ASSERT_NOT_NULL(test, worker);
	*worker = (struct worker) { .work = arm_it, .subject = new };
	new->armed = true;
	kunit_activate_static_stub(test, kexec_relocates_crash_image, nothing_is_relocated);
	KUNIT_EXPECT_PTR_EQ(test, crash_and_let_work(test, worker), old->image);
	KUNIT_EXPECT_TRUE(test, comes_to_be_armed(overlap ? NULL : new->image));
	KUNIT_EXPECT_FALSE(test, wait_for_completion_timeout(&worker->done, HZ / 20));
	KUNIT_EXPECT_TRUE(test, kexec_test_unchanged(old->image, before));
	kunit_release_action(test, crash_ends, worker);
	KUNIT_EXPECT_PTR_EQ(test, kexec_crash_image, new->image);
	KUNIT_EXPECT_STREQ(test, "", wrong_with(model, new));
}

/* ---- regions that are filled to the last page ---- */

/* A segment that is in nobody's way but takes up room, [@start, @end). */
static void fill_up(struct kexec_subject *subject, u64 start, u64 end)
{
	struct kimage *image = subject->image;

	image->segment[image->nr_segments++] = (struct kexec_segment) {
		.mem = start, .memsz = end - start,
	};
}

static unsigned long held_pages(const struct kimage *image)
{
	unsigned long i, pages = 0;

	for (i = 0; i < kexec_test_control(image)->nr; i++)
		pages += kexec_range_size(kexec_test_control(image)->range[i]) >> PAGE_SHIFT;
	return pages;
}

/* An image with a segment of a page that leaves so many pages of the region free. */
static struct kexec_subject *describe_full(struct kunit *test, unsigned long left)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER);
	u64 start = kexec_region().start + (left << PAGE_SHIFT);

	kexec_subject_add(subject, start, 99, PAGE_SIZE);
	subject->image->start = start;
	return subject;
}

static unsigned long control_pages_of_one(struct kunit *test)
{
	struct kexec_subject *subject = describe_full(test, SZ_32M >> PAGE_SHIFT);
	unsigned long pages;

	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
	pages = held_pages(subject->image);
	kexec_subject_free(subject);
	return pages;
}

static bool lies_in_region(const struct kimage *image)
{
	unsigned int i;

	for (i = 0; i < kexec_test_control(image)->nr; i++)
		if (!kexec_range_contains(kexec_region(), kexec_test_control(image)->range[i]))
			return false;
	return !kexec_test_has_control_outside(image);
}

/*
 * When control pages do not fit beside those of the armed image, that has to go first;
 * not before everything else has been done, and with a word and a trace.  So whatever
 * can be loaded into the empty region can be loaded again.
 */
static void full_regions_are_loaded_again(struct kunit *test)
{
	const char *goes = "no room beside the armed one, which goes first";
	unsigned long left = control_pages_of_one(test) + 1;
	const unsigned int *windows = count_windows(test);
	struct kexec_model *model = new_model(test);
	struct kexec_subject *armed = describe_full(test, left), *next;
	struct kmsg_dump_iter *log = kexec_test_end_of_log(test);
	struct kexec_test_hash before;

	fill_up(armed, armed->image->start + PAGE_SIZE, kexec_region().end);
	KUNIT_ASSERT_EQ(test, kexec_subject_build(armed), 0);
	kexec_subject_arm(armed);
	before = kexec_test_hash(armed->image);
	KUNIT_EXPECT_EQ(test, *windows, 0);

	/* A load that fails, even at the end of the road, leaves it alone. */
	next = describe_full(test, left);
	next->image->segment[0].buf = (void __user *)-PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, kexec_subject_build(next), -EFAULT);
	kexec_subject_free(next);
	KUNIT_EXPECT_TRUE(test, kexec_test_unchanged(armed->image, before));
	KUNIT_EXPECT_PTR_EQ(test, kexec_crash_image, armed->image);
	KUNIT_EXPECT_EQ(test, kexec_test_lines_with(log, goes), 0);

	next = describe_full(test, left);
	KUNIT_ASSERT_EQ(test, kexec_subject_build(next), 0);
	KUNIT_EXPECT_NULL(test, kexec_crash_image);
	KUNIT_EXPECT_EQ(test, kexec_test_lines_with(log, goes), 1);
	KUNIT_EXPECT_TRUE(test, lies_in_region(next->image));
	kexec_subject_arm(next);
	KUNIT_EXPECT_EQ(test, *windows, 1);
	KUNIT_EXPECT_PTR_EQ(test, kexec_crash_image, next->image);
	KUNIT_EXPECT_STREQ(test, "", wrong_with(model, next));
	KUNIT_EXPECT_TRUE(test, lies_in_region(next->image));
	KUNIT_EXPECT_FALSE(test,
			   kimage_is_destination_range(
				   next->image, kexec_test_control(next->image)->range[0].start,
				   kexec_test_control(next->image)->range[0].end - 1));
}

/*
 * Nothing is armed from when the armed image goes until the next is copied to its place,
 * which is one window.
 */
static void a_window_lasts_until_it_is_armed(struct kunit *test)
{
	unsigned long left = control_pages_of_one(test) + 1;
	struct kexec_subject *armed = describe_full(test, left), *next;
	const unsigned int *windows = count_windows(test);
	u64 goes, comes;

	kunit_activate_static_stub(test, kexec_relocates_crash_image, nothing_is_relocated);
	fill_up(armed, armed->image->start + PAGE_SIZE, kexec_region().end);
	KUNIT_ASSERT_EQ(test, kexec_subject_build(armed), 0);
	kexec_subject_arm(armed);
	next = describe_full(test, left);
	KUNIT_ASSERT_EQ(test, kexec_subject_build(next), 0);
	KUNIT_ASSERT_NULL(test, kexec_crash_image);
	KUNIT_ASSERT_TRUE(test, kimage_is_staged(next->image));
	goes = ktime_get_ns();
	msleep(20);
	comes = ktime_get_ns();
	kexec_subject_arm(next);
	KUNIT_EXPECT_EQ(test, *windows, 1);
	KUNIT_EXPECT_GE(test, window_ns, comes - goes);
}

static int fail_to_finish(struct kimage *image)
{
	return -EIO;
}

/* Should the very last step fail, there is none; the log does not say it was coming. */
static void the_last_step_may_fail(struct kunit *test)
{
	const char *why = "no dump: memory is reserved, but no crash image is loaded";
	unsigned long left = control_pages_of_one(test);
	const unsigned int *windows = count_windows(test);
	struct kexec_subject *armed = describe_full(test, left), *next;
	struct kmsg_dump_iter *log;

	fill_up(armed, armed->image->start + PAGE_SIZE, kexec_region().end);
	KUNIT_ASSERT_EQ(test, kexec_subject_build(armed), 0);
	kexec_subject_arm(armed);
	next = describe_full(test, left);
	kunit_activate_static_stub(test, kimage_post_load, fail_to_finish);
	KUNIT_EXPECT_EQ(test, kexec_subject_build(next), -EIO);
	kexec_subject_free(next);
	KUNIT_EXPECT_EQ(test, *windows, 1);
	log = kexec_test_end_of_log(test);
	KUNIT_EXPECT_NULL(test, kexec_crash_begin());
	kexec_crash_end();
	KUNIT_EXPECT_EQ(test, kexec_test_lines_with(log, why), 1);
}

/* What would not fit into the empty region either is refused, and what is armed stays. */
static void a_fuller_region_is_refused(struct kunit *test)
{
	unsigned long needed = control_pages_of_one(test);
	struct kexec_subject *armed = describe_full(test, needed), *next;
	struct kexec_model *model = new_model(test);

	KUNIT_ASSERT_EQ(test, kexec_subject_build(armed), 0);
	kexec_subject_arm(armed);
	next = describe_full(test, needed - 1);
	fill_up(next, next->image->start + 2 * PAGE_SIZE, kexec_region().end);
	kexec_subject_add(next, next->image->start + PAGE_SIZE, 5, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, kexec_subject_build(next), -ENOMEM);
	KUNIT_EXPECT_PTR_EQ(test, kexec_crash_image, armed->image);
	KUNIT_EXPECT_STREQ(test, "", wrong_with(model, armed));
}

/* ---- what the page tables of an image reach ---- */

#ifdef CONFIG_X86_64
/* Does an image map this address to itself? */
static bool maps(const struct kimage *image, unsigned long address)
{
	p4d_t *p4d = p4d_offset(image->arch.pgd + pgd_index(address), address);
	pud_t *pud;
	pmd_t *pmd;
	pte_t *pte;

	if (pgd_none(image->arch.pgd[pgd_index(address)]) || p4d_none(*p4d))
		return false;
	pud = pud_offset(p4d, address);
	if (pud_none(*pud) || pud_leaf(*pud))
		return pud_leaf(*pud) && pud_pfn(*pud) == PFN_DOWN(address & PUD_MASK);
	pmd = pmd_offset(pud, address);
	if (pmd_none(*pmd) || pmd_leaf(*pmd))
		return pmd_leaf(*pmd) && pmd_pfn(*pmd) == PFN_DOWN(address & PMD_MASK);
	pte = pte_offset_kernel(pmd, address);
	return pte_present(*pte) && pte_pfn(*pte) == PFN_DOWN(address);
}

static bool maps_all(const struct kimage *image, const struct list_head *pages)
{
	struct page *page;

	list_for_each_entry(page, pages, lru)
		if (!maps(image, PFN_PHYS(page_to_boot_pfn(page))))
			return false;
	return true;
}

/* The pages of a list, and what they say: where it goes and where it comes from. */
static bool maps_list(const struct kimage *image)
{
	const kimage_entry_t *entry = kexec_test_list(image);

	while (!(*entry & IND_DONE)) {
		if (!maps(image, *entry & PAGE_MASK))
			return false;
		entry = *entry & IND_INDIRECTION ? boot_phys_to_virt(*entry & PAGE_MASK) :
						   entry + 1;
	}
	return true;
}

/*
 * Relocation code runs on page tables that were made when the image was got ready, for
 * the memory of that time.  So all that it may touch has been taken by then: segments,
 * control pages, the list of a staged image and its sources, and what an update lists.
 */
static void a_crash_has_mapped_what_it_uses(struct kunit *test)
{
	struct kexec_subject *old = build_at(test, 0, 1, 2), *new;
	const struct kimage *image;
	unsigned long i;

	kexec_subject_arm(old);
	new = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER);
	kexec_subject_add(new, slot(0), 64, 600 * PAGE_SIZE);
	kexec_subject_add(new, slot(4), 64, PAGE_SIZE);
	new->image->start = slot(0);
	kimage_set_hotplug_support(new->image, KEXEC_CRASH_HOTPLUG_SUPPORT);
	KUNIT_ASSERT_EQ(test, 0, copy_to_user(new->image->segment[1].buf, ELFMAG, SELFMAG));
	KUNIT_ASSERT_EQ(test, kexec_subject_build(new), 0);
	image = new->image;
	KUNIT_ASSERT_TRUE(test, kimage_is_staged(image));
	KUNIT_ASSERT_EQ(test, kexec_test_nr_spare(image), kimage_is_hotplugged(image));
	KUNIT_EXPECT_FALSE(test, maps(image, kexec_test_nowhere()));
	KUNIT_EXPECT_TRUE(test, maps_list(image));
	KUNIT_EXPECT_TRUE(test, maps_all(image, kexec_test_spare_pages(image)));
	KUNIT_EXPECT_TRUE(test, maps_all(image, kexec_test_spare_tables(image)));
	for (i = 0; i < kexec_test_control(image)->nr; i++)
		KUNIT_EXPECT_TRUE(test, maps(image, kexec_test_control(image)->range[i].start));
	for (i = 0; i < image->nr_segments; i++)
		KUNIT_EXPECT_TRUE(test, maps(image, image->segment[i].mem));
}
#else
static void a_crash_has_mapped_what_it_uses(struct kunit *test)
{
	kunit_skip(test, "the page tables of an image are looked up on x86 only");
}
#endif

/* ---- crashes on another CPU, all the time ---- */

#define ROUNDS	24

/**
 * struct storm - crashes that never end in a jump
 * @model:   of the crashing CPU
 * @subject: images that are or will be armed, oldest first
 * @nr:      how many
 * @crashes: how many there were
 * @wrong:   what the first that went wrong has found
 * @stop:    make an end
 * @done:    it has ended
 */
struct storm {
	struct kexec_model *model;
	const struct kexec_subject *subject[ROUNDS];
	unsigned int nr;
	unsigned int crashes;
	const char *wrong;
	bool stop;
	struct completion done;
};

static const char *look_at(struct storm *storm, const struct kimage *image)
{
	unsigned int i = smp_load_acquire(&storm->nr); /* pairs with storm_knows() */

	/* Nor need one be, where what is staged is copied before it is armed. */
	if (!image)
		return kexec_relocates_crash_image() ? "no image is armed" : NULL;
	while (i--)
		if (storm->subject[i]->image == image)
			return kexec_model_wrong(storm->model, storm->subject[i],
						 READ_ONCE(image->head));
	return "an image nobody knows is armed";
}

static int storm_thread(void *data)
{
	struct storm *storm = data;
	const char *wrong;

	while (!READ_ONCE(storm->stop)) {
		wrong = look_at(storm, kexec_crash_begin());
		kexec_crash_end();
		if (wrong && !storm->wrong)
			storm->wrong = wrong;
		WRITE_ONCE(storm->crashes, storm->crashes + 1);
		/* Who waits for a crash to be over looks for it now and then only. */
		usleep_range(100, 2000);
	}
	complete(&storm->done);
	return 0;
}

static void end_storm(void *data)
{
	struct storm *storm = data;

	WRITE_ONCE(storm->stop, true);
	wait_for_completion(&storm->done);
}

static void storm_knows(struct storm *storm, const struct kexec_subject *subject)
{
	storm->subject[storm->nr] = subject;
	/* What the storm is to know of is there first; pairs with look_at(). */
	smp_store_release(&storm->nr, storm->nr + 1);
}

/* On a busy machine the other CPU may be slow to get going. */
static void let_it_crash(struct storm *storm, unsigned int before)
{
	while (READ_ONCE(storm->crashes) == before)
		usleep_range(100, 1000);
}

/*
 * Whenever another CPU crashes, while image after image is built and armed, beside
 * the last one or in its place, it finds one that is armed and complete.
 */
static void crashes_on_another_cpu(struct kunit *test)
{
	struct storm *storm = kunit_kzalloc(test, sizeof(*storm), GFP_KERNEL);
	struct kexec_subject *subject;
	int round;

	if (num_online_cpus() < 2)
		kunit_skip(test, "there is no other CPU");
	KUNIT_ASSERT_NOT_NULL(test, storm);
	storm->model = new_model(test);
	init_completion(&storm->done);
	for (round = 0; round < ROUNDS; round++) {
		unsigned int before = READ_ONCE(storm->crashes);

		subject = build_over(test, round % 4);
		storm_knows(storm, subject);
		kexec_subject_arm(subject);
		if (round) {
			let_it_crash(storm, before);
			continue;
		}
		KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(storm_thread, storm, "kexec_storm")));
		KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, end_storm, storm));
	}
	kunit_release_action(test, end_storm, storm);
	KUNIT_EXPECT_STREQ(test, "", storm->wrong ?: "");
	KUNIT_EXPECT_GE(test, storm->crashes, ROUNDS - 1);
}

/* ---- a crash before each instruction ---- */

#ifdef CONFIG_KPROBES

#define MAX_PROBES	2500

/**
 * struct sweep - crashes on the CPU that arms, wherever it has got to
 * @task:     the thread that arms
 * @model:    of the relocation
 * @old:      what may be armed at first
 * @new:      what may be armed later on, and only that from then on
 * @old_gone: whether @new was armed already
 * @freed:    an image that was given to kimage_free()
 * @crashes:  how many there were
 * @with_list: in how many of them the image was to be relocated
 * @wrong:    what was wrong in the first that went wrong
 * @where:    before which instruction
 * @nr:       probes
 * @probe:    those that are registered
 * @probes:   memory for them
 */
struct sweep {
	struct task_struct *task;
	struct kexec_model *model;
	const struct kexec_subject *old;
	const struct kexec_subject *new;
	bool old_gone;
	const struct kimage *freed;
	unsigned int crashes;
	unsigned int with_list;
	const char *wrong;
	unsigned long where;

	unsigned int nr;
	struct kprobe *probe[MAX_PROBES];
	struct kprobe *probes;
};

static struct sweep *sweep;

static bool is_complete(const struct kimage *image, const struct kexec_subject *subject,
			const char **wrong)
{
	if (image != subject->image)
		return false;
	*wrong = kexec_model_wrong(sweep->model, subject, READ_ONCE(image->head));
	return !*wrong;
}

static const char *judge(const struct kimage *image)
{
	const char *wrong = "an image is armed that should not be";

	if (!image)
		return "no image is armed";
	if (image == sweep->freed)
		return "the armed image is being freed";
	sweep->with_list += READ_ONCE(image->head) != IND_DONE;
	if (!sweep->old_gone && is_complete(image, sweep->old, &wrong))
		return NULL;
	if (!is_complete(image, sweep->new, &wrong))
		return wrong;
	sweep->old_gone = true;
	return NULL;
}

/* What an NMI would do that comes just here. */
static int crash_here(struct kprobe *probe, struct pt_regs *regs)
{
	const char *wrong;

	if (current != sweep->task)
		return 0;
	if (!probe->offset && !strcmp(probe->symbol_name, "kimage_free"))
		sweep->freed = (void *)regs_get_kernel_argument(regs, 0);
	wrong = judge(kexec_crash_begin());
	kexec_crash_end();
	sweep->crashes++;
	if (wrong && !sweep->wrong) {
		sweep->wrong = wrong;
		sweep->where = instruction_pointer(regs);
	}
	return 0;
}

/* What arming and rewriting may go through; some functions only with some compilers. */
static const char * const arming[] = {
	"kimage_arm", "arm_crash_image", "replace_staged", "replace_relocatable",
	"free_after_crash_path", "wait_for_crash_path", "note_in_place", "set_head",
	"kimage_copy_staged", "copy_staged_segment", "kexec_map_region", "kexec_unmap_region",
	"kimage_segment_page", "kimage_next_source", "kimage_free", "kimage_free_pages",
	"kimage_free_list", "kimage_free_place", "kexec_protect_region", NULL
};

static const char * const rewriting[] = {
	"kimage_update_segment", "update_relocatable", "kimage_list_spare", "fill_spare",
	"wait_for_crash_path", "set_head", "kexec_map_region", "kexec_unmap_region", NULL
};

static void probe_function(const char *name)
{
	unsigned long size = 0, offset, addr = kallsyms_lookup_name(name);

	if (!addr || !kallsyms_lookup_size_offset(addr, &size, &offset))
		return;
	for (offset = 0; offset < size && sweep->nr < MAX_PROBES; offset++) {
		struct kprobe *probe = &sweep->probes[sweep->nr];

		*probe = (struct kprobe) {
			.symbol_name = name, .offset = offset, .pre_handler = crash_here,
		};
		/* Between two instructions there is no third, and some may not be probed. */
		if (!register_kprobe(probe))
			sweep->probe[sweep->nr++] = probe;
	}
}

static void end_sweep(void *unused)
{
	unregister_kprobes(sweep->probe, sweep->nr);
	vfree(sweep->probes);
	vfree(sweep);
	sweep = NULL;
}

static void begin_sweep(struct kunit *test, const char * const *name,
			const struct kexec_subject *old, const struct kexec_subject *new)
{
	sweep = vzalloc(sizeof(*sweep));
	KUNIT_ASSERT_NOT_NULL(test, sweep);
	sweep->probes = vzalloc(MAX_PROBES * sizeof(*sweep->probes));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, end_sweep, NULL));
	KUNIT_ASSERT_NOT_NULL(test, sweep->probes);
	sweep->model = new_model(test);
	sweep->old = old;
	sweep->new = new;
	for (; *name; name++)
		probe_function(*name);
	KUNIT_ASSERT_GT(test, sweep->nr, 0);
}

static void expect_calm(struct kunit *test)
{
	KUNIT_EXPECT_STREQ_MSG(test, "", sweep->wrong ?: "", "at %pS", (void *)sweep->where);
	KUNIT_EXPECT_GT(test, sweep->crashes, 100);
	kunit_info(test, "%u crashes at %u instructions, %u of them with a list to relocate",
		   sweep->crashes, sweep->nr, sweep->with_list);
}

static void crash_at_any_instruction(struct kunit *test, unsigned int overlap)
{
	struct kexec_subject *old = build_at(test, 0, 1, 2), *new;

	if (overlap && !kexec_relocates_crash_image())
		kunit_skip(test, "this architecture has no image armed meanwhile");
	kexec_subject_arm(old);
	new = build_over(test, overlap);
	begin_sweep(test, arming, old, new);
	WRITE_ONCE(sweep->task, current);
	kexec_subject_arm(new);
	WRITE_ONCE(sweep->task, NULL);
	expect_calm(test);
	KUNIT_EXPECT_TRUE(test, sweep->old_gone);
	if (overlap)
		KUNIT_EXPECT_GT(test, sweep->with_list, 20);
	else
		KUNIT_EXPECT_EQ(test, sweep->with_list, 0);
}

/*
 * An NMI that comes before any instruction of arming, on the same CPU, finds the
 * old image or, from some point on, the new one; complete, and not being freed.
 */
static void a_crash_at_any_instruction_of_arming(struct kunit *test)
{
	crash_at_any_instruction(test, 0);
}

/* The same when the new image, or a part of it, has to be moved to its place. */
static void a_crash_at_any_instruction_of_replacing(struct kunit *test)
{
	crash_at_any_instruction(test, 2);
}

/* One that comes while a segment is rewritten finds the old contents or the new. */
static void a_crash_at_any_instruction_of_rewriting(struct kunit *test)
{
	const size_t len = SEGMENT_PAGES * PAGE_SIZE;
	struct kexec_subject *subject = build_at(test, 0, 1, 2), rewritten;
	void *buf = kexec_test_alloc(test, len);
	int ret;

	if (!kexec_relocates_crash_image())
		kunit_skip(test, "this architecture has no image armed meanwhile");
	KUNIT_ASSERT_EQ(test, 0, kimage_alloc_spare(subject->image, SEGMENT_PAGES));
	kexec_subject_arm(subject);
	kexec_test_fill(buf, len, 557);
	rewritten = *subject;
	rewritten.want[1] = buf;
	begin_sweep(test, rewriting, subject, &rewritten);
	WRITE_ONCE(sweep->task, current);
	ret = update(subject->image, 1, buf, len);
	WRITE_ONCE(sweep->task, NULL);
	KUNIT_EXPECT_EQ(test, ret, 0);
	expect_calm(test);
	KUNIT_EXPECT_TRUE(test, sweep->old_gone);
	KUNIT_EXPECT_GT(test, sweep->with_list, 20);
}
#else
static void a_crash_at_any_instruction_of_arming(struct kunit *test)
{
	kunit_skip(test, "this kernel has no kprobes");
}

static void a_crash_at_any_instruction_of_replacing(struct kunit *test)
{
	kunit_skip(test, "this kernel has no kprobes");
}

static void a_crash_at_any_instruction_of_rewriting(struct kunit *test)
{
	kunit_skip(test, "this kernel has no kprobes");
}
#endif

/* ---- reboot images ---- */

static struct kexec_subject *build_reboot(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_USER);

	kexec_subject_add(subject, kexec_test_nowhere(), 5, 4 * PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
	return subject;
}

static void put_back(struct kimage *image)
{
	guard(mutex)(&kexec_load_mutex);
	kimage_put_back(image);
}

/* An image that is executed is nobody else's until it comes back. */
static void what_is_executed_is_out_of_reach(struct kunit *test)
{
	struct kexec_subject *subject = build_reboot(test);
	struct kimage *taken;

	KUNIT_EXPECT_NULL(test, kimage_take());
	kexec_subject_arm(subject);
	taken = kimage_take();
	KUNIT_EXPECT_PTR_EQ(test, taken, subject->image);
	KUNIT_EXPECT_NULL(test, kexec_image);
	put_back(taken);
	KUNIT_EXPECT_PTR_EQ(test, kexec_image, subject->image);
}

/*
 * An unload while an image is executed is an unload of that as well: should it come
 * back it is freed, whether or not another was loaded and unloaded in between.
 */
static void what_was_unloaded_does_not_come_back(struct kunit *test)
{
	struct kimage *taken;
	int i;

	kexec_test_count_pages(test);
	for (i = 0; i < 3; i++) {
		kexec_subject_arm(build_reboot(test));
		taken = kimage_take();
		if (i == 1)
			kexec_subject_arm(build_reboot(test));
		kexec_test_disarm(KEXEC_TYPE_DEFAULT);
		if (i == 2)
			kexec_subject_arm(build_reboot(test));
		put_back(taken);
		KUNIT_EXPECT_EQ(test, !!kexec_image, i == 2);
		KUNIT_EXPECT_PTR_NE(test, kexec_image, taken);
		kexec_test_disarm(KEXEC_TYPE_DEFAULT);
		KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 0);
	}
	/* The next one that is taken comes back as ever. */
	kexec_subject_arm(build_reboot(test));
	taken = kimage_take();
	put_back(taken);
	KUNIT_EXPECT_PTR_EQ(test, kexec_image, taken);
}

/* One that was loaded in the meantime is the newer and stays; the other is freed. */
static void the_newer_image_stays(struct kunit *test)
{
	struct kexec_subject *old, *new;
	struct kimage *taken;
	long owned;

	kexec_test_count_pages(test);
	old = build_reboot(test);
	owned = kexec_test_owned_pages();
	kexec_subject_arm(old);
	taken = kimage_take();
	new = build_reboot(test);
	kexec_subject_arm(new);
	KUNIT_EXPECT_GT(test, kexec_test_owned_pages(), owned);
	put_back(taken);
	KUNIT_EXPECT_PTR_EQ(test, kexec_image, new->image);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), owned);
	kexec_test_disarm(KEXEC_TYPE_DEFAULT);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 0);
}

/* Arming a reboot image frees the one before. */
static void a_reboot_image_replaces_another(struct kunit *test)
{
	long owned;
	int i;

	kexec_test_count_pages(test);
	kexec_subject_arm(build_reboot(test));
	owned = kexec_test_owned_pages();
	for (i = 0; i < 3; i++)
		kexec_subject_arm(build_reboot(test));
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), owned);
	kexec_test_disarm(KEXEC_TYPE_DEFAULT);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 0);
}

static struct kunit_case arm_cases[] = {
	KUNIT_CASE(nothing_is_armed_at_first),
	KUNIT_CASE(the_first_image),
	KUNIT_CASE(building_leaves_the_armed_image_alone),
	KUNIT_CASE(failed_loads_leave_the_armed_image_alone),
	KUNIT_CASE_PARAM(one_image_after_another, overlap_gen_params),
	KUNIT_CASE(staging_gives_its_pages_back),
	KUNIT_CASE_PARAM(many_images_after_another, kexec_test_seeds),
	KUNIT_CASE_PARAM(around_while_there_is_room, share_gen_params),
	KUNIT_CASE(unloading_by_type),
	KUNIT_CASE(a_crash_that_crashes_comes_to_an_end),
	KUNIT_CASE(armed_images_are_write_protected),
	KUNIT_CASE(failed_loads_close_what_they_opened),
	KUNIT_CASE_PARAM(keys_are_covered_while_armed, overlap_gen_params),
	KUNIT_CASE(each_image_has_its_vmcoreinfo),
	KUNIT_CASE(the_size_can_be_read_while_loading),
	KUNIT_CASE(who_shrinks_is_told_who_loads),
	KUNIT_CASE_PARAM(segments_are_rewritten, rewriting_gen_params),
	KUNIT_CASE(what_does_not_fit_is_not_written),
	KUNIT_CASE_PARAM(spare_pages_stand_in, list_length_gen_params),
	KUNIT_CASE(headers_have_spare_pages),
	KUNIT_CASE(spare_pages_go_with_their_image),
	KUNIT_CASE(headers_of_loaders_have_them_too),
	KUNIT_CASE_PARAM(memory_short_of_spare_pages, too_few_gen_params),
	KUNIT_CASE(a_crash_has_mapped_what_it_uses),
	KUNIT_CASE_PARAM(arming_waits_for_a_crash, overlap_gen_params),
	KUNIT_CASE(unloading_waits_for_a_crash),
	KUNIT_CASE_PARAM(rewriting_waits_for_a_crash, spare_gen_params),
	KUNIT_CASE_PARAM(copying_waits_for_a_crash, overlap_gen_params),
	KUNIT_CASE_PARAM(what_is_copied_is_cleaned, overlap_gen_params),
	KUNIT_CASE(full_regions_are_loaded_again),
	KUNIT_CASE(a_window_lasts_until_it_is_armed),
	KUNIT_CASE(the_last_step_may_fail),
	KUNIT_CASE(a_fuller_region_is_refused),
	KUNIT_CASE(crashes_on_another_cpu),
	KUNIT_CASE(a_crash_at_any_instruction_of_arming),
	KUNIT_CASE(a_crash_at_any_instruction_of_replacing),
	KUNIT_CASE(a_crash_at_any_instruction_of_rewriting),
	{}
};

static struct kunit_suite arm_suite = {
	.name = "kexec_arm",
	.init = kexec_test_need_region_and_peace,
	.test_cases = arm_cases,
};

static struct kunit_case reboot_cases[] = {
	KUNIT_CASE(what_is_executed_is_out_of_reach),
	KUNIT_CASE(what_was_unloaded_does_not_come_back),
	KUNIT_CASE(the_newer_image_stays),
	KUNIT_CASE(a_reboot_image_replaces_another),
	{}
};

static struct kunit_suite reboot_suite = {
	.name = "kexec_reboot",
	.init = kexec_test_need_peace,
	.test_cases = reboot_cases,
};

kunit_test_suites(&lock_suite, &arm_suite, &reboot_suite);

MODULE_DESCRIPTION("KUnit tests of arming kexec images");
MODULE_LICENSE("GPL");
