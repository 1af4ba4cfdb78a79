/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by what is fuzzed: unpack.c, vmlinux.c. */
#ifndef KEXEC_TEST_FUZZ_H
#define KEXEC_TEST_FUZZ_H

/* What must hold; libFuzzer keeps the input that shows it does not. */
#define must(condition) do {								\
	if (!(condition)) {								\
		fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,	\
			#condition);							\
		abort();								\
	}										\
} while (0)

/**
 * struct shim_state - how the kernel around what is tested behaves
 * @kill_after: at which pause the caller turns out to be killed, 0 for never
 * @no_memory:  every allocation fails
 * @pauses:     there have been
 * @killed:     the caller has been told so
 */
struct shim_state {
	unsigned int kill_after;
	bool no_memory;
	unsigned int pauses;
	bool killed;
};

extern struct shim_state shim;

void shim_reset(unsigned int kill_after, bool no_memory);

/* A copy in memory of just that size, so that the sanitizer sees a byte too much. */
static inline void *exact_copy(const void *data, size_t len)
{
	void *copy = malloc(len);

	must(copy);
	memcpy(copy, data, len);
	return copy;
}

/**
 * try_input() - have it do its work on one input
 * @data: the input
 * @len:  bytes
 *
 * Return: NULL when the input was taken, else in a word or a line why not.
 */
const char *try_input(const u8 *data, size_t len);

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

#endif /* KEXEC_TEST_FUZZ_H */
