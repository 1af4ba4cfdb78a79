/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tested sources and the libraries below them want of a kernel, for user space.
 * Included in front of everything; tools/include has the rest.
 */
#ifndef KEXEC_TEST_SHIM_H
#define KEXEC_TEST_SHIM_H

#include <assert.h>
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/kconfig.h>
#include <linux/kernel.h>
#include <linux/overflow.h>
#include <linux/sizes.h>
#include <linux/types.h>

/* ---- as x86 configures it ---- */

#define CONFIG_64BIT				1
#define CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS	1
#define CONFIG_LZ4_DECOMPRESS			1
#define CONFIG_LZO_DECOMPRESS			1
#define CONFIG_XZ_DEC				1
#define CONFIG_XZ_DEC_X86			1
#define CONFIG_ZLIB_INFLATE			1
#define CONFIG_ZSTD_DECOMPRESS			1
#define __START_KERNEL_map			0xffffffff80000000UL

/* ---- language ---- */

#define STATIC_RW_DATA		static
#define noinline_for_stack	noinline
#define asmlinkage

#define MODULE_LICENSE(text)
#define MODULE_DESCRIPTION(text)
#define MODULE_AUTHOR(text)
#define MODULE_VERSION(text)
#define EXPORT_SYMBOL(name)
#define EXPORT_SYMBOL_GPL(name)

#define le32_to_cpup(p)		le32toh(*(const u32 *)(p))

#define swab32(word)		__builtin_bswap32(word)
#define swab64(word)		__builtin_bswap64(word)

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

/* ---- memory: the allocator of the sanitizer, which may be told to fail ---- */

#define GFP_KERNEL	0
#define GFP_KEXEC	0

void *shim_alloc(size_t size);

#define kmalloc(size, gfp)	shim_alloc(size)
#define kvmalloc(size, gfp)	shim_alloc(size)
#define vmalloc(size)		shim_alloc(size)
#define kmalloc_obj(obj)	((typeof(obj) *)shim_alloc(sizeof(obj)))
#define kfree(at)		free(at)
#define vfree(at)		free(at)
#define kvfree(at)		free(at)

static inline void shim_free_at(void *at)
{
	free(*(void **)at);
}

/* Whatever is named, it was allocated. */
#define __free(name)		__attribute__((__cleanup__(shim_free_at)))

/* ---- the caller, who may be killed ---- */

bool shim_is_killed(void);

#define cond_resched()			do { } while (0)
#define fatal_signal_pending(task)	shim_is_killed()

/* ---- CRC-32, as IEEE 802.3 has it ---- */

u32 crc32_le(u32 crc, const void *data, size_t len);

/* User space defines both and compares, the kernel defines the one that is. */
#undef __BIG_ENDIAN

#endif /* KEXEC_TEST_SHIM_H */
