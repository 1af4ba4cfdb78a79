// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: what the crashed kernel knew to be poisoned
 *
 * Memory that the crashed kernel had marked as poisoned is not to be read, or the crash
 * kernel goes down as the other did.  The list that the other kept (poison.c) is copied
 * before the dump can be opened; the pages on it are then reported to be no RAM, which
 * has reads and mappings of /proc/vmcore find zeros there.  Nothing but the list is
 * looked at, least of all the pages.
 *
 * The other may have had pages of another size: a kernel with pages of 64 KiB may well leave
 * its dump to one with pages of 4 KiB, which needs less memory.  All that a page of either
 * has of a poisoned one is left out.
 *
 * A kernel that keeps no list is dumped as ever.  What the list says is believed only as
 * far as it has the form of one.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/align.h>
#include <linux/bits.h>
#include <linux/bsearch.h>
#include <linux/cc_platform.h>
#include <linux/crash_dump.h>
#include <linux/elf.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/uio.h>
#include <linux/vmcore_info.h>
#include <kunit/visibility.h>

#include "poison.h"
#include "poison_list.h"

/* ---- where the list is ---- */

/* The text of the note VMCOREINFO; sets how long it is. */
static const char *find_vmcoreinfo(const void *notes, size_t size, size_t *len)
{
	while (size >= sizeof(struct elf_note)) {
		const struct elf_note *note = notes;
		const char *name = notes + sizeof(*note);
		u64 text = sizeof(*note) + ALIGN((u64)note->n_namesz, 4);
		u64 next = text + ALIGN((u64)note->n_descsz, 4);

		if (!note->n_namesz || text + note->n_descsz > size)
			return NULL;
		if (note->n_namesz == sizeof(VMCOREINFO_NOTE_NAME) &&
		    !memcmp(name, VMCOREINFO_NOTE_NAME, note->n_namesz)) {
			*len = note->n_descsz;
			return notes + text;
		}
		next = min(next, size);
		notes += next;
		size -= next;
	}
	return NULL;
}

/* In hexadecimal digits, to the end of the line. */
static u64 number_at(const char *text, size_t len)
{
	char digits[20];
	u64 number;

	strscpy(digits, text, min(len + 1, sizeof(digits)));
	*strchrnul(digits, '\n') = '\0';
	return kstrtou64(digits, 16, &number) ? 0 : number;
}

/**
 * kexec_find_poison_list() - where the crashed kernel's list of poisoned pages is
 * @notes: its ELF notes; the bytes may be anything
 * @size:  bytes
 *
 * Context: any.
 * Return: the physical address, 0 when there is no list.
 */
VISIBLE_IF_KUNIT
u64 kexec_find_poison_list(const void *notes, size_t size)
{
	static const char key[] = "\nNUMBER(kexec_poison_list)=";
	size_t len, key_len = sizeof(key) - 1;
	const char *at, *text = find_vmcoreinfo(notes, size, &len);

	at = text ? strnstr(text, key, len) : NULL;
	return at ? number_at(at + key_len, len - (at - text) - key_len) : 0;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_find_poison_list);

/* ---- what is on it ---- */

static u64 *old_poison;
static unsigned int nr_old_poison;

static u64 poison_start(u64 entry)
{
	return entry >> KEXEC_POISON_ADDRESS << KEXEC_POISON_ADDRESS;
}

static u64 poison_size(u64 entry)
{
	u64 power = entry >> KEXEC_POISON_SIZE_SHIFT & (BIT(KEXEC_POISON_SIZE_BITS) - 1);

	return BIT_ULL(KEXEC_POISON_ADDRESS + power);
}

static bool is_poison(u64 entry)
{
	u64 below = entry - poison_start(entry);

	return below & KEXEC_POISON_NOTED &&
	       !(below >> (KEXEC_POISON_SIZE_SHIFT + KEXEC_POISON_SIZE_BITS)) &&
	       IS_ALIGNED(poison_start(entry), poison_size(entry));
}

static int compare_pages(const void *a, const void *b)
{
	return cmp_int(*(const u64 *)a, *(const u64 *)b);
}

/**
 * kexec_sort_poison() - leave of a list what are entries, in order
 * @page: the list
 * @nr:   how many entries it has room for
 *
 * Context: process.
 * Return: how many it has.
 */
VISIBLE_IF_KUNIT
unsigned int kexec_sort_poison(u64 *page, unsigned int nr)
{
	unsigned int i, pages = 0;

	for (i = 0; i < nr; i++)
		if (is_poison(page[i]))
			page[pages++] = page[i];
	sort(page, pages, sizeof(*page), compare_pages, NULL);
	return pages;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_sort_poison);

/* Where a page of this kernel's lies to one of the other's. */
static int compare_places(const void *key, const void *entry)
{
	u64 page = *(const u64 *)key, other = *(const u64 *)entry;

	if (page + PAGE_SIZE <= poison_start(other))
		return -1;
	return page >= poison_start(other) + poison_size(other);
}

/**
 * kexec_poison_listed() - is anything of a page on a list?
 * @list: the list, in order
 * @nr:   how many entries it has
 * @pfn:  the page
 *
 * Context: any.
 * Return: whether it is.
 */
VISIBLE_IF_KUNIT
bool kexec_poison_listed(const u64 *list, unsigned int nr, unsigned long pfn)
{
	u64 page = PFN_PHYS(pfn);

	return bsearch(&page, list, nr, sizeof(*list), compare_places);
}
EXPORT_SYMBOL_IF_KUNIT(kexec_poison_listed);

static bool read_old(void *buf, size_t size, u64 address)
{
	struct kvec kvec = { .iov_base = buf, .iov_len = size };
	struct iov_iter iter;

	iov_iter_kvec(&iter, ITER_DEST, &kvec, 1, size);
	return read_from_oldmem(&iter, size, &address, cc_platform_has(CC_ATTR_MEM_ENCRYPT)) ==
	       size;
}

static bool is_sound_in_dump(struct vmcore_cb *cb, unsigned long pfn)
{
	return !kexec_poison_listed(old_poison, nr_old_poison, pfn);
}

static struct vmcore_cb poison_cb = { .pfn_is_ram = is_sound_in_dump };

static void skip_pages_on(const struct kexec_poison_list *list, u64 nr)
{
	u64 lost = atomic64_read(&list->lost);

	old_poison = kmemdup_array(list->page, nr, sizeof(*old_poison), GFP_KERNEL);
	if (!old_poison)
		return;
	nr_old_poison = kexec_sort_poison(old_poison, nr);
	if (!nr_old_poison)
		return;
	register_vmcore_cb(&poison_cb);
	pr_notice("dump: %u pages were poisoned when the kernel crashed and read as zeros; %llu more are not known\n",
		  nr_old_poison, lost);
}

/**
 * kexec_skip_old_poison() - have the dump leave out what was poisoned
 * @notes: the crashed kernel's ELF notes
 * @size:  bytes
 *
 * Context: process, before /proc/vmcore is there.
 */
void __init kexec_skip_old_poison(const void *notes, size_t size)
{
	struct kexec_poison_list *list __free(kfree) = kzalloc_obj(*list);
	u64 address = kexec_find_poison_list(notes, size);

	if (!address || !list)
		return;
	if (read_old(list, sizeof(*list), address))
		skip_pages_on(list, min(list->nr, KEXEC_POISON_MAX));
}
