// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: what the suites put in other functions' place, and what they see leak
 *
 * A stand-in is called in place of a function of somebody else's, by the test's own
 * thread: a kprobe at the function's first instruction sends it there, with all
 * arguments as they are.  So a reboot can be played up to its last step, and back, on
 * a machine that goes on; and files change while they are read.
 *
 * What leaks is seen by the allocators' tracepoints: what the thread has allocated and
 * nobody has freed at the end.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/tracepoint.h>
#include <linux/vmalloc.h>
#include <trace/events/kmem.h>

#include "kexec_kunit.h"

/* ---- detours and stand-ins ---- */

#if defined(CONFIG_KPROBES) && defined(CONFIG_FUNCTION_ERROR_INJECTION)
/**
 * struct signpost - at the first instruction of a function
 * @probe: makes the CPU look at it
 * @which: says where to go
 * @ctx:   for @which
 * @task:  in whose calls
 */
struct signpost {
	struct kprobe probe;
	kexec_test_detour_t which;
	void *ctx;
	struct task_struct *task;
};

static int follow(struct kprobe *probe, struct pt_regs *regs)
{
	struct signpost *post = container_of(probe, struct signpost, probe);
	void *instead = NULL;

	if (current == post->task)
		instead = post->which(probe->symbol_name, regs, post->ctx);
	if (!instead)
		return 0;
	instruction_pointer_set(regs, (unsigned long)instead);
	return 1;
}

/* A probe with this is never made a jump, which could not be led elsewhere. */
static void stay_a_trap(struct kprobe *probe, struct pt_regs *regs, unsigned long flags) { }

static void take_down(void *data)
{
	struct signpost *post = data;

	unregister_kprobe(&post->probe);
	kfree(post);
}

/*
 * Until the test is over, its thread asks @which when it calls the function of that
 * name: for a function of the same type to be called instead, or NULL.  @which must
 * not sleep.
 */
void kexec_test_detour(struct kunit *test, const char *name, kexec_test_detour_t which, void *ctx)
{
	struct signpost *post = kzalloc_obj(*post);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, post);
	post->probe.symbol_name = name;
	post->probe.pre_handler = follow;
	post->probe.post_handler = stay_a_trap;
	post->which = which;
	post->ctx = ctx;
	post->task = current;
	ret = register_kprobe(&post->probe);
	if (ret) {
		kfree(post);
		kunit_skip(test, "%s cannot be probed (%d)", name, ret);
	}
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, take_down, post));
}
#else
void kexec_test_detour(struct kunit *test, const char *name, kexec_test_detour_t which, void *ctx)
{
	kunit_skip(test, "functions are replaced by kprobes, which this kernel has not");
}
#endif

static void *always_there(const char *name, struct pt_regs *regs, void *instead)
{
	return instead;
}

/* Until the test is over, its thread calls @instead for the function of that name. */
void kexec_test_stand_in(struct kunit *test, const char *name, void *instead)
{
	kexec_test_detour(test, name, always_there, instead);
}

/* ---- leaks ---- */

#define MAX_OWNED	SZ_16K

/**
 * struct owned - something that was allocated
 * @key:  its address, or a page's PAGE_KEY
 * @site: who has allocated it, if that is known
 */
struct owned {
	unsigned long key;
	unsigned long site;
};

/* No address of an object is odd. */
#define PAGE_KEY(pfn)	((pfn) << 2 | 3UL)

/* The key of what was freed; where it is 0 there never was anything. */
#define FREED	1UL

static struct {
	raw_spinlock_t lock;
	struct task_struct *task;
	bool on;
	struct owned *slot;
	unsigned int used;
	bool full;
} watch = { .lock = __RAW_SPIN_LOCK_UNLOCKED(watch.lock) };

static unsigned int first_slot(unsigned long key)
{
	return (key * GOLDEN_RATIO_64) >> 32;
}

static void note_owned(unsigned long key, unsigned long site)
{
	unsigned int i = first_slot(key);

	if (watch.used >= MAX_OWNED / 2) {
		watch.full = true;
		return;
	}
	while (watch.slot[i % MAX_OWNED].key > FREED)
		i++;
	watch.used += !watch.slot[i % MAX_OWNED].key;
	watch.slot[i % MAX_OWNED] = (struct owned) { key, site };
}

static void note_freed(unsigned long key)
{
	unsigned int i = first_slot(key);

	for (; watch.slot[i % MAX_OWNED].key; i++)
		if (watch.slot[i % MAX_OWNED].key == key)
			watch.slot[i % MAX_OWNED].key = FREED;
}

static bool is_watched(void)
{
	return READ_ONCE(watch.task) == current && in_task();
}

static void see_kmalloc(void *unused, unsigned long call_site, const void *ptr,
			size_t bytes_req, size_t bytes_alloc, gfp_t gfp, int node)
{
	if (!ptr || !is_watched())
		return;
	guard(raw_spinlock_irqsave)(&watch.lock);
	note_owned((unsigned long)ptr, call_site);
}

static void see_kfree(void *unused, unsigned long call_site, const void *ptr)
{
	if (!ptr || !READ_ONCE(watch.on))
		return;
	guard(raw_spinlock_irqsave)(&watch.lock);
	note_freed((unsigned long)ptr);
}

static void see_page_alloc(void *unused, struct page *page, unsigned int order, gfp_t gfp,
			   int migratetype)
{
	unsigned long i;

	if (!page || !is_watched())
		return;
	guard(raw_spinlock_irqsave)(&watch.lock);
	for (i = 0; i < 1UL << order; i++)
		note_owned(PAGE_KEY(page_to_pfn(page) + i), 0);
}

static void see_page_free(void *unused, struct page *page, unsigned int order)
{
	unsigned long i;

	if (!READ_ONCE(watch.on))
		return;
	guard(raw_spinlock_irqsave)(&watch.lock);
	for (i = 0; i < 1UL << order; i++)
		note_freed(PAGE_KEY(page_to_pfn(page) + i));
}

/*
 * Has the thread got this page for somebody else?  The slab allocator and the page tables
 * keep what they once took, and a claim moves out of its way what belongs to files and
 * processes, which goes to pages that the thread allocates.
 */
static bool is_for_others(unsigned long key)
{
	const struct folio *folio;

	if ((key & PAGE_KEY(0)) != PAGE_KEY(0))
		return false;
	folio = page_folio(pfn_to_page(key >> 2));
	return folio_test_slab(folio) || folio_test_pgtable(folio) || folio->mapping;
}

static bool is_leaked(const struct owned *owned)
{
	return owned->key > FREED && !is_for_others(owned->key);
}

static unsigned long count_leaks(void)
{
	unsigned long i, nr = 0;

	guard(raw_spinlock_irqsave)(&watch.lock);
	for (i = 0; i < MAX_OWNED; i++)
		nr += is_leaked(&watch.slot[i]);
	return nr;
}

static void stop_watching_leaks(void *unused)
{
	WRITE_ONCE(watch.task, NULL);
	WRITE_ONCE(watch.on, false);
	unregister_trace_mm_page_free(see_page_free, NULL);
	unregister_trace_mm_page_alloc(see_page_alloc, NULL);
	unregister_trace_kfree(see_kfree, NULL);
	unregister_trace_kmalloc(see_kmalloc, NULL);
	tracepoint_synchronize_unregister();
	vfree(watch.slot);
	watch.slot = NULL;
}

/*
 * From here to the test's end its thread can be watched.  A mapping shows as well: it
 * has a descriptor from kmalloc().
 */
void kexec_test_watch_leaks(struct kunit *test)
{
	watch.slot = vzalloc(MAX_OWNED * sizeof(*watch.slot));
	KUNIT_ASSERT_NOT_NULL(test, watch.slot);
	if (register_trace_kmalloc(see_kmalloc, NULL) ||
	    register_trace_kfree(see_kfree, NULL) ||
	    register_trace_mm_page_alloc(see_page_alloc, NULL) ||
	    register_trace_mm_page_free(see_page_free, NULL)) {
		stop_watching_leaks(NULL);
		kunit_skip(test, "leaks are seen by tracepoints, which this kernel has not");
	}
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, stop_watching_leaks, NULL));
}

/* What is allocated from here on has to be freed ... */
void kexec_test_begin_leaks(void)
{
	/* What is mapped next gets addresses again that have page tables. */
	vm_unmap_aliases();
	memset(watch.slot, 0, MAX_OWNED * sizeof(*watch.slot));
	watch.used = 0;
	watch.full = false;
	WRITE_ONCE(watch.on, true);
	WRITE_ONCE(watch.task, current);
}

/* vmalloc() leaves some of its cleaning up to a worker. */
#define WORKERS_NEED_MS	20

/*
 * ... when this is called.  Returns how much is not, and who has allocated the first
 * object of it; NULL when it is pages only.
 */
unsigned long kexec_test_end_leaks(void **site)
{
	unsigned long nr, i;
	int ms;

	WRITE_ONCE(watch.task, NULL);
	nr = count_leaks();
	for (ms = 0; nr && ms < WORKERS_NEED_MS; ms++) {
		fsleep(1000);
		nr = count_leaks();
	}
	WRITE_ONCE(watch.on, false);
	*site = NULL;
	for (i = 0; nr && i < MAX_OWNED && !*site; i++)
		if (is_leaked(&watch.slot[i]))
			*site = (void *)watch.slot[i].site;
	return watch.full ? ULONG_MAX : nr;
}
