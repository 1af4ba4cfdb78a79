/* SPDX-License-Identifier: GPL-2.0-only */
/* attempt.c: a reboot into an image that never arrives is told of by the next boot. */
#ifndef KERNEL_KEXEC_ATTEMPT_H
#define KERNEL_KEXEC_ATTEMPT_H

#include <linux/build_bug.h>
#include <linux/kexec.h>
#include <linux/stddef.h>
#include <linux/time64.h>
#include <linux/types.h>

/* Changes whenever anything below does. */
#define KEXEC_ATTEMPT_MAGIC	0x3154414b	/* "KAT1" */

/**
 * enum kexec_reached - how far an attempt is known to have come
 * @KEXEC_REACHED_CALL:  reboot(2) was called, and devices are shut down
 * @KEXEC_REACHED_QUIET: they are
 * @KEXEC_REACHED_MAX:   how many there are
 */
enum kexec_reached {
	KEXEC_REACHED_CALL,
	KEXEC_REACHED_QUIET,
	KEXEC_REACHED_MAX,
};

/**
 * struct kexec_attempt - the mark that an attempt leaves, as it is stored
 * @magic:    KEXEC_ATTEMPT_MAGIC
 * @crc:      CRC-32 of all that follows
 * @when:     seconds since 1970, UTC
 * @reached:  enum kexec_reached
 * @reserved: 0
 * @into:     what the image is, printable ASCII, with a NUL
 */
struct kexec_attempt {
	u32 magic;
	u32 crc;
	s64 when;
	u32 reached;
	u32 reserved;
	char into[72];
};

static_assert(offsetof(struct kexec_attempt, when) == 8);
static_assert(offsetof(struct kexec_attempt, into) == 24);
static_assert(sizeof(struct kexec_attempt) == 96);
static_assert(KEXEC_RELEASE_MAX <= sizeof_field(struct kexec_attempt, into));

#ifdef CONFIG_KEXEC_ATTEMPT
void kexec_attempt_fill(struct kexec_attempt *attempt, const char *into, time64_t when,
			enum kexec_reached reached);
bool kexec_attempt_valid(const struct kexec_attempt *attempt, size_t size);
void kexec_attempt_begin(const struct kimage *image);
void kexec_attempt_quiet(void);

#if IS_ENABLED(CONFIG_KUNIT)
extern bool kexec_mark_attempts;

size_t kexec_attempt_read(struct kexec_attempt *attempt);
int kexec_attempt_write(const struct kexec_attempt *attempt, size_t size, bool nonblocking);
bool kexec_attempt_look(bool by_kexec);
#endif
#else
static inline void kexec_attempt_begin(const struct kimage *image) { }
static inline void kexec_attempt_quiet(void) { }
#endif

#endif /* KERNEL_KEXEC_ATTEMPT_H */
