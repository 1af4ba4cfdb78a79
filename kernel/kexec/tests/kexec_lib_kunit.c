// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: what the kexec suites stand on
 *
 * Subjects are images whose contents are known, down to the zeros behind them.
 * What the relocation code would make of an entry list is found out on a model
 * (struct kexec_model) that keeps book of pages and copies none, so that a test
 * may let segments collide with any memory there is.
 *
 * Nothing here asserts while it holds a lock: an assertion that fails ends the
 * thread, and what it holds would stay held.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/cleanup.h>
#include <linux/kexec.h>
#include <linux/kmsg_dump.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <trace/events/kexec.h>

#include "kexec_kunit.h"
#include "../available.h"

/* ---- memory ---- */

KUNIT_DEFINE_ACTION_WRAPPER(free_buffer, vfree, void *);

/* Zeroed, and freed with the test. */
void *kexec_test_alloc(struct kunit *test, size_t size)
{
	void *buf = vzalloc(max(size, 1));

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_buffer, buf));
	return buf;
}

/* No word of it stands anywhere else. */
void kexec_test_fill(void *buf, size_t size, u32 tag)
{
	u64 word = ((u64)tag << 40) + 1;
	size_t at, n;

	for (at = 0; at < size; at += n, word++) {
		n = min_t(size_t, size - at, sizeof(word));
		memcpy(buf + at, &word, n);
	}
}

static void dirty_blocks(unsigned int nr, unsigned int order)
{
	struct page *page, *next;
	LIST_HEAD(pages);

	while (nr--) {
		page = alloc_pages(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY, order);
		if (!page)
			break;
		memset(page_address(page), 0xa5, PAGE_SIZE << order);
		list_add(&page->lru, &pages);
	}
	list_for_each_entry_safe(page, next, &pages, lru) {
		list_del(&page->lru);
		__free_pages(page, order);
	}
}

/* What is allocated next was used before, and not by somebody tidy. */
void kexec_test_dirty_memory(void)
{
	dirty_blocks(16, MAX_PAGE_ORDER);
	dirty_blocks(32, 5);
	dirty_blocks(256, 0);
}

/**
 * struct held - pages that a test holds on to
 * @pfn:  first page frame of the block they are in
 * @nr:   how many
 * @page: the pages, counted from there
 */
struct held {
	unsigned long pfn;
	unsigned int nr;
	const unsigned int *page;
};

static void let_go(void *data)
{
	const struct held *held = data;
	unsigned int i;

	for (i = 0; i < held->nr; i++)
		put_page(pfn_to_page(held->pfn + held->page[i]));
}

/*
 * What others ask for in the meantime, which nobody could move, is not to come to lie in the
 * block: the allocator turns to movable memory when it has nothing else.
 */
#define FOR_OTHERS		32
#define FOR_OTHERS_ORDER	2

static void take_for_others(struct page *page[FOR_OTHERS])
{
	unsigned int i;

	for (i = 0; i < FOR_OTHERS; i++)
		page[i] = alloc_pages(GFP_KERNEL | __GFP_NOWARN, FOR_OTHERS_ORDER);
}

static void leave_for_others(struct page *page[FOR_OTHERS])
{
	unsigned int i;

	for (i = 0; i < FOR_OTHERS; i++)
		if (page[i])
			__free_pages(page[i], FOR_OTHERS_ORDER);
}

/*
 * A block of memory that was free a moment ago, but for some pages of it, ascending,
 * that nobody can move until the test is over.  Returns its first page frame.
 */
unsigned long kexec_test_block_but_for(struct kunit *test, unsigned long nr_pages,
				       const unsigned int *page, unsigned int nr)
{
	struct held *held = kunit_kzalloc(test, sizeof(*held), GFP_KERNEL);
	struct page *block = alloc_contig_pages(nr_pages, GFP_KERNEL | __GFP_NOWARN,
						numa_mem_id(), NULL);
	struct page *others[FOR_OTHERS];
	unsigned long first = 0;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, held);
	if (!block)
		kunit_skip(test, "no %lu contiguous pages are to be had", nr_pages);
	*held = (struct held) { page_to_pfn(block), nr, page };
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, let_go, held));
	take_for_others(others);
	/* Nothing is allocated from here on: it might come to lie there. */
	for (i = 0; i < nr; first = page[i++] + 1)
		if (page[i] > first)
			free_contig_range(held->pfn + first, page[i] - first);
	if (nr_pages > first)
		free_contig_range(held->pfn + first, nr_pages - first);
	leave_for_others(others);
	return held->pfn;
}

/* All of it free a moment ago. */
unsigned long kexec_test_free_block(struct kunit *test, unsigned long nr_pages)
{
	return kexec_test_block_but_for(test, nr_pages, NULL, 0);
}

/* Does nobody hold these pages? */
bool kexec_test_can_be_had(unsigned long pfn, unsigned long nr_pages)
{
	if (alloc_contig_range(pfn, pfn + nr_pages, ACR_FLAGS_NONE, GFP_KERNEL | __GFP_NOWARN))
		return false;
	free_contig_range(pfn, nr_pages);
	return true;
}

/* ---- what the allocator hands out ---- */

static void free_the_rest(void *data)
{
	const struct kexec_test_blocks *blocks = data;
	unsigned int i;

	for (i = 0; i < blocks->nr; i++)
		if (!test_bit(i, blocks->given))
			__free_pages(pfn_to_page(blocks->pfn[i]), blocks->order[i]);
}

/* Blocks of such orders; what no image gets is freed with the test. */
struct kexec_test_blocks *kexec_test_take_blocks(struct kunit *test, const unsigned int *order,
						 unsigned int nr)
{
	struct kexec_test_blocks *blocks = kunit_kzalloc(test, sizeof(*blocks), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, blocks);
	KUNIT_ASSERT_LE(test, nr, KEXEC_TEST_BLOCKS);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_the_rest, blocks));
	for (; blocks->nr < nr; blocks->nr++) {
		struct page *page = alloc_pages(GFP_KERNEL, order[blocks->nr]);

		KUNIT_ASSERT_NOT_NULL(test, page);
		blocks->order[blocks->nr] = order[blocks->nr];
		blocks->pfn[blocks->nr] = page_to_pfn(page);
	}
	return blocks;
}

static struct kexec_test_blocks *on_offer;

/* What is too large to be on offer is not to be had, so that images ask for less. */
static struct page *hand_out(gfp_t gfp, unsigned int order)
{
	bool smaller = false;
	unsigned int i;

	for (i = 0; i < on_offer->nr; i++) {
		if (test_bit(i, on_offer->given))
			continue;
		if (on_offer->order[i] == order) {
			__set_bit(i, on_offer->given);
			return pfn_to_page(on_offer->pfn[i]);
		}
		smaller |= on_offer->order[i] < order;
	}
	return smaller ? NULL : alloc_pages(gfp, order);
}

/* From here on images get these blocks, one after the other, and then any others. */
void kexec_test_offer(struct kunit *test, struct kexec_test_blocks *blocks)
{
	on_offer = blocks;
	kunit_activate_static_stub(test, kexec_alloc_block, hand_out);
}

/* ---- what others leave ---- */

static unsigned long pages_left;

static unsigned long few_pages(bool in_cma)
{
	return pages_left;
}

/* As if all but so many pages were needed by others; for the rest of the test. */
void kexec_test_limit_memory(struct kunit *test, unsigned long nr_pages)
{
	pages_left = nr_pages;
	kunit_activate_static_stub(test, kexec_pages_to_be_had, few_pages);
}

/* ---- images with known contents ---- */

static void free_subject(void *data)
{
	struct kexec_subject *subject = data;

	guard(mutex)(&kexec_load_mutex);
	if (!subject->armed)
		kimage_discard(subject->image);
	subject->image = NULL;
}

struct kexec_subject *kexec_subject_new(struct kunit *test, int type, enum kexec_test_mode mode)
{
	struct kexec_subject *subject = kunit_kzalloc(test, sizeof(*subject), GFP_KERNEL);
	static u32 tag;

	KUNIT_ASSERT_NOT_NULL(test, subject);
	subject->test = test;
	subject->tag = ++tag;
	subject->image = do_kimage_alloc_init();
	KUNIT_ASSERT_NOT_NULL(test, subject->image);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_subject, subject));

	subject->image->type = type;
	subject->image->file_mode = mode == BY_LOADER;
	if (kimage_is_crash(subject->image))
		kexec_test_build_around(subject->image, kexec_crash_image);
	return subject;
}

/* Pages of an image that need no memory, since they are zero and share one page. */
unsigned long kexec_test_shared_zeros(const struct kimage *image)
{
	unsigned long i, pages = 0;

	for (i = 0; i < image->nr_segments; i++)
		pages += (image->segment[i].memsz >> PAGE_SHIFT) - kimage_contents_pages(image, i);
	return pages;
}

void kexec_subject_free(struct kexec_subject *subject)
{
	free_subject(subject);
}

static void __user *copy_for_user(struct kunit *test, const void *buf, size_t size)
{
	unsigned long addr = kunit_vm_mmap(test, NULL, 0, PAGE_ALIGN(size), PROT_READ | PROT_WRITE,
					   MAP_ANONYMOUS | MAP_PRIVATE, 0);

	KUNIT_ASSERT_NE(test, addr, 0);
	KUNIT_ASSERT_LT(test, addr, TASK_SIZE);
	KUNIT_ASSERT_EQ(test, 0, copy_to_user((void __user *)addr, buf, size));
	return (void __user *)addr;
}

/* So that no memory is allocated when segments are added later on. */
void kexec_subject_set_aside(struct kexec_subject *subject, unsigned int pages)
{
	subject->store = kexec_test_alloc(subject->test, (size_t)pages << PAGE_SHIFT);
}

static u8 *memory_for_contents(struct kexec_subject *subject, size_t size)
{
	u8 *memory = subject->store;

	if (!memory)
		return kexec_test_alloc(subject->test, size);
	subject->store += size;
	return memory;
}

/* Adds a segment with contents of its own; returns its number. */
unsigned int kexec_subject_add(struct kexec_subject *subject, unsigned long mem, size_t bufsz,
			       size_t memsz)
{
	struct kimage *image = subject->image;
	unsigned int idx = image->nr_segments;
	struct kexec_segment *segment = &image->segment[idx];
	u8 *want = memory_for_contents(subject, memsz);

	kexec_test_fill(want, bufsz, subject->tag << 5 | idx);
	subject->want[idx] = want;
	segment->bufsz = bufsz;
	segment->mem = mem;
	segment->memsz = memsz;
	if (image->file_mode)
		segment->kbuf = want;
	else if (bufsz)
		segment->buf = copy_for_user(subject->test, want, bufsz);
	image->nr_segments++;
	return idx;
}

/* Without one a loader's image cannot be built. */
void kexec_subject_add_purgatory(struct kexec_subject *subject)
{
	struct kexec_object *object = kexec_object_with_digests(subject->test);
	struct kexec_buf kbuf = { .buf_max = ULONG_MAX, .top_down = true };

	KUNIT_ASSERT_EQ(subject->test, 0, kexec_object_load(object, subject, &kbuf));
	subject->purgatory = object->file;
}

/* What a loader may ask for that does not care where it is. */
struct kexec_buf kexec_test_wish(struct kimage *image, void *buffer, size_t bufsz, size_t memsz)
{
	return (struct kexec_buf) {
		.image = image,
		.buffer = buffer,
		.bufsz = bufsz,
		.memsz = memsz,
		.buf_align = PAGE_SIZE,
		.buf_min = SZ_16M,
		.buf_max = ULONG_MAX,
		.top_down = true,
	};
}

/* Adds a segment as loaders do, wherever there is a place; returns its number. */
unsigned int kexec_subject_place(struct kexec_subject *subject, size_t bufsz, size_t memsz)
{
	unsigned int idx = subject->image->nr_segments;
	struct kexec_buf kbuf = kexec_test_wish(subject->image, NULL, bufsz, memsz);
	int ret;

	subject->want[idx] = memory_for_contents(subject, memsz);
	kexec_test_fill(subject->want[idx], bufsz, subject->tag << 5 | idx);
	kbuf.top_down = false;
	kbuf.buffer = subject->want[idx];
	scoped_guard(mutex, &kexec_load_mutex)
		ret = kexec_add_buffer(&kbuf);
	KUNIT_ASSERT_EQ(subject->test, ret, 0);
	return idx;
}

static int add_zero_page(struct kimage *image)
{
	kimage_core(image)->zero_page = kimage_alloc_control_pages(image, 0);
	if (!kexec_test_zero_page(image))
		return -ENOMEM;
	clear_page(page_address(kexec_test_zero_page(image)));
	return 0;
}

/* The core's part of the road only: pages, list, contents. */
int kexec_subject_assemble(struct kexec_subject *subject)
{
	struct kimage *image = subject->image;
	unsigned int i;
	int ret = 0;

	guard(mutex)(&kexec_load_mutex);
	if (kexec_test_shared_zeros(image))
		ret = add_zero_page(image);
	ret = ret ?: kimage_gather_pages(image) ?: kimage_build_list(image);
	for (i = 0; i < image->nr_segments && !ret; i++)
		ret = kimage_load_segment(image, &image->segment[i]);
	if (ret)
		return ret;
	kimage_terminate(image);
	image->head = *kexec_test_list(image);
	return 0;
}

static bool is_purgatory(const struct kexec_subject *subject, unsigned int i)
{
	const void *contents = subject->image->segment[i].kbuf;

	return kimage_is_purgatory(subject->image, i) ||
	       (contents && contents == subject->purgatory);
}

/* What a purgatory holds is known when the digests are in it. */
static void note_purgatory(struct kexec_subject *subject)
{
	const struct kimage *image = subject->image;
	unsigned int i;

	for (i = 0; i < image->nr_segments; i++) {
		if (!is_purgatory(subject, i))
			continue;
		subject->want[i] = kexec_test_alloc(subject->test, image->segment[i].memsz);
		memcpy(subject->want[i], image->segment[i].kbuf, image->segment[i].bufsz);
	}
}

/* All of the road. */
int kexec_subject_build(struct kexec_subject *subject)
{
	int ret;

	scoped_guard(mutex, &kexec_load_mutex)
		ret = kimage_build(subject->image);
	if (!ret)
		note_purgatory(subject);
	return ret;
}

void kexec_test_disarm(int type)
{
	guard(mutex)(&kexec_load_mutex);
	kimage_disarm(type);
}

static void disarm_at_the_end(void *unused)
{
	kexec_test_disarm(KEXEC_TYPE_DEFAULT);
	kexec_test_disarm(KEXEC_TYPE_CRASH);
}

/* The image is the core's from here on; what is armed goes with the test. */
void kexec_subject_arm(struct kexec_subject *subject)
{
	KUNIT_ASSERT_EQ(subject->test, 0,
			kunit_add_action(subject->test, disarm_at_the_end, NULL));
	subject->armed = true;
	guard(mutex)(&kexec_load_mutex);
	kimage_arm(subject->image);
}

void kexec_test_need_region(struct kunit *test)
{
	if (kexec_range_size(kexec_region()) < SZ_128M)
		kunit_skip(test, "no crash region (crashkernel=256M reserves one)");
}

/* Tests that arm images have to have the machine to themselves. */
int kexec_test_need_peace(struct kunit *test)
{
	if (kexec_image || kexec_crash_image)
		kunit_skip(test, "an image is loaded");
	return 0;
}

int kexec_test_need_region_and_peace(struct kunit *test)
{
	kexec_test_need_region(test);
	return kexec_test_need_peace(test);
}

static void hash_range(struct sha256_ctx *ctx, u64 start, u64 end)
{
	sha256_update(ctx, boot_phys_to_virt(start), end - start);
}

/* Control pages and page tables are part of it. */
struct kexec_test_hash kexec_test_hash(const struct kimage *image)
{
	const struct kimage_ranges *control = kexec_test_control(image);
	struct kexec_test_hash hash;
	struct sha256_ctx ctx;
	unsigned long i;

	sha256_init(&ctx);
	sha256_update(&ctx, (const u8 *)&image->start, sizeof(image->start));
	/* A segment without contents is there to take up room. */
	for (i = 0; i < image->nr_segments; i++)
		if (image->segment[i].bufsz)
			hash_range(&ctx, image->segment[i].mem,
				   image->segment[i].mem + image->segment[i].memsz);
	for (i = 0; i < control->nr; i++)
		hash_range(&ctx, control->range[i].start, control->range[i].end);
	sha256_final(&ctx, hash.digest);
	return hash;
}

bool kexec_test_unchanged(const struct kimage *image, struct kexec_test_hash before)
{
	struct kexec_test_hash after = kexec_test_hash(image);

	return !memcmp(&before, &after, sizeof(before));
}

/* ---- system calls ---- */

/*
 * An entry takes its arguments from registers, as user space has left them.  Memory
 * that is passed is the test's own, from kunit_vm_mmap().
 */
#ifdef CONFIG_X86
#define ENTRY(name)	__x64_sys_##name

static struct pt_regs regs_with(const unsigned long *arg)
{
	return (struct pt_regs) {
		.di = arg[0], .si = arg[1], .dx = arg[2], .r10 = arg[3], .r8 = arg[4],
	};
}
#else
#define ENTRY(name)	__arm64_sys_##name

static struct pt_regs regs_with(const unsigned long *arg)
{
	return (struct pt_regs) {
		.orig_x0 = arg[0], .regs = { arg[0], arg[1], arg[2], arg[3], arg[4] },
	};
}
#endif

#ifdef CONFIG_KEXEC
long ENTRY(kexec_load)(const struct pt_regs *regs);

long kexec_test_load(unsigned long entry, unsigned long nr, const void __user *segments,
		     unsigned long flags)
{
	const unsigned long arg[5] = { entry, nr, (unsigned long)segments, flags };
	const struct pt_regs regs = regs_with(arg);

	return ENTRY(kexec_load)(&regs);
}
#endif

#if defined(CONFIG_KEXEC) && defined(CONFIG_IA32_EMULATION)
long __ia32_compat_sys_kexec_load(const struct pt_regs *regs);

long kexec_test_load_compat(unsigned long entry, unsigned long nr, const void __user *segments,
			    unsigned long flags)
{
	struct pt_regs regs = {
		.bx = entry, .cx = nr, .dx = (unsigned long)segments, .si = flags,
	};

	return __ia32_compat_sys_kexec_load(&regs);
}
#endif

long ENTRY(kexec_file_load)(const struct pt_regs *regs);

long kexec_test_file_load(int kernel, int initrd, unsigned long cmdline_len,
			  const char __user *cmdline, unsigned long flags)
{
	const unsigned long arg[5] = { kernel, initrd, cmdline_len, (unsigned long)cmdline, flags };
	const struct pt_regs regs = regs_with(arg);

	return ENTRY(kexec_file_load)(&regs);
}

/* ---- a model of the relocation ---- */

struct kexec_model *kexec_model_new(struct kunit *test, unsigned int pages)
{
	struct kexec_model *model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, model);
	model->nr = roundup_pow_of_two(2 * pages + 16);
	model->slot = kexec_test_alloc(test, model->nr * sizeof(*model->slot));
	return model;
}

static struct kexec_model_slot *find_slot(struct kexec_model *model, unsigned long pfn)
{
	unsigned int i = (u32)(pfn * GOLDEN_RATIO_32);

	for (;; i++) {
		struct kexec_model_slot *slot = &model->slot[i & (model->nr - 1)];

		if (!slot->taken || slot->pfn == pfn)
			return slot;
	}
}

static unsigned long what_is_at(struct kexec_model *model, unsigned long pfn)
{
	struct kexec_model_slot *slot = find_slot(model, pfn);

	return slot->taken ? slot->holds : pfn;
}

static const char *copy_page_to(struct kexec_model *model, unsigned long to, unsigned long from)
{
	struct kexec_model_slot *slot = find_slot(model, to);

	if (!slot->taken && ++model->used > model->nr / 2)
		return "the list copies more than the image has";
	*slot = (struct kexec_model_slot) { to, what_is_at(model, from), true };
	model->moved++;
	return NULL;
}

/* A page that was given back may hold what it held for a while, but not for ever. */
static bool is_ours(kimage_entry_t entry)
{
	return page_count(boot_pfn_to_page(entry >> PAGE_SHIFT));
}

/*
 * Walks an entry list as the relocation code does.
 * Returns what is wrong with it, NULL when nothing is.
 */
const char *kexec_model_relocate(struct kexec_model *model, kimage_entry_t head)
{
	const kimage_entry_t *next = NULL;
	kimage_entry_t entry = head;
	unsigned long cursor = 0;
	const char *wrong;

	memset(model->slot, 0, model->nr * sizeof(*model->slot));
	model->used = 0;
	model->moved = 0;
	for (;; entry = *next++) {
		if (entry & (IND_INDIRECTION | IND_SOURCE) && !is_ours(entry))
			return "a page of the list that was given back";
		switch (entry & IND_FLAGS) {
		case IND_DESTINATION:
			cursor = entry >> PAGE_SHIFT;
			break;
		case IND_INDIRECTION:
			next = boot_phys_to_virt(entry & PAGE_MASK);
			break;
		case IND_SOURCE:
			wrong = copy_page_to(model, cursor++, entry >> PAGE_SHIFT);
			if (wrong)
				return wrong;
			break;
		case IND_DONE:
			return NULL;
		default:
			return "an entry that is no entry";
		}
		if (!next)
			return "a list that does not begin with an indirection";
	}
}

static bool page_holds(unsigned long pfn, const u8 *want)
{
	return !memcmp(boot_phys_to_virt(PFN_PHYS(pfn)), want, PAGE_SIZE);
}

/*
 * Is everything of an image where its segments say, once @head has been walked?
 * Returns what is not, NULL when all is.
 */
const char *kexec_model_wrong(struct kexec_model *model, const struct kexec_subject *subject,
			      kimage_entry_t head)
{
	const struct kimage *image = subject->image;
	const char *wrong = kexec_model_relocate(model, head);
	unsigned long i, at;

	if (wrong)
		return wrong;
	for (i = 0; i < image->nr_segments; i++) {
		const struct kexec_segment *segment = &image->segment[i];

		/* A segment that is there to take up room. */
		if (!subject->want[i])
			continue;
		for (at = 0; at < segment->memsz; at += PAGE_SIZE) {
			unsigned long pfn = what_is_at(model, (segment->mem + at) >> PAGE_SHIFT);

			if (!pfn_valid(boot_phys_to_phys(PFN_PHYS(pfn)) >> PAGE_SHIFT))
				return "nothing is copied to a place where no memory is";
			if (!page_holds(pfn, subject->want[i] + at))
				return "a page does not hold what its segment says";
		}
	}
	return NULL;
}

/* ---- pages that images own ---- */

static atomic_long_t owned_pages;

#ifdef CONFIG_KPROBES
static int count_taken(struct kprobe *probe, struct pt_regs *regs)
{
	atomic_long_add(regs_get_kernel_argument(regs, 1), &owned_pages);
	return 0;
}

static int count_given_back(struct kprobe *probe, struct pt_regs *regs)
{
	atomic_long_sub(regs_get_kernel_argument(regs, 1), &owned_pages);
	return 0;
}

static struct kprobe taken;
static struct kprobe given_back;

static void stop_counting(void *unused)
{
	unregister_kprobe(&given_back);
	unregister_kprobe(&taken);
}

/*
 * Every page that an image takes or gives back passes through one of two hooks
 * of the architecture, so the balance of their arguments is what images own.
 */
void kexec_test_count_pages(struct kunit *test)
{
	taken = (struct kprobe) {
		.symbol_name = "arch_kexec_post_alloc_pages",
		.pre_handler = count_taken,
	};
	given_back = (struct kprobe) {
		.symbol_name = "arch_kexec_pre_free_pages",
		.pre_handler = count_given_back,
	};
	atomic_long_set(&owned_pages, 0);
	if (IS_ENABLED(CONFIG_LTO))
		kunit_skip(test, "the hooks that would be probed are inlined");
	if (register_kprobe(&taken))
		kunit_skip(test, "this architecture's hooks cannot be probed");
	if (register_kprobe(&given_back)) {
		unregister_kprobe(&taken);
		kunit_skip(test, "this architecture's hooks cannot be probed");
	}
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, stop_counting, NULL));
}
#else
void kexec_test_count_pages(struct kunit *test)
{
	kunit_skip(test, "pages are counted by kprobes, which this kernel has not");
}
#endif

long kexec_test_owned_pages(void)
{
	return atomic_long_read(&owned_pages);
}

/* An image whose pages are counted from the first. */
struct kexec_subject *kexec_subject_counted(struct kunit *test, int type,
					    enum kexec_test_mode mode)
{
	kexec_test_count_pages(test);
	return kexec_subject_new(test, type, mode);
}

/* Freed, it leaves nothing behind that was counted. */
void kexec_subject_give_back(struct kexec_subject *subject)
{
	kexec_subject_free(subject);
	KUNIT_EXPECT_EQ(subject->test, kexec_test_owned_pages(), 0);
}

/* ---- refusals ---- */

static void note_refusal(void *data, int type, int err, struct va_format *why)
{
	struct kexec_test_refusal *last = data;

	last->count++;
	last->type = type;
	last->err = err;
	snprintf(last->why, sizeof(last->why), "%pV", why);
}

static void stop_watching(void *last)
{
	unregister_trace_kexec_refused(note_refusal, last);
	tracepoint_synchronize_unregister();
}

/* The last refusal, and how many there were, from here to the test's end. */
struct kexec_test_refusal *kexec_test_watch_refusals(struct kunit *test)
{
	struct kexec_test_refusal *last = kunit_kzalloc(test, sizeof(*last), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, last);
	if (register_trace_kexec_refused(note_refusal, last))
		kunit_skip(test, "refusals are seen by a tracepoint, which this kernel has not");
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, stop_watching, last));
	return last;
}

/* How many lines of the log have a text, from where the last search ended. */
int kexec_test_lines_with(struct kmsg_dump_iter *iter, const char *text)
{
	static char line[512];
	int nr = 0;
	size_t len;

	while (kmsg_dump_get_line(iter, false, line, sizeof(line) - 1, &len)) {
		line[len] = '\0';
		nr += !!strstr(line, text);
	}
	return nr;
}

struct kmsg_dump_iter *kexec_test_end_of_log(struct kunit *test)
{
	struct kmsg_dump_iter *iter = kunit_kzalloc(test, sizeof(*iter), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, iter);
	kmsg_dump_rewind(iter);
	kexec_test_lines_with(iter, "");
	return iter;
}

/* ---- a caller that is being killed ---- */

/* The thread sees a SIGKILL pending; nobody acts on it. */
void kexec_test_kill(void)
{
	guard(spinlock_irq)(&current->sighand->siglock);
	sigaddset(&current->pending.signal, SIGKILL);
	set_tsk_thread_flag(current, TIF_SIGPENDING);
}

void kexec_test_revive(void)
{
	guard(spinlock_irq)(&current->sighand->siglock);
	sigdelset(&current->pending.signal, SIGKILL);
	clear_tsk_thread_flag(current, TIF_SIGPENDING);
}
