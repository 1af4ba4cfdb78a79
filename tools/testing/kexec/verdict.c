// SPDX-License-Identifier: GPL-2.0-only
/* What comes of inputs, a line each: "FILE: taken", or why it was not. */
#include "fuzz.h"

#define INPUT_MAX	SZ_1M

int main(int argc, char **argv)
{
	static u8 data[INPUT_MAX];
	int i;

	for (i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");
		const char *why;
		size_t len;

		if (!file) {
			perror(argv[i]);
			return 1;
		}
		len = fread(data, 1, sizeof(data), file);
		fclose(file);
		why = try_input(data, len);
		printf("%s: %s\n", argv[i], why ?: "taken");
		fflush(stdout);
	}
	return 0;
}
