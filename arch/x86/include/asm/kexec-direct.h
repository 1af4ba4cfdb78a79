/* SPDX-License-Identifier: GPL-2.0-only */
/* A bzImage's kernel, unpacked when it is loaded and entered without its decompressor. */
#ifndef _ASM_X86_KEXEC_DIRECT_H
#define _ASM_X86_KEXEC_DIRECT_H

#include <linux/errno.h>
#include <linux/types.h>

struct kexec_packed;
struct kexec_vmlinux;
struct kimage;
struct setup_header;

/**
 * struct kexec_direct - how a kernel is entered directly
 * @entry: physical address
 * @kaslr: it runs at random addresses
 * @why:   why it is not entered directly, NULL if it is; is never freed
 */
struct kexec_direct {
	unsigned long entry;
	bool kaslr;
	const char *why;
};

#ifdef CONFIG_KEXEC_DIRECT
int kexec_direct_load(struct kimage *image, const char *kernel, const char *cmdline,
		      struct kexec_direct *direct);
int kexec_direct_load_vmlinux(struct kimage *image, const char *kernel,
			      const struct kexec_vmlinux *vmlinux,
			      const struct setup_header *header, const char *cmdline,
			      struct kexec_direct *direct);
#else
static inline int kexec_direct_load(struct kimage *image, const char *kernel,
				    const char *cmdline, struct kexec_direct *direct)
{
	direct->why = "CONFIG_KEXEC_DIRECT is not set";
	return -EOPNOTSUPP;
}

/* No loader knows one. */
static inline int kexec_direct_load_vmlinux(struct kimage *image, const char *kernel,
					    const struct kexec_vmlinux *vmlinux,
					    const struct setup_header *header,
					    const char *cmdline, struct kexec_direct *direct)
{
	return -EOPNOTSUPP;
}
#endif

#if IS_ENABLED(CONFIG_KUNIT)
const char *kexec_why_not_directly(const struct setup_header *header, const char *cmdline);
bool kexec_find_payload(const char *kernel, size_t len, const struct setup_header *header,
			struct kexec_packed *packed);
u64 kexec_random_offset(const struct setup_header *header, u64 size);
struct setup_header kexec_describe_vmlinux(u64 base, const struct kexec_vmlinux *vmlinux);
#endif

#endif /* _ASM_X86_KEXEC_DIRECT_H */
