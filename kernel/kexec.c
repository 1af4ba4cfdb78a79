// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system call:
 * Copyright (C) 2002-2004 Eric Biederman  <ebiederm@xmission.com>
 */
/**
 * DOC: kexec_load(2)
 *
 * User space describes the image: segments with contents in its own memory and
 * destinations of its choice, and an entry point.  Native and compat entry
 * differ in how that array is laid out; from do_kexec_load() on they are one.
 *
 * In what order bad arguments are noticed decides which errno user space sees,
 * and is part of the interface.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/compat.h>
#include <linux/kexec.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <trace/events/kexec.h>

#include "kexec_internal.h"
#include "kexec/arm.h"
#include "kexec/image.h"
#include "kexec/policy.h"
#include "kexec/refuse.h"
#include "kexec/region.h"
#include "kexec/road.h"

static int image_type(unsigned long flags)
{
	return flags & KEXEC_ON_CRASH ? KEXEC_TYPE_CRASH : KEXEC_TYPE_DEFAULT;
}

/* What is wrong with the flags, NULL if nothing is. */
static const char *why_not_these(unsigned long flags)
{
	if (flags & ~(unsigned long)(KEXEC_FLAGS | KEXEC_ARCH_MASK))
		return "some are unknown";
	if (!(flags & KEXEC_ON_CRASH))
		return NULL;
	if (!IS_ENABLED(CONFIG_CRASH_DUMP))
		return "this kernel is built without CONFIG_CRASH_DUMP";
	if (flags & KEXEC_PRESERVE_CONTEXT)
		return "there is no way back from a crash image";
	return NULL;
}

/* Unlike a file, segments have nobody to vouch for them. */
static int check_trust(void)
{
	int ret = security_kernel_load_data(LOADING_KEXEC_IMAGE, false);

	if (ret < 0)
		return kexec_refuse(NULL, ret, "kexec_load: a security module objects");
	ret = security_locked_down(LOCKDOWN_KEXEC);
	if (ret)
		return kexec_refuse(NULL, ret, "kexec_load: the kernel is locked down");
	return 0;
}

/* May the caller do this?  An unload brings nothing in that would have to be trusted. */
static int check_caller(unsigned long nr_segments, unsigned long flags)
{
	if (!kexec_load_permitted(image_type(flags)))
		return -EPERM;
	return nr_segments ? check_trust() : 0;
}

static int check_arguments(unsigned long nr_segments, unsigned long flags)
{
	int ret = check_caller(nr_segments, flags);
	const char *why = why_not_these(flags);

	if (ret)
		return ret;
	if (why)
		return kexec_refuse(NULL, -EINVAL, "kexec_load: flags %#lx: %s", flags, why);
	if (nr_segments > KEXEC_SEGMENT_MAX)
		return kexec_refuse(NULL, -EINVAL,
				    "kexec_load: %lu segments, at most %d can be loaded",
				    nr_segments, KEXEC_SEGMENT_MAX);
	return 0;
}

/* Control is handed over at @entry, so that has to be in the region as well. */
static int check_entry(struct kimage *image, unsigned long entry)
{
	struct kexec_range region = kexec_region();

	if (!kimage_is_crash(image) || (entry >= region.start && entry < region.end))
		return 0;
	if (kexec_range_empty(region))
		return kexec_refuse(image, -EADDRNOTAVAIL, KEXEC_NOTHING_RESERVED);
	return kexec_refuse(image, -EADDRNOTAVAIL,
			    "entry point %#lx: outside the crash region [mem %#llx-%#llx]",
			    entry, region.start, region.end - 1);
}

static struct kimage *describe_segments(unsigned long entry, unsigned long nr_segments,
					const struct kexec_segment *segments,
					unsigned long flags)
{
	struct kimage *image = do_kimage_alloc_init();

	if (!image)
		return NULL;
	image->start = entry;
	image->nr_segments = nr_segments;
	memcpy(image->segment, segments, nr_segments * sizeof(*segments));
	image->type = image_type(flags);
	image->preserve_context = !!(flags & KEXEC_PRESERVE_CONTEXT);
	kimage_init_crash(image, flags);
	return image;
}

static int load_segments(unsigned long entry, unsigned long nr_segments,
			 const struct kexec_segment *segments, unsigned long flags)
{
	struct kimage *image __free(kimage) =
		describe_segments(entry, nr_segments, segments, flags);
	int ret;

	if (!image)
		return kexec_refuse(NULL, -ENOMEM, "kexec_load: no memory to describe an image");
	ret = check_entry(image, entry) ?: kimage_build(image);
	if (!ret)
		kimage_arm(no_free_ptr(image));
	return ret;
}

static int do_kexec_load(unsigned long entry, unsigned long nr_segments,
			 const struct kexec_segment *segments, unsigned long flags)
{
	int ret;

	CLASS(kexec_turn, busy)("kexec_load");
	if (busy)
		return busy;

	if (!nr_segments) {
		kimage_disarm(image_type(flags));
		return 0;
	}
	trace_kexec_load(image_type(flags), "kexec_load", flags);
	ret = load_segments(entry, nr_segments, segments, flags);
	trace_kexec_loaded(image_type(flags), ret);
	return ret;
}

static bool is_native(unsigned long flags)
{
	unsigned long arch = flags & KEXEC_ARCH_MASK;

	return arch == KEXEC_ARCH || arch == KEXEC_ARCH_DEFAULT;
}

static int refuse_list(int err, unsigned long nr_segments, const void __user *segments)
{
	return kexec_refuse(NULL, err, "kexec_load: the list of %lu segments at %#lx: %s",
			    nr_segments, (unsigned long)segments,
			    err == -EFAULT ? "it cannot be read" : "no memory to read it to");
}

SYSCALL_DEFINE4(kexec_load, unsigned long, entry, unsigned long, nr_segments,
		struct kexec_segment __user *, segments, unsigned long, flags)
{
	struct kexec_segment *copy __free(kfree) = NULL;
	int ret = check_arguments(nr_segments, flags);

	if (ret)
		return ret;
	if (!is_native(flags))
		return kexec_refuse(NULL, -EINVAL,
				    "kexec_load: image for architecture %lu, this is %d",
				    (flags & KEXEC_ARCH_MASK) >> 16, KEXEC_ARCH >> 16);

	copy = memdup_array_user(segments, nr_segments, sizeof(*copy));
	if (IS_ERR(copy))
		return refuse_list(PTR_ERR(copy), nr_segments, segments);
	return do_kexec_load(entry, nr_segments, copy, flags);
}

#ifdef CONFIG_COMPAT
static struct kexec_segment *widen(const struct compat_kexec_segment *narrow, unsigned long nr)
{
	struct kexec_segment *wide = kmalloc_objs(*wide, nr, GFP_KEXEC);
	unsigned long i;

	if (!wide)
		return NULL;
	for (i = 0; i < nr; i++) {
		wide[i].buf = compat_ptr(narrow[i].buf);
		wide[i].bufsz = narrow[i].bufsz;
		wide[i].mem = narrow[i].mem;
		wide[i].memsz = narrow[i].memsz;
	}
	return wide;
}

COMPAT_SYSCALL_DEFINE4(kexec_load, compat_ulong_t, entry, compat_ulong_t, nr_segments,
		       struct compat_kexec_segment __user *, segments, compat_ulong_t, flags)
{
	struct compat_kexec_segment *narrow __free(kfree) = NULL;
	struct kexec_segment *wide __free(kfree) = NULL;
	int ret = check_arguments(nr_segments, flags);

	if (ret)
		return ret;
	/* A client that does not know what it runs on has nothing to load. */
	if ((flags & KEXEC_ARCH_MASK) == KEXEC_ARCH_DEFAULT)
		return kexec_refuse(NULL, -EINVAL,
				    "kexec_load: a 32-bit client has to name the architecture");

	narrow = memdup_array_user(segments, nr_segments, sizeof(*narrow));
	if (IS_ERR(narrow))
		return refuse_list(PTR_ERR(narrow), nr_segments, segments);
	wide = widen(narrow, nr_segments);
	if (!wide)
		return refuse_list(-ENOMEM, nr_segments, segments);
	return do_kexec_load(entry, nr_segments, wide, flags);
}
#endif
