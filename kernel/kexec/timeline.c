// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: the time line of what ends here
 *
 * The next kernel is to tell how long this one took to get out of the way
 * (linux/kexec_timeline.h).  The image carries a place for that, which is mapped when
 * the image is complete: the stretch between a panic and the jump can neither map nor
 * wait.  On the way down the counter is noted here, and goes to the image just before the
 * jump.
 *
 * No lock anywhere: a reboot has but one way down, and of a panic there is but one at
 * a time.  A panic in the middle of a reboot begins anew.
 *
 * A reboot moves to another CPU on its way, whose counter may be another.  So the shutdown
 * of devices is measured by the clock, and counted back from where it ends.
 */
#include <linux/kexec.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "image.h"
#include "pages.h"
#include "range.h"
#include "timeline.h"

/* ---- a place in the image ---- */

/**
 * kimage_carry_timeline() - say where in an image its time line goes
 * @image: the image
 * @mem:   destination of a struct kexec_timeline, all of which is in one page of one
 *	   segment that no digest covers
 *
 * Context: process, kexec_load_mutex held, from kexec_file_ops.load.
 */
void kimage_carry_timeline(struct kimage *image, unsigned long mem)
{
	kimage_core(image)->timeline_mem = mem;
}

static bool find_segment(const struct kimage *image, unsigned long mem, unsigned int *idx)
{
	struct kexec_range want = { mem, mem + sizeof(struct kexec_timeline) };

	for (*idx = 0; *idx < image->nr_segments; (*idx)++) {
		const struct kexec_segment *segment = &image->segment[*idx];
		struct kexec_range range = { segment->mem, segment->mem + segment->memsz };

		if (kexec_range_contains(range, want))
			return true;
	}
	return false;
}

/* What was staged for the crash region is gone when the image is in its place. */
static struct page *page_of(struct kimage *image, unsigned int idx, unsigned long nr)
{
	kimage_entry_t *cursor = NULL;
	struct page *page = NULL;
	unsigned long i;

	if (kimage_is_crash(image))
		return boot_pfn_to_page(PHYS_PFN(image->segment[idx].mem) + nr);
	for (i = 0; i <= nr; i++)
		page = kimage_segment_page(image, idx, i, &cursor);
	return page;
}

/**
 * kimage_map_timeline() - map the place that an image has for its time line
 * @image: the image, complete but not armed
 *
 * An image without that place, or for which there is no memory, has no time line.
 *
 * Context: process.
 */
void kimage_map_timeline(struct kimage *image)
{
	unsigned long mem = kimage_core(image)->timeline_mem;
	struct page *page;
	unsigned int idx;
	void *vaddr;

	if (!mem || !find_segment(image, mem, &idx))
		return;
	if (offset_in_page(mem) + sizeof(struct kexec_timeline) > PAGE_SIZE)
		return;
	page = page_of(image, idx, (mem - image->segment[idx].mem) >> PAGE_SHIFT);
	vaddr = page ? vmap(&page, 1, VM_MAP, kexec_page_prot()) : NULL;
	if (vaddr)
		kimage_core(image)->timeline = vaddr + offset_in_page(mem);
}

/**
 * kimage_unmap_timeline() - end what kimage_map_timeline() began
 * @image: the image; nobody can reach it
 *
 * Context: process.
 */
void kimage_unmap_timeline(struct kimage *image)
{
	struct kexec_timeline *timeline = kimage_core(image)->timeline;

	if (timeline)
		vunmap((void *)PAGE_ALIGN_DOWN((unsigned long)timeline));
	kimage_core(image)->timeline = NULL;
}

/* ---- moments ---- */

static u64 called, panicked, quiet;
static u64 called_ns;

/**
 * kexec_timeline_reboot() - a reboot into an image begins
 *
 * Context: process.
 */
void kexec_timeline_reboot(void)
{
	called_ns = ktime_get_ns();
}

/**
 * kexec_timeline_quiet() - devices are shut down
 *
 * Context: process, on the CPU that will jump, after kexec_timeline_reboot().
 */
void kexec_timeline_quiet(void)
{
	u64 took = ktime_get_ns() - called_ns;

	quiet = arch_kexec_counter();
	called = quiet - mul_u64_u64_div_u64(took, arch_kexec_counter_khz(), NSEC_PER_MSEC);
}

/**
 * kexec_timeline_panic() - the kernel panics
 *
 * Of panics within a panic the first counts.
 *
 * Context: any, NMI included.
 */
void kexec_timeline_panic(void)
{
	if (!panicked)
		panicked = arch_kexec_counter();
}

/**
 * kexec_timeline_crash() - it is the crash image's turn
 *
 * Where an oops ends here without a panic, nobody noted when it began.
 *
 * Context: any, NMI included; one CPU at a time, the one that panics.
 */
void kexec_timeline_crash(void)
{
	quiet = arch_kexec_counter();
	called = panicked;
}

/**
 * kexec_timeline_jump() - an image is about to be entered
 * @image: the image
 *
 * Context: any, NMI included; nothing else runs any more.
 */
void kexec_timeline_jump(struct kimage *image)
{
	struct kexec_timeline *timeline = kimage_core(image)->timeline;

	if (!timeline)
		return;
	if (kimage_core(image)->origin.why_packed)
		timeline->flags |= KEXEC_TIMELINE_PACKED;
	timeline->stamp[KEXEC_STAMP_CALL] = called;
	timeline->stamp[KEXEC_STAMP_QUIET] = quiet;
	timeline->stamp[KEXEC_STAMP_JUMP] = arch_kexec_counter();
}
