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

/* What follows the last segment in the table is none. */
static void no_more_is_laid_out_than_there_is(struct kunit *test)
{
	struct kernel kernel = new_kernel(test, NULL, 0);
	struct kexec_vmlinux vmlinux;
	unsigned int i;
	u8 *before;

	KUNIT_ASSERT_NULL(test, parse(&kernel, &vmlinux));
	kexec_vmlinux_lay_out(kernel.file, &vmlinux, 0);
	before = kexec_test_alloc(test, kernel.len);
	memcpy(before, kernel.file, kernel.len);
	kernel.file[CONTENTS] ^= 1;
	before[CONTENTS] ^= 1;
	vmlinux.load[vmlinux.nr_loads] = (struct kexec_vmlinux_load) {
		.from = CONTENTS + 8, .to = CONTENTS + 8, .filesz = 1, .memsz = 1,
	};
	/* All of it is where it belongs already; but this would be behind a gap. */
	for (i = 0; i < vmlinux.nr_loads; i++)
		vmlinux.load[i].from = vmlinux.load[i].to;
	kexec_vmlinux_lay_out(kernel.file, &vmlinux, 0);
	KUNIT_EXPECT_MEMEQ(test, kernel.file, before, kernel.len);
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

/* That many that lie in the file as in memory. */
static void make_segments(struct kernel *kernel, unsigned int nr)
{
	unsigned int i;

	ehdr_of(kernel)->e_phnum = nr;
	ehdr_of(kernel)->e_entry = BASE;
	for (i = 0; i < nr; i++)
		*phdr_of(kernel, i) = (Elf64_Phdr) {
			.p_type = PT_LOAD,
			.p_offset = segments[0].from + 0x20 * i,
			.p_paddr = BASE + 0x20 * i,
			.p_filesz = 0x20,
			.p_memsz = 0x20,
		};
}

static void too_many_segments(struct kernel *kernel)
{
	make_segments(kernel, KEXEC_VMLINUX_LOADS + 1);
}

#define NO_ELF		"it is no 64-bit ELF file"
#define NO_HEADERS	"its program headers are not in it"
#define NOT_INSIDE	"its segments are not in it"
#define ODD_SIZES	"a segment's sizes or alignment are odd"
#define OUT_OF_RANGE	"a segment is out of range"
#define OVERLAP		"its segments overlap, or do not ascend"
#define DO_NOT_LIE	"its segments do not lie as they should"
#define ENTRY_OUTSIDE	"its entry is not in it"
#define ODD_START	"its relocations do not begin as they should"
#define ODD_LISTS	"it has another number of lists of relocations"
#define TOO_MANY	"it has too many segments"

static const struct oddity {
	const char *name;
	void (*make)(struct kernel *kernel);
	const char *why;
} oddities[] = {
	{ "no ELF file", no_elf, NO_ELF },
	{ "of 32 bits", of_32_bits, NO_ELF },
	{ "of another machine", of_another_machine, NO_ELF },
	{ "of big endian", of_big_endian, NO_ELF },
	{ "no program", no_program, NO_ELF },
	{ "program headers of another size", other_headers, NO_ELF },
	{ "too short", too_short, NO_ELF },
	{ "program headers outside", headers_outside, NO_HEADERS },
	{ "program headers to the end", headers_to_the_end, NO_HEADERS },
	{ "section headers outside", sections_outside, NOT_INSIDE },
	{ "no segments", no_segments, NOT_INSIDE },
	{ "more contents than memory", more_contents_than_memory, ODD_SIZES },
	{ "below its base", below_its_base, OUT_OF_RANGE },
	{ "too large", too_large, OUT_OF_RANGE },
	{ "wraps around", wraps_around, OUT_OF_RANGE },
	{ "overlapping", overlapping, OVERLAP },
	{ "descending", descending, OVERLAP },
	{ "not aligned", not_aligned, ODD_SIZES },
	{ "contents outside", contents_outside, NOT_INSIDE },
	{ "before the file", before_the_file, DO_NOT_LIE },
	{ "moved over another", moved_over_another, DO_NOT_LIE },
	{ "entered below", entered_below, ENTRY_OUTSIDE },
	{ "entered in .bss", entered_in_bss, ENTRY_OUTSIDE },
	{ "odd length", odd_length, ODD_START },
	{ "relocations from elsewhere", relocations_from_elsewhere, ODD_START },
	{ "one list", one_list, ODD_LISTS },
	{ "four lists", four_lists, ODD_LISTS },
	{ "too many segments", too_many_segments, TOO_MANY },
};

KUNIT_ARRAY_PARAM_DESC(oddity, oddities, name);

static void an_odd_kernel_is_told(struct kunit *test)
{
	const struct oddity *oddity = test->param_value;
	struct kernel kernel = new_kernel(test, two_lists, sizeof(two_lists));
	struct kexec_vmlinux vmlinux;

	oddity->make(&kernel);
	KUNIT_EXPECT_STREQ(test, parse(&kernel, &vmlinux) ?: "", oddity->why);
}

static void next_to_each_other(struct kernel *kernel)
{
	phdr_of(kernel, 1)->p_paddr = BASE + segments[0].memsz;
}

static void entered_at_the_last_byte(struct kernel *kernel)
{
	ehdr_of(kernel)->e_entry = BASE + CONTENTS - 1;
}

static void as_large_as_can_be(struct kernel *kernel)
{
	phdr_of(kernel, 2)->p_memsz = SZ_1G - segments[2].to;
}

static void as_it_lies_in_the_file(struct kernel *kernel)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(segments); i++)
		phdr_of(kernel, i)->p_paddr = BASE + segments[i].from;
	phdr_of(kernel, 1)->p_filesz = segments[2].from - segments[1].from;
	phdr_of(kernel, 1)->p_memsz = segments[2].from - segments[1].from;
}

static void headers_just_inside(struct kernel *kernel)
{
	size_t size = ehdr_of(kernel)->e_phnum * sizeof(Elf64_Phdr);

	memcpy(kernel->file + kernel->len - size, phdr_of(kernel, 0), size);
	ehdr_of(kernel)->e_phoff = kernel->len - size;
}

static void as_many_segments_as_can_be(struct kernel *kernel)
{
	make_segments(kernel, KEXEC_VMLINUX_LOADS);
	kernel->len = segments[0].from + 0x20 * KEXEC_VMLINUX_LOADS;
}

static const struct oddity limits[] = {
	{ "next to each other", next_to_each_other },
	{ "entered at the last byte", entered_at_the_last_byte },
	{ "as large as can be", as_large_as_can_be },
	{ "as it lies in the file", as_it_lies_in_the_file },
	{ "program headers just inside", headers_just_inside },
	{ "as many segments as can be", as_many_segments_as_can_be },
};

KUNIT_ARRAY_PARAM_DESC(limit, limits, name);

static void nothing_is_odd_up_to_the_limits(struct kunit *test)
{
	const struct oddity *limit = test->param_value;
	struct kernel kernel = new_kernel(test, NULL, 0);
	struct kexec_vmlinux vmlinux;

	limit->make(&kernel);
	KUNIT_EXPECT_STREQ(test, parse(&kernel, &vmlinux) ?: "", "");
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

/* ---- loaded ---- */

/* What a bzImage says of the kernel in it, which is entered with as many levels as there are. */
static struct setup_header header_for(const struct kexec_vmlinux *vmlinux)
{
	struct setup_header header = kexec_describe_vmlinux(BASE, vmlinux);

	header.init_size = vmlinux->size;
	return header;
}

static int load_vmlinux(struct kexec_subject *subject, struct kernel *kernel,
			const struct setup_header *header, const char *cmdline,
			struct kexec_direct *direct)
{
	struct kexec_vmlinux vmlinux;

	KUNIT_ASSERT_NULL(kernel->test, parse(kernel, &vmlinux));
	*direct = (struct kexec_direct) {};
	subject->image->kernel_buf_len = kernel->len;
	guard(mutex)(&kexec_load_mutex);
	return kexec_direct_load_vmlinux(subject->image, (const char *)kernel->file, &vmlinux,
					 header, cmdline, direct);
}

static void expect_loaded(struct kunit *test, const struct kimage *image,
			  const struct kexec_direct *direct)
{
	const struct kexec_segment *segment = &image->segment[0];
	u64 to;
	int i;

	KUNIT_ASSERT_EQ(test, image->nr_segments, 1);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(segment->mem, SZ_2M));
	KUNIT_EXPECT_GE(test, segment->mem, BASE);
	KUNIT_EXPECT_EQ(test, segment->memsz, SZ_2M);
	KUNIT_EXPECT_EQ(test, segment->bufsz, CONTENTS);
	KUNIT_EXPECT_EQ(test, direct->entry, segment->mem + ENTRY);
	for (i = 0; i < ARRAY_SIZE(segments); i++)
		for (to = segments[i].to; to < segments[i].to + segments[i].filesz; to++)
			if (to < AT_32 || to >= AT_32 + sizeof(u32))
				KUNIT_ASSERT_EQ_MSG(test, ((u8 *)segment->kbuf)[to], contents(to),
						    "%#llx", to);
}

/* The 32 bits at @at of what is loaded. */
static u32 loaded_at(const struct kimage *image, u64 at)
{
	return get_unaligned_le32(image->segment[0].kbuf + at);
}

static const u32 one_relocation[] = { 0, 0, (u32)LINK + AT_32 };

/* As it was linked if that is wanted, or it cannot be otherwise. */
static void a_vmlinux_is_loaded(struct kunit *test)
{
	static const struct {
		const u32 *relocs;
		size_t bytes;
		const char *cmdline;
		bool kaslr;
	} rows[] = {
		{ NULL, 0, NULL, false },
		{ NULL, 0, "nokaslr", false },
		{ one_relocation, sizeof(one_relocation), "quiet nokaslr", false },
		{ one_relocation, sizeof(one_relocation), "quiet", true },
		{ one_relocation, sizeof(one_relocation), NULL, true },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct kexec_subject *subject =
			kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
		struct kernel kernel = new_kernel(test, rows[i].relocs, rows[i].bytes);
		struct kexec_vmlinux vmlinux = { .size = SIZE };
		struct setup_header header = header_for(&vmlinux);
		struct kexec_direct direct;
		u32 offset;

		put_unaligned_le32((u32)LINK, find(&kernel, AT_32));
		KUNIT_ASSERT_EQ(test, load_vmlinux(subject, &kernel, &header, rows[i].cmdline,
						   &direct), 0);
		KUNIT_EXPECT_EQ_MSG(test, direct.kaslr, rows[i].kaslr, "row %d", i);
		expect_loaded(test, subject->image, &direct);
		offset = loaded_at(subject->image, AT_32) - (u32)LINK;
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED(offset, SZ_2M));
		KUNIT_EXPECT_LE(test, offset, rows[i].kaslr ? SZ_1G - BASE - SZ_2M : 0);
		kexec_subject_free(subject);
	}
}

static int no_room(struct kexec_buf *kbuf)
{
	return -EADDRNOTAVAIL;
}

static void not_relocatable(struct kunit *test, struct setup_header *header)
{
	header->relocatable_kernel = 0;
}

static void too_small(struct kunit *test, struct setup_header *header)
{
	header->init_size--;
}

static void without_memory(struct kunit *test, struct setup_header *header)
{
	kexec_test_limit_memory(test, 0);
}

static void without_room(struct kunit *test, struct setup_header *header)
{
	kexec_test_stand_in(test, "kexec_add_buffer", no_room);
}

#define LARGER	"it is larger than its header says"

static const struct hindrance {
	const char *name;
	void (*make)(struct kunit *test, struct setup_header *header);
	int err;		/* of a vmlinux */
	const char *refusal;
	const char *why;	/* of a bzImage, which is then entered in another way */
} hindrances[] = {
	{ "it is for one place", not_relocatable, -ENOEXEC,
	  "it can only be entered directly, but " CANNOT_MOVE, CANNOT_MOVE },
	{ "it is larger", too_small, -ENOEXEC, "but " LARGER, LARGER },
	{ "no memory", without_memory, -ENOMEM, "no memory to lay out 12544 bytes",
	  "no memory to unpack it" },
	{ "no room", without_room, -EADDRNOTAVAIL, NULL, "there is no room for it" },
};

KUNIT_ARRAY_PARAM_DESC(hindrance, hindrances, name);

static void what_hinders_a_vmlinux_is_told(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	const struct hindrance *hindrance = test->param_value;
	struct kernel kernel = new_kernel(test, NULL, 0);
	struct kexec_vmlinux vmlinux = { .size = SIZE };
	struct setup_header header = header_for(&vmlinux);
	struct kexec_direct direct;

	hindrance->make(test, &header);
	KUNIT_EXPECT_EQ(test, load_vmlinux(subject, &kernel, &header, NULL, &direct),
			hindrance->err);
	if (hindrance->refusal)
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, hindrance->refusal), "%s",
					  last->why);
	KUNIT_EXPECT_EQ(test, subject->image->nr_segments, 0);
}

#define PAYLOAD_AT	(2 * 512)
#define PAYLOAD_LEN	64

/**
 * struct bzimage - a file with a payload that somebody else unpacks
 * @file:   it
 * @header: within it
 * @kernel: what comes of its payload
 * @err:    what unpacking says
 */
struct bzimage {
	u8 file[PAYLOAD_AT + PAYLOAD_LEN];
	struct setup_header *header;
	struct kernel kernel;
	int err;
};

static struct bzimage *bzimage;

static int unpack_bzimage(const struct kexec_packed *packed, u8 *out)
{
	if (packed->len != PAYLOAD_LEN || packed->size != bzimage->kernel.len)
		return -EINVAL;
	memcpy(out, bzimage->kernel.file, packed->size);
	return bzimage->err;
}

static void new_bzimage(struct kunit *test, const u32 *relocs, size_t bytes)
{
	struct kexec_vmlinux vmlinux = { .size = SIZE };

	bzimage = kunit_kzalloc(test, sizeof(*bzimage), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bzimage);
	bzimage->kernel = new_kernel(test, relocs, bytes);
	bzimage->header = (void *)bzimage->file + offsetof(struct boot_params, hdr);
	*bzimage->header = header_for(&vmlinux);
	bzimage->header->setup_sects = 1;
	bzimage->header->payload_length = PAYLOAD_LEN;
	/* What gzip begins with, and at the end what it unpacks to. */
	bzimage->file[PAYLOAD_AT] = 0x1f;
	bzimage->file[PAYLOAD_AT + 1] = 0x8b;
	put_unaligned_le32(bzimage->kernel.len,
			   bzimage->file + sizeof(bzimage->file) - sizeof(u32));
	kexec_test_stand_in(test, "kexec_unpack", unpack_bzimage);
	kexec_test_count_pages(test);
}

static int load_bzimage(struct kexec_subject *subject, const char *cmdline,
			struct kexec_direct *direct)
{
	int ret;

	guard(mutex)(&kexec_load_mutex);
	*direct = (struct kexec_direct) {};
	subject->image->kernel_buf_len = sizeof(bzimage->file);
	kexec_file_dbg_print = true;
	ret = kexec_direct_load(subject->image, (const char *)bzimage->file, cmdline, direct);
	kexec_file_dbg_print = false;
	return ret;
}

static void a_bzimage_is_loaded(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	struct kexec_direct direct;

	new_bzimage(test, one_relocation, sizeof(one_relocation));
	put_unaligned_le32((u32)LINK, find(&bzimage->kernel, AT_32));
	KUNIT_ASSERT_EQ(test, load_bzimage(subject, "nokaslr", &direct), 0);
	KUNIT_EXPECT_NULL(test, direct.why);
	KUNIT_EXPECT_FALSE(test, direct.kaslr);
	expect_loaded(test, subject->image, &direct);
	KUNIT_EXPECT_EQ(test, loaded_at(subject->image, AT_32), (u32)LINK);
	kexec_subject_free(subject);

	subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	KUNIT_ASSERT_EQ(test, load_bzimage(subject, NULL, &direct), 0);
	KUNIT_EXPECT_TRUE(test, direct.kaslr);
	expect_loaded(test, subject->image, &direct);
	kexec_subject_free(subject);
}

/* Entered at its decompressor, with all given back that was had. */
static void expect_ordinary(struct kunit *test, const char *why)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	struct kmsg_dump_iter *log = kexec_test_end_of_log(test);
	struct kexec_direct direct;

	KUNIT_EXPECT_EQ(test, load_bzimage(subject, NULL, &direct), -EOPNOTSUPP);
	KUNIT_EXPECT_STREQ(test, direct.why ?: "", why);
	KUNIT_EXPECT_EQ(test, kexec_test_lines_with(log, why), 1);
	KUNIT_EXPECT_FALSE(test, direct.kaslr);
	KUNIT_EXPECT_EQ(test, subject->image->nr_segments, 0);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 0);
	kexec_subject_give_back(subject);
}

static void what_hinders_a_bzimage_is_told(struct kunit *test)
{
	const struct hindrance *hindrance = test->param_value;

	new_bzimage(test, one_relocation, sizeof(one_relocation));
	hindrance->make(test, bzimage->header);
	expect_ordinary(test, hindrance->why);
}

static void what_speaks_against_its_payload_is_told(struct kunit *test)
{
	new_bzimage(test, NULL, 0);
	bzimage->err = -EOPNOTSUPP;
	expect_ordinary(test, "what would unpack it is not built into this kernel");
	bzimage->err = -ENOMEM;
	expect_ordinary(test, "no memory to unpack it");
	bzimage->err = 0;
	ehdr_of(&bzimage->kernel)->e_machine = EM_AARCH64;
	expect_ordinary(test, NO_ELF);
	bzimage->file[PAYLOAD_AT] = 0;
	expect_ordinary(test, "what it is packed with is not known");
}

static const struct {
	int err, ret;
	const char *why;
} damages[] = {
	{ -EBADMSG, -ENOEXEC, "kernel damaged: its payload of 64 bytes (gzip) does not unpack to 12544" },
	{ -EINTR, -EINTR, "killed while the kernel was unpacked" },
};

static void a_damaged_bzimage_is_refused(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	int i;

	new_bzimage(test, NULL, 0);
	for (i = 0; i < ARRAY_SIZE(damages); i++) {
		struct kexec_subject *subject =
			kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
		struct kexec_direct direct;

		bzimage->err = damages[i].err;
		KUNIT_EXPECT_EQ(test, load_bzimage(subject, NULL, &direct), damages[i].ret);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, damages[i].why), "%s", last->why);
		kexec_subject_free(subject);
	}
}

static struct kunit_case vmlinux_cases[] = {
	KUNIT_CASE(a_kernel_is_understood),
	KUNIT_CASE(a_kernel_without_relocations),
	KUNIT_CASE(it_is_laid_out_where_it_lies),
	KUNIT_CASE(it_is_laid_out_from_the_start),
	KUNIT_CASE(no_more_is_laid_out_than_there_is),
	KUNIT_CASE(two_lists_are_applied),
	KUNIT_CASE(three_lists_are_applied),
	KUNIT_CASE(a_relocation_stays_inside),
	KUNIT_CASE_PARAM(an_odd_kernel_is_told, oddity_gen_params),
	KUNIT_CASE_PARAM(nothing_is_odd_up_to_the_limits, limit_gen_params),
	KUNIT_CASE_PARAM(damage_stays_inside, kexec_test_seeds),
	KUNIT_CASE(a_kernel_is_told_from_other_files),
	KUNIT_CASE(other_files_are_no_kernels),
	KUNIT_CASE(what_is_for_debuggers_is_left_out),
	KUNIT_CASE(what_speaks_against_it_is_told),
	KUNIT_CASE(the_payload_is_within_the_file),
	KUNIT_CASE(a_vmlinux_is_described),
	KUNIT_CASE(offsets_are_drawn_from_all_there_are),
	KUNIT_CASE(a_vmlinux_is_loaded),
	KUNIT_CASE_PARAM(what_hinders_a_vmlinux_is_told, hindrance_gen_params),
	KUNIT_CASE(a_bzimage_is_loaded),
	KUNIT_CASE_PARAM(what_hinders_a_bzimage_is_told, hindrance_gen_params),
	KUNIT_CASE(what_speaks_against_its_payload_is_told),
	KUNIT_CASE(a_damaged_bzimage_is_refused),
	{}
};

static struct kunit_suite vmlinux_suite = {
	.name = "kexec_vmlinux",
	.test_cases = vmlinux_cases,
};

kunit_test_suite(vmlinux_suite);

MODULE_DESCRIPTION("KUnit tests of a kernel's ELF file");
MODULE_LICENSE("GPL");
