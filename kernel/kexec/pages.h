/* SPDX-License-Identifier: GPL-2.0-only */
/* pages.c, claim.c, list.c, control.c: the memory that an image consists of. */
#ifndef KERNEL_KEXEC_PAGES_H
#define KERNEL_KEXEC_PAGES_H

#include <linux/cc_platform.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include "image.h"

/* ---- pages.c ---- */

#define ENTRIES_PER_PAGE	(PAGE_SIZE / sizeof(kimage_entry_t))

/* For mappings of an image's pages: the next kernel starts without memory encryption. */
static inline pgprot_t kexec_page_prot(void)
{
	if (cc_platform_has(CC_ATTR_HOST_MEM_ENCRYPT))
		return pgprot_decrypted(PAGE_KERNEL);
	return PAGE_KERNEL;
}

struct kexec_range kexec_page_range(struct page *page, unsigned long nr_pages);
struct page *kimage_alloc_outside(struct kimage *image, gfp_t gfp, unsigned int order, u64 limit);
struct page *kexec_alloc_pages_block(gfp_t gfp, unsigned int order);
int kimage_gather_pages(struct kimage *image);
int kimage_own_pages(struct kimage *image, unsigned int idx, unsigned long first,
		     unsigned long nr_pages);
void kexec_free_pages_block(struct page *page);

#if IS_ENABLED(CONFIG_KUNIT)
struct page *kexec_alloc_block(gfp_t gfp, unsigned int order);
u64 kexec_source_limit(void);
#endif

void kimage_free_page_list(struct list_head *list);
void kimage_free_run(struct page *page, unsigned long nr_pages);
void kimage_free_block(struct kimage_block *block);
void kimage_free_place(struct kimage *image, unsigned int idx);

/* ---- claim.c ---- */

#ifdef CONFIG_CONTIG_ALLOC
bool kimage_claim_hole(struct kimage *image, struct kexec_hole want, u64 size, bool scratch,
		       struct kimage_block *block);
void kimage_claim_segment(struct kimage *image, unsigned int idx);
bool kexec_claim_obstacle(struct kexec_range range, struct kexec_range *hit);
bool kexec_claim_range(struct kexec_range range);
struct page *kexec_claim_cma(unsigned long nr_pages, unsigned int order);

#if IS_ENABLED(CONFIG_KUNIT)
bool kexec_zone_may_give(const struct zone *zone);
bool kexec_page_is_in_transit(const struct page *page);
#endif

static inline void kexec_free_contig(unsigned long pfn, unsigned long nr_pages)
{
	free_contig_range(pfn, nr_pages);
}
#else
static inline bool kimage_claim_hole(struct kimage *image, struct kexec_hole want, u64 size,
				     bool scratch, struct kimage_block *block)
{
	return false;
}

static inline void kimage_claim_segment(struct kimage *image, unsigned int idx) { }

static inline struct page *kexec_claim_cma(unsigned long nr_pages, unsigned int order)
{
	return NULL;
}

static inline void kexec_free_contig(unsigned long pfn, unsigned long nr_pages)
{
	while (nr_pages--)
		__free_page(pfn_to_page(pfn++));
}
#endif

/* ---- list.c ---- */

int kimage_build_list(struct kimage *image);

#if IS_ENABLED(CONFIG_KUNIT)
bool kexec_wants_list(void);
#endif

struct page *kimage_next_source(kimage_entry_t **cursor);
struct page *kimage_segment_page(struct kimage *image, unsigned int idx, unsigned long nr,
				 kimage_entry_t **cursor);
void kimage_free_list(struct kimage *image);

/* ---- control.c, with kimage_alloc_control_pages() ---- */

void kimage_drop_control_pages(struct kimage *image);

#if IS_ENABLED(CONFIG_KUNIT)
u64 kexec_control_limit(void);
#endif

#endif /* KERNEL_KEXEC_PAGES_H */
