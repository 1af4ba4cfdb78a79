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
 * A kernel that keeps no list is dumped as ever.  What the list says is believed only as
 * far as it has the form of one.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/bsearch.h>
#include <linux/cc_platform.h>
#include <linux/crash_dump.h>
#include <linux/elf.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
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

static int compare_pages(const void *a, const void *b)
{
	return cmp_int(*(const u64 *)a, *(const u64 *)b);
}

/**
 * kexec_sort_poison() - make page frame numbers of a list, in order
 * @page: the entries of the list; the numbers afterwards
 * @nr:   how many entries
 *
 * Context: process.
 * Return: how many of them were pages.
 */
VISIBLE_IF_KUNIT
unsigned int kexec_sort_poison(u64 *page, unsigned int nr)
{
	unsigned int i, pages = 0;

	for (i = 0; i < nr; i++)
		if ((page[i] & ~PAGE_MASK) == KEXEC_POISON_NOTED)
			page[pages++] = page[i] >> PAGE_SHIFT;
	sort(page, pages, sizeof(*page), compare_pages, NULL);
	return pages;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_sort_poison);

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
	u64 key = pfn;

	return !bsearch(&key, old_poison, nr_old_poison, sizeof(key), compare_pages);
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
