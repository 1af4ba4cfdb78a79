/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the core asks of an architecture, with what holds for those that have
 * nothing to say.  Symbols are selected in an architecture's Kconfig and described
 * in kernel/kexec/Kconfig, functions are defined, with a macro of the same name,
 * in its <asm/kexec.h>.
 */
#ifndef KERNEL_KEXEC_ARCH_H
#define KERNEL_KEXEC_ARCH_H

#include <linux/kexec.h>
#include <linux/mmzone.h>

/* Do image loaders leave it to kexec_add_buffer() where segments go? */
static inline bool kexec_chooses_places(void)
{
	return !IS_ENABLED(CONFIG_ARCH_KEXEC_LOADERS_CHOOSE_PLACES);
}

/* Does the relocation code take an image with nothing to relocate? */
static inline bool kexec_runs_in_place(void)
{
	return IS_ENABLED(CONFIG_ARCH_SUPPORTS_KEXEC_FILE) &&
	       !IS_ENABLED(CONFIG_ARCH_KEXEC_NEEDS_ENTRIES);
}

/* May one page of zeros stand in for all that a list has to clear? */
static inline bool kexec_shares_zeros(void)
{
	return IS_ENABLED(CONFIG_ARCH_KEXEC_SHARES_ZEROS);
}

/* May devices use the page tables of a process that has no MMU notifier? */
static inline bool kexec_devices_share_page_tables(void)
{
	return IS_ENABLED(CONFIG_ARCH_KEXEC_DEVICES_SHARE_PAGE_TABLES);
}

#ifdef CONFIG_ZONE_DMA
static inline bool kexec_zone_is_dma(const struct zone *zone)
{
	return zone_idx(zone) == ZONE_DMA;
}
#else
static inline bool kexec_zone_is_dma(const struct zone *zone) { return false; }
#endif

/* The last byte of memory that the next kernel is told of; it may find more by itself later. */
#ifndef arch_kexec_last_known
static inline unsigned long arch_kexec_last_known(void)
{
	return ULONG_MAX;
}
#endif

#if !defined(CONFIG_CRASH_DUMP) && !defined(arch_kexec_unprotect_crashkres)
static inline void arch_kexec_unprotect_crashkres(void) { }
#endif

/* dm-crypt keys in the region are unmapped, and found through the image that is armed. */
#ifndef arch_kexec_uncover_keys
static inline void arch_kexec_uncover_keys(void)
{
	arch_kexec_unprotect_crashkres();
}
#endif

/*
 * Make pages of the region writable, which is protected.  An architecture that cannot
 * do so page by page opens the whole region until the load is over.
 */
#ifndef arch_kexec_unprotect_crash_pages
static inline void arch_kexec_unprotect_crash_pages(void *vaddr, unsigned int nr_pages)
{
	arch_kexec_unprotect_crashkres();
}
#endif

/* What the architecture knows that a purgatory with digests should. */
#ifndef arch_kexec_prepare_digests
struct kexec_digests;
static inline void arch_kexec_prepare_digests(struct kexec_digests *digests) { }
#endif

#endif /* KERNEL_KEXEC_ARCH_H */
