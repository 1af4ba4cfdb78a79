// SPDX-License-Identifier: GPL-2.0-only
/* pattern BYTES: that many bytes, always the same ones, that do not repeat. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* splitmix64: the n-th word depends on n alone */
static uint64_t word(uint64_t n)
{
	n *= 0x9e3779b97f4a7c15;
	n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9;
	n = (n ^ (n >> 27)) * 0x94d049bb133111eb;
	return n ^ (n >> 31);
}

int main(int argc, char **argv)
{
	unsigned long bytes = argc > 1 ? strtoul(argv[1], NULL, 0) : 0;
	static uint64_t block[8192];

	for (uint64_t n = 0; bytes;) {
		size_t part = bytes < sizeof(block) ? bytes : sizeof(block);

		for (size_t i = 0; i < sizeof(block) / 8; i++)
			block[i] = word(++n);
		if (fwrite(block, 1, part, stdout) != part)
			return 1;
		bytes -= part;
	}
	return fflush(stdout) ? 1 : 0;
}
