/* SPDX-License-Identifier: GPL-2.0-only */
/* wrapped.c: kernels inside other files, and what comes with them there. */
#ifndef KERNEL_KEXEC_WRAPPED_H
#define KERNEL_KEXEC_WRAPPED_H

#include <linux/kexec_unpack.h>
#include <linux/types.h>

/**
 * struct kexec_bytes - some bytes of a file
 * @data: where, NULL when there are none
 * @len:  how many
 */
struct kexec_bytes {
	const u8 *data;
	size_t len;
};

/**
 * struct kexec_parts - what there is in a file besides the kernel
 * @kernel:  the kernel, or another file that has it in it
 * @ucode:   an archive that belongs in front of the initrd
 * @initrd:  the initrd
 * @cmdline: the command line, without a NUL
 */
struct kexec_parts {
	struct kexec_bytes kernel;
	struct kexec_bytes ucode;
	struct kexec_bytes initrd;
	struct kexec_bytes cmdline;
};

bool kexec_is_uki(const u8 *file, size_t len);
const char *kexec_uki_find(const u8 *file, size_t there, size_t len, struct kexec_parts *parts);
const char *kexec_uki_parse(const u8 *file, size_t len, struct kexec_parts *parts);

bool kexec_is_zboot(const u8 *file, size_t len);
const char *kexec_zboot_parse(const u8 *file, size_t len, struct kexec_packed *packed);

bool kexec_is_packed(const u8 *file, size_t len);
const char *kexec_packed_parse(const u8 *file, size_t len, struct kexec_packed *packed);

#endif /* KERNEL_KEXEC_WRAPPED_H */
