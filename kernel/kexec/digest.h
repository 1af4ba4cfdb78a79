/* SPDX-License-Identifier: GPL-2.0-only */
/* digest.c and purgatory.c: what is verified before the jump, and by whom. */
#ifndef KERNEL_KEXEC_DIGEST_H
#define KERNEL_KEXEC_DIGEST_H

#include <linux/elf.h>
#include <linux/kexec.h>

/* Why an image of kexec_load(2) has no digests of ours. */
#define KIMAGE_NOT_OURS	"what kexec_load(2) brings looks after itself"

#if defined(CONFIG_KEXEC_FILE) && defined(CONFIG_ARCH_SUPPORTS_KEXEC_PURGATORY)
int kimage_store_digests(struct kimage *image);
const char *kimage_why_no_digests(const struct kimage *image);
bool kexec_purgatory_has_symbol(struct kimage *image, const char *name);

#if IS_ENABLED(CONFIG_KUNIT)
extern bool kexec_halt_on_mismatch;
int kexec_load_purgatory_object(struct kimage *image, struct kexec_buf *kbuf,
				const Elf_Ehdr *ehdr, size_t size);
#endif
#else
static inline int kimage_store_digests(struct kimage *image) { return 0; }

static inline const char *kimage_why_no_digests(const struct kimage *image)
{
	if (!image->file_mode)
		return KIMAGE_NOT_OURS;
	return "this kernel has no purgatory that would verify them";
}
#endif

#endif /* KERNEL_KEXEC_DIGEST_H */
