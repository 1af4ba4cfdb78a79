/* SPDX-License-Identifier: GPL-2.0 */
/* The little of the kernel's headers that the purgatory's headers want. */
#ifndef SHIM_LINUX_TYPES_H
#define SHIM_LINUX_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#define __printf(a, b)	__attribute__((__format__(printf, a, b)))

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#endif
