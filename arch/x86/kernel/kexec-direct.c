// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: entering a kernel directly
 *
 * A bzImage is entered at its decompressor, which unpacks the kernel while nobody is
 * served any more.  Here that is done when the image is loaded, straight to where the
 * kernel will run, and the jump goes to startup_64 of the kernel itself.
 *
 * What else the decompressor does, in the order of its startup_64() and
 * extract_kernel(), and who does it then::
 *
 *   segments, stack, GDT, IDT	startup_64 of the kernel sets up its own; the purgatory's
 *				are good until then
 *   4 or 5 paging levels	stays as it is.  The kernel reads CR4.  Where it would come
 *				to run with the other number, it is not entered directly
 *   identity mapping		machine_kexec_prepare() maps all RAM, and the kernel needs
 *				no more than itself and what it is handed
 *   KASLR_FLAG			set by the loader when addresses are random
 *   mem_encrypt=, SEV, TDX, SME	not entered directly
 *   sentinel of boot_params	zero: the loader made them
 *   RSDP			the loader passes on what this kernel was given;
 *				not entered directly with acpi_rsdp=
 *   early console		says nothing, as it is
 *   random place		here, virtual as find_random_virt_addr() has it, physical where
 *				there is a choice.  It is never placed over the initrd, the
 *				command line or setup_data, since these are segments too; mem=,
 *				memmap= and hugepages=, which the decompressor keeps clear of,
 *				mean that it is not entered directly.  Memory that was plugged
 *				in is nobody's that the next kernel is told of, and kept clear
 *				of; what SRAT calls removable is in ZONE_MOVABLE, which is not
 *				claimed, or is not going to be removed
 *   memory acceptance		road_place() accepts all that an image occupies
 *   init_size			what is kept clear: the decompressor's needs, and all up to
 *				_end, where .brk is; some linkers have that in no segment
 *   .bss, .brk			the kernel clears them, clear_bss(): they are full of the
 *				decompressor's litter otherwise
 *   page tables		startup_64 of the kernel builds its own in .data and .bss
 *
 * Whatever speaks against it, or is not known, means the ordinary entry and no more
 * than a line in the log of a load that asked for one.  Only what cannot be unpacked is
 * refused: it would not have unpacked itself either.
 *
 * A vmlinux, which nothing in front of it could enter in another way, is either entered
 * directly or refused.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/align.h>
#include <linux/cc_platform.h>
#include <linux/kexec.h>
#include <linux/kexec_unpack.h>
#include <linux/log2.h>
#include <linux/moduleparam.h>
#include <linux/pgtable.h>
#include <linux/random.h>
#include <linux/sizes.h>
#include <linux/unaligned.h>
#include <kunit/visibility.h>

#include <asm/bootparam.h>
#include <asm/cmdline.h>
#include <asm/cpuid/api.h>
#include <asm/e820/api.h>
#include <asm/kexec-direct.h>
#include <asm/kexec-vmlinux.h>
#include <asm/processor.h>

/* kexec.direct=0: every kernel is entered by its decompressor. */
#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX "kexec."
static bool direct_entry = true;
module_param_named(direct, direct_entry, bool, 0644);

/* ---- what speaks against it ---- */

static bool has_option(const char *cmdline, const char *name)
{
	char value[2];

	return cmdline_find_option(cmdline, name, value, sizeof(value)) >= 0;
}

static const char *why_options_forbid(const char *cmdline)
{
	static const struct {
		const char *name, *why;
	} options[] = {
		{ "mem", "its command line has mem=" },
		{ "memmap", "its command line has memmap=" },
		{ "hugepages", "its command line has hugepages=" },
		{ "hugepagesz", "its command line has hugepagesz=" },
		{ "efi_fake_mem", "its command line has efi_fake_mem=" },
		{ "acpi_rsdp", "its command line has acpi_rsdp=" },
		{ "mem_encrypt", "its command line has mem_encrypt=" },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (has_option(cmdline, options[i].name))
			return options[i].why;
	return NULL;
}

#define CPUID_7_ECX_LA57	BIT(16)

/* Of the CPU, whatever this kernel makes of it. */
static bool cpu_has_la57(void)
{
	return boot_cpu_data.cpuid_level >= 7 && cpuid_ecx(7) & CPUID_7_ECX_LA57;
}

/* Its decompressor would change to the number of levels that it runs with. */
static bool has_other_levels(const struct setup_header *header, const char *cmdline)
{
	bool wants_five = header->xloadflags & XLF_5LEVEL_ENABLED && cpu_has_la57() &&
			  cmdline_find_option_bool(cmdline, "no5lvl") <= 0;

	return wants_five != pgtable_l5_enabled();
}

static bool is_relocatable(const struct setup_header *header)
{
	return header->relocatable_kernel && is_power_of_2(header->kernel_alignment) &&
	       header->kernel_alignment >= SZ_2M && header->kernel_alignment <= SZ_1G &&
	       IS_ALIGNED(header->pref_address, header->kernel_alignment);
}

VISIBLE_IF_KUNIT
const char *kexec_why_not_directly(const struct setup_header *header, const char *cmdline)
{
	if (cc_platform_has(CC_ATTR_MEM_ENCRYPT) || cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT))
		return "memory is encrypted";
	if (!is_relocatable(header))
		return "it cannot run anywhere";
	if (has_other_levels(header, cmdline))
		return "it runs with another number of paging levels";
	return why_options_forbid(cmdline);
}

/* ---- unpacked to where it will run ---- */

/* In a file of that many bytes, whatever its header says. */
VISIBLE_IF_KUNIT
bool kexec_find_payload(const char *kernel, size_t len, const struct setup_header *header,
			struct kexec_packed *packed)
{
	u64 start = ((header->setup_sects ?: 4) + 1) * 512 + (u64)header->payload_offset;

	if (header->payload_length < sizeof(u32) ||
	    start + header->payload_length > len)
		return false;
	packed->data = (const u8 *)kernel + start;
	packed->len = header->payload_length;
	packed->size = get_unaligned_le32(packed->data + packed->len - sizeof(u32));
	return packed->size && packed->size <= header->init_size;
}

static bool wants_kaslr(const char *cmdline)
{
	return cmdline_find_option_bool(cmdline, "nokaslr") <= 0;
}

static struct kexec_buf describe_contents(struct kimage *image, const struct setup_header *header,
					  size_t size)
{
	return (struct kexec_buf) {
		.image = image,
		.bufsz = size,
		/* The ELF header in front takes its share of an alignment. */
		.memsz = ALIGN((u64)header->init_size, SZ_2M) + header->kernel_alignment,
		.buf_align = header->kernel_alignment,
		.buf_min = max_t(u64, header->pref_address, SZ_1M),
		.buf_max = image->type == KEXEC_TYPE_CRASH ? ULONG_MAX : arch_kexec_last_known(),
		.top_down = true,
		.uncleared = true,
	};
}

static int refuse_payload(struct kimage *image, int err, const struct kexec_packed *packed)
{
	if (err == -EINTR)
		return kexec_refuse(image, err, "killed while the kernel was unpacked");
	return kexec_refuse(image, -ENOEXEC,
			    "kernel damaged: its payload of %zu bytes (%s) does not unpack to %zu",
			    packed->len, kexec_packed_format(packed), packed->size);
}

/* ---- at addresses that cannot be guessed ---- */

/* The kernel's share of the virtual address space when it has relocations. */
#define KERNEL_SPACE	SZ_1G

/* How far behind the addresses it is linked for a kernel of that size is to run. */
VISIBLE_IF_KUNIT u64 kexec_random_offset(const struct setup_header *header, u64 size)
{
	u64 end = header->pref_address + ALIGN(size, SZ_2M);

	if (end >= KERNEL_SPACE)
		return 0;
	return (u64)get_random_u32_below((KERNEL_SPACE - end) / header->kernel_alignment + 1) *
	       header->kernel_alignment;
}

static const char *relocate(u8 *file, size_t len, const struct setup_header *header,
			    const struct kexec_vmlinux *vmlinux, bool kaslr)
{
	u64 offset;

	if (!kaslr)
		return NULL;
	offset = kexec_random_offset(header, header->init_size);
	return kexec_vmlinux_relocate(file, len, header->pref_address, vmlinux, offset);
}

/* ---- a segment of it ---- */

static int add_vmlinux(struct kexec_buf *kbuf, u8 *file, const struct kexec_vmlinux *vmlinux,
		       size_t size, unsigned long *entry)
{
	u64 at = IS_ALIGNED(vmlinux->shift, kbuf->buf_align) ? vmlinux->shift : 0;
	int ret;

	kexec_vmlinux_lay_out(file, vmlinux, at);
	kbuf->buffer = file + at;
	kbuf->bufsz = vmlinux->contents;
	/* What the kernel maps of itself ends with a large page. */
	kbuf->memsz = ALIGN(size, SZ_2M);
	ret = kexec_add_buffer(kbuf);
	if (!ret)
		*entry = kbuf->mem + vmlinux->entry;
	return ret;
}

/* What is wrong with it, if anything. */
static const char *make_kernel(const struct kexec_buf *kbuf, u8 *file,
			       const struct setup_header *header,
			       const struct kexec_vmlinux *vmlinux, struct kexec_direct *direct)
{
	if (vmlinux->size > header->init_size)
		return "it is larger than its header says";
	direct->kaslr &= vmlinux->nr_lists > 0;
	return relocate(file, kbuf->bufsz, header, vmlinux, direct->kaslr);
}

static const char *place_of(const struct kexec_direct *direct)
{
	return direct->kaslr ? "at random addresses" : "as it was linked";
}

/* ---- a bzImage ---- */

static int ordinary_entry(struct kimage *image, struct kexec_direct *direct, const char *why)
{
	direct->why = why;
	kexec_free_contents(image);
	direct->kaslr = false;
	kexec_dprintk("kernel is entered at its decompressor: %s\n", why);
	return -EOPNOTSUPP;
}

/**
 * kexec_direct_load() - load the kernel in a bzImage so that it is entered directly
 * @image:   the image
 * @kernel:  the file, @image->kernel_buf_len bytes, whose header was looked at
 * @cmdline: the next kernel's command line, NULL for none
 * @direct:  set
 *
 * Context: process, kexec_load_mutex held, from kexec_file_ops.load.
 * Return: 0; -EOPNOTSUPP when it has to be entered at its decompressor, with nothing
 * changed; -ENOEXEC when it is damaged, -EINTR when the caller is killed.
 */
int kexec_direct_load(struct kimage *image, const char *kernel, const char *cmdline,
		      struct kexec_direct *direct)
{
	const struct setup_header *header =
		(const void *)(kernel + offsetof(struct boot_params, hdr));
	const char *why = direct_entry ? kexec_why_not_directly(header, cmdline) : "kexec.direct=0";
	struct kexec_vmlinux vmlinux;
	struct kexec_packed packed;
	struct kexec_buf kbuf;
	u8 *file;
	int ret;

	if (why)
		return ordinary_entry(image, direct, why);
	if (!kexec_find_payload(kernel, image->kernel_buf_len, header, &packed) ||
	    !kexec_packed_format(&packed))
		return ordinary_entry(image, direct, "what it is packed with is not known");

	direct->kaslr = wants_kaslr(cmdline);
	kbuf = describe_contents(image, header, packed.size);
	file = kexec_alloc_contents(&kbuf, direct->kaslr);
	if (!file)
		return ordinary_entry(image, direct, "no memory to unpack it");
	ret = kexec_unpack(&packed, file);
	if (ret == -EOPNOTSUPP || ret == -ENOMEM)
		return ordinary_entry(image, direct, ret == -ENOMEM ? "no memory to unpack it" :
				      "what would unpack it is not built into this kernel");
	if (ret)
		return refuse_payload(image, ret, &packed);
	why = kexec_vmlinux_parse(file, packed.size, header->pref_address, &vmlinux) ?:
		make_kernel(&kbuf, file, header, &vmlinux, direct);
	if (why)
		return ordinary_entry(image, direct, why);
	if (add_vmlinux(&kbuf, file, &vmlinux, header->init_size, &direct->entry))
		return ordinary_entry(image, direct, "there is no room for it");
	kexec_dprintk("kernel is entered directly at %#lx, %s, unpacked from %zu bytes of %s\n",
		      direct->entry, place_of(direct), packed.len, kexec_packed_format(&packed));
	return 0;
}

/* ---- a vmlinux ---- */

static int refuse_vmlinux(struct kimage *image, const char *why)
{
	return kexec_refuse(image, -ENOEXEC, "vmlinux: it can only be entered directly, but %s",
			    why);
}

/**
 * kexec_direct_load_vmlinux() - load a kernel that is not packed
 * @image:   the image
 * @kernel:  the file, @image->kernel_buf_len bytes
 * @vmlinux: what was parsed
 * @header:  what a bzImage of this kernel would say of it
 * @cmdline: the next kernel's command line, NULL for none
 * @direct:  set
 *
 * What there is behind its contents, such as what is for debuggers, stays behind.
 *
 * Context: process, kexec_load_mutex held, from kexec_file_ops.load.
 * Return: 0; -ENOEXEC when it cannot be entered directly; -ENOMEM; -EADDRNOTAVAIL when
 * there is no room for it.
 */
int kexec_direct_load_vmlinux(struct kimage *image, const char *kernel,
			      const struct kexec_vmlinux *vmlinux,
			      const struct setup_header *header, const char *cmdline,
			      struct kexec_direct *direct)
{
	const char *why = kexec_why_not_directly(header, cmdline);
	struct kexec_buf kbuf;
	u8 *file;
	int ret;

	if (why)
		return refuse_vmlinux(image, why);
	direct->kaslr = wants_kaslr(cmdline);
	kbuf = describe_contents(image, header,
				 kexec_vmlinux_needed(vmlinux, image->kernel_buf_len));
	file = kexec_alloc_contents(&kbuf, direct->kaslr);
	if (!file)
		return kexec_refuse(image, -ENOMEM, "vmlinux: no memory to lay out %zu bytes of it",
				    kbuf.bufsz);
	memcpy(file, kernel, kbuf.bufsz);
	why = make_kernel(&kbuf, file, header, vmlinux, direct);
	if (why)
		return refuse_vmlinux(image, why);
	ret = add_vmlinux(&kbuf, file, vmlinux, header->init_size, &direct->entry);
	if (ret)
		return ret;
	kexec_dprintk("kernel is entered directly at %#lx, %s, a vmlinux of %lu bytes\n",
		      direct->entry, place_of(direct), image->kernel_buf_len);
	return 0;
}
