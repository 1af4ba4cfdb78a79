/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kexec core promises to the architectures, to their image loaders
 * and to the rest of the kernel.  What only our own files may know is in
 * kernel/kexec/.
 */
#ifndef LINUX_KEXEC_H
#define LINUX_KEXEC_H

#include <linux/bits.h>

/*
 * The entry list that tells an architecture's relocation code what to copy
 * where: physical page addresses with one of these flags in the low bits.
 * A destination sets the cursor, each source is copied to the cursor and moves
 * it one page on, an indirection continues the list in another page.
 */
#define IND_DESTINATION_BIT	0
#define IND_INDIRECTION_BIT	1
#define IND_DONE_BIT		2
#define IND_SOURCE_BIT		3

#define IND_DESTINATION		BIT(IND_DESTINATION_BIT)
#define IND_INDIRECTION		BIT(IND_INDIRECTION_BIT)
#define IND_DONE		BIT(IND_DONE_BIT)
#define IND_SOURCE		BIT(IND_SOURCE_BIT)
#define IND_FLAGS		(IND_DESTINATION | IND_INDIRECTION | IND_DONE | IND_SOURCE)

#if !defined(__ASSEMBLER__)

#include <linux/vmcore_info.h>
#include <linux/crash_reserve.h>
#include <asm/io.h>
#include <linux/range.h>

#include <uapi/linux/kexec.h>
#include <linux/verification.h>

extern note_buf_t __percpu *crash_notes;

#ifdef CONFIG_CRASH_DUMP
#include <linux/prandom.h>
#endif

#ifdef CONFIG_KEXEC_CORE
#include <linux/list.h>
#include <linux/compat.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/highmem.h>
#include <asm/kexec.h>
#include <linux/crash_core.h>

/* An architecture says in <asm/kexec.h> what its relocation code can reach. */
#ifndef KEXEC_SOURCE_MEMORY_LIMIT
#error KEXEC_SOURCE_MEMORY_LIMIT not defined
#endif

#ifndef KEXEC_DESTINATION_MEMORY_LIMIT
#error KEXEC_DESTINATION_MEMORY_LIMIT not defined
#endif

#ifndef KEXEC_CONTROL_MEMORY_LIMIT
#error KEXEC_CONTROL_MEMORY_LIMIT not defined
#endif

#ifndef KEXEC_CONTROL_MEMORY_GFP
#define KEXEC_CONTROL_MEMORY_GFP (GFP_KERNEL | __GFP_NORETRY)
#endif

/* What a load allocates on its way: not worth anybody's life to the OOM killer. */
#define GFP_KEXEC	(GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

#ifndef KEXEC_CONTROL_PAGE_SIZE
#error KEXEC_CONTROL_PAGE_SIZE not defined
#endif

#ifndef KEXEC_ARCH
#error KEXEC_ARCH not defined
#endif

#ifndef KEXEC_CRASH_CONTROL_MEMORY_LIMIT
#define KEXEC_CRASH_CONTROL_MEMORY_LIMIT KEXEC_CONTROL_MEMORY_LIMIT
#endif

#ifndef KEXEC_CRASH_MEM_ALIGN
#define KEXEC_CRASH_MEM_ALIGN PAGE_SIZE
#endif

typedef unsigned long kimage_entry_t;

/**
 * struct kexec_segment - one piece of an image and where it is to run
 * @buf:   contents in user memory (kexec_load)
 * @kbuf:  contents in kernel memory (kexec_file_load)
 * @bufsz: bytes of contents; the rest of @memsz is zero
 * @mem:   destination, a boot-physical address, page aligned
 * @memsz: bytes at the destination, a multiple of the page size
 *
 * User space hands in an array of these, so the layout is ABI.
 */
struct kexec_segment {
	union {
		void __user *buf;
		void *kbuf;
	};
	size_t bufsz;
	unsigned long mem;
	size_t memsz;
};

#ifdef CONFIG_COMPAT
/* The same as a 32-bit process lays it out. */
struct compat_kexec_segment {
	compat_uptr_t buf;
	compat_size_t bufsz;
	compat_ulong_t mem;
	compat_size_t memsz;
};
#endif

#ifdef CONFIG_KEXEC_FILE
/**
 * struct purgatory_info - the purgatory while an image is being built
 * @ehdr:          the ELF object built into the kernel, read-only
 * @sechdrs:       its section headers; of those that are loaded, sh_addr is
 *                 where they will run and sh_offset their place in @purgatory_buf
 * @purgatory_buf: contents of the purgatory's segment, relocated
 */
struct purgatory_info {
	const Elf_Ehdr *ehdr;
	Elf_Shdr *sechdrs;
	void *purgatory_buf;
};

struct kimage;

typedef int (kexec_probe_t)(const char *kernel_buf, unsigned long kernel_size);
typedef void *(kexec_load_t)(struct kimage *image, char *kernel_buf,
			     unsigned long kernel_len, char *initrd,
			     unsigned long initrd_len, char *cmdline,
			     unsigned long cmdline_len);
typedef int (kexec_cleanup_t)(void *loader_data);

#ifdef CONFIG_KEXEC_SIG
typedef int (kexec_verify_sig_t)(const char *kernel_buf,
				 unsigned long kernel_len);
#endif

/**
 * struct kexec_file_ops - how one format of kernel image is loaded
 * @probe:      0 when it knows the format, -ENOMEM when that cannot be seen, any other
 *		errno when it does not
 * @load:       describe the segments with kexec_add_buffer(); returns data for
 *              @cleanup or an error pointer
 * @cleanup:    free what @load returned and hangs on it
 * @verify_sig: check the signature of the kernel file
 */
struct kexec_file_ops {
	kexec_probe_t *probe;
	kexec_load_t *load;
	kexec_cleanup_t *cleanup;
#ifdef CONFIG_KEXEC_SIG
	kexec_verify_sig_t *verify_sig;
#endif
};

/* An architecture's formats, the first that knows a file takes it; NULL ends. */
extern const struct kexec_file_ops * const kexec_file_loaders[];

int kexec_image_probe_default(struct kimage *image, void *buf,
			      unsigned long buf_len);
int kexec_image_post_load_cleanup_default(struct kimage *image);

/* The value of kexec_buf.mem that asks for a place to be found. */
#ifndef KEXEC_BUF_MEM_UNKNOWN
#define KEXEC_BUF_MEM_UNKNOWN 0
#endif

/**
 * struct kexec_buf - a segment that an image loader wants placed
 * @image:     image it belongs to
 * @buffer:    contents, in kernel memory; stays the caller's
 * @bufsz:     bytes of contents
 * @mem:       in: an address, or KEXEC_BUF_MEM_UNKNOWN; out: the destination
 * @memsz:     bytes at the destination, rounded up to pages
 * @buf_align: alignment of the destination, a power of two, at least a page
 * @buf_min:   lowest address allowed
 * @buf_max:   highest address allowed (inclusive)
 * @cma:       unused; architectures initialise it
 * @top_down:  search from the top of memory
 * @uncleared: what is behind @bufsz is the contents' own business, not zero
 * @random:    start the search somewhere at random
 */
struct kexec_buf {
	struct kimage *image;
	void *buffer;
	unsigned long bufsz;
	unsigned long mem;
	unsigned long memsz;
	unsigned long buf_align;
	unsigned long buf_min;
	unsigned long buf_max;
	struct page *cma;
	bool top_down;
	bool uncleared;
#ifdef CONFIG_CRASH_DUMP
	bool random;
#endif
};

int kexec_load_purgatory(struct kimage *image, struct kexec_buf *kbuf);
int kexec_purgatory_get_set_symbol(struct kimage *image, const char *name,
				   void *buf, unsigned int size,
				   bool get_value);
void *kexec_purgatory_get_symbol_addr(struct kimage *image, const char *name);

/* Hooks: an architecture that has its own defines a macro of the same name. */

#ifndef arch_kexec_kernel_image_probe
static inline int
arch_kexec_kernel_image_probe(struct kimage *image, void *buf, unsigned long buf_len)
{
	return kexec_image_probe_default(image, buf, buf_len);
}
#endif

#ifndef arch_kimage_file_post_load_cleanup
static inline int arch_kimage_file_post_load_cleanup(struct kimage *image)
{
	return kexec_image_post_load_cleanup_default(image);
}
#endif

#ifndef arch_check_excluded_range
/* Nonzero when nothing may be placed in [start, end], end inclusive. */
static inline int arch_check_excluded_range(struct kimage *image,
					    unsigned long start,
					    unsigned long end)
{
	return 0;
}
#endif

#if defined(CONFIG_KEXEC_SIG) && defined(CONFIG_SIGNED_PE_FILE_VERIFICATION)
int kexec_kernel_verify_pe_sig(const char *kernel, unsigned long kernel_len);
#endif

int kexec_add_buffer(struct kexec_buf *kbuf);
int kexec_locate_mem_hole(struct kexec_buf *kbuf);

#ifndef arch_kexec_locate_mem_hole
static inline int arch_kexec_locate_mem_hole(struct kexec_buf *kbuf)
{
	return kexec_locate_mem_hole(kbuf);
}
#endif

#ifndef arch_kexec_apply_relocations_add
static inline int
arch_kexec_apply_relocations_add(struct purgatory_info *pi, Elf_Shdr *section,
				 const Elf_Shdr *relsec, const Elf_Shdr *symtab)
{
	pr_err("purgatory has RELA relocations, which this architecture does not apply\n");
	return -ENOEXEC;
}
#endif

#ifndef arch_kexec_apply_relocations
static inline int
arch_kexec_apply_relocations(struct purgatory_info *pi, Elf_Shdr *section,
			     const Elf_Shdr *relsec, const Elf_Shdr *symtab)
{
	pr_err("purgatory has REL relocations, which this architecture does not apply\n");
	return -ENOEXEC;
}
#endif
#endif /* CONFIG_KEXEC_FILE */

#ifdef CONFIG_KEXEC_ELF
/**
 * struct kexec_elf_info - an ELF file as the ELF loaders see it
 * @buffer:   the whole file; stays the caller's
 * @ehdr:     its header
 * @proghdrs: its program headers
 */
struct kexec_elf_info {
	const char *buffer;
	const struct elfhdr *ehdr;
	const struct elf_phdr *proghdrs;
};

int kexec_build_elf_info(const char *buf, size_t len, struct elfhdr *ehdr,
			 struct kexec_elf_info *elf_info);
int kexec_elf_load(struct kimage *image, struct elfhdr *ehdr,
		   struct kexec_elf_info *elf_info, struct kexec_buf *kbuf,
		   unsigned long *lowest_load_addr);
void kexec_free_elf_info(struct kexec_elf_info *elf_info);
int kexec_elf_probe(const char *buf, unsigned long len);
#endif

/**
 * struct kimage - an image on its way from a system call to the jump
 *
 * What others read of it; there is more around it that only the core knows
 * (kernel/kexec/image.h).
 *
 * @head: first entry of the list that the relocation code walks; IND_DONE when
 *	  nothing is to be copied
 * @start: address to jump to
 * @control_code_page: first page of the relocation code's own memory
 * @swap_page: page through which preserve-context images are swapped
 * @vmcoreinfo_data_copy: mapping of the vmcoreinfo copy in the crash region
 * @nr_segments: segments in use
 * @segment: the segments
 * @type: KEXEC_TYPE_DEFAULT (reboot) or KEXEC_TYPE_CRASH
 * @preserve_context: come back after the image returns
 * @file_mode: described by kexec_file_load
 * @hotplug_support: its elfcorehdr may be changed after loading
 * @arch: the architecture's part
 * @kernel_buf: the kernel file, while loading
 * @kernel_buf_len: its bytes
 * @initrd_buf: the initrd, while loading
 * @initrd_buf_len: its bytes
 * @cmdline_buf: the command line, while loading
 * @cmdline_buf_len: its bytes with the final NUL
 * @fops: the loader that took the kernel
 * @image_loader_data: the loader's own, freed after loading
 * @purgatory_info: the purgatory, while loading
 * @force_dtb: carry this boot's device tree over
 * @hp_action: the hotplug event being applied
 * @elfcorehdr_index: segment that holds the ELF core header, -1 if not known
 * @elfcorehdr_updated: the kernel has rewritten that segment since it was loaded
 * @ima_buffer: IMA's mapping of its segment, from when that is digested until it is freed
 * @ima_buffer_addr: where the next kernel finds IMA's measurements
 * @ima_buffer_size: bytes reserved there
 * @ima_segment_index: the segment that holds them
 * @is_ima_segment_index_set: whether there is one
 * @kho: what handover passes on
 * @elf_headers: the ELF core header, while loading
 * @elf_headers_sz: its bytes
 * @elf_load_addr: where it goes
 * @dm_crypt_keys_addr: where the dm-crypt keys go, 0 if there are none
 * @dm_crypt_keys_sz: their bytes
 */
struct kimage {
	kimage_entry_t head;
	unsigned long start;
	struct page *control_code_page;
	struct page *swap_page;
	void *vmcoreinfo_data_copy;

	unsigned long nr_segments;
	struct kexec_segment segment[KEXEC_SEGMENT_MAX];

	unsigned int type : 1;
#define KEXEC_TYPE_DEFAULT 0
#define KEXEC_TYPE_CRASH   1
	unsigned int preserve_context : 1;
	unsigned int file_mode : 1;
#ifdef CONFIG_CRASH_HOTPLUG
	unsigned int hotplug_support : 1;
#endif

#ifdef ARCH_HAS_KIMAGE_ARCH
	struct kimage_arch arch;
#endif

#ifdef CONFIG_KEXEC_FILE
	void *kernel_buf;
	unsigned long kernel_buf_len;

	void *initrd_buf;
	unsigned long initrd_buf_len;

	char *cmdline_buf;
	unsigned long cmdline_buf_len;

	const struct kexec_file_ops *fops;
	void *image_loader_data;
	struct purgatory_info purgatory_info;
	bool force_dtb;
#endif

#ifdef CONFIG_CRASH_HOTPLUG
	int hp_action;
	int elfcorehdr_index;
	bool elfcorehdr_updated;
#endif

#ifdef CONFIG_IMA_KEXEC
	void *ima_buffer;
	phys_addr_t ima_buffer_addr;
	size_t ima_buffer_size;
	unsigned long ima_segment_index;
	bool is_ima_segment_index_set;
#endif

	struct {
		struct kexec_segment *scratch;
		phys_addr_t fdt;
	} kho;

	void *elf_headers;
	unsigned long elf_headers_sz;
	unsigned long elf_load_addr;

	unsigned long dm_crypt_keys_addr;
	unsigned long dm_crypt_keys_sz;
};

/* What each architecture defines. */
void machine_kexec(struct kimage *image);
int machine_kexec_prepare(struct kimage *image);
void machine_kexec_cleanup(struct kimage *image);

#ifndef machine_kexec_post_load
static inline int machine_kexec_post_load(struct kimage *image) { return 0; }
#endif

int kernel_kexec(void);
struct page *kimage_alloc_control_pages(struct kimage *image, unsigned int order);
bool kimage_page_in_place(const struct kimage *image, unsigned long idx, unsigned long nr);
bool kimage_next_unused(struct kimage *image, u64 *start, u64 *end);

extern struct kimage *kexec_image;
extern struct kimage *kexec_crash_image;

#ifndef kexec_flush_icache_page
#define kexec_flush_icache_page(page)
#endif

/* Flags that kexec_load(2) knows, architecture aside. */
#ifdef CONFIG_KEXEC_JUMP
#define KEXEC_FLAGS	(KEXEC_ON_CRASH | KEXEC_UPDATE_ELFCOREHDR | \
			 KEXEC_CRASH_HOTPLUG_SUPPORT | KEXEC_PRESERVE_CONTEXT)
#else
#define KEXEC_FLAGS	(KEXEC_ON_CRASH | KEXEC_UPDATE_ELFCOREHDR | \
			 KEXEC_CRASH_HOTPLUG_SUPPORT)
#endif

/* Flags that kexec_file_load(2) knows. */
#define KEXEC_FILE_FLAGS	(KEXEC_FILE_UNLOAD | KEXEC_FILE_ON_CRASH | \
				 KEXEC_FILE_NO_INITRAMFS | KEXEC_FILE_DEBUG | \
				 KEXEC_FILE_NO_CMA | KEXEC_FILE_FORCE_DTB)

/* Set from the moment a reboot into a loaded image cannot be called off, and into which. */
extern bool kexec_in_progress;
extern struct kimage *kexec_reboot_image;

/* For loaders too: what they know of why better than the errno tells. */
__printf(3, 4)
int kexec_refuse(struct kimage *image, int err, const char *fmt, ...);

/* ... and of what they load. */
void kexec_tell_kernel(struct kimage *image, const char *kind, const char *why);
void kexec_tell_segment(struct kimage *image, unsigned long mem, const char *role);

/* Room for how a kernel calls itself: __NEW_UTS_LEN, and a NUL. */
#define KEXEC_RELEASE_MAX	65

void kexec_release_of(const void *file, size_t len, char release[KEXEC_RELEASE_MAX]);

/*
 * Boot-physical addresses are those that the next kernel sees before it turns
 * its MMU on; they differ from this kernel's on a few machines only.
 */
#ifndef page_to_boot_pfn
static inline unsigned long page_to_boot_pfn(struct page *page)
{
	return page_to_pfn(page);
}
#endif

#ifndef boot_pfn_to_page
static inline struct page *boot_pfn_to_page(unsigned long boot_pfn)
{
	return pfn_to_page(boot_pfn);
}
#endif

#ifndef phys_to_boot_phys
static inline unsigned long phys_to_boot_phys(phys_addr_t phys)
{
	return phys;
}
#endif

#ifndef boot_phys_to_phys
static inline phys_addr_t boot_phys_to_phys(unsigned long boot_phys)
{
	return boot_phys;
}
#endif

#ifndef crash_free_reserved_phys_range
static inline void crash_free_reserved_phys_range(unsigned long begin, unsigned long end)
{
	unsigned long addr;

	for (addr = begin; addr < end; addr += PAGE_SIZE)
		free_reserved_page(boot_pfn_to_page(addr >> PAGE_SHIFT));
}
#endif

static inline unsigned long virt_to_boot_phys(void *addr)
{
	return phys_to_boot_phys(__pa((unsigned long)addr));
}

static inline void *boot_phys_to_virt(unsigned long entry)
{
	return phys_to_virt(boot_phys_to_phys(entry));
}

/* Called on memory that an image takes, before anything is written to it. */
#ifndef arch_kexec_post_alloc_pages
static inline int arch_kexec_post_alloc_pages(void *vaddr, unsigned int pages, gfp_t gfp)
{
	return 0;
}
#endif

/* ... and before an image gives it back. */
#ifndef arch_kexec_pre_free_pages
static inline void arch_kexec_pre_free_pages(void *vaddr, unsigned int pages) { }
#endif

/* Set while a kexec_file_load(KEXEC_FILE_DEBUG) is under way. */
extern bool kexec_file_dbg_print;

#define kexec_dprintk(fmt, arg...) \
	do { if (kexec_file_dbg_print) pr_info(fmt, ##arg); } while (0)

void *kimage_map_segment(struct kimage *image, int idx);
void kimage_unmap_segment(void *buffer);
int kimage_update_segment(struct kimage *image, int idx, const void *buf, size_t len);
#else /* !CONFIG_KEXEC_CORE */
struct pt_regs;
struct task_struct;
struct kimage;
static inline void __crash_kexec(struct pt_regs *regs) { }
static inline void crash_kexec(struct pt_regs *regs) { }
static inline int kexec_should_crash(struct task_struct *p) { return 0; }
static inline int kexec_crash_loaded(void) { return 0; }
static inline void *kimage_map_segment(struct kimage *image, int idx) { return NULL; }
static inline void kimage_unmap_segment(void *buffer) { }
#define kexec_in_progress false
#endif /* CONFIG_KEXEC_CORE */

#ifdef CONFIG_KEXEC_SIG
void set_kexec_sig_enforced(void);
#else
static inline void set_kexec_sig_enforced(void) {}
#endif

#endif /* !__ASSEMBLER__ */

#endif /* LINUX_KEXEC_H */
