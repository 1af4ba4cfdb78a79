/* SPDX-License-Identifier: GPL-2.0-only */
/* A framebuffer that the purgatory can paint text in. */
#ifndef _ASM_X86_KEXEC_PIXELS_H
#define _ASM_X86_KEXEC_PIXELS_H

#include <asm/init.h>
#include <asm/pgtable_types.h>

#ifdef CONFIG_KEXEC_FILE
int kexec_map_pixels(struct x86_mapping_info *info, pgd_t *pgd);
#else
static inline int kexec_map_pixels(struct x86_mapping_info *info, pgd_t *pgd) { return 0; }
#endif

#endif /* _ASM_X86_KEXEC_PIXELS_H */
