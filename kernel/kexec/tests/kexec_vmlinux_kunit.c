// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of what is made of a kernel's ELF file
 *
 * A small file that is laid out as a kernel's: three segments, of which two lie as they
 * do in memory and one does not, and relocations behind it.
 */
#include <kunit/test.h>
#include <linux/elf.h>
#include <linux/kexec_unpack.h>
#include <linux/pgtable.h>
#include <linux/sizes.h>
#include <linux/unaligned.h>

#include <asm/bootparam.h>
#include <asm/kexec-direct.h>
#include <asm/kexec-vmlinux.h>
#include <asm/page_types.h>
#include <asm/setup.h>

#include "kexec_kunit.h"

#define BASE	SZ_16M
#define LINK	(__START_KERNEL_map + BASE)
#define OFFSET	(6ull * SZ_2M)

/* Where each segment is in the file, where it belongs, and its sizes. */
static const struct kexec_vmlinux_load segments[] = {
	{ .from = 0x1000, .to = 0, .filesz = 0x300, .memsz = 0x400 },
	{ .from = 0x2000, .to = 0x1000, .filesz = 0x200, .memsz = 0x200 },
	{ .from = 0x3000, .to = 0x1800, .filesz = 0x100, .memsz = 0x2000 },
};

#define SHIFT		0x1000
#define CONTENTS	0x1900
#define SIZE		0x3800
#define ENTRY		0x40
#define ELF_END		0x3100

/* What there is to relocate: where it belongs, and what it is. */
#define AT_32		0x10
#define AT_32_LAST	0x18f8
#define AT_NEGATIVE	0x1100
#define AT_64		0x1008

/**
 * struct kernel - a file under test
 * @test: the test
 * @file: ELF file and relocations, exactly @len bytes
 * @len:  bytes
 */
struct kernel {
	struct kunit *test;
	u8 *file;
	size_t len;
};

static Elf64_Ehdr *ehdr_of(struct kernel *kernel)
{
	return (Elf64_Ehdr *)kernel->file;
}

static Elf64_Phdr *phdr_of(struct kernel *kernel, int i)
{
	return (Elf64_Phdr *)(kernel->file + sizeof(Elf64_Ehdr)) + i;
}

static void write_headers(struct kernel *kernel)
{
	int i;

	*ehdr_of(kernel) = (Elf64_Ehdr) {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_entry = BASE + ENTRY,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = ARRAY_SIZE(segments) + 1,
	};
	for (i = 0; i < ARRAY_SIZE(segments); i++)
		*phdr_of(kernel, i) = (Elf64_Phdr) {
			.p_type = PT_LOAD,
			.p_offset = segments[i].from,
			.p_paddr = BASE + segments[i].to,
			.p_vaddr = LINK + segments[i].to,
			.p_filesz = segments[i].filesz,
			.p_memsz = segments[i].memsz,
			.p_align = SZ_2M,
		};
	phdr_of(kernel, i)->p_type = PT_NOTE;
}

static u8 contents(u64 to)
{
	return to * 7 + (to >> 8) + 1;
}

static void write_contents(struct kernel *kernel)
{
	u64 at;
	int i;

	for (i = 0; i < ARRAY_SIZE(segments); i++)
		for (at = 0; at < segments[i].filesz; at++)
			kernel->file[segments[i].from + at] = contents(segments[i].to + at);
}

/* Two lists or three, each with a zero in front. */
static const u32 two_lists[] = {
	0, (u32)LINK + AT_64,
	0, (u32)LINK + AT_32, (u32)LINK + AT_32_LAST,
};

static const u32 three_lists[] = {
	0, (u32)LINK + AT_64,
	0, (u32)LINK + AT_NEGATIVE,
	0, (u32)LINK + AT_32, (u32)LINK + AT_32_LAST,
};

static struct kernel new_kernel(struct kunit *test, const u32 *relocs, size_t bytes)
{
	struct kernel kernel = { test, kexec_test_alloc(test, ELF_END + bytes), ELF_END + bytes };

	memset(kernel.file, 0xee, kernel.len);
	write_headers(&kernel);
	write_contents(&kernel);
	memcpy(kernel.file + ELF_END, relocs, bytes);
	return kernel;
}

static const char *parse(struct kernel *kernel, struct kexec_vmlinux *vmlinux)
{
	return kexec_vmlinux_parse(kernel->file, kernel->len, BASE, vmlinux);
}

/* ---- what it is ---- */

static void a_kernel_is_understood(struct kunit *test)
{
	struct kernel kernel = new_kernel(test, two_lists, sizeof(two_lists));
	struct kexec_vmlinux vmlinux;

	KUNIT_ASSERT_STREQ(test, parse(&kernel, &vmlinux) ?: "", "");
	KUNIT_EXPECT_EQ(test, vmlinux.entry, ENTRY);
	KUNIT_EXPECT_EQ(test, vmlinux.contents, CONTENTS);
	KUNIT_EXPECT_EQ(test, vmlinux.size, SIZE);
	KUNIT_EXPECT_EQ(test, vmlinux.shift, SHIFT);
	KUNIT_EXPECT_EQ(test, vmlinux.relocs, ELF_END);
	KUNIT_EXPECT_EQ(test, vmlinux.nr_lists, 2);
	KUNIT_EXPECT_EQ(test, vmlinux.nr_loads, ARRAY_SIZE(segments));
}

static void a_kernel_without_relocations(struct kunit *test)
{
	struct kernel kernel = new_kernel(test, NULL, 0);
	struct kexec_vmlinux vmlinux;

	KUNIT_ASSERT_STREQ(test, parse(&kernel, &vmlinux) ?: "", "");
	KUNIT_EXPECT_EQ(test, vmlinux.nr_lists, 0);
}

/* ---- where it goes ---- */

static void expect_laid_out(struct kernel *kernel, u64 at)
{
	u64 to;
	int i;

	for (i = 0; i < ARRAY_SIZE(segments); i++)
		for (to = segments[i].to; to < segments[i].to + segments[i].filesz; to++)
			KUNIT_ASSERT_EQ_MSG(kernel->test, kernel->file[at + to], contents(to),
					    "%#llx", to);
	for (to = segments[0].filesz; to < segments[1].to; to++)
		KUNIT_ASSERT_EQ_MSG(kernel->test, kernel->file[at + to], 0, "%#llx", to);
}

static void it_is_laid_out_where_it_lies(struct kunit *test)
{
	struct kernel kernel = new_kernel(test, NULL, 0);
	struct kexec_vmlinux vmlinux;

	KUNIT_ASSERT_NULL(test, parse(&kernel, &vmlinux));
	kexec_vmlinux_lay_out(kernel.file, &vmlinux, vmlinux.shift);
	expect_laid_out(&kernel, SHIFT);
}

static void it_is_laid_out_from_the_start(struct kunit *test)
{
	struct kernel kernel = new_kernel(test, NULL, 0);
	struct kexec_vmlinux vmlinux;

	KUNIT_ASSERT_NULL(test, parse(&kernel, &vmlinux));
	kexec_vmlinux_lay_out(kernel.file, &vmlinux, 0);
	expect_laid_out(&kernel, 0);
}

/* ---- at which addresses it runs ---- */

static u8 *find(struct kernel *kernel, u64 to)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(segments); i++)
		if (to >= segments[i].to && to < segments[i].to + segments[i].filesz)
			return kernel->file + segments[i].from + to - segments[i].to;
	return NULL;
}

static void relocated_with(struct kunit *test, const u32 *relocs, size_t bytes, u32 negative)
{
	struct kernel kernel = new_kernel(test, relocs, bytes);
	struct kexec_vmlinux vmlinux;

	put_unaligned_le64(LINK + 1, find(&kernel, AT_64));
	put_unaligned_le32((u32)LINK + 2, find(&kernel, AT_32));
	put_unaligned_le32((u32)LINK + 3, find(&kernel, AT_32_LAST));
	put_unaligned_le32(1000, find(&kernel, AT_NEGATIVE));
	KUNIT_ASSERT_NULL(test, parse(&kernel, &vmlinux));
	KUNIT_ASSERT_NULL(test, kexec_vmlinux_relocate(kernel.file, kernel.len, BASE, &vmlinux,
						       OFFSET));
	KUNIT_EXPECT_EQ(test, get_unaligned_le64(find(&kernel, AT_64)), LINK + 1 + OFFSET);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(find(&kernel, AT_32)), (u32)(LINK + 2 + OFFSET));
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(find(&kernel, AT_32_LAST)),
			(u32)(LINK + 3 + OFFSET));
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(find(&kernel, AT_NEGATIVE)), negative);
}

static void two_lists_are_applied(struct kunit *test)
{
	relocated_with(test, two_lists, sizeof(two_lists), 1000);
}

static void three_lists_are_applied(struct kunit *test)
{
	relocated_with(test, three_lists, sizeof(three_lists), 1000 - (u32)OFFSET);
}

static void a_relocation_stays_inside(struct kunit *test)
{
	/* The last byte but two of a segment, a gap, .bss, below, far above. */
	static const u32 outside[] = { 0x2fe, 0x400, CONTENTS, -1, SZ_1G };
	struct kexec_vmlinux vmlinux;
	int i;

	for (i = 0; i < ARRAY_SIZE(outside); i++) {
		u32 relocs[] = { 0, 0, (u32)LINK + outside[i] };
		struct kernel kernel = new_kernel(test, relocs, sizeof(relocs));

		KUNIT_ASSERT_NULL(test, parse(&kernel, &vmlinux));
		KUNIT_EXPECT_NOT_NULL_MSG(test, kexec_vmlinux_relocate(kernel.file, kernel.len, BASE,
								       &vmlinux, OFFSET),
					  "%#x", outside[i]);
	}
}

/* ---- what is odd ---- */

static void no_elf(struct kernel *kernel)
{
	kernel->file[0] = 0;
}

static void of_32_bits(struct kernel *kernel)
{
	ehdr_of(kernel)->e_ident[EI_CLASS] = ELFCLASS32;
}

static void of_another_machine(struct kernel *kernel)
{
	ehdr_of(kernel)->e_machine = EM_AARCH64;
}

static void of_big_endian(struct kernel *kernel)
{
	ehdr_of(kernel)->e_ident[EI_DATA] = ELFDATA2MSB;
}

static void no_program(struct kernel *kernel)
{
	ehdr_of(kernel)->e_type = ET_REL;
}

static void other_headers(struct kernel *kernel)
{
	ehdr_of(kernel)->e_phentsize++;
}

static void too_short(struct kernel *kernel)
{
	kernel->len = sizeof(Elf64_Ehdr) - 1;
}

static void headers_outside(struct kernel *kernel)
{
	ehdr_of(kernel)->e_phoff = U64_MAX - 8;
}

static void headers_to_the_end(struct kernel *kernel)
{
	ehdr_of(kernel)->e_phoff = kernel->len - 3 * sizeof(Elf64_Phdr);
}

static void sections_outside(struct kernel *kernel)
{
	ehdr_of(kernel)->e_shoff = kernel->len - 1;
	ehdr_of(kernel)->e_shnum = 1;
	ehdr_of(kernel)->e_shentsize = sizeof(Elf64_Shdr);
}

static void no_segments(struct kernel *kernel)
{
	ehdr_of(kernel)->e_phnum = 0;
}

static void more_contents_than_memory(struct kernel *kernel)
{
	phdr_of(kernel, 1)->p_memsz = phdr_of(kernel, 1)->p_filesz - 1;
}

static void below_its_base(struct kernel *kernel)
{
	phdr_of(kernel, 0)->p_paddr = BASE - 1;
}

static void too_large(struct kernel *kernel)
{
	phdr_of(kernel, 2)->p_memsz = SZ_1G;
}

static void wraps_around(struct kernel *kernel)
{
	phdr_of(kernel, 2)->p_memsz = U64_MAX;
}

static void overlapping(struct kernel *kernel)
{
	phdr_of(kernel, 1)->p_paddr = BASE + segments[0].memsz - 1;
}

static void descending(struct kernel *kernel)
{
	swap(*phdr_of(kernel, 0), *phdr_of(kernel, 1));
}

static void not_aligned(struct kernel *kernel)
{
	phdr_of(kernel, 0)->p_align = SZ_4K;
}

static void contents_outside(struct kernel *kernel)
{
	phdr_of(kernel, 2)->p_offset = kernel->len - segments[2].filesz + 1;
}

static void before_the_file(struct kernel *kernel)
{
	phdr_of(kernel, 0)->p_paddr = BASE + 0x1100;
	phdr_of(kernel, 0)->p_memsz = phdr_of(kernel, 0)->p_filesz = 0x10;
	phdr_of(kernel, 1)->p_paddr = BASE + 0x2000;
	phdr_of(kernel, 2)->p_paddr = BASE + 0x3000;
}

static void moved_over_another(struct kernel *kernel)
{
	phdr_of(kernel, 1)->p_paddr = BASE + 0x2100;
	phdr_of(kernel, 2)->p_paddr = BASE + 0x2800;
}

static void entered_below(struct kernel *kernel)
{
	ehdr_of(kernel)->e_entry = BASE - 1;
}

static void entered_in_bss(struct kernel *kernel)
{
	ehdr_of(kernel)->e_entry = BASE + CONTENTS;
}

static void odd_length(struct kernel *kernel)
{
	kernel->len--;
}

static void relocations_from_elsewhere(struct kernel *kernel)
{
	put_unaligned_le32(1, kernel->file + ELF_END);
}

static void one_list(struct kernel *kernel)
{
	put_unaligned_le32(1, kernel->file + ELF_END + 2 * sizeof(u32));
}

static void four_lists(struct kernel *kernel)
{
	put_unaligned_le32(0, kernel->file + ELF_END + 1 * sizeof(u32));
	put_unaligned_le32(0, kernel->file + ELF_END + 3 * sizeof(u32));
}

static const struct oddity {
	const char *name;
	void (*make)(struct kernel *kernel);
} oddities[] = {
	{ "no ELF file", no_elf },
	{ "of 32 bits", of_32_bits },
	{ "of another machine", of_another_machine },
	{ "of big endian", of_big_endian },
	{ "no program", no_program },
	{ "program headers of another size", other_headers },
	{ "too short", too_short },
	{ "program headers outside", headers_outside },
	{ "program headers to the end", headers_to_the_end },
	{ "section headers outside", sections_outside },
	{ "no segments", no_segments },
	{ "more contents than memory", more_contents_than_memory },
	{ "below its base", below_its_base },
	{ "too large", too_large },
	{ "wraps around", wraps_around },
	{ "overlapping", overlapping },
	{ "descending", descending },
	{ "not aligned", not_aligned },
	{ "contents outside", contents_outside },
	{ "before the file", before_the_file },
	{ "moved over another", moved_over_another },
	{ "entered below", entered_below },
	{ "entered in .bss", entered_in_bss },
	{ "odd length", odd_length },
	{ "relocations from elsewhere", relocations_from_elsewhere },
	{ "one list", one_list },
	{ "four lists", four_lists },
};

KUNIT_ARRAY_PARAM_DESC(oddity, oddities, name);

static void an_odd_kernel_is_told(struct kunit *test)
{
	const struct oddity *oddity = test->param_value;
	struct kernel kernel = new_kernel(test, two_lists, sizeof(two_lists));
	struct kexec_vmlinux vmlinux;

	oddity->make(&kernel);
	KUNIT_EXPECT_NOT_NULL(test, parse(&kernel, &vmlinux));
}

/* Whatever is in the headers, nothing around the file is written to. */
static void damage_stays_inside(struct kunit *test)
{
	struct rnd_state *chance = kexec_test_chance(test);
	struct kexec_vmlinux vmlinux;
	size_t room = 2 * SZ_64K;
	u8 *memory = kexec_test_alloc(test, room), *file = memory + SZ_64K;
	struct kernel whole = new_kernel(test, three_lists, sizeof(three_lists));
	unsigned int round, good = 0;

	for (round = 0; round < 2000; round++) {
		size_t headers = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr) * 4;
		u64 at;
		int i;

		memset(memory, 0xa5, room);
		memcpy(file, whole.file, whole.len);
		for (i = kexec_test_below(chance, 4); i >= 0; i--)
			file[kexec_test_below(chance, headers)] = prandom_u32_state(chance);
		put_unaligned_le32(prandom_u32_state(chance), file + whole.len - sizeof(u32));
		if (kexec_vmlinux_parse(file, whole.len, BASE, &vmlinux))
			continue;
		good++;
		if (vmlinux.nr_lists)
			kexec_vmlinux_relocate(file, whole.len, BASE, &vmlinux, OFFSET);
		at = kexec_test_below(chance, 2) ? vmlinux.shift : 0;
		kexec_vmlinux_lay_out(file, &vmlinux, at);
		KUNIT_ASSERT_NULL(test, memchr_inv(memory, 0xa5, SZ_64K));
		KUNIT_ASSERT_NULL(test, memchr_inv(file + whole.len, 0xa5, SZ_64K - whole.len));
	}
	KUNIT_EXPECT_GT(test, good, 0);
	KUNIT_EXPECT_LT(test, good, round);
}

/* ---- a file that may be anything ---- */

static u64 base_of(struct kernel *kernel)
{
	return kexec_vmlinux_base(kernel->file, kernel->len);
}

static void a_kernel_is_told_from_other_files(struct kunit *test)
{
	struct kernel kernel = new_kernel(test, NULL, 0);

	KUNIT_EXPECT_EQ(test, base_of(&kernel), BASE);
	/* What is in front of its first segment does not matter. */
	*phdr_of(&kernel, ARRAY_SIZE(segments)) = *phdr_of(&kernel, 0);
	phdr_of(&kernel, 0)->p_type = PT_NOTE;
	phdr_of(&kernel, 1)->p_memsz = 0;
	KUNIT_EXPECT_EQ(test, base_of(&kernel), BASE + segments[2].to);
	/* As other programs are. */
	phdr_of(&kernel, 2)->p_vaddr = phdr_of(&kernel, 2)->p_paddr;
	KUNIT_EXPECT_EQ(test, base_of(&kernel), 0);
}

static void other_files_are_no_kernels(struct kunit *test)
{
	struct kernel kernel = new_kernel(test, NULL, 0);

	KUNIT_EXPECT_EQ(test, kexec_vmlinux_base(kernel.file, sizeof(Elf64_Ehdr) - 1), 0);
	KUNIT_EXPECT_EQ(test, kexec_vmlinux_base(kernel.file, sizeof(Elf64_Ehdr) +
						 (ARRAY_SIZE(segments) + 1) * sizeof(Elf64_Phdr) - 1),
			0);
	ehdr_of(&kernel)->e_machine = EM_AARCH64;
	KUNIT_EXPECT_EQ(test, base_of(&kernel), 0);
	ehdr_of(&kernel)->e_machine = EM_X86_64;
	ehdr_of(&kernel)->e_type = ET_DYN;
	KUNIT_EXPECT_EQ(test, base_of(&kernel), BASE);
	ehdr_of(&kernel)->e_phnum = 0;
	KUNIT_EXPECT_EQ(test, base_of(&kernel), 0);
}

/* All up to the end of its contents, or to the end of the relocations. */
static void what_is_for_debuggers_is_left_out(struct kunit *test)
{
	static const u8 sections[3 * sizeof(Elf64_Shdr)];
	struct kernel kernel = new_kernel(test, (const u32 *)sections, sizeof(sections));
	struct kernel relocatable = new_kernel(test, two_lists, sizeof(two_lists));
	struct kexec_vmlinux vmlinux;

	ehdr_of(&kernel)->e_shoff = ELF_END;
	ehdr_of(&kernel)->e_shnum = 3;
	ehdr_of(&kernel)->e_shentsize = sizeof(Elf64_Shdr);
	KUNIT_ASSERT_NULL(test, parse(&kernel, &vmlinux));
	KUNIT_EXPECT_EQ(test, kexec_vmlinux_needed(&vmlinux, kernel.len), ELF_END);
	KUNIT_ASSERT_NULL(test, parse(&relocatable, &vmlinux));
	KUNIT_EXPECT_EQ(test, kexec_vmlinux_needed(&vmlinux, relocatable.len), relocatable.len);
}

/* ---- what a bzImage's header says ---- */

#define CANNOT_MOVE	"it cannot run anywhere"

static const struct {
	u8 relocatable;
	u32 alignment;
	u64 prefers;
	const char *cmdline, *why;
} directly[] = {
	{ 1, SZ_2M, SZ_16M, "quiet nokaslr" },
	{ 1, SZ_16M, SZ_16M, "" },
	{ 1, SZ_1G, SZ_1G, NULL },
	{ 0, SZ_2M, SZ_16M, "", CANNOT_MOVE },
	{ 1, 3 * SZ_2M, 3 * SZ_2M, "", CANNOT_MOVE },
	{ 1, SZ_1M, SZ_16M, "", CANNOT_MOVE },
	{ 1, SZ_2G, 0, "", CANNOT_MOVE },
	{ 1, SZ_2M, SZ_16M + SZ_1M, "", CANNOT_MOVE },
	{ 1, SZ_2M, SZ_16M, "quiet mem=1G", "its command line has mem=" },
	{ 1, SZ_2M, SZ_16M, "memmap=1M!2M", "its command line has memmap=" },
	{ 1, SZ_2M, SZ_16M, "hugepages=4", "its command line has hugepages=" },
	{ 1, SZ_2M, SZ_16M, "hugepagesz=1G", "its command line has hugepagesz=" },
	{ 1, SZ_2M, SZ_16M, "efi_fake_mem=1", "its command line has efi_fake_mem=" },
	{ 1, SZ_2M, SZ_16M, "acpi_rsdp=0x1", "its command line has acpi_rsdp=" },
	{ 1, SZ_2M, SZ_16M, "mem_encrypt=on", "its command line has mem_encrypt=" },
};

/* As many paging levels as there are now. */
static struct setup_header header_of(int row)
{
	return (struct setup_header) {
		.relocatable_kernel = directly[row].relocatable,
		.kernel_alignment = directly[row].alignment,
		.pref_address = directly[row].prefers,
		.xloadflags = pgtable_l5_enabled() ? XLF_5LEVEL_ENABLED : 0,
	};
}

/* It says what speaks against it, and that nothing does where nothing does. */
static void what_speaks_against_it_is_told(struct kunit *test)
{
	struct setup_header header;
	int i;

	for (i = 0; i < ARRAY_SIZE(directly); i++) {
		header = header_of(i);
		KUNIT_EXPECT_STREQ_MSG(test, directly[i].why ?: "",
				       kexec_why_not_directly(&header, directly[i].cmdline) ?: "",
				       "row %d", i);
	}
	header = header_of(0);
	header.xloadflags ^= XLF_5LEVEL_ENABLED;
	if (pgtable_l5_enabled()) {
		KUNIT_EXPECT_STREQ(test, kexec_why_not_directly(&header, "") ?: "",
				   "it runs with another number of paging levels");
		header.xloadflags ^= XLF_5LEVEL_ENABLED;
		KUNIT_EXPECT_NOT_NULL(test, kexec_why_not_directly(&header, "no5lvl"));
	}
}

static const struct {
	const char *what;
	u8 sects;
	u32 offset, length, unpacked, init_size;
	size_t len;
	bool found;
} headers[] = {
	{ "up to the end", 1, 8, 100, 500, 500, 1024 + 8 + 100, true },
	{ "beyond the end", 1, 8, 100, 500, 500, 1024 + 8 + 99, false },
	{ "far beyond it", 1, U32_MAX, U32_MAX, 500, 500, SZ_4K, false },
	{ "an old header's four sectors", 0, 8, 100, 500, 500, 2560 + 8 + 100, true },
	{ "beyond the end behind these", 0, 8, 100, 500, 500, 2560 + 8 + 99, false },
	{ "no more than its size", 1, 8, 4, 500, 500, SZ_4K, true },
	{ "not even its size", 1, 8, 3, 500, 500, SZ_4K, false },
	{ "nothing in it", 1, 8, 100, 0, 500, SZ_4K, false },
	{ "more in it than there is room for", 1, 8, 100, 501, 500, SZ_4K, false },
};

/* A payload is where the header says, within the file, and unpacks to what there is room for. */
static void the_payload_is_within_the_file(struct kunit *test)
{
	char *kernel = kunit_kzalloc(test, SZ_4K, GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, kernel);
	for (i = 0; i < ARRAY_SIZE(headers); i++) {
		const struct setup_header header = {
			.setup_sects = headers[i].sects,
			.payload_offset = headers[i].offset,
			.payload_length = headers[i].length,
			.init_size = headers[i].init_size,
		};
		u64 start = ((headers[i].sects ?: 4) + 1) * 512 + 8;
		struct kexec_packed packed = {};

		memset(kernel, 0xa5, SZ_4K);
		if (headers[i].length < SZ_1K)
			put_unaligned_le32(headers[i].unpacked,
					   kernel + start + headers[i].length - sizeof(u32));
		KUNIT_EXPECT_EQ_MSG(test, headers[i].found,
				    kexec_find_payload(kernel, headers[i].len, &header, &packed),
				    "%s", headers[i].what);
		if (!headers[i].found)
			continue;
		KUNIT_EXPECT_PTR_EQ(test, packed.data, (u8 *)kernel + start);
		KUNIT_EXPECT_EQ(test, packed.len, headers[i].length);
		KUNIT_EXPECT_EQ(test, packed.size, headers[i].unpacked);
	}
}

/* A vmlinux is described as a bzImage would be: with room for a .brk that is in no segment. */
static void a_vmlinux_is_described(struct kunit *test)
{
	const struct kexec_vmlinux vmlinux = { .size = SZ_32M + 5 };
	const struct setup_header header = kexec_describe_vmlinux(BASE, &vmlinux);

	KUNIT_EXPECT_EQ(test, header.pref_address, BASE);
	KUNIT_EXPECT_EQ(test, header.init_size, SZ_32M + 5 + SZ_1M);
	KUNIT_EXPECT_EQ(test, header.kernel_alignment, SZ_2M);
	KUNIT_EXPECT_EQ(test, header.relocatable_kernel, 1);
	KUNIT_EXPECT_EQ(test, header.cmdline_size, COMMAND_LINE_SIZE - 1);
	KUNIT_EXPECT_EQ(test, header.xloadflags & XLF_KERNEL_64, XLF_KERNEL_64);
	KUNIT_EXPECT_EQ(test, header.xloadflags & XLF_CAN_BE_LOADED_ABOVE_4G,
			XLF_CAN_BE_LOADED_ABOVE_4G);
	KUNIT_EXPECT_EQ(test, !!(header.xloadflags & XLF_5LEVEL_ENABLED), pgtable_l5_enabled());
	/* Where the header ends, as whoever copies it reads: the jump's length behind itself. */
	KUNIT_EXPECT_EQ(test, offsetof(struct boot_params, hdr.header) + (header.jump >> 8),
			offsetofend(struct boot_params, hdr));
}

/* ---- where it runs ---- */

/* Offsets differ, are aligned as the kernel wants it, and leave it in its part of the address space. */
static void offsets_are_drawn_from_all_there_are(struct kunit *test)
{
	const struct setup_header header = { .pref_address = SZ_16M, .kernel_alignment = SZ_2M };
	const u64 size = SZ_64M - SZ_1M, most = SZ_1G - SZ_64M - SZ_16M;
	u64 offset, least_drawn = U64_MAX, most_drawn = 0;
	int i;

	for (i = 0; i < 1000; i++) {
		offset = kexec_random_offset(&header, size);
		KUNIT_ASSERT_TRUE(test, IS_ALIGNED(offset, SZ_2M));
		KUNIT_ASSERT_LE(test, offset, most);
		least_drawn = min(least_drawn, offset);
		most_drawn = max(most_drawn, offset);
	}
	/* That none of a thousand falls into an eighth happens once in 10^58 times. */
	KUNIT_EXPECT_LT(test, least_drawn, most / 8);
	KUNIT_EXPECT_GT(test, most_drawn, most - most / 8);
	KUNIT_EXPECT_EQ(test, kexec_random_offset(&header, SZ_1G - SZ_16M), 0);
	KUNIT_EXPECT_EQ(test, kexec_random_offset(&header, SZ_1G), 0);
}

static struct kunit_case vmlinux_cases[] = {
	KUNIT_CASE(a_kernel_is_understood),
	KUNIT_CASE(a_kernel_without_relocations),
	KUNIT_CASE(it_is_laid_out_where_it_lies),
	KUNIT_CASE(it_is_laid_out_from_the_start),
	KUNIT_CASE(two_lists_are_applied),
	KUNIT_CASE(three_lists_are_applied),
	KUNIT_CASE(a_relocation_stays_inside),
	KUNIT_CASE_PARAM(an_odd_kernel_is_told, oddity_gen_params),
	KUNIT_CASE_PARAM(damage_stays_inside, kexec_test_seeds),
	KUNIT_CASE(a_kernel_is_told_from_other_files),
	KUNIT_CASE(other_files_are_no_kernels),
	KUNIT_CASE(what_is_for_debuggers_is_left_out),
	KUNIT_CASE(what_speaks_against_it_is_told),
	KUNIT_CASE(the_payload_is_within_the_file),
	KUNIT_CASE(a_vmlinux_is_described),
	KUNIT_CASE(offsets_are_drawn_from_all_there_are),
	{}
};

static struct kunit_suite vmlinux_suite = {
	.name = "kexec_vmlinux",
	.test_cases = vmlinux_cases,
};

kunit_test_suite(vmlinux_suite);

MODULE_DESCRIPTION("KUnit tests of a kernel's ELF file");
MODULE_LICENSE("GPL");
