// SPDX-License-Identifier: GPL-2.0-only
/* What of the shims is more than a line. */
#include <sanitizer/asan_interface.h>

#include "fuzz.h"

struct shim_state shim;

void shim_reset(unsigned int kill_after, bool no_memory)
{
	shim = (struct shim_state) { .kill_after = kill_after, .no_memory = no_memory };
}

void *shim_alloc(size_t size)
{
	return shim.no_memory ? NULL : malloc(size);
}

bool shim_is_killed(void)
{
	shim.pauses++;
	shim.killed = shim.kill_after && shim.pauses >= shim.kill_after;
	return shim.killed;
}

/* Bit by bit: the kernel's tables are made while it is built. */
u32 crc32_le(u32 crc, const void *data, size_t len)
{
	static u32 table[256];
	const u8 *at = data;
	unsigned int i, bit;

	for (i = 0; !table[255] && i < 256; i++)
		for (table[i] = i, bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
	must(!len || !__asan_region_is_poisoned((void *)data, len));
	while (len--)
		crc = crc >> 8 ^ table[(u8)crc ^ *at++];
	return crc;
}

unsigned int __sw_hweight32(unsigned int word)
{
	return __builtin_popcount(word);
}
