/* SPDX-License-Identifier: GPL-2.0-only */
/* refuse.c: an errno for user space, and a line for the log (kexec_refuse()). */
#ifndef KERNEL_KEXEC_REFUSE_H
#define KERNEL_KEXEC_REFUSE_H

#include <linux/kexec.h>

#ifdef CONFIG_KEXEC_CLAIM_CRASH_REGION
#define KEXEC_NOTHING_RESERVED \
	"no memory is reserved for a crash kernel: boot with crashkernel=256M, or what it needs, or write that to /sys/kernel/kexec/crash_size in bytes"
#else
#define KEXEC_NOTHING_RESERVED \
	"no memory is reserved for a crash kernel: boot with crashkernel=256M, or what it needs"
#endif

#endif /* KERNEL_KEXEC_REFUSE_H */
