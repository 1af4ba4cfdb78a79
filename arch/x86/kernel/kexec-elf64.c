// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: loading a vmlinux
 *
 * A kernel as the linker made it is loaded as the one inside a bzImage is, once that has
 * been unpacked (kexec-direct.c).  What a bzImage's header says of its kernel is
 * made up here from the ELF file::
 *
 *   pref_address	where the first segment was linked to run
 *   kernel_alignment	a large page; whatever was configured, the kernel runs at such an
 *			address, since it maps itself by large pages
 *   init_size		up to the end of the last segment, and room for .brk, which some
 *			linkers have in no segment
 *   cmdline_size	what kernels for this machine have taken since 2007
 *
 * It does not say whether the kernel can run with five paging levels.  Each can that is
 * recent enough to run on a machine that has them, unless it was told not to when it was
 * configured.
 *
 * There is no place for a signature in such a file, so that it is loaded where an unsigned
 * bzImage would be.
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/kexec.h>
#include <linux/pgtable.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <kunit/visibility.h>

#include <asm/bootparam.h>
#include <asm/kexec-bzimage64.h>
#include <asm/kexec-direct.h>
#include <asm/kexec-vmlinux.h>
#include <asm/setup.h>

/* Of x86 kernels, the largest .brk has some hundreds of KiB. */
#define BRK_MAX		SZ_1M

/* "jmp" over the header, whose end its second byte tells. */
#define JUMP(end)	(0xeb | ((end) - offsetofend(struct setup_header, jump)) << 8)

VISIBLE_IF_KUNIT
struct setup_header kexec_describe_vmlinux(u64 base, const struct kexec_vmlinux *vmlinux)
{
	return (struct setup_header) {
		.root_flags = 1,			/* read-only */
		.vid_mode = 0xffff,			/* as it is */
		.boot_flag = 0xaa55,
		.jump = JUMP(sizeof(struct setup_header)),
		.header = 0x53726448,			/* "HdrS" */
		.version = 0x020f,
		.xloadflags = XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G |
			      (pgtable_l5_enabled() ? XLF_5LEVEL | XLF_5LEVEL_ENABLED : 0),
		.relocatable_kernel = 1,
		.kernel_alignment = SZ_2M,
		.pref_address = base,
		.init_size = vmlinux->size + BRK_MAX,
		.cmdline_size = COMMAND_LINE_SIZE - 1,
	};
}

static int elf64_probe(const char *kernel, unsigned long len)
{
	return kexec_vmlinux_base((const u8 *)kernel, len) ? 0 : -ENOEXEC;
}

static void *elf64_load(struct kimage *image, char *kernel, unsigned long kernel_len,
			char *initrd, unsigned long initrd_len,
			char *cmdline, unsigned long cmdline_len)
{
	u64 base = kexec_vmlinux_base((const u8 *)kernel, kernel_len);
	struct boot_params *front __free(kfree) = kzalloc_obj(struct boot_params);
	struct kexec_vmlinux vmlinux;
	const char *why;

	if (!front)
		return ERR_PTR(-ENOMEM);
	why = kexec_vmlinux_parse((const u8 *)kernel, kernel_len, base, &vmlinux);
	if (why)
		return ERR_PTR(kexec_refuse(image, -ENOEXEC, "vmlinux of %lu bytes: %s",
					    kernel_len, why));
	front->hdr = kexec_describe_vmlinux(base, &vmlinux);
	return kexec_load_linux(image, (const char *)front, &vmlinux, kernel, kernel_len,
				initrd, initrd_len, cmdline, cmdline_len);
}

const struct kexec_file_ops kexec_elf64_ops = {
	.probe = elf64_probe,
	.load = elf64_load,
	.cleanup = kexec_free_linux,
#ifdef CONFIG_KEXEC_BZIMAGE_VERIFY_SIG
	.verify_sig = kexec_kernel_verify_pe_sig,
#endif
};
