// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: kexec_unpack() on any bytes
 *
 * An input is a payload as a bzImage has it: what is compressed, and in the last four
 * bytes the size that it unpacks to.  The top one of these, for sizes that matter here
 * are smaller, says at which pause the caller is killed, or with 255 that there is no
 * memory.
 *
 * What must hold: nothing outside of the two buffers is touched; when it says that all
 * went well, each byte of the output was written, and with the same contents if done
 * again; who is killed comes back at once.
 */
#include <linux/kexec_unpack.h>
#include <linux/unaligned.h>

#include "fuzz.h"

/* More than is done without a pause. */
#define SIZE_MAX_HERE	(SZ_256K + SZ_128K)
#define NO_MEMORY	255

static int unpack(const struct kexec_packed *packed, u8 *out)
{
	int ret = kexec_unpack(packed, out);

	must(ret == 0 || ret == -EBADMSG || ret == -EOPNOTSUPP || ret == -ENOMEM || ret == -EINTR);
	must(shim.killed == (ret == -EINTR));
	must(shim.no_memory || ret != -ENOMEM);
	must(ret == -EOPNOTSUPP || kexec_packed_format(packed));
	return ret;
}

/* Where nothing was written, two outputs differ as what was there before. */
static void again(const struct kexec_packed *packed, const u8 *first)
{
	u8 *out = malloc(packed->size);

	must(out || !packed->size);
	memset(out, 0x55, packed->size);
	must(unpack(packed, out) == 0);
	must(!memcmp(out, first, packed->size));
	free(out);
}

static int unpack_exactly(const u8 *data, size_t len, size_t size)
{
	u8 *copy = exact_copy(data, len), *out = malloc(size);
	struct kexec_packed packed = { .data = copy, .len = len, .size = size };
	int ret;

	must(out);
	memset(out, 0xaa, size);
	ret = unpack(&packed, out);
	if (!ret) {
		shim_reset(0, false);
		again(&packed, out);
	}
	free(out);
	free(copy);
	return ret;
}

const char *try_input(const u8 *data, size_t len)
{
	u32 word, size, how;

	if (len < sizeof(word))
		return "too short";
	word = get_unaligned_le32(data + len - sizeof(word));
	size = word & 0xffffff;
	how = word >> 24;
	if (!size || size > SIZE_MAX_HERE)
		return "of no size";
	shim_reset(how == NO_MEMORY ? 0 : how, how == NO_MEMORY);
	switch (unpack_exactly(data, len, size)) {
	case 0:
		return NULL;
	case -EBADMSG:
		return "damaged";
	case -EOPNOTSUPP:
		return "not supported";
	case -EINTR:
		return "killed";
	default:
		return "no memory";
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	try_input(data, len);
	return 0;
}
