// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: where an image comes from
 *
 * Long after a load somebody asks who loaded this, out of what, and why that took so
 * long.  Each image remembers it, for the map in debugfs (map.c).
 *
 * It is written while the image is built, by the one who builds it.  Once the image is
 * armed it is read under __kexec_lock, and the last step, which ends after that, is
 * written under it.  What is kept are copies and strings that are never freed, so that
 * nothing outlives what it points to.
 */
#include <linux/kexec.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <trace/events/kexec.h>

#include "image.h"
#include "origin.h"

static const char * const step_names[KIMAGE_STEPS] = {
	[KIMAGE_DESCRIBE] = "describe",
	[KIMAGE_CHECK] = "check",
	[KIMAGE_PLACE] = "place",
	[KIMAGE_PREPARE] = "prepare",
	[KIMAGE_FILL] = "fill",
	[KIMAGE_DIGEST] = "digest",
	[KIMAGE_ARM] = "arm",
};

/**
 * kimage_step_name() - what a step of a load is called
 * @step: the step
 *
 * Context: any.
 * Return: its name.
 */
const char *kimage_step_name(enum kimage_step step)
{
	return step_names[step];
}

/**
 * kimage_begin_origin() - note who loads an image, and that its first step begins
 * @image: the image, with nothing in it
 *
 * Context: process.
 */
void kimage_begin_origin(struct kimage *image)
{
	struct kimage_origin *origin = &kimage_core(image)->origin;

	origin->pid = task_tgid_nr(current);
	get_task_comm(origin->comm, current);
	origin->when = ktime_get_real_seconds();
	origin->since = ktime_get_ns();
}

/**
 * kimage_end_step() - note how long a step took; the next one begins
 * @image: the image
 * @step:  the step
 * @err:   how it ended: 0 or a negative errno
 *
 * Context: process; __kexec_lock held once the image is armed.
 */
void kimage_end_step(struct kimage *image, enum kimage_step step, int err)
{
	struct kimage_origin *origin = &kimage_core(image)->origin;
	u64 now = ktime_get_ns();

	origin->took[step] = now - origin->since;
	origin->since = now;
	trace_kexec_step(image->type, kimage_step_name(step), err, origin->took[step]);
}

/**
 * kimage_note_layer() - note that the kernel is inside of something
 * @image: the image
 * @name:  what that is called; is never freed
 *
 * Context: process, kexec_load_mutex held.
 */
void kimage_note_layer(struct kimage *image, const char *name)
{
	struct kimage_origin *origin = &kimage_core(image)->origin;

	if (!WARN_ON_ONCE(origin->nr_layers == KEXEC_LAYERS_MAX))
		origin->layer[origin->nr_layers++] = name;
}

/**
 * kexec_tell_kernel() - say what kind of kernel a loader has loaded
 * @image: the image
 * @kind:  what its file is called; is never freed
 * @why:   why it is entered at its decompressor, NULL if it is not; is never freed
 *
 * Context: process, kexec_load_mutex held, from kexec_file_ops.load.
 */
void kexec_tell_kernel(struct kimage *image, const char *kind, const char *why)
{
	struct kimage_origin *origin = &kimage_core(image)->origin;

	origin->kind = kind;
	origin->entry_known = true;
	origin->why_packed = why;
}

/**
 * kexec_tell_segment() - say what a segment is
 * @image: the image
 * @mem:   where the segment goes, as kexec_add_buffer() said
 * @role:  what it is called; is never freed
 *
 * For what only the loader knows; what files are, and the core's own, is known.
 *
 * Context: process, kexec_load_mutex held, from kexec_file_ops.load.
 */
void kexec_tell_segment(struct kimage *image, unsigned long mem, const char *role)
{
	unsigned long i;

	for (i = 0; i < image->nr_segments; i++)
		if (image->segment[i].mem == mem)
			kimage_core(image)->place[i].role = role;
}
