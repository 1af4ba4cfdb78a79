// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: the crashed kernel's memory, where it cannot be read
 *
 * Pages that the crashed kernel knew to be poisoned are not touched (poison_old.c).  Of
 * others the dump finds out: a read raises a machine check, which a copy survives where
 * the architecture has one for that (ARCH_HAS_COPY_MC).  What could not be read, and the
 * rest of its page, which may be as bad, is zeros in the dump, which goes on.
 *
 * A page that is read twice is counted twice.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/kexec_poison.h>
#include <linux/pfn.h>
#include <linux/printk.h>
#include <linux/uio.h>
#include <kunit/visibility.h>

/* What the rate limit leaves out is counted, too. */
static void tell_unreadable(unsigned long pfn)
{
	static atomic_t unreadable;
	int count = atomic_inc_return(&unreadable);

	pr_warn_ratelimited("dump: the page at %#llx cannot be read: zeros in its place (%d so far)\n",
			    (unsigned long long)PFN_PHYS(pfn), count);
}

/**
 * kexec_copy_oldmem() - copy what can be read of a page of the crashed kernel's
 * @iter: where to
 * @from: where in the page, as it is mapped here
 * @len:  bytes, all of them in that page
 * @pfn:  the page
 *
 * Context: process.
 * Return: bytes that went to @iter, zeros among them; less than @len when it is @iter that
 * takes no more.
 */
size_t kexec_copy_oldmem(struct iov_iter *iter, const void *from, size_t len, unsigned long pfn)
{
	size_t copied = _copy_mc_to_iter(from, len, iter);
	size_t zeros = iov_iter_zero(len - copied, iter);

	if (zeros)
		tell_unreadable(pfn);
	return copied + zeros;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_copy_oldmem);
