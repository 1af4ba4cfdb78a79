// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: the map of what is armed
 *
 * /sys/kernel/debug/kexec/map shows both images: where they come from, what of them is
 * where, and each segment.  All of it is copied while the image is sure to be there, and
 * printed when it may be gone: reading never waits for a load and never fails because of
 * one.  Then it shows each page of memory that is known to be poisoned.
 */
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/time64.h>

#include "../kexec_internal.h"
#include "digest.h"
#include "image.h"
#include "origin.h"
#include "poison.h"
#include "region.h"
#include "room.h"

/* ---- copied under the lock ---- */

/**
 * struct segment_view - what is shown of a segment
 * @segment:        where it is
 * @role:           what it is called, NULL when nobody knows
 * @contents_pages: pages of contents
 * @pages_in_place: how many of these need not be copied
 * @in_place:       that is one piece of memory
 * @sources:        what is to be copied is all in there
 */
struct segment_view {
	struct kexec_segment segment;
	const char *role;
	unsigned long contents_pages;
	unsigned long pages_in_place;
	bool in_place;
	struct kexec_range sources;
};

/**
 * struct image_view - what is shown of an image
 * @loaded:      there is one
 * @crash:       it is a crash image
 * @file_mode:   kexec_file_load(2) has loaded it
 * @start:       where it is entered
 * @origin:      where it comes from
 * @no_digests:  why nothing is verified, NULL if it is
 * @room_left:   bytes of the crash region that it does not take
 * @nr_segments: how many segments
 * @line:        a segment each
 */
struct image_view {
	bool loaded;
	bool crash;
	bool file_mode;
	unsigned long start;
	struct kimage_origin origin;
	const char *no_digests;
	u64 room_left;
	unsigned long nr_segments;
	struct segment_view line[KEXEC_SEGMENT_MAX];
};

static struct segment_view view_segment(const struct kimage *image, unsigned long i)
{
	const struct kimage_place *place = &kimage_core(image)->place[i];

	return (struct segment_view) {
		.segment = image->segment[i],
		.role = place->role,
		.contents_pages = kimage_contents_pages(image, i),
		.pages_in_place = kimage_pages_in_place(image, i),
		.in_place = place->in_place,
		.sources = place->sources,
	};
}

static void view_image(struct kimage **armed, struct image_view *view)
{
	struct kimage *image;
	unsigned long i;

	guard(kexec_armed)();
	image = *armed;
	view->loaded = image;
	if (!image)
		return;
	view->crash = kimage_is_crash(image);
	view->file_mode = image->file_mode;
	view->start = image->start;
	view->origin = kimage_core(image)->origin;
	view->no_digests = kimage_why_no_digests(image);
	view->room_left = kimage_room_left(image);
	view->nr_segments = image->nr_segments;
	for (i = 0; i < image->nr_segments; i++)
		view->line[i] = view_segment(image, i);
}

/* ---- where it comes from ---- */

static void show_caller(struct seq_file *m, const struct image_view *view)
{
	const struct kimage_origin *origin = &view->origin;

	seq_printf(m, "  loaded: %s, pid %d (", view->file_mode ? "kexec_file_load" : "kexec_load",
		   origin->pid);
	seq_escape(m, origin->comm, "\n\\");
	seq_printf(m, "), %ptTs\n", &origin->when);
}

/* Outermost last, as one says it. */
static void show_kernel(struct seq_file *m, const struct kimage_origin *origin)
{
	unsigned int i = origin->nr_layers;

	if (!origin->kind)
		return;
	seq_printf(m, "  kernel: %s", origin->kind);
	while (i--)
		seq_printf(m, ", inside: %s", origin->layer[i]);
	if (origin->why_packed)
		seq_printf(m, ", entered at its decompressor: %s", origin->why_packed);
	else if (origin->entry_known)
		seq_puts(m, ", entered directly");
	seq_putc(m, '\n');
}

static void show_steps(struct seq_file *m, const struct kimage_origin *origin)
{
	const char *separator = "  took:";
	int i;

	for (i = 0; i < KIMAGE_STEPS; i++) {
		if (!origin->took[i])
			continue;
		seq_printf(m, "%s %s %llu us", separator, kimage_step_name(i),
			   div_u64(origin->took[i], NSEC_PER_USEC));
		separator = ",";
	}
	seq_putc(m, '\n');
}

/* ---- where it is ---- */

static unsigned long map_kib(unsigned long pages)
{
	return pages << (PAGE_SHIFT - 10);
}

static void show_memory(struct seq_file *m, const struct image_view *view)
{
	unsigned long whole = 0, scattered = 0, copied = 0;
	unsigned long i;

	for (i = 0; i < view->nr_segments; i++) {
		const struct segment_view *line = &view->line[i];

		*(line->in_place ? &whole : &scattered) += line->pages_in_place;
		copied += line->contents_pages - line->pages_in_place;
	}
	seq_printf(m, "  memory: %lu KiB in place, %lu KiB in place page by page, %lu KiB to copy\n",
		   map_kib(whole), map_kib(scattered), map_kib(copied));
}

static void show_segment(struct seq_file *m, const struct segment_view *line, unsigned long i)
{
	const struct kexec_segment *segment = &line->segment;

	seq_printf(m, "  %2lu [mem %#014lx-%#014lx] %10zu bytes, %s%s", i, segment->mem,
		   segment->mem + segment->memsz - !!segment->memsz, segment->bufsz,
		   line->role ?: "", line->role ? ", " : "");
	if (line->pages_in_place == line->contents_pages)
		seq_puts(m, "in place\n");
	else
		seq_printf(m, "%lu of %lu pages to be relocated from [mem %#014llx-%#014llx]\n",
			   line->contents_pages - line->pages_in_place, line->contents_pages,
			   line->sources.start, line->sources.end - 1);
}

static void show_image(struct seq_file *m, const char *name, const struct image_view *view)
{
	unsigned long i;

	if (!view->loaded) {
		seq_printf(m, "%s: none\n", name);
		return;
	}
	seq_printf(m, "%s: start %#lx\n", name, view->start);
	show_caller(m, view);
	show_kernel(m, &view->origin);
	show_steps(m, &view->origin);
	show_memory(m, view);
	seq_printf(m, "  digests: %s%s\n", view->no_digests ? "none: " : "verified at the jump",
		   view->no_digests ?: "");
	if (view->crash)
		seq_printf(m, "  room left: %llu KiB of the crash region\n",
			   view->room_left / SZ_1K);
	for (i = 0; i < view->nr_segments; i++)
		show_segment(m, &view->line[i], i);
}

/* ---- poisoned memory ---- */

static bool image_has(struct kimage **armed, struct kexec_range page)
{
	guard(kexec_armed)();
	return *armed && kimage_is_destination_range(*armed, page.start, page.end - 1);
}

static void show_poison(struct seq_file *m)
{
	struct kexec_range page;
	unsigned int entry = 0;

	while (kexec_next_noted(&entry, &page)) {
		seq_printf(m, "poisoned [mem %#014llx-%#014llx]", page.start, page.end - 1);
		if (image_has(&kexec_image, page))
			seq_puts(m, ", in the reboot image");
		if (kexec_range_overlaps(page, kexec_region()))
			seq_puts(m, ", in the crash region");
		if (image_has(&kexec_crash_image, page))
			seq_puts(m, ", in the crash image");
		seq_putc(m, '\n');
	}
}

static int map_show(struct seq_file *m, void *unused)
{
	struct kexec_range region = kexec_region();
	struct image_view *view __free(kfree) = kmalloc_obj(*view);

	if (!view)
		return -ENOMEM;
	view_image(&kexec_image, view);
	show_image(m, "reboot", view);
	view_image(&kexec_crash_image, view);
	show_image(m, "crash", view);
	if (!kexec_range_empty(region))
		seq_printf(m,
			   "crash region [mem %#014llx-%#014llx]\n", region.start, region.end - 1);
	show_poison(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(map);

static int __init kexec_debugfs_init(void)
{
	debugfs_create_file("map", 0400, debugfs_create_dir("kexec", NULL), NULL, &map_fops);
	return 0;
}
late_initcall(kexec_debugfs_init);
