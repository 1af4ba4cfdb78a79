// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: what user space can see
 *
 * /sys/kernel/kexec/ says what is loaded and how much memory is reserved for a
 * crash image, and takes how much that is to be; links under their former names keep
 * /sys/kernel/ as it was.
 *
 * Reading never waits for a load and never fails because of one.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/kobject.h>
#include <linux/sysfs.h>

#include "../kexec_internal.h"
#include "arm.h"
#include "grow.h"
#include "image.h"
#include "refuse.h"
#include "region.h"
#include "timeline.h"

static ssize_t show_loaded(char *buf)
{
	return sysfs_emit(buf, "%d\n", !!READ_ONCE(kexec_image));
}

static ssize_t show_crash_loaded(char *buf)
{
	return sysfs_emit(buf, "%d\n", kexec_crash_loaded());
}

static ssize_t show_crash_size(char *buf)
{
	ssize_t bytes = crash_get_memory_size();

	return bytes < 0 ? bytes : sysfs_emit(buf, "%zd\n", bytes);
}

static const char *why_not_shrunk(int err)
{
	switch (err) {
	case -ENOENT:
		return "a crash image is loaded; unload it first";
	case -EINVAL:
		return "somebody else has just changed it";
	default:
		return "no memory";
	}
}

static int resize_crash_region(const char *buf)
{
	unsigned long bytes;
	int ret;

	if (kstrtoul(buf, 0, &bytes))
		return kexec_refuse(NULL, -EINVAL, "crash_size: not a number of bytes");
	if (bytes > crash_get_memory_size())
		return kexec_grow_region(bytes);
	ret = crash_shrink_memory(bytes);
	/* Whose turn it is has been said. */
	if (!ret || ret == -EBUSY)
		return ret;
	return kexec_refuse(NULL, ret, "crash_size: the region of %zd bytes cannot get %lu: %s",
			    crash_get_memory_size(), bytes, why_not_shrunk(ret));
}

static ssize_t show_crash_cma_ranges(char *buf)
{
	const struct range *cma = crashk_cma_ranges;
	ssize_t at = 0;

	for (; cma < crashk_cma_ranges + crashk_cma_cnt; cma++)
		at += sysfs_emit_at(buf, at, "%08llx-%08llx\n", cma->start, cma->end);
	return at;
}

static ssize_t show_crash_elfcorehdr_size(char *buf)
{
	return sysfs_emit(buf, "%u\n", crash_get_elfcorehdr_size());
}

/**
 * struct kexec_file - a file in /sys/kernel/kexec/
 * @attr:   its name and mode
 * @link:   the name that /sys/kernel/ has long had for it
 * @exists: whether this kernel has it
 * @show:   print what it says
 * @store:  act on what is written, if anything can be
 */
struct kexec_file {
	struct kobj_attribute attr;
	const char *link;
	bool exists;
	ssize_t (*show)(char *buf);
	int (*store)(const char *buf);
};

static const struct kexec_file *file_of(struct kobj_attribute *attr)
{
	return container_of(attr, struct kexec_file, attr);
}

static ssize_t show_file(struct kobject *dir, struct kobj_attribute *attr, char *buf)
{
	return file_of(attr)->show(buf);
}

static ssize_t store_file(struct kobject *dir, struct kobj_attribute *attr, const char *buf,
			  size_t count)
{
	return file_of(attr)->store(buf) ?: count;
}

static struct kexec_file files[] = {
	{
		.attr = __ATTR(loaded, 0444, show_file, NULL),
		.link = "kexec_loaded",
		.exists = true,
		.show = show_loaded,
	}, {
		.attr = __ATTR(crash_loaded, 0444, show_file, NULL),
		.link = "kexec_crash_loaded",
		.exists = IS_ENABLED(CONFIG_CRASH_DUMP),
		.show = show_crash_loaded,
	}, {
		.attr = __ATTR(crash_size, 0644, show_file, store_file),
		.link = "kexec_crash_size",
		.exists = IS_ENABLED(CONFIG_CRASH_DUMP),
		.show = show_crash_size,
		.store = resize_crash_region,
	}, {
		.attr = __ATTR(crash_cma_ranges, 0444, show_file, NULL),
		.link = "kexec_crash_cma_ranges",
		.exists = IS_ENABLED(CONFIG_CRASH_DUMP) && IS_ENABLED(CONFIG_CRASH_RESERVE),
		.show = show_crash_cma_ranges,
	}, {
		.attr = __ATTR(crash_elfcorehdr_size, 0444, show_file, NULL),
		.link = "crash_elfcorehdr_size",
		.exists = IS_ENABLED(CONFIG_CRASH_HOTPLUG),
		.show = show_crash_elfcorehdr_size,
	},
};

static int __init create_file(struct kobject *dir, struct kexec_file *file)
{
	const struct attribute *attr = &file->attr.attr;

	return sysfs_create_file(dir, attr) ?:
		compat_only_sysfs_link_entry_to_kobj(kernel_kobj, dir, attr->name, file->link);
}

static int __init kexec_sysfs_init(void)
{
	struct kobject *dir = kobject_create_and_add("kexec", kernel_kobj);
	struct kexec_file *file;
	int ret;

	if (!dir)
		return -ENOMEM;
	for (file = files; file < files + ARRAY_SIZE(files); file++) {
		ret = file->exists ? create_file(dir, file) : 0;
		if (ret)
			pr_err("/sys/kernel/kexec/%s: %pe\n", file->attr.attr.name, ERR_PTR(ret));
	}
	ret = kexec_timeline_show_in(dir);
	if (ret)
		pr_err("/sys/kernel/kexec/%s: %pe\n", "timeline", ERR_PTR(ret));
	return 0;
}
subsys_initcall(kexec_sysfs_init);
