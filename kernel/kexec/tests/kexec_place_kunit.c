// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of placing what an image loader describes
 *
 * Addresses that are only chosen are compared with those that trying every page of
 * the machine's RAM finds; memory that is claimed with what was asked for.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/dma-map-ops.h>
#include <linux/ioport.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>

#include "kexec_kunit.h"

static struct kexec_subject *described_by_loader(struct kunit *test, bool scattered)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);

	if (kho_is_enabled())
		kunit_skip(test, "handover is on, and decides where segments go");
	kexec_test_scatter(subject->image, scattered);
	return subject;
}

static int add(struct kexec_buf *kbuf)
{
	guard(mutex)(&kexec_load_mutex);
	return kexec_add_buffer(kbuf);
}

/* ---- all of RAM, page by page ---- */

#define MAX_AREAS	128

struct ram {
	unsigned int nr;
	struct kexec_range area[MAX_AREAS];
};

static int note_area(struct resource *res, void *arg)
{
	struct ram *ram = arg;

	if (ram->nr < MAX_AREAS && !(res->flags & IORESOURCE_SYSRAM_DRIVER_MANAGED))
		ram->area[ram->nr++] = kexec_range_inclusive(res->start, res->end);
	return ram->nr == MAX_AREAS;
}

static struct ram *system_ram(struct kunit *test)
{
	struct ram *ram = kunit_kzalloc(test, sizeof(*ram), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ram);
	walk_system_ram_res(0, ULONG_MAX, ram, note_area);
	return ram;
}

/* Where memblock is kept, what it has reserved is no place for a segment. */
static struct ram *free_ram(struct kunit *test)
{
	struct ram *ram = system_ram(test);
	phys_addr_t start, end;
	u64 i;

	if (!IS_ENABLED(CONFIG_ARCH_KEEP_MEMBLOCK))
		return ram;
	ram->nr = 0;
	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, NULL)
		note_area(&(struct resource) { .start = start, .end = end - 1 }, ram);
	return ram;
}

static bool is_free(struct kimage *image, struct kexec_range place)
{
	unsigned long i;

	if (kexec_excluded_by_arch(image, place.start, place.end - 1))
		return false;
	for (i = 0; i < image->nr_segments; i++)
		if (kexec_range_overlaps(place, kexec_segment_range(&image->segment[i])))
			return false;
	return true;
}

static bool try_area(const struct kexec_buf *kbuf, struct kexec_range area,
		     struct kexec_range *found)
{
	struct kexec_range limits = kexec_range_inclusive(kbuf->buf_min, kbuf->buf_max);
	u64 first = PFN_UP(area.start), end = PFN_DOWN(area.end), n;
	u64 size = PAGE_ALIGN(kbuf->memsz);

	for (n = first; n < end; n++) {
		found->start = BYTES(kbuf->top_down ? end - 1 - (n - first) : n);
		found->end = found->start + size;
		if (IS_ALIGNED(found->start, max(kbuf->buf_align, PAGE_SIZE)) &&
		    kexec_range_contains(area, *found) && kexec_range_contains(limits, *found) &&
		    is_free(kbuf->image, *found))
			return true;
	}
	return false;
}

static bool try_everything(const struct kexec_buf *kbuf, const struct ram *ram,
			   struct kexec_range *found)
{
	unsigned int i;

	for (i = 0; i < ram->nr; i++)
		if (try_area(kbuf, ram->area[kbuf->top_down ? ram->nr - 1 - i : i], found))
			return true;
	return false;
}

static struct kexec_buf random_wish(struct rnd_state *chance, struct kimage *image)
{
	unsigned long ram = PFN_PHYS(max_pfn);
	struct kexec_buf kbuf = {
		.image = image,
		.memsz = 1 + kexec_test_below(chance, SZ_64M >> kexec_test_below(chance, 16)),
		.buf_align = 1UL << kexec_test_below(chance, 26),
		.buf_min = kexec_test_below(chance, 3) ? 0 : kexec_test_below(chance, SZ_1G),
		.buf_max = kexec_test_below(chance, 3) ? ULONG_MAX : ram / 2 +
			   kexec_test_below(chance, SZ_512M),
		.top_down = kexec_test_below(chance, 2),
	};

	/* Sometimes a window with hardly any room in it, or with too little. */
	if (!kexec_test_below(chance, 4))
		kbuf.buf_max = kbuf.buf_min + kbuf.memsz + kexec_test_below(chance, SZ_16M);
	else if (!kexec_test_below(chance, 6))
		kbuf.buf_max = kbuf.buf_min + kbuf.memsz / 2;
	return kbuf;
}

static void choose_addresses(struct kunit *test)
{
	struct rnd_state *chance = kexec_test_chance(test);
	struct kexec_subject *subject = described_by_loader(test, true);
	const struct ram *ram = free_ram(test);
	unsigned int round, placed = 0, refused = 0;

	for (round = 0; round < 40; round++) {
		struct kexec_buf kbuf = random_wish(chance, subject->image);
		struct kexec_range best;
		bool is_there;
		int ret;

		if (subject->image->nr_segments == KEXEC_SEGMENT_MAX)
			subject->image->nr_segments = 0;
		is_there = try_everything(&kbuf, ram, &best);
		ret = add(&kbuf);
		KUNIT_ASSERT_EQ_MSG(test, ret, is_there ? 0 : -EADDRNOTAVAIL, "round %u", round);
		placed += is_there;
		refused += !is_there;
		if (is_there)
			KUNIT_ASSERT_EQ_MSG(test, kbuf.mem, best.start, "round %u", round);
	}
	KUNIT_EXPECT_GT(test, placed, 10);
	KUNIT_EXPECT_GT(test, refused, 0);
}

/*
 * Segments of which only the address is chosen get the first place that trying
 * every page of RAM finds, from the top or from the bottom, or none if that finds
 * none.
 */
static void addresses_as_by_trying_every_page(struct kunit *test)
{
	choose_addresses(test);
}

/* Three pages and a bit at the beginning of every 32 MiB. */
static int exclude_a_little(struct kimage *image, unsigned long start, unsigned long last)
{
	return ALIGN_DOWN(last, SZ_32M) + 3 * PAGE_SIZE + 3 > start;
}

/* The same where the architecture excludes something. */
static void addresses_around_what_is_excluded(struct kunit *test)
{
	kunit_activate_static_stub(test, kexec_excluded_by_arch, exclude_a_little);
	choose_addresses(test);
}

static bool in_one_area(const struct ram *ram, struct kexec_range range)
{
	unsigned int i;

	for (i = 0; i < ram->nr; i++)
		if (kexec_range_contains(ram->area[i], range))
			return true;
	return false;
}

static void claim_or_choose(struct kunit *test)
{
	struct rnd_state *chance = kexec_test_chance(test);
	struct kexec_subject *subject;
	unsigned int claimed = 0, placed = 0;
	const struct ram *ram = system_ram(test);
	int i;

	kexec_test_count_pages(test);
	subject = described_by_loader(test, false);
	for (i = 0; i < 3 * KEXEC_SEGMENT_MAX && placed < KEXEC_SEGMENT_MAX; i++) {
		struct kexec_buf kbuf = random_wish(chance, subject->image);
		struct kexec_range range;

		kbuf.memsz = min(kbuf.memsz, SZ_8M);
		if (add(&kbuf))
			continue;
		range = kexec_segment_range(&subject->image->segment[placed]);
		KUNIT_EXPECT_EQ(test, kbuf.mem, range.start);
		KUNIT_EXPECT_EQ(test, kbuf.memsz, kexec_range_size(range));
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED(kbuf.mem, kbuf.buf_align));
		KUNIT_EXPECT_TRUE(test, in_one_area(ram, range));
		KUNIT_EXPECT_GE(test, range.start, kbuf.buf_min);
		KUNIT_EXPECT_LE(test, range.end - 1, kbuf.buf_max);
		subject->image->nr_segments = placed;
		KUNIT_EXPECT_TRUE(test, is_free(subject->image, range));
		subject->image->nr_segments = ++placed;
		claimed += kexec_test_in_place(subject->image, placed - 1);
	}
	KUNIT_EXPECT_GT_MSG(test, claimed, placed / 2, "hardly anything was claimed");
	kexec_subject_give_back(subject);
}

/*
 * Whether memory is claimed or only an address chosen: a segment lies within its
 * limits, aligned, in RAM, and overlaps none placed before.
 */
static void claimed_or_not_the_limits_hold(struct kunit *test)
{
	claim_or_choose(test);
}

/* The same where the architecture excludes something. */
static void nothing_excluded_is_claimed(struct kunit *test)
{
	kunit_activate_static_stub(test, kexec_excluded_by_arch, exclude_a_little);
	claim_or_choose(test);
}

/* ---- memory that the next kernel is not told of ---- */

static unsigned long last_known;

static unsigned long known_up_to(void)
{
	return last_known;
}

static unsigned long last_byte_of(struct kunit *test, struct kimage *image)
{
	struct kexec_buf kbuf = kexec_test_wish(image, NULL, 0, BYTES(20));

	KUNIT_EXPECT_EQ(test, add(&kbuf), 0);
	return kbuf.mem + kbuf.memsz - 1;
}

/*
 * From the top of memory a segment comes to lie below what is not known of, as long as there
 * is room, and the caller's limits are as they were.
 */
static void keep_to_what_is_known(struct kunit *test, bool scattered)
{
	struct kexec_subject *subject = described_by_loader(test, scattered);
	struct kexec_buf kbuf = kexec_test_wish(subject->image, NULL, 0, BYTES(20));

	last_known = PFN_PHYS(max_pfn) / 2 - 1;
	KUNIT_EXPECT_GT(test, last_byte_of(test, subject->image), last_known);
	kunit_activate_static_stub(test, kexec_last_known, known_up_to);
	KUNIT_EXPECT_LE(test, last_byte_of(test, subject->image), last_known);
	kbuf.buf_min = last_known + 1;
	KUNIT_EXPECT_EQ(test, add(&kbuf), 0);
	KUNIT_EXPECT_EQ(test, kbuf.buf_max, ULONG_MAX);
	KUNIT_EXPECT_GT(test, kbuf.mem, last_known);
	kunit_deactivate_static_stub(test, kexec_last_known);
}

static void known_memory_comes_first(struct kunit *test)
{
	if (dev_get_cma_area(NULL))
		kunit_skip(test, "there is an area that comes before all other memory");
	keep_to_what_is_known(test, false);
	keep_to_what_is_known(test, true);
}

/* ---- memory that a driver may take away again ---- */

static void remove_area(void *res)
{
	remove_resource(res);
}

/*
 * Driver-managed memory is nobody's destination, from the top or from the bottom.
 * The same area without the mark would be.
 */
static void driver_managed_memory_is_not_used(struct kunit *test)
{
	struct kexec_subject *subject = described_by_loader(test, true);
	struct resource *res = kunit_kzalloc(test, sizeof(*res), GFP_KERNEL);
	struct kexec_buf kbuf = {
		.image = subject->image,
		.memsz = SZ_1M,
		.buf_min = kexec_test_nowhere(),
		.buf_max = ULONG_MAX,
	};
	int down;

	if (IS_ENABLED(CONFIG_ARCH_KEEP_MEMBLOCK))
		kunit_skip(test, "memory is looked up in memblock here");
	KUNIT_ASSERT_NOT_NULL(test, res);
	*res = (struct resource) {
		.name = "System RAM (test)",
		.start = kexec_test_nowhere(),
		.end = kexec_test_nowhere() + SZ_16M - 1,
		.flags = IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY,
	};
	if (insert_resource(&iomem_resource, res))
		kunit_skip(test, "no room for one more resource");
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, remove_area, res));
	for (down = 0; down < 2; down++) {
		kbuf.top_down = down;
		kbuf.mem = KEXEC_BUF_MEM_UNKNOWN;
		KUNIT_EXPECT_EQ(test, add(&kbuf), 0);
	}
	res->flags |= IORESOURCE_SYSRAM_DRIVER_MANAGED;
	for (down = 0; down < 2; down++) {
		kbuf.top_down = down;
		kbuf.mem = KEXEC_BUF_MEM_UNKNOWN;
		KUNIT_EXPECT_EQ(test, add(&kbuf), -EADDRNOTAVAIL);
	}
}

/* ---- handover, played ---- */

static struct kexec_buf area_wish(struct kimage *image)
{
	return (struct kexec_buf) {
		.image = image,
		.bufsz = 5 * PAGE_SIZE - 9,
		.memsz = BYTES(12),
		.buf_align = PAGE_SIZE,
		.buf_min = PAGE_SIZE,
		.buf_max = ULONG_MAX,
	};
}

static struct kexec_range scratch;
static unsigned int scratch_asked;

static int look_in_scratch(struct kexec_buf *kbuf, int (*func)(struct resource *, void *))
{
	struct resource res = { .start = scratch.start, .end = scratch.end - 1 };

	scratch_asked++;
	return !kexec_range_empty(scratch) && func(&res, kbuf) == 1 ? 0 : -EADDRNOTAVAIL;
}

static void play_handover(struct kunit *test, struct kexec_range area)
{
	if (!IS_ENABLED(CONFIG_KEXEC_HANDOVER))
		kunit_skip(test, "this kernel hands nothing over");
	kexec_test_stand_in(test, "kho_locate_mem_hole", look_in_scratch);
	scratch_asked = 0;
	scratch = area;
}

/*
 * Under handover what has no room in the scratch area is claimed beside it, with the zeros
 * behind its contents: nothing that others may hand over is written to at the jump.
 */
static void beside_the_scratch_area_all_is_claimed(struct kunit *test)
{
	struct kexec_subject *subject = described_by_loader(test, false);
	struct kexec_model *model = kexec_model_new(test, 12);
	struct kimage_block block;

	play_handover(test, (struct kexec_range) {});
	kexec_subject_place(subject, 5 * PAGE_SIZE - 9, BYTES(12));
	block = kexec_test_block(subject->image, 0);
	KUNIT_EXPECT_EQ(test, scratch_asked, 1);
	KUNIT_EXPECT_TRUE(test, kexec_test_in_place(subject->image, 0));
	KUNIT_EXPECT_EQ(test, kexec_test_claimed(subject->image, 0), kexec_shares_zeros() ? 5 : 12);
	KUNIT_EXPECT_EQ(test, block.nr_pages, 12);
	KUNIT_EXPECT_EQ(test, subject->image->segment[0].mem,
			kexec_page_range(block.page, 1).start);
	/* The zeros come by the list all the same. */
	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, subject->image->head) ?: "");
	KUNIT_EXPECT_EQ(test, model->moved, kexec_shares_zeros() ? 7 : 0);
}

/* What cannot be claimed is relocated to the scratch area, and to nowhere else. */
static void handover_decides(struct kunit *test)
{
	struct kexec_subject *subject = described_by_loader(test, false);
	struct kexec_buf kbuf = area_wish(subject->image);

	kexec_test_limit_memory(test, 0);
	play_handover(test, (struct kexec_range) {});
	KUNIT_EXPECT_EQ(test, add(&kbuf), -EADDRNOTAVAIL);
	KUNIT_EXPECT_EQ(test, scratch_asked, 2);
	scratch.start = kexec_test_nowhere();
	scratch.end = scratch.start + SZ_1M;
	kbuf = area_wish(subject->image);
	KUNIT_EXPECT_EQ(test, add(&kbuf), 0);
	KUNIT_EXPECT_EQ(test, kbuf.mem, scratch.start);
	KUNIT_EXPECT_FALSE(test, kexec_test_in_place(subject->image, 0));
	KUNIT_EXPECT_NULL(test, kexec_test_block(subject->image, 0).page);
}

/* A refusal names the area, how large it is, what the image leaves of it and what is missing. */
static void handover_says_what_is_missing(struct kunit *test)
{
	struct kimage *image = described_by_loader(test, false)->image;
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	u64 base = kexec_test_nowhere();

	KUNIT_EXPECT_EQ(test, kimage_refuse_beside_scratch(image, -EADDRNOTAVAIL), 0);
	play_handover(test, (struct kexec_range) { base, base + SZ_64M });
	kimage_core(image)->no_room = area_wish(image);
	kimage_core(image)->no_room.memsz = SZ_64M + SZ_32M + PAGE_SIZE;
	image->segment[0] = (struct kexec_segment) { .mem = base + SZ_16M, .memsz = SZ_8M };
	image->segment[1] = (struct kexec_segment) { .mem = base + SZ_32M + SZ_16M, .memsz = SZ_2M };
	image->nr_segments = 2;
	KUNIT_EXPECT_EQ(test, kimage_refuse_beside_scratch(image, -EADDRNOTAVAIL), -EADDRNOTAVAIL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(last->why, "64 MiB, has 24 MiB free, 73 MiB are missing"));
}

/* ---- a CMA area, played ---- */

/**
 * struct area - a CMA area with one place
 * @pfn:      where that is
 * @room:     pages there
 * @asked:    pages that were asked for last
 * @order:    their alignment
 * @nr:       how often
 * @released: pages that were given back
 * @is_ram:   whether there is memory behind what is asked for
 * @looked:   what was looked at to find out
 */
static struct area {
	unsigned long pfn, room;
	size_t asked;
	unsigned int order;
	int nr;
	size_t released;
	bool is_ram;
	struct kexec_range looked;
} area;

static struct page *alloc_from_area(unsigned long count, unsigned int align)
{
	area.asked = count;
	area.order = align;
	area.nr++;
	return count && count <= area.room ? pfn_to_page(area.pfn) : NULL;
}

static bool release_to_area(struct device *dev, struct page *pages, int count)
{
	if (page_to_pfn(pages) == area.pfn)
		area.released += count;
	return true;
}

static int look_for_ram(resource_size_t start, size_t size, unsigned long flags,
			unsigned long desc)
{
	area.looked = (struct kexec_range) { start, start + size };
	return area.is_ram && flags == IORESOURCE_SYSTEM_RAM ? REGION_INTERSECTS : REGION_MIXED;
}

static void free_area(void *unused)
{
	free_contig_range(area.pfn, area.room);
}

/* Its place is memory that nobody else has as long as the test runs. */
static void new_area(struct kunit *test, unsigned long pages)
{
	struct page *block = alloc_contig_pages(pages, GFP_KERNEL | __GFP_NOWARN,
						numa_mem_id(), NULL);

	if (!block)
		kunit_skip(test, "no %lu contiguous pages are to be had", pages);
	area = (struct area) { .pfn = page_to_pfn(block), .room = pages, .is_ram = true };
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_area, NULL));
	kexec_test_stand_in(test, "kexec_claim_cma", alloc_from_area);
	kexec_test_stand_in(test, "dma_release_from_contiguous", release_to_area);
	kexec_test_stand_in(test, "region_intersects", look_for_ram);
}

/*
 * A segment goes to the default CMA area if that has a place: as much is asked for as
 * the contents need, and given back there in the end.
 */
static void a_place_in_the_cma_area(struct kunit *test)
{
	struct kexec_subject *subject;
	struct kexec_buf kbuf;
	unsigned long need;

	kexec_test_count_pages(test);
	subject = described_by_loader(test, false);
	new_area(test, 64);
	kbuf = area_wish(subject->image);
	kbuf.buf_align = 4 * PAGE_SIZE;
	need = kimage_pages_needed(subject->image, kbuf.bufsz, kbuf.memsz, false);
	if (!IS_ALIGNED(area.pfn, 4))
		kunit_skip(test, "the place is not aligned");
	KUNIT_ASSERT_EQ(test, add(&kbuf), 0);
	KUNIT_EXPECT_EQ(test, kbuf.mem, BYTES(area.pfn));
	KUNIT_EXPECT_EQ(test, area.asked, need);
	KUNIT_EXPECT_EQ(test, area.order, 2);
	KUNIT_EXPECT_EQ(test, area.looked.start, BYTES(area.pfn));
	KUNIT_EXPECT_EQ(test, area.looked.end, BYTES(area.pfn + 12));
	KUNIT_EXPECT_TRUE(test, kexec_test_in_place(subject->image, 0));
	KUNIT_EXPECT_TRUE(test, kexec_test_block(subject->image, 0).cma);
	KUNIT_EXPECT_EQ(test, area.released, 0);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), need);
	kexec_subject_free(subject);
	KUNIT_EXPECT_EQ(test, area.released, need);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 0);
}

static void above_the_area(struct kexec_buf *kbuf)
{
	kbuf->buf_min = BYTES(area.pfn) + 1;
}

static void below_the_area(struct kexec_buf *kbuf)
{
	kbuf->buf_max = BYTES(area.pfn + 12) - 2;
}

static void more_aligned(struct kexec_buf *kbuf)
{
	kbuf->buf_align = PAGE_SIZE << (__ffs(area.pfn) + 1);
}

static void in_anothers_place(struct kexec_buf *kbuf)
{
	struct kimage *image = kbuf->image;

	image->segment[image->nr_segments++] = (struct kexec_segment) {
		.mem = BYTES(area.pfn + 11), .memsz = PAGE_SIZE,
	};
}

static void where_memory_ends(struct kexec_buf *kbuf)
{
	area.is_ram = false;
}

static const struct unsuitable {
	const char *name;
	void (*change)(struct kexec_buf *kbuf);
} unsuitables[] = {
	{ "too low by a byte", above_the_area },
	{ "too high by a byte", below_the_area },
	{ "not aligned so far", more_aligned },
	{ "in another segment's place", in_anothers_place },
	{ "not memory to its end", where_memory_ends },
};

KUNIT_ARRAY_PARAM_DESC(unsuitable, unsuitables, name);

/* What the area gives and does not suit goes back at once; nothing is placed there. */
static void a_place_that_does_not_suit(struct kunit *test)
{
	const struct unsuitable *unsuitable = test->param_value;
	struct kexec_subject *subject = described_by_loader(test, false);
	struct kexec_buf kbuf = area_wish(subject->image);
	unsigned long last;

	new_area(test, 64);
	unsuitable->change(&kbuf);
	if (!add(&kbuf))
		KUNIT_EXPECT_NE(test, kbuf.mem, BYTES(area.pfn));
	KUNIT_EXPECT_EQ(test, area.nr, 1);
	KUNIT_EXPECT_EQ(test, area.released, area.asked);
	last = subject->image->nr_segments - 1;
	KUNIT_EXPECT_FALSE(test, kexec_test_block(subject->image, last).cma);
}

/* Nothing is asked for what has no memory, or is to be scattered. */
static void nothing_is_asked_of_the_area(struct kunit *test)
{
	struct kexec_subject *subject = described_by_loader(test, true);
	struct kexec_buf kbuf = area_wish(subject->image);

	new_area(test, 64);
	KUNIT_EXPECT_EQ(test, add(&kbuf), 0);
	kexec_test_scatter(subject->image, false);
	kbuf = area_wish(subject->image);
	kbuf.bufsz = 0;
	kbuf.memsz = 0;
	KUNIT_EXPECT_EQ(test, add(&kbuf), 0);
	KUNIT_EXPECT_EQ(test, area.nr, 0);
}

/* ---- a start that cannot be guessed ---- */

static u64 number;

static u64 draw_number(void)
{
	return number;
}

/* A number draws the place of a crash image's segment, if that is asked for. */
static void a_place_at_random(struct kunit *test)
{
	static const u64 numbers[] = {
		0, 1, PAGE_SIZE, 77777777, SZ_64M + 5, 0x123456789abcdefULL, U64_MAX,
	};
	struct kexec_range region = kexec_region();
	struct kexec_subject *subject;
	struct kexec_buf kbuf;
	int i;

	kexec_test_need_region_and_peace(test);
	subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_LOADER);
	kexec_test_stand_in(test, "get_random_u64", draw_number);
	for (i = 0; i < 2 * ARRAY_SIZE(numbers); i++) {
		u64 slack = kexec_range_size(region) - BYTES(3);
		bool random = i < ARRAY_SIZE(numbers);

		number = numbers[i % ARRAY_SIZE(numbers)];
		kbuf = (struct kexec_buf) {
			.image = subject->image, .memsz = BYTES(3), .buf_align = PAGE_SIZE,
			.buf_max = ULONG_MAX, .random = random,
		};
		KUNIT_ASSERT_EQ(test, add(&kbuf), 0);
		KUNIT_EXPECT_EQ_MSG(test, kbuf.mem,
				    region.start + (random ? PAGE_ALIGN(number % slack) : 0),
				    "%llu", number);
		subject->image->nr_segments = 0;
	}
}

/* Where nothing is free behind what was drawn, there is a place before it. */
static void a_place_when_chance_fails(struct kunit *test)
{
	struct kexec_range region = kexec_region();
	struct kexec_subject *subject;
	struct kexec_buf kbuf;
	int i;

	kexec_test_need_region_and_peace(test);
	subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_LOADER);
	kexec_test_stand_in(test, "get_random_u64", draw_number);
	number = SZ_64M;
	subject->image->segment[0] = (struct kexec_segment) {
		.mem = region.start + SZ_32M, .memsz = kexec_range_size(region) - SZ_32M,
	};
	subject->image->nr_segments = 1;
	/* In all of the region, and in a window that has just room. */
	for (i = 0; i < 2; i++) {
		kbuf = (struct kexec_buf) {
			.image = subject->image, .memsz = SZ_1M, .buf_align = PAGE_SIZE,
			.buf_max = i ? region.start + SZ_1M - 1 : ULONG_MAX, .random = true,
		};
		KUNIT_EXPECT_EQ(test, add(&kbuf), 0);
		KUNIT_EXPECT_EQ(test, kbuf.mem, region.start);
		subject->image->nr_segments = 1;
	}
}

/* ---- what is refused, and what is not ---- */

static struct kexec_buf simple_wish(struct kimage *image)
{
	return (struct kexec_buf) {
		.image = image,
		.memsz = 3 * PAGE_SIZE - 1,
		.bufsz = PAGE_SIZE,
		.buf_min = SZ_16M,
		.buf_max = ULONG_MAX,
	};
}

/* An address that the loader has chosen is its own business, and sizes are rounded up. */
static void a_given_address_is_kept(struct kunit *test)
{
	struct kexec_subject *subject = described_by_loader(test, false);
	struct kexec_buf kbuf = simple_wish(subject->image);

	kbuf.mem = SZ_32M;
	kbuf.buffer = &kbuf;
	KUNIT_ASSERT_EQ(test, add(&kbuf), 0);
	KUNIT_EXPECT_EQ(test, kbuf.mem, SZ_32M);
	KUNIT_EXPECT_EQ(test, kbuf.memsz, 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, kbuf.buf_align, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, subject->image->nr_segments, 1);
	KUNIT_EXPECT_EQ(test, subject->image->segment[0].mem, SZ_32M);
	KUNIT_EXPECT_EQ(test, subject->image->segment[0].memsz, 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, subject->image->segment[0].bufsz, PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, subject->image->segment[0].kbuf, (void *)&kbuf);
	KUNIT_EXPECT_FALSE(test, kexec_test_in_place(subject->image, 0));
}

/* Segments of kexec_load(2) are not a loader's to place. */
static void user_space_places_its_own(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_USER);
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct kexec_buf kbuf = simple_wish(subject->image);

	KUNIT_EXPECT_EQ(test, add(&kbuf), -EINVAL);
	KUNIT_EXPECT_STREQ(test, last->why, "its segments are user space's to place");
}

/* The last segment there is room for is taken, the next refused. */
static void there_is_room_for_so_many(struct kunit *test)
{
	struct kexec_subject *subject = described_by_loader(test, true);
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct kexec_buf kbuf;
	int i;

	for (i = 0; i < KEXEC_SEGMENT_MAX; i++) {
		kbuf = simple_wish(subject->image);
		KUNIT_ASSERT_EQ(test, add(&kbuf), 0);
	}
	kbuf = simple_wish(subject->image);
	KUNIT_EXPECT_EQ(test, kexec_locate_mem_hole(&kbuf), -EINVAL);
	KUNIT_EXPECT_EQ(test, add(&kbuf), -EINVAL);
	KUNIT_EXPECT_EQ(test, subject->image->nr_segments, KEXEC_SEGMENT_MAX);
	KUNIT_EXPECT_STREQ(test, last->why, "more than 16 segments");
}

/* Control pages keep out of segments, so none may come after them. */
static void no_segment_after_the_control_pages(struct kunit *test)
{
	struct kexec_subject *subject = described_by_loader(test, true);
	struct kexec_buf kbuf = simple_wish(subject->image);

	subject->image->control_code_page = kimage_alloc_control_pages(subject->image, 0);
	kunit_warning_suppress(test)
		KUNIT_EXPECT_EQ(test, add(&kbuf), -EINVAL);
	KUNIT_EXPECT_EQ(test, subject->image->nr_segments, 0);
}

/*
 * No room is no refusal yet, since loaders try again with other limits; what was
 * wished for is remembered for the refusal that may come of it.
 */
static void no_room_is_remembered(struct kunit *test)
{
	struct kexec_subject *subject = described_by_loader(test, false);
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct kexec_buf kbuf = simple_wish(subject->image);

	kbuf.buf_max = kbuf.buf_min + PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, add(&kbuf), -EADDRNOTAVAIL);
	KUNIT_EXPECT_EQ(test, last->count, 0);
	KUNIT_EXPECT_EQ(test, kexec_test_no_room(subject->image)->memsz, 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, subject->image->nr_segments, 0);
	kbuf.buf_max = ULONG_MAX;
	KUNIT_EXPECT_EQ(test, add(&kbuf), 0);
}

/* A segment that a loader drops to try another gives its memory back. */
static void a_dropped_segment_gives_its_memory_back(struct kunit *test)
{
	struct kexec_subject *subject;
	struct kexec_buf kbuf;
	int i;

	kexec_test_count_pages(test);
	subject = described_by_loader(test, false);
	for (i = 0; i < 4; i++) {
		kbuf = simple_wish(subject->image);
		KUNIT_ASSERT_EQ(test, add(&kbuf), 0);
		KUNIT_ASSERT_TRUE(test, kexec_test_in_place(subject->image, 0));
		KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(),
				kimage_contents_pages(subject->image, 0));
		subject->image->nr_segments--;
	}
	kexec_subject_give_back(subject);
}

/* An empty segment has an address like any other, and no memory. */
static void an_empty_segment_owns_nothing(struct kunit *test)
{
	struct kexec_subject *subject;
	struct kexec_buf kbuf;

	kexec_test_count_pages(test);
	subject = described_by_loader(test, false);
	kbuf = simple_wish(subject->image);
	kbuf.mem = SZ_64M;
	kbuf.memsz = 0;
	kbuf.bufsz = 0;
	KUNIT_EXPECT_EQ(test, add(&kbuf), 0);
	kbuf.mem = KEXEC_BUF_MEM_UNKNOWN;
	KUNIT_EXPECT_EQ(test, add(&kbuf), 0);
	KUNIT_EXPECT_NULL(test, kexec_test_block(subject->image, 1).page);
	KUNIT_EXPECT_FALSE(test, kexec_test_in_place(subject->image, 1));
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 0);
	KUNIT_EXPECT_EQ(test, kexec_subject_assemble(subject), 0);
}

/* ---- an initrd that is read straight into place ---- */

#define INITRD_SIZE	(37 * PAGE_SIZE + 99)

static bool place_initrd(struct kimage *image, size_t size)
{
	guard(mutex)(&kexec_load_mutex);
	image->initrd_buf = kimage_place_initrd(image, size);
	image->initrd_buf_len = size;
	return image->initrd_buf;
}

static void release(struct kimage *image, const struct kimage_file *file)
{
	guard(mutex)(&kexec_load_mutex);
	kimage_release_file(image, (struct kimage_file *)file);
}

static struct kexec_buf initrd_wish(struct kimage *image)
{
	return kexec_test_wish(image, image->initrd_buf, INITRD_SIZE, INITRD_SIZE);
}

/* A place is found, contents are "read" to it, with something else behind them. */
static u8 *read_initrd(struct kunit *test, struct kexec_subject *subject)
{
	u8 *want = kexec_test_alloc(test, PAGE_ALIGN(INITRD_SIZE));

	KUNIT_ASSERT_TRUE(test, place_initrd(subject->image, INITRD_SIZE));
	kexec_test_fill(want, INITRD_SIZE, 77);
	memset(subject->image->initrd_buf, 0xa5, PAGE_ALIGN(INITRD_SIZE));
	memcpy(subject->image->initrd_buf, want, INITRD_SIZE);
	return want;
}

static void expect_taken_over(struct kunit *test, struct kexec_subject *subject)
{
	struct kimage *image = subject->image;
	struct kexec_model *model = kexec_model_new(test, 64);
	u8 *want = read_initrd(test, subject);
	struct kexec_buf kbuf = initrd_wish(image);
	u64 place = kexec_test_initrd(image)->range.start;
	int ret;

	KUNIT_ASSERT_EQ(test, add(&kbuf), 0);
	KUNIT_EXPECT_EQ(test, kbuf.mem, place);
	KUNIT_EXPECT_PTR_EQ(test, kexec_test_took_over(image, 0), kexec_test_initrd(image));
	KUNIT_EXPECT_TRUE(test, kexec_test_in_place(image, 0));
	subject->want[0] = want;
	scoped_guard(mutex, &kexec_load_mutex)
		ret = kimage_load_segment(image, &image->segment[0]);
	KUNIT_ASSERT_EQ(test, ret, 0);
	release(image, kexec_test_initrd(image));
	KUNIT_EXPECT_FALSE(test, kexec_range_empty(kexec_test_initrd(image)->range));
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, IND_DONE) ?: "");
	release(image, kexec_test_initrd(image));
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, IND_DONE) ?: "");
}

/* What was read into place is not copied; behind it are zeros; and it stays till the end. */
static void an_initrd_is_taken_over(struct kunit *test)
{
	struct kexec_subject *subject;

	kexec_test_count_pages(test);
	kexec_test_dirty_memory();
	subject = described_by_loader(test, false);
	expect_taken_over(test, subject);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), PAGE_ALIGN(INITRD_SIZE) >> PAGE_SHIFT);
	kexec_subject_give_back(subject);
}

/* The same in the crash region. */
static void an_initrd_is_taken_over_in_the_region(struct kunit *test)
{
	struct kexec_subject *subject;

	kexec_test_need_region_and_peace(test);
	subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_LOADER);
	expect_taken_over(test, subject);
	KUNIT_EXPECT_TRUE(test, kexec_range_contains(kexec_region(),
						     kexec_test_initrd(subject->image)->range));
}

/* Segments right before and behind it are in nobody's way. */
static void an_initrd_is_taken_over_between_others(struct kunit *test)
{
	struct kexec_subject *subject = described_by_loader(test, false);
	struct kexec_range place;
	struct kexec_buf kbuf;

	read_initrd(test, subject);
	place = kexec_test_initrd(subject->image)->range;
	kexec_subject_add(subject, place.start - PAGE_SIZE, PAGE_SIZE, PAGE_SIZE);
	kexec_subject_add(subject, place.start + PAGE_ALIGN(INITRD_SIZE), PAGE_SIZE, PAGE_SIZE);
	kbuf = initrd_wish(subject->image);
	KUNIT_EXPECT_EQ(test, add(&kbuf), 0);
	KUNIT_EXPECT_EQ(test, kbuf.mem, place.start);
	KUNIT_EXPECT_PTR_EQ(test, kexec_test_took_over(subject->image, 2),
			    kexec_test_initrd(subject->image));
}

/*
 * Where an armed crash image leaves no room for two, files are read to a buffer.  Segments
 * come to lie where their files would have been read to all the same, but just once.
 */
static void a_place_had_in_mind_is_used(struct kunit *test)
{
	const struct kimage_file *file;
	struct kexec_range kept;
	struct kexec_buf kbuf;
	struct kimage *image;

	kexec_test_need_region_and_peace(test);
	image = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_LOADER)->image;
	kexec_test_place_alone(image);
	file = kexec_test_initrd(image);
	KUNIT_EXPECT_FALSE(test, place_initrd(image, INITRD_SIZE));
	kept = file->kept;
	KUNIT_EXPECT_EQ(test, kexec_range_size(kept), PAGE_ALIGN(INITRD_SIZE));
	KUNIT_EXPECT_TRUE(test, kexec_range_contains(kexec_region(), kept));
	image->initrd_buf = kexec_test_alloc(test, PAGE_ALIGN(INITRD_SIZE));
	kbuf = initrd_wish(image);
	KUNIT_EXPECT_EQ(test, add(&kbuf), 0);
	KUNIT_EXPECT_EQ(test, kbuf.mem, kept.start);
	KUNIT_EXPECT_NULL(test, kexec_test_took_over(image, 0));
	KUNIT_EXPECT_TRUE(test, kexec_range_empty(file->kept));
	kbuf = initrd_wish(image);
	KUNIT_EXPECT_EQ(test, add(&kbuf), 0);
	KUNIT_EXPECT_NE(test, kbuf.mem, kept.start);
	image->initrd_buf = NULL;
}

struct misfit {
	const char *name;
	void (*change)(struct kexec_buf *kbuf);
};

static void want_it_below(struct kexec_buf *kbuf)
{
	kbuf->buf_min = 0;
	kbuf->buf_max = kexec_test_initrd(kbuf->image)->range.end - 2;
}

static void want_it_above(struct kexec_buf *kbuf)
{
	kbuf->buf_min = kexec_test_initrd(kbuf->image)->range.start + PAGE_SIZE;
	kbuf->buf_max = ULONG_MAX;
}

static void want_it_aligned(struct kexec_buf *kbuf)
{
	kbuf->buf_align =
		max(1UL << (__ffs(kexec_test_initrd(kbuf->image)->range.start) + 1), PAGE_SIZE);
}

static void want_it_larger(struct kexec_buf *kbuf)
{
	kbuf->memsz += PAGE_SIZE;
}

static void want_it_there(struct kexec_buf *kbuf)
{
	kbuf->mem = SZ_64M;
}

static void want_another(struct kexec_buf *kbuf)
{
	kbuf->buffer = &kbuf->image;
}

static const struct misfit misfits[] = {
	{ "a byte too high", want_it_below },
	{ "too low", want_it_above },
	{ "not aligned so far", want_it_aligned },
	{ "not so large", want_it_larger },
	{ "at another address", want_it_there },
	{ "another buffer", want_another },
};

KUNIT_ARRAY_PARAM_DESC(misfit, misfits, name);

/*
 * An initrd that the loader wants elsewhere is placed like any other segment, not
 * where it was read to, and that memory goes back.
 */
static void a_misfit_is_placed_elsewhere(struct kunit *test)
{
	const struct misfit *misfit = test->param_value;
	struct kexec_subject *subject;
	struct kexec_range old;
	struct kexec_buf kbuf;
	long others;

	kexec_test_count_pages(test);
	subject = described_by_loader(test, false);
	read_initrd(test, subject);
	old = kexec_test_initrd(subject->image)->range;
	kbuf = initrd_wish(subject->image);
	misfit->change(&kbuf);
	/* There may be no other place: what was read is at the top. */
	if (!add(&kbuf))
		KUNIT_EXPECT_FALSE(test, kimage_is_destination_range(subject->image, old.start,
								     old.end - 1));
	KUNIT_EXPECT_NULL(test, kexec_test_took_over(subject->image, 0));
	others = kexec_test_owned_pages() - (kexec_range_size(old) >> PAGE_SHIFT);
	release(subject->image, kexec_test_initrd(subject->image));
	subject->image->initrd_buf = NULL;
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), others);
	KUNIT_EXPECT_TRUE(test, kexec_range_empty(kexec_test_initrd(subject->image)->range));
	kexec_subject_give_back(subject);
}

static int exclude_the_start(struct kimage *image, unsigned long start, unsigned long last)
{
	unsigned long there = kexec_test_initrd(image)->range.start;

	return start <= there && there <= last;
}

/* Nor is one taken over where the architecture wants nothing. */
static void an_initrd_in_an_excluded_place(struct kunit *test)
{
	struct kexec_subject *subject = described_by_loader(test, false);
	struct kexec_buf kbuf;

	read_initrd(test, subject);
	kbuf = initrd_wish(subject->image);
	kunit_activate_static_stub(test, kexec_excluded_by_arch, exclude_the_start);
	add(&kbuf);
	KUNIT_EXPECT_NULL(test, kexec_test_took_over(subject->image, 0));
	release(subject->image, kexec_test_initrd(subject->image));
	subject->image->initrd_buf = NULL;
}

/* Nothing is read into place that is empty, or that is to be scattered. */
static void no_place_for_an_initrd(struct kunit *test)
{
	struct kexec_subject *subject = described_by_loader(test, true);

	KUNIT_EXPECT_FALSE(test, place_initrd(subject->image, INITRD_SIZE));
	KUNIT_EXPECT_TRUE(test, kexec_range_empty(kexec_test_initrd(subject->image)->range));
	kexec_test_scatter(subject->image, false);
	KUNIT_EXPECT_FALSE(test, place_initrd(subject->image, 0));
	KUNIT_EXPECT_TRUE(test, kexec_range_empty(kexec_test_initrd(subject->image)->range));
}

/* An image freed with its initrd read and nobody to take it over gives the memory back. */
static void an_orphaned_initrd_goes_back(struct kunit *test)
{
	struct kexec_subject *subject;

	kexec_test_count_pages(test);
	subject = described_by_loader(test, false);
	read_initrd(test, subject);
	KUNIT_EXPECT_GT(test, kexec_test_owned_pages(), 0);
	kexec_subject_give_back(subject);
}

/* ---- a kernel that is read straight into place ---- */

#define KERNEL_SIZE	(300 * PAGE_SIZE + 77)
#define HEADER_SIZE	(5 * 512)
#define KERNEL_MEMSZ	BYTES(1000)

static bool place_kernel(struct kimage *image)
{
	guard(mutex)(&kexec_load_mutex);
	image->kernel_buf = kimage_place_kernel(image, KERNEL_SIZE);
	image->kernel_buf_len = KERNEL_SIZE;
	return image->kernel_buf;
}

/* Finds a kernel a place and "reads" it; returns its payload, with zeros behind. */
static u8 *read_kernel(struct kunit *test, struct kexec_subject *subject)
{
	u8 *file = kexec_test_alloc(test, HEADER_SIZE + KERNEL_MEMSZ);

	if (!kexec_shares_zeros())
		kunit_skip(test, "this architecture does not read kernels into place");
	KUNIT_ASSERT_TRUE(test, place_kernel(subject->image));
	kexec_test_fill(file, KERNEL_SIZE, 78);
	memset(subject->image->kernel_buf, 0xa5, PAGE_ALIGN(KERNEL_SIZE));
	memcpy(subject->image->kernel_buf, file, KERNEL_SIZE);
	return file + HEADER_SIZE;
}

static struct kexec_buf kernel_wish(struct kimage *image)
{
	struct kexec_buf wish = kexec_test_wish(image, image->kernel_buf + HEADER_SIZE,
						KERNEL_SIZE - HEADER_SIZE, KERNEL_MEMSZ);

	wish.buf_align = SZ_2M;
	return wish;
}

/*
 * A kernel stays where it was read to, but for being moved over its header; what it
 * unpacks to is cleared at the jump, and costs no memory until then.
 */
static void a_kernel_is_taken_over(struct kunit *test)
{
	struct kexec_model *model = kexec_model_new(test, KERNEL_MEMSZ >> PAGE_SHIFT);
	struct kexec_subject *subject;
	struct kexec_buf kbuf;

	kexec_test_count_pages(test);
	kexec_test_dirty_memory();
	subject = described_by_loader(test, false);
	subject->want[0] = read_kernel(test, subject);
	kbuf = kernel_wish(subject->image);
	KUNIT_ASSERT_EQ(test, add(&kbuf), 0);
	KUNIT_EXPECT_EQ(test, kbuf.mem, kexec_test_kernel(subject->image)->range.start);
	KUNIT_EXPECT_PTR_EQ(test, kexec_test_took_over(subject->image, 0),
			    kexec_test_kernel(subject->image));
	KUNIT_EXPECT_TRUE(test, kexec_test_in_place(subject->image, 0));
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), PFN_UP(KERNEL_SIZE));

	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);
	/* Whoever digests it reads it there. */
	KUNIT_EXPECT_PTR_EQ(test, subject->image->segment[0].kbuf, boot_phys_to_virt(kbuf.mem));
	release(subject->image, kexec_test_kernel(subject->image));
	subject->image->kernel_buf = NULL;
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, subject->image->head) ?: "");
	KUNIT_EXPECT_EQ(test, model->moved, (KERNEL_MEMSZ >> PAGE_SHIFT) -
			PFN_UP(KERNEL_SIZE - HEADER_SIZE));
	kexec_subject_give_back(subject);
}

/*
 * Other segments that the loader takes from the file are read before the payload is
 * moved over them.
 */
static void the_header_is_read_before_the_kernel_moves(struct kunit *test)
{
	struct kexec_model *model = kexec_model_new(test, 2 * KERNEL_MEMSZ >> PAGE_SHIFT);
	struct kexec_subject *subject = described_by_loader(test, false);
	u8 *payload = read_kernel(test, subject);
	u8 *header = kexec_test_alloc(test, PAGE_SIZE);
	struct kexec_buf kbuf = kernel_wish(subject->image);

	memcpy(header, payload - HEADER_SIZE, HEADER_SIZE);
	kexec_subject_add_purgatory(subject);
	KUNIT_ASSERT_EQ(test, add(&kbuf), 0);
	subject->want[1] = payload;
	kbuf = kernel_wish(subject->image);
	kbuf.buffer = subject->image->kernel_buf;
	kbuf.bufsz = HEADER_SIZE;
	kbuf.memsz = HEADER_SIZE;
	KUNIT_ASSERT_EQ(test, add(&kbuf), 0);
	subject->want[2] = header;
	KUNIT_EXPECT_PTR_EQ(test, kexec_test_took_over(subject->image, 1),
			    kexec_test_kernel(subject->image));
	KUNIT_EXPECT_NULL(test, kexec_test_took_over(subject->image, 2));
	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, subject->image->head) ?: "");
}

static bool is_taken(struct kimage *image, u64 at)
{
	struct kexec_range hit;

	return kimage_in_the_way(image, (struct kexec_range) { at, at + PAGE_SIZE }, &hit);
}

/*
 * Until a segment takes it over, all that the kernel might unpack to is kept clear;
 * then, just what it does.
 */
static void room_to_unpack_is_kept_clear(struct kunit *test)
{
	struct kexec_subject *subject = described_by_loader(test, false);
	struct kimage *image = subject->image;
	struct kexec_buf kbuf;
	u64 start, room;

	read_kernel(test, subject);
	start = kexec_test_kernel(image)->range.start;
	room = kexec_test_kernel(image)->room;
	KUNIT_EXPECT_GE(test, room, 4 * KERNEL_SIZE);
	KUNIT_EXPECT_FALSE(test, is_taken(image, start - PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, is_taken(image, start));
	KUNIT_EXPECT_TRUE(test, is_taken(image, start + room - PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, is_taken(image, start + room));

	kbuf = kernel_wish(image);
	KUNIT_ASSERT_EQ(test, add(&kbuf), 0);
	KUNIT_EXPECT_TRUE(test, is_taken(image, start + KERNEL_MEMSZ - PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, is_taken(image, start + KERNEL_MEMSZ));
}

static void want_half(struct kexec_buf *kbuf)
{
	kbuf->bufsz /= 2;
}

static void want_more_room_than_there_is(struct kexec_buf *kbuf)
{
	kbuf->memsz = kexec_test_kernel(kbuf->image)->room + PAGE_SIZE;
}

static void want_what_is_far_behind(struct kexec_buf *kbuf)
{
	kbuf->buffer += SZ_64K;
	kbuf->bufsz -= SZ_64K;
}

static void want_it_higher(struct kexec_buf *kbuf)
{
	kbuf->buf_min = kexec_test_kernel(kbuf->image)->range.start + PAGE_SIZE;
	kbuf->buf_align = PAGE_SIZE;
	kbuf->top_down = false;
}

static const struct misfit kernel_misfits[] = {
	{ "not to its end", want_half },
	{ "larger than there is room for", want_more_room_than_there_is },
	{ "without more than a header", want_what_is_far_behind },
	{ "too low", want_it_higher },
};

KUNIT_ARRAY_PARAM_DESC(kernel_misfit, kernel_misfits, name);

/* What does not suit the loader is placed elsewhere, and copied there. */
static void a_misfit_of_a_kernel_is_copied(struct kunit *test)
{
	const struct misfit *misfit = test->param_value;
	struct kexec_subject *subject;
	struct kexec_range old;
	struct kexec_buf kbuf;
	bool placed;

	kexec_test_count_pages(test);
	subject = described_by_loader(test, false);
	read_kernel(test, subject);
	old = kexec_test_kernel(subject->image)->range;
	kbuf = kernel_wish(subject->image);
	misfit->change(&kbuf);
	placed = !add(&kbuf);
	KUNIT_EXPECT_NULL(test, kexec_test_took_over(subject->image, 0));
	if (placed)
		KUNIT_EXPECT_FALSE(test, kimage_is_destination_range(subject->image, old.start,
								     old.end - 1));
	release(subject->image, kexec_test_kernel(subject->image));
	subject->image->kernel_buf = NULL;
	KUNIT_EXPECT_TRUE(test, kexec_range_empty(kexec_test_kernel(subject->image)->range));
	kexec_subject_give_back(subject);
}

/* The same bytes in a second segment have a place of their own. */
static void a_kernel_is_taken_over_once(struct kunit *test)
{
	struct kexec_subject *subject = described_by_loader(test, false);
	struct kexec_buf kbuf;

	read_kernel(test, subject);
	kbuf = kernel_wish(subject->image);
	KUNIT_ASSERT_EQ(test, add(&kbuf), 0);
	kbuf = kernel_wish(subject->image);
	KUNIT_ASSERT_EQ(test, add(&kbuf), 0);
	KUNIT_EXPECT_NULL(test, kexec_test_took_over(subject->image, 1));
	KUNIT_EXPECT_EQ(test, sanity_check_segment_list(subject->image), 0);
}

/* A crash kernel is not read into place, nor one that is to be scattered. */
static void no_place_for_a_kernel(struct kunit *test)
{
	struct kexec_subject *crash = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_LOADER);
	struct kexec_subject *scattered = described_by_loader(test, true);

	KUNIT_EXPECT_FALSE(test, place_kernel(crash->image));
	KUNIT_EXPECT_FALSE(test, place_kernel(scattered->image));
	KUNIT_EXPECT_TRUE(test, kexec_range_empty(kexec_test_kernel(scattered->image)->range));
}

/* Kernel and initrd are both taken over, and neither is in the other's way. */
static void both_files_are_taken_over(struct kunit *test)
{
	struct kexec_model *model = kexec_model_new(test, 2 * KERNEL_MEMSZ >> PAGE_SHIFT);
	struct kexec_subject *subject;
	struct kexec_buf kbuf;

	kexec_test_count_pages(test);
	subject = described_by_loader(test, false);
	subject->want[0] = read_kernel(test, subject);
	subject->want[1] = read_initrd(test, subject);
	kbuf = kernel_wish(subject->image);
	KUNIT_ASSERT_EQ(test, add(&kbuf), 0);
	kbuf = initrd_wish(subject->image);
	KUNIT_ASSERT_EQ(test, add(&kbuf), 0);
	KUNIT_EXPECT_PTR_EQ(test, kexec_test_took_over(subject->image, 0),
			    kexec_test_kernel(subject->image));
	KUNIT_EXPECT_PTR_EQ(test, kexec_test_took_over(subject->image, 1),
			    kexec_test_initrd(subject->image));
	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, subject->image->head) ?: "");
	KUNIT_EXPECT_EQ(test, sanity_check_segment_list(subject->image), 0);
	kexec_subject_give_back(subject);
}

static struct kunit_case place_cases[] = {
	KUNIT_CASE_PARAM(addresses_as_by_trying_every_page, kexec_test_seeds),
	KUNIT_CASE_PARAM(addresses_around_what_is_excluded, kexec_test_seeds),
	KUNIT_CASE_PARAM(claimed_or_not_the_limits_hold, kexec_test_seeds),
	KUNIT_CASE_PARAM(nothing_excluded_is_claimed, kexec_test_seeds),
	KUNIT_CASE(known_memory_comes_first),
	KUNIT_CASE(driver_managed_memory_is_not_used),
	KUNIT_CASE(beside_the_scratch_area_all_is_claimed),
	KUNIT_CASE(handover_decides),
	KUNIT_CASE(handover_says_what_is_missing),
	KUNIT_CASE(a_place_in_the_cma_area),
	KUNIT_CASE_PARAM(a_place_that_does_not_suit, unsuitable_gen_params),
	KUNIT_CASE(nothing_is_asked_of_the_area),
	KUNIT_CASE(a_place_at_random),
	KUNIT_CASE(a_place_when_chance_fails),
	KUNIT_CASE(a_given_address_is_kept),
	KUNIT_CASE(user_space_places_its_own),
	KUNIT_CASE(there_is_room_for_so_many),
	KUNIT_CASE(no_segment_after_the_control_pages),
	KUNIT_CASE(no_room_is_remembered),
	KUNIT_CASE(a_dropped_segment_gives_its_memory_back),
	KUNIT_CASE(an_empty_segment_owns_nothing),
	KUNIT_CASE(an_initrd_is_taken_over),
	KUNIT_CASE(an_initrd_is_taken_over_in_the_region),
	KUNIT_CASE(an_initrd_is_taken_over_between_others),
	KUNIT_CASE(a_place_had_in_mind_is_used),
	KUNIT_CASE_PARAM(a_misfit_is_placed_elsewhere, misfit_gen_params),
	KUNIT_CASE(an_initrd_in_an_excluded_place),
	KUNIT_CASE(no_place_for_an_initrd),
	KUNIT_CASE(an_orphaned_initrd_goes_back),
	KUNIT_CASE(a_kernel_is_taken_over),
	KUNIT_CASE(the_header_is_read_before_the_kernel_moves),
	KUNIT_CASE(room_to_unpack_is_kept_clear),
	KUNIT_CASE_PARAM(a_misfit_of_a_kernel_is_copied, kernel_misfit_gen_params),
	KUNIT_CASE(a_kernel_is_taken_over_once),
	KUNIT_CASE(no_place_for_a_kernel),
	KUNIT_CASE(both_files_are_taken_over),
	{}
};

static struct kunit_suite place_suite = {
	.name = "kexec_place",
	.test_cases = place_cases,
};

kunit_test_suite(place_suite);

MODULE_DESCRIPTION("KUnit tests of placing kexec segments");
MODULE_LICENSE("GPL");
