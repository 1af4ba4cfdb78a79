/* SPDX-License-Identifier: GPL-2.0-only */
/* kind.c: what a file is that no loader knows. */
#ifndef KERNEL_KEXEC_KIND_H
#define KERNEL_KEXEC_KIND_H

#include <linux/types.h>

const char *kexec_kind_of(const void *file, size_t len);

#endif /* KERNEL_KEXEC_KIND_H */
