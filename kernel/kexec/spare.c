// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: pages to rewrite the armed crash image from
 *
 * A segment of the armed crash image is rewritten when CPUs or memory come and go.  A
 * panic in the midst of that finds an entry list that has the relocation code do the
 * rest, from pages that were taken when the image was loaded: it sees no other memory
 * but what there was then.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/elf.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/uaccess.h>
#include <kunit/static_stub.h>

#include "../kexec_internal.h"
#include "image.h"
#include "pages.h"
#include "spare.h"

static int add_spare(struct list_head *list, unsigned long nr_pages)
{
	while (nr_pages--) {
		struct page *page;

		page = kexec_alloc_pages_block(GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL, 0);
		if (!page)
			return -ENOMEM;
		list_add_tail(&page->lru, list);
	}
	return 0;
}

/**
 * kimage_alloc_spare() - have pages ready to rewrite a segment from
 * @image:    a crash image, not yet prepared
 * @nr_pages: the largest part that can be rewritten
 *
 * Whoever executes the armed image while a segment is rewritten copies the new contents
 * himself, by a list as kimage_list_spare() makes it.  He sees no memory but what there
 * was when the architecture got the image ready, so the pages are taken before.
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int kimage_alloc_spare(struct kimage *image, unsigned long nr_pages)
{
	/* One more entry for the destination; the last of a table leads on, or ends. */
	unsigned long tables = DIV_ROUND_UP(nr_pages + 1, ENTRIES_PER_PAGE - 1);
	struct kimage_core *core = kimage_core(image);

	if (add_spare(&core->spare_pages, nr_pages) || add_spare(&core->spare_tables, tables)) {
		kimage_free_page_list(&core->spare_pages);
		kimage_free_page_list(&core->spare_tables);
		return -ENOMEM;
	}
	core->nr_spare = nr_pages;
	return 0;
}

static void fill_spare(struct kimage *image, const void *old, const void *buf, size_t len)
{
	struct page *page = list_first_entry(&kimage_core(image)->spare_pages, struct page, lru);
	size_t at, n;

	for (at = 0; at < len; at += PAGE_SIZE) {
		n = min(len - at, PAGE_SIZE);
		memcpy(page_address(page), buf + at, n);
		memcpy(page_address(page) + n, old + at + n, PAGE_SIZE - n);
		page = list_next_entry(page, lru);
	}
}

/**
 * kimage_list_spare() - make an entry list that rewrites a part of a segment
 * @image: the image, with as many spare pages
 * @dest:  the part, whole pages
 * @old:   what is there now
 * @buf:   the new contents
 * @len:   bytes; what is behind them stays
 *
 * Context: process; nobody uses the last such list any more.
 * Return: the list's first entry.
 */
kimage_entry_t kimage_list_spare(struct kimage *image, struct kexec_range dest, const void *old,
				 const void *buf, size_t len)
{
	struct page *table = list_first_entry(&kimage_core(image)->spare_tables, struct page, lru);
	struct page *page = list_first_entry(&kimage_core(image)->spare_pages, struct page, lru);
	kimage_entry_t *entry = page_address(table), *last = entry + ENTRIES_PER_PAGE - 1;
	kimage_entry_t first = virt_to_boot_phys(entry) | IND_INDIRECTION;
	u64 at;

	fill_spare(image, old, buf, len);
	*entry++ = dest.start | IND_DESTINATION;
	for (at = dest.start; at < dest.end; at += PAGE_SIZE) {
		if (entry == last) {
			table = list_next_entry(table, lru);
			entry = page_address(table);
			*last = virt_to_boot_phys(entry) | IND_INDIRECTION;
			last = entry + ENTRIES_PER_PAGE - 1;
		}
		*entry++ = kexec_page_range(page, 1).start | IND_SOURCE;
		page = list_next_entry(page, lru);
	}
	*entry = IND_DONE;
	return first;
}

/**
 * kexec_relocates_crash_image() - can a crash image be executed by an entry list?
 *
 * A function of its own so that tests can have it say no.
 *
 * Context: process.
 * Return: true when it can, like any other image.
 */
noinline bool kexec_relocates_crash_image(void)
{
	KUNIT_STATIC_STUB_REDIRECT(kexec_relocates_crash_image);
	return IS_ENABLED(CONFIG_ARCH_KEXEC_RELOCATES_CRASH_IMAGE);
}

/* Where the code for hotplug will find it, as it does: by its contents. */
static bool will_be_elfcorehdr(const struct kimage *image, unsigned int idx)
{
	const struct kexec_segment *segment = &image->segment[idx];
	char magic[SELFMAG];

	if (image->file_mode)
		return kimage_is_elfcorehdr(image, idx);
	return segment->bufsz >= SELFMAG && !copy_from_user(magic, segment->buf, SELFMAG) &&
	       !memcmp(magic, ELFMAG, SELFMAG);
}

/**
 * kimage_place_spare() - have memory ready for changes of CPUs and memory
 * @image: a crash image, described
 *
 * Without it the image is out of reach for as long as a change takes, which is no
 * reason to have none at all.
 *
 * Context: process, kexec_load_mutex held; before the architecture gets the image ready.
 */
void kimage_place_spare(struct kimage *image)
{
	unsigned long i, pages = 0, most = PFN_UP(crash_get_elfcorehdr_size());

	if (!kimage_is_hotplugged(image) || !kexec_relocates_crash_image())
		return;
	for (i = 0; i < image->nr_segments; i++)
		if (will_be_elfcorehdr(image, i))
			pages = max(pages, min(most, image->segment[i].memsz >> PAGE_SHIFT));
	if (pages && kimage_alloc_spare(image, pages))
		pr_notice("crash image: no memory to rewrite %lu pages from when CPUs or memory change\n",
			  pages);
}
