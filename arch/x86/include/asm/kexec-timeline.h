/* SPDX-License-Identifier: GPL-2.0-only */
/* How long it took from one kernel to the next, carried over as setup_data. */
#ifndef _ASM_X86_KEXEC_TIMELINE_H
#define _ASM_X86_KEXEC_TIMELINE_H

#include <linux/cc_platform.h>
#include <linux/kexec_timeline.h>
#include <linux/types.h>

#include <asm/tsc.h>

struct kimage;

#ifdef CONFIG_KEXEC_TIMELINE
u64 kexec_add_timeline(struct kimage *image);
void kexec_note_start(void);

extern u64 kexec_entered_at;

/*
 * The first that is done in C, where an address sanitizer does not work yet: no code of
 * its own.  What a hypervisor intercepts has nobody to handle it, either.
 */
static __always_inline void kexec_note_entry(void)
{
	if (!cc_platform_has(CC_ATTR_GUEST_STATE_ENCRYPT))
		kexec_entered_at = rdtsc();
}

void kexec_read_timeline(u64 pa_data, u32 data_len);
#else
static inline u64 kexec_add_timeline(struct kimage *image) { return 0; }
static inline void kexec_note_start(void) { }
static inline void kexec_note_entry(void) { }
static inline void kexec_read_timeline(u64 pa_data, u32 data_len) { }
#endif

#if defined(CONFIG_KEXEC_TIMELINE) && IS_ENABLED(CONFIG_KUNIT)
bool kexec_release_wants_timeline(const char *release);
#endif

#endif /* _ASM_X86_KEXEC_TIMELINE_H */
