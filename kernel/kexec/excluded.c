// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: what an architecture excludes
 *
 * An architecture may want nothing placed somewhere, in the crash region as well; and nothing
 * of a reboot image, if that can be, where the next kernel is not told of memory.
 */
#include <linux/kexec.h>
#include <kunit/static_stub.h>

#include "arch.h"
#include "image.h"
#include "place.h"

/* For tests, which run where nothing is excluded. */
int kexec_excluded_by_arch(struct kimage *image, unsigned long start, unsigned long last)
{
	KUNIT_STATIC_STUB_REDIRECT(kexec_excluded_by_arch, image, start, last);
	return arch_check_excluded_range(image, start, last);
}

/* For tests, which run where all memory is known. */
unsigned long kexec_last_known(void)
{
	KUNIT_STATIC_STUB_REDIRECT(kexec_last_known);
	return arch_kexec_last_known();
}

/**
 * kimage_excluded() - does the architecture want nothing placed there?
 * @image:     the image; nothing is excluded for one whose places user space chose
 * @candidate: the place
 * @hit:       set to what is in the way
 *
 * What an architecture excludes may lie in the crash region as well.  It does not
 * say how far that reaches, so a search moves on by a page, whichever way it goes.
 *
 * Context: process; from the probe of the kernel file to the end of the load.
 * Return: true when it does.
 */
bool kimage_excluded(struct kimage *image, struct kexec_range candidate, struct kexec_range *hit)
{
	if (!image->file_mode ||
	    !kexec_excluded_by_arch(image, candidate.start, candidate.end - 1))
		return false;
	hit->start = candidate.end - PAGE_SIZE;
	hit->end = candidate.start + PAGE_SIZE;
	return true;
}
