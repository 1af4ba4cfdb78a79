/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For image loaders whose kernel is compressed inside its file: unpack it while it is
 * loaded, rather than have it unpack itself when it runs.
 */
#ifndef LINUX_KEXEC_UNPACK_H
#define LINUX_KEXEC_UNPACK_H

#include <linux/types.h>

struct kexec_buf;
struct kimage;

/**
 * struct kexec_packed - something compressed, by any format that lib/ can undo
 * @data: its bytes
 * @len:  how many
 * @size: bytes that it unpacks to
 */
struct kexec_packed {
	const u8 *data;
	size_t len;
	size_t size;
};

/* ---- kernel/kexec/unpack.c ---- */

const char *kexec_packed_format(const struct kexec_packed *packed);
int kexec_unpack(const struct kexec_packed *packed, u8 *out);

/* ---- kernel/kexec/place.c ---- */

void *kexec_alloc_contents(struct kexec_buf *kbuf, bool random);
void kexec_free_contents(struct kimage *image);

#endif /* LINUX_KEXEC_UNPACK_H */
