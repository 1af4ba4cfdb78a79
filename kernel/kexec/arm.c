// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: arming
 *
 * An image is armed by one exchange of a pointer (lock.c).  The crash path takes none
 * of the locks, since any of them may be held by what the
 * panic, or the NMI, has interrupted on this very CPU.  It announces itself in
 * kexec_crashing and then reads the pointer; whoever changes the pointer then
 * looks for the announcement before he touches what the pointer led to.  That is the
 * store-buffering pattern (SB+fencembonceonces in tools/memory-model/litmus-tests)::
 *
 *	crash path (any context)		arming (process context)
 *	------------------------		------------------------
 *	kexec_crashing++			kexec_crash_image = new
 *	smp_mb()				smp_mb()
 *	image = kexec_crash_image		if (kexec_crashing) wait
 *						free or overwrite old
 *
 * Either the crash path sees the new image, or arming sees the crash path and
 * leaves the old image alone.  The wait ends when the crash
 * path gives up, if it ever does: the machine is about to be taken over.
 *
 * What is ordered against what has a label in the code, LMM(function:letter), as in
 * kernel/printk/printk_ringbuffer.c.  The pairs are::
 *
 *	kexec_crash_begin:B, full		wait_for_crash_path:A, full
 *	    of :A and :C there			    of exchange_armed:A and :B there
 *	kexec_crash_begin:C, address		exchange_armed:A, full
 *	    dependency to the image		    after all of the image is written
 *	kexec_crash_end:A, release		wait_for_crash_path:B, acquire
 *	    after the last use of it		    before it is freed or overwritten
 *	machine_kexec() walks image->head,	set_head:A, release
 *	    address dependency to the list	    after list and copies are written
 *
 * An image that takes the place of another in the crash region cannot be there
 * before it is armed.  It is armed staged, with an entry list that has the
 * relocation code move it at the time of the crash; then it is moved for good
 * and the list is dropped, which is one store to kimage.head.  A panic in
 * between moves all of it once more, wherever the first move had got to.  An
 * architecture whose relocation code does not serve crash images (it does not
 * select ARCH_KEXEC_RELOCATES_CRASH_IMAGE) has no image armed while the pages
 * are copied; the length of that window is traced and logged.
 *
 * The same goes, anywhere, for an image whose control pages fit into the region
 * only without the armed one: that goes first, when nothing else can fail any more.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <kunit/static_stub.h>
#include <linux/delay.h>
#include <linux/kexec.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <trace/events/kexec.h>

#include "../kexec_internal.h"
#include "arch.h"
#include "arm.h"
#include "fill.h"
#include "image.h"
#include "origin.h"
#include "pages.h"
#include "region.h"
#include "spare.h"
#include "timeline.h"

/* How often the crash path has been entered and not left: it may crash itself. */
static atomic_t kexec_crashing = ATOMIC_INIT(0);

#define CRASH_ATTEMPTS	2

/* Set while no crash image is armed only because one is being copied. */
static bool copy_under_way;
static ktime_t unarmed_since;

/* ---- the pointers ---- */

static struct kimage *exchange_armed(struct kimage **armed, struct kimage *image)
{
	guard(kexec_armed)();
	/*
	 * All that was written to @image comes first.  Pairs with the address
	 * dependency from kexec_crash_begin:C.
	 */
	return xchg(armed, image); /* LMM(exchange_armed:A) */
}

/* ---- reboot ---- */

/* The reboot image that was taken and may come back; under __kexec_lock. */
static struct kimage *taken;

/**
 * kimage_take() - take the armed reboot image to execute it
 *
 * Nobody else can find, replace or free it until kimage_put_back().
 *
 * Context: process.
 * Return: the image, or NULL when none is armed.
 */
struct kimage *kimage_take(void)
{
	guard(kexec_armed)();
	taken = kexec_image;
	WRITE_ONCE(kexec_image, NULL);
	return taken;
}

/* Whether @image is armed again. */
static bool arm_again(struct kimage *image)
{
	bool wanted;

	guard(kexec_armed)();
	wanted = taken == image && !kexec_image;
	taken = NULL;
	if (wanted)
		WRITE_ONCE(kexec_image, image);
	return wanted;
}

/**
 * kimage_put_back() - arm a reboot image that came back
 * @image: from kimage_take()
 *
 * One that was loaded in the meantime is the newer and stays, and after an unload
 * there is none.
 *
 * Context: process.
 */
void kimage_put_back(struct kimage *image)
{
	if (!arm_again(image))
		kimage_free(image);
}

/* What is just being executed is unloaded as well, should it come back. */
static void disarm_reboot_image(void)
{
	struct kimage *image;

	scoped_guard(kexec_armed) {
		taken = NULL;
		image = kexec_image;
		WRITE_ONCE(kexec_image, NULL);
	}
	if (image)
		trace_kexec_disarm(image->type, image->start);
	kimage_free(image);
}

/* ---- crash ---- */

static void say_why_no_dump(void)
{
	if (READ_ONCE(copy_under_way))
		pr_emerg("no dump: the crash image is just being copied into place\n");
	else if (!kexec_range_empty(kexec_region()))
		pr_emerg("no dump: memory is reserved, but no crash image is loaded\n");
}

/**
 * kexec_crash_begin() - get hold of the armed crash image
 *
 * A panic on the way to the dump comes here once more and gets another chance; the
 * one after it does not, so that panic() can go on to what it does without a dump.
 *
 * Context: any, NMI included, whatever is locked; one CPU at a time, the one
 * that panics.
 * Return: the image, complete and to stay so until kexec_crash_end(), or NULL
 * when there is none; if memory is reserved for one the log then says why.
 */
struct kimage *kexec_crash_begin(void)
{
	int attempt = atomic_inc_return_relaxed(&kexec_crashing); /* LMM(kexec_crash_begin:A) */
	struct kimage *image;

	kexec_timeline_crash();
	if (attempt > CRASH_ATTEMPTS) {
		pr_emerg("no dump: %d attempts have ended in a panic\n", CRASH_ATTEMPTS);
		return NULL;
	}
	/*
	 * The announcement is seen before the pointer is read.  Pairs with
	 * wait_for_crash_path:A: if :C reads what was there before
	 * exchange_armed:A, then wait_for_crash_path:B reads from :A.
	 */
	smp_mb(); /* LMM(kexec_crash_begin:B) */
	image = READ_ONCE(kexec_crash_image); /* LMM(kexec_crash_begin:C) */
	if (!image)
		say_why_no_dump();
	return image;
}

/** kexec_crash_end() - the crash path has come back and is done with the image */
void kexec_crash_end(void)
{
	/* The last use of the image comes first.  Pairs with wait_for_crash_path:B. */
	atomic_dec_return_release(&kexec_crashing); /* LMM(kexec_crash_end:A) */
}

/* Returns when nobody uses what was reachable before the last store. */
static void wait_for_crash_path(void)
{
	/*
	 * The last store, of the pointer or the head of a list, is seen before the crash
	 * path is looked for.  Pairs with kexec_crash_begin:B: if :B reads what was
	 * there before kexec_crash_begin:A, then kexec_crash_begin:C reads
	 * from exchange_armed:A, and what is read of image->head after that comes
	 * from set_head:A.
	 */
	smp_mb(); /* LMM(wait_for_crash_path:A) */
	/* Nothing is freed or overwritten before.  Pairs with kexec_crash_end:A. */
	while (atomic_read_acquire(&kexec_crashing)) /* LMM(wait_for_crash_path:B) */
		fsleep(1000);
}

static void free_after_crash_path(struct kimage *image)
{
	wait_for_crash_path();
	kimage_free(image);
}

static void uncover_keys(const struct kimage *image)
{
	if (image && image->dm_crypt_keys_addr)
		arch_kexec_uncover_keys();
}

static void set_head(struct kimage *image, kimage_entry_t head)
{
	/*
	 * What the list says, or what was copied, is there before it is relied on.
	 * Pairs with the address dependency from image->head in machine_kexec().
	 */
	smp_store_release(&image->head, head); /* LMM(set_head:A) */
}

/* From here on every page of every segment is where it will run. */
static void note_in_place(struct kimage *image)
{
	unsigned int i;

	for (i = 0; i < image->nr_segments; i++)
		kimage_core(image)->place[i].in_place = true;
}

static void begin_unarmed(void)
{
	if (copy_under_way)
		return;
	unarmed_since = ktime_get();
	WRITE_ONCE(copy_under_way, true);
}

/**
 * kexec_end_unarmed() - no crash image is missing any more for being replaced
 *
 * Context: process, kexec_arm_mutex held.
 */
void kexec_end_unarmed(void)
{
	s64 ns;

	lockdep_assert_held(&kexec_arm_mutex);
	if (!copy_under_way)
		return;
	ns = ktime_to_ns(ktime_sub(ktime_get(), unarmed_since));
	WRITE_ONCE(copy_under_way, false);
	trace_kexec_unarmed(ns);
	pr_debug("no crash image was armed for %lld ns while one was put in place\n", ns);
}

/**
 * kimage_post_load() - let the architecture finish an image
 * @image: the image; what kimage_page_in_place() says is in place, is
 *
 * Context: process.
 * Return: what machine_kexec_post_load() says.
 */
int kimage_post_load(struct kimage *image)
{
	KUNIT_STATIC_STUB_REDIRECT(kimage_post_load, image);
	return machine_kexec_post_load(image);
}

/* Armed all the time: the list stands in for what is not yet copied. */
static void replace_relocatable(struct kimage *image)
{
	set_head(image, kimage_core(image)->list);
	free_after_crash_path(exchange_armed(&kexec_crash_image, image));
	kimage_copy_staged(image);
	note_in_place(image);
	set_head(image, IND_DONE);
	wait_for_crash_path();
}

/* Not armed while copying. */
static void replace_by_copy(struct kimage *image)
{
	begin_unarmed();
	free_after_crash_path(exchange_armed(&kexec_crash_image, NULL));
	kimage_copy_staged(image);
	note_in_place(image);
	/* Caches are cleaned over all that is in place, what has just come there too. */
	if (kimage_post_load(image))
		pr_warn("the architecture fails to finish the copied crash image\n");
	exchange_armed(&kexec_crash_image, image);
}

static void replace_staged(struct kimage *image)
{
	if (kexec_relocates_crash_image())
		replace_relocatable(image);
	else
		replace_by_copy(image);
	kimage_free_list(image);
}

static void arm_crash_image(struct kimage *image)
{
	guard(mutex)(&kexec_arm_mutex);

	uncover_keys(kexec_crash_image);
	if (kimage_is_staged(image))
		replace_staged(image);
	else
		free_after_crash_path(exchange_armed(&kexec_crash_image, image));
	kexec_end_unarmed();
	kexec_protect_region();
	scoped_guard(kexec_armed)
		kimage_end_step(image, KIMAGE_ARM, 0);
	crash_hotplug_catch_up(image, kimage_core(image)->hotplug_seen);
}

/**
 * kimage_arm() - make an image the one that is executed
 * @image: the image, digested
 *
 * Takes the place of the armed image of its type, which is freed.
 *
 * Context: process, kexec_load_mutex held.
 */
void kimage_arm(struct kimage *image)
{
	kimage_core(image)->predecessor = NULL;
	trace_kexec_arm(image->type, image->start, kimage_core(image)->list);
	if (kimage_is_crash(image))
		arm_crash_image(image);
	else
		kimage_free(exchange_armed(&kexec_image, image));
}

static void disarm_crash_image(void)
{
	if (!kexec_crash_image)
		return;
	trace_kexec_disarm(kexec_crash_image->type, kexec_crash_image->start);
	arch_kexec_unprotect_crashkres();
	free_after_crash_path(exchange_armed(&kexec_crash_image, NULL));
}

/**
 * kimage_disarm() - unload
 * @type: KEXEC_TYPE_DEFAULT or KEXEC_TYPE_CRASH
 *
 * Context: process, kexec_load_mutex held.
 */
void kimage_disarm(int type)
{
	if (!IS_ENABLED(CONFIG_CRASH_DUMP) || type != KEXEC_TYPE_CRASH) {
		disarm_reboot_image();
		return;
	}

	guard(mutex)(&kexec_arm_mutex);
	disarm_crash_image();
}

/**
 * kimage_evict_armed() - have the armed crash image make room
 * @image: for this one, which is to be armed at once
 *
 * Context: process, kexec_load_mutex held.  kexec_end_unarmed() follows.
 */
void kimage_evict_armed(struct kimage *image)
{
	guard(mutex)(&kexec_arm_mutex);
	begin_unarmed();
	disarm_crash_image();
	kimage_core(image)->predecessor = NULL;
}

/* ---- changing the armed image ---- */

/* The crash path copies what is to be written itself if it comes before we have. */
static void update_relocatable(struct kimage *image, void *dst, const void *buf,
			       const struct kexec_range range, size_t len)
{
	set_head(image, kimage_list_spare(image, range, dst, buf, len));
	memcpy(dst, buf, len);
	kexec_unmap_region(dst, range);
	set_head(image, IND_DONE);
	wait_for_crash_path();
}

static void update_unarmed(struct kimage *image, void *dst, const void *buf,
			   const struct kexec_range range, size_t len)
{
	begin_unarmed();
	exchange_armed(&kexec_crash_image, NULL);
	wait_for_crash_path();
	memcpy(dst, buf, len);
	kexec_unmap_region(dst, range);
	exchange_armed(&kexec_crash_image, image);
	kexec_end_unarmed();
}

/**
 * kimage_update_segment() - rewrite a segment of the armed crash image
 * @image: the armed crash image
 * @idx:   a segment that no digest covers
 * @buf:   new contents
 * @len:   bytes, not 0 and at most the segment's; what is behind them stays
 *
 * A panic finds the image armed all the time, with the old contents or the new, as far
 * as the image has spare pages to list (spare.c); else not while it is copied.
 *
 * Context: process, kexec_arm_mutex held.
 * Return: 0; -EINVAL when there is nothing in @buf or it does not fit; -ENOMEM, and
 * then the contents are the old ones.
 */
int kimage_update_segment(struct kimage *image, int idx, const void *buf, size_t len)
{
	const struct kexec_segment *segment = &image->segment[idx];
	struct kexec_range range = { segment->mem, segment->mem + PAGE_ALIGN(len) };
	void *dst;

	lockdep_assert_held(&kexec_arm_mutex);
	if (!len || len > segment->memsz)
		return -EINVAL;
	dst = kexec_map_region(range);
	if (!dst)
		return -ENOMEM;
	if (PFN_UP(len) <= kimage_core(image)->nr_spare)
		update_relocatable(image, dst, buf, range, len);
	else
		update_unarmed(image, dst, buf, range, len);
	return 0;
}

/**
 * kimage_discard() - free an image that does not get as far as to be armed
 * @image: the image; may be NULL
 *
 * Context: process, kexec_load_mutex held; takes kexec_arm_mutex.
 */
void kimage_discard(struct kimage *image)
{
	bool crash = image && kimage_is_crash(image);

	kimage_free(image);
	if (!crash)
		return;
	guard(mutex)(&kexec_arm_mutex);
	kexec_end_unarmed();
	kexec_protect_region();
}
