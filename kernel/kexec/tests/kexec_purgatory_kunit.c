// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of loading the purgatory
 *
 * Objects made to order (kexec_object_kunit.c) are loaded to a given address and
 * looked at as they will be in the next kernel's memory: the layout, each type of
 * relocation, symbols, the entry point, and whatever can be missing or broken.
 */
#include <kunit/test.h>
#include <linux/elf.h>
#include <linux/kexec_digest.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "kexec_kunit.h"

#define LOW		0x1000000UL
#define HIGH		(5UL * SZ_1G)
#define CODE		(SHF_ALLOC | SHF_EXECINSTR)
#define DATA		(SHF_ALLOC | SHF_WRITE)

static struct kexec_subject *new_subject(struct kunit *test)
{
	return kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
}

static const struct purgatory_info *info(const struct kexec_subject *subject)
{
	return &subject->image->purgatory_info;
}

/* Where a section will be in memory, and what is there. */
static unsigned long address_of(const struct kexec_subject *subject, unsigned int section)
{
	return info(subject)->sechdrs[section].sh_addr;
}

static void *contents_of(const struct kexec_subject *subject, unsigned int section)
{
	const struct kexec_segment *segment = &subject->image->segment[0];

	return segment->kbuf + (address_of(subject, section) - segment->mem);
}

/* ---- layout ---- */

/* Sections of all kinds; some with contents, some without, some not for memory. */
static void add_random_sections(struct kexec_object *object, struct rnd_state *chance)
{
	static const u64 flags[] = { CODE, DATA, SHF_ALLOC, 0 };
	unsigned int i, nr = 1 + kexec_test_below(chance, 10);
	static u8 bytes[300];

	kexec_test_fill(bytes, sizeof(bytes), 17);
	kexec_object_section(object, SHT_PROGBITS, CODE, 16, bytes, 40);
	for (i = 0; i < nr; i++) {
		bool none = !kexec_test_below(chance, 3);
		size_t size = kexec_test_below(chance, 280);
		u64 align = kexec_test_below(chance, 8) ? 1ULL << kexec_test_below(chance, 13) : 0;

		kexec_object_section(object, none ? SHT_NOBITS : SHT_PROGBITS,
				     flags[kexec_test_below(chance, ARRAY_SIZE(flags))], align,
				     bytes + kexec_test_below(chance, 20), size);
	}
}

static bool overlap(const Elf_Shdr *a, const Elf_Shdr *b)
{
	return a->sh_addr < b->sh_addr + b->sh_size && b->sh_addr < a->sh_addr + a->sh_size;
}

static void check_section(struct kunit *test, const struct kexec_object *object,
			  const struct kexec_subject *subject, const struct kexec_buf *kbuf,
			  unsigned int nr)
{
	const Elf_Shdr *section = &info(subject)->sechdrs[nr];
	bool none = section->sh_type == SHT_NOBITS;
	unsigned int i;

	if (!(section->sh_flags & SHF_ALLOC)) {
		KUNIT_EXPECT_EQ(test, section->sh_addr, 0);
		return;
	}
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(section->sh_addr, max(section->sh_addralign, 1)));
	KUNIT_EXPECT_GE(test, section->sh_addr, kbuf->mem);
	KUNIT_EXPECT_LE(test, section->sh_addr + section->sh_size, kbuf->mem + kbuf->memsz);
	KUNIT_EXPECT_LE(test, section->sh_addralign, kbuf->buf_align);
	if (none) {
		KUNIT_EXPECT_GE(test, section->sh_addr, kbuf->mem + kbuf->bufsz);
	} else {
		KUNIT_EXPECT_LE(test, section->sh_addr + section->sh_size,
				kbuf->mem + kbuf->bufsz);
		KUNIT_EXPECT_EQ(test, section->sh_offset, section->sh_addr - kbuf->mem);
		KUNIT_EXPECT_MEMEQ(test, contents_of(subject, nr),
				   (void *)object->file + object->section[nr].sh_offset,
				   section->sh_size);
	}
	for (i = 1; i < nr; i++)
		if (info(subject)->sechdrs[i].sh_flags & SHF_ALLOC)
			KUNIT_EXPECT_FALSE(test, overlap(section, &info(subject)->sechdrs[i]));
}

/* Marks the bytes of sections, so that what is not marked is padding. */
static void check_padding(struct kunit *test, const struct kexec_object *object,
			  const struct kexec_subject *subject, const struct kexec_buf *kbuf)
{
	u8 *rest = kexec_test_alloc(test, kbuf->bufsz);
	unsigned int i;

	memcpy(rest, kbuf->buffer, kbuf->bufsz);
	for (i = 1; i < object->file->e_shnum; i++)
		if (info(subject)->sechdrs[i].sh_flags & SHF_ALLOC &&
		    info(subject)->sechdrs[i].sh_type != SHT_NOBITS)
			memset(rest + info(subject)->sechdrs[i].sh_offset, 0,
			       info(subject)->sechdrs[i].sh_size);
	KUNIT_EXPECT_NULL(test, memchr_inv(rest, 0, kbuf->bufsz));
}

/*
 * All sections for memory have a place of their own, as aligned as they want, in
 * the segment: first those with contents, unchanged, zeros between them, then the
 * others.  What is not for memory stays out.
 */
static void sections_are_laid_out(struct kunit *test)
{
	struct rnd_state *chance = kexec_test_chance(test);
	unsigned int round, i;

	for (round = 0; round < 40; round++) {
		struct kexec_object *object = kexec_object_new(test);
		struct kexec_subject *subject = new_subject(test);
		struct kexec_buf kbuf = { .mem = LOW };

		add_random_sections(object, chance);
		KUNIT_ASSERT_EQ(test, kexec_object_load(object, subject, &kbuf), 0);
		KUNIT_EXPECT_EQ(test, kbuf.mem, LOW);
		KUNIT_EXPECT_EQ(test, subject->image->nr_segments, 1);
		KUNIT_EXPECT_PTR_EQ(test, subject->image->segment[0].kbuf, kbuf.buffer);
		KUNIT_EXPECT_LE(test, kbuf.bufsz, kbuf.memsz);
		for (i = 1; i < object->file->e_shnum; i++)
			check_section(test, object, subject, &kbuf, i);
		check_padding(test, object, subject, &kbuf);
		kexec_subject_free(subject);
	}
}

/* The strictest alignment of a section is that of the segment, beyond pages too. */
static void the_strictest_alignment_counts(struct kunit *test)
{
	struct kexec_object *object = kexec_object_new(test);
	struct kexec_subject *subject = new_subject(test);
	struct kexec_buf kbuf = { .buf_max = ULONG_MAX };

	kexec_test_scatter(subject->image, true);
	kexec_object_section(object, SHT_PROGBITS, CODE, 16, "code", 5);
	kexec_object_section(object, SHT_NOBITS, DATA, SZ_64K, NULL, 5);
	kexec_object_section(object, SHT_NOBITS, DATA, 8, NULL, 5);
	KUNIT_ASSERT_EQ(test, kexec_object_load(object, subject, &kbuf), 0);
	KUNIT_EXPECT_EQ(test, kbuf.buf_align, SZ_64K);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(kbuf.mem, SZ_64K));
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(address_of(subject, 2), SZ_64K));
	KUNIT_EXPECT_EQ(test, kbuf.bufsz, 5);
	KUNIT_EXPECT_EQ(test, kbuf.memsz, SZ_64K + PAGE_SIZE);
}

/* What has no contents in the file may have any offset there. */
static void no_contents_are_nowhere(struct kunit *test)
{
	struct kexec_object *object = kexec_object_new(test);
	struct kexec_subject *subject = new_subject(test);
	struct kexec_buf kbuf = { .mem = LOW };
	Elf_Shdr *sections;
	unsigned int nr;

	kexec_object_section(object, SHT_PROGBITS, CODE, 16, "code", 5);
	nr = kexec_object_section(object, SHT_NOBITS, DATA, 8, NULL, 5);
	sections = (void *)kexec_object_finish(object) + object->file->e_shoff;
	sections[nr].sh_offset = object->size - 1;
	KUNIT_EXPECT_EQ(test, kexec_object_load(object, subject, &kbuf), 0);
}

/* What lies behind the section headers is none, however much it looks like one. */
static void an_entry_is_in_a_section(struct kunit *test)
{
	static const Elf_Shdr no_section = { .sh_type = SHT_PROGBITS, .sh_flags = CODE,
					     .sh_size = SZ_4K };
	struct kexec_object *object = kexec_object_new(test);
	struct kexec_buf kbuf = { .mem = LOW };

	object->headers_first = true;
	object->entry = SZ_2K;
	kexec_object_section(object, SHT_PROGBITS, DATA, 8, &no_section, sizeof(no_section));
	KUNIT_EXPECT_EQ(test, kexec_object_load(object, new_subject(test), &kbuf), -ENOEXEC);
}

/* ---- relocations ---- */

#define UNTOUCHED	0xa5a5a5a5a5a5a5a5ULL
#define VARIABLE	0x28	/* offset of the symbol in its section */
#define FIELD		8	/* offset of what is relocated */

struct relocation {
	const char *name;
	unsigned long mem;
	unsigned int type;
	s64 addend;
	int ret;
	/* what the field holds then, from the variable's and the field's addresses */
	u64 (*value)(u64 variable, u64 field);
};

static u64 as_it_was(u64 variable, u64 field)
{
	return UNTOUCHED;
}

static u64 absolute(u64 variable, u64 field)
{
	return variable + 5;
}

/* The upper half of the field is not touched. */
static u64 low_half(u32 low)
{
	return (UNTOUCHED & ~(u64)U32_MAX) | low;
}

static u64 absolute_32(u64 variable, u64 field)
{
	return low_half(variable + 5);
}

static u64 negative_32(u64 variable, u64 field)
{
	return low_half(-16);
}

static u64 largest_32(u64 variable, u64 field)
{
	return low_half(U32_MAX);
}

static u64 largest_32s(u64 variable, u64 field)
{
	return low_half(S32_MAX);
}

static u64 smallest_32s(u64 variable, u64 field)
{
	return low_half(S32_MIN);
}

static u64 relative(u64 variable, u64 field)
{
	return low_half(variable - 4 - field);
}

/* The address of the variable, which comes first in the segment's second section. */
#define AT(mem)		((s64)(mem) + 0x100 + VARIABLE)

static const struct relocation relocations[] = {
	{ "NONE", LOW, R_X86_64_NONE, 5, 0, as_it_was },
	{ "64", LOW, R_X86_64_64, 5, 0, absolute },
	{ "64, high", HIGH, R_X86_64_64, 5, 0, absolute },
	{ "32", LOW, R_X86_64_32, 5, 0, absolute_32 },
	{ "32, largest", LOW, R_X86_64_32, U32_MAX - AT(LOW), 0, largest_32 },
	{ "32, one too many", LOW, R_X86_64_32, U32_MAX - AT(LOW) + 1, -ENOEXEC },
	{ "32, negative", LOW, R_X86_64_32, -16 - AT(LOW), -ENOEXEC },
	{ "32, high", HIGH, R_X86_64_32, 5, -ENOEXEC },
	{ "32S", LOW, R_X86_64_32S, 5, 0, absolute_32 },
	{ "32S, negative", LOW, R_X86_64_32S, -16 - AT(LOW), 0, negative_32 },
	{ "32S, largest", LOW, R_X86_64_32S, S32_MAX - AT(LOW), 0, largest_32s },
	{ "32S, one too many", LOW, R_X86_64_32S, S32_MAX - AT(LOW) + 1, -ENOEXEC },
	{ "32S, smallest", LOW, R_X86_64_32S, S32_MIN - AT(LOW), 0, smallest_32s },
	{ "32S, one too few", LOW, R_X86_64_32S, S32_MIN - AT(LOW) - 1, -ENOEXEC },
	{ "32S, high", HIGH, R_X86_64_32S, 5, -ENOEXEC },
	{ "PC32", LOW, R_X86_64_PC32, -4, 0, relative },
	{ "PC32, high", HIGH, R_X86_64_PC32, -4, 0, relative },
	{ "PLT32", LOW, R_X86_64_PLT32, -4, 0, relative },
	{ "PLT32, high", HIGH, R_X86_64_PLT32, -4, 0, relative },
	{ "of an unknown type", LOW, 99, 0, -ENOEXEC },
};

KUNIT_ARRAY_PARAM_DESC(relocation, relocations, name);

static unsigned int add_code(struct kexec_object *object)
{
	static const u64 code[4] = { UNTOUCHED, UNTOUCHED, UNTOUCHED, UNTOUCHED };

	return kexec_object_section(object, SHT_PROGBITS, CODE, 16, code, sizeof(code));
}

static unsigned int add_data(struct kexec_object *object)
{
	static const u8 data[64] = { [VARIABLE] = 1, 2, 3, 4, 5, 6, 7, 8 };

	return kexec_object_section(object, SHT_PROGBITS, DATA, 0x100, data, sizeof(data));
}

/*
 * Each type of relocation that the purgatory's compiler emits gives the value the
 * psABI gives it, in the field and not a byte beside; and a value that does not fit
 * is refused.
 */
static void relocations_by_the_abi(struct kunit *test)
{
	const struct relocation *r = test->param_value;
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct kexec_object *object = kexec_object_new(test);
	struct kexec_subject *subject = new_subject(test);
	struct kexec_buf kbuf = { .mem = r->mem };
	unsigned int code = add_code(object), data = add_data(object), symbol;
	const u64 *field;
	char text[64];

	symbol = kexec_object_symbol(object, "variable", STB_GLOBAL, data, VARIABLE, 8);
	kexec_object_relocate(object, code, FIELD, symbol, r->type, r->addend);
	KUNIT_ASSERT_EQ(test, kexec_object_load(object, subject, &kbuf), r->ret);
	if (r->ret) {
		snprintf(text, sizeof(text),
			 "purgatory: relocations of section %u, in section ", code);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, text), "%s", last->why);
		return;
	}
	KUNIT_ASSERT_EQ(test, address_of(subject, data) + VARIABLE, AT(r->mem));
	field = contents_of(subject, code) + FIELD;
	KUNIT_EXPECT_EQ(test, *field, r->value(address_of(subject, data) + VARIABLE,
					       address_of(subject, code) + FIELD));
	KUNIT_EXPECT_EQ(test, field[-1], UNTOUCHED);
	KUNIT_EXPECT_EQ(test, field[1], UNTOUCHED);
}

/* Several relocations of a section are all applied, up to its last byte. */
static void all_relocations_are_applied(struct kunit *test)
{
	struct kexec_object *object = kexec_object_new(test);
	struct kexec_subject *subject = new_subject(test);
	struct kexec_buf kbuf = { .mem = LOW };
	unsigned int code = add_code(object), data = add_data(object), symbol, i;
	const u64 *field;

	symbol = kexec_object_symbol(object, "variable", STB_GLOBAL, data, VARIABLE, 8);
	for (i = 0; i < 4; i++)
		kexec_object_relocate(object, code, 8 * i, symbol, R_X86_64_64, i);
	KUNIT_ASSERT_EQ(test, kexec_object_load(object, subject, &kbuf), 0);
	field = contents_of(subject, code);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, field[i], AT(LOW) + i);
}

struct symbol_case {
	const char *name;
	unsigned int section;
	int ret;
	u64 value;
};

static const struct symbol_case symbols[] = {
	{ "undefined", SHN_UNDEF, -ENOEXEC },
	{ "common", SHN_COMMON, -ENOEXEC },
	{ "in no section", 77, -ENOEXEC },
	{ "absolute", SHN_ABS, 0, VARIABLE },
	{ "in a section for memory", 2, 0, AT(LOW) },
};

KUNIT_ARRAY_PARAM_DESC(symbol, symbols, name);

/* A symbol counts from its section, from zero, or not at all. */
static void relocations_against_symbols(struct kunit *test)
{
	const struct symbol_case *c = test->param_value;
	struct kexec_object *object = kexec_object_new(test);
	struct kexec_subject *subject = new_subject(test);
	struct kexec_buf kbuf = { .mem = LOW };
	unsigned int code = add_code(object), symbol;

	KUNIT_ASSERT_EQ(test, add_data(object), 2);
	symbol = kexec_object_symbol(object, "variable", STB_GLOBAL, c->section, VARIABLE, 8);
	kexec_object_relocate(object, code, 0, symbol, R_X86_64_64, 0);
	KUNIT_ASSERT_EQ(test, kexec_object_load(object, subject, &kbuf), c->ret);
	if (!c->ret)
		KUNIT_EXPECT_EQ(test, *(u64 *)contents_of(subject, code), c->value);
}

/* Relocations of a section that is not for memory are none. */
static void relocations_of_what_is_not_loaded(struct kunit *test)
{
	struct kexec_object *object = kexec_object_new(test);
	struct kexec_subject *subject = new_subject(test);
	struct kexec_buf kbuf = { .mem = LOW };
	static const u64 debug = UNTOUCHED;
	unsigned int section, symbol;

	add_code(object);
	section = kexec_object_section(object, SHT_PROGBITS, 0, 8, &debug, sizeof(debug));
	symbol = kexec_object_symbol(object, "nowhere", STB_GLOBAL, SHN_UNDEF, 0, 8);
	kexec_object_relocate(object, section, 0, symbol, R_X86_64_64, 0);
	KUNIT_EXPECT_EQ(test, kexec_object_load(object, subject, &kbuf), 0);
	KUNIT_EXPECT_EQ(test, kbuf.bufsz, 32);
}

/* Relocations without addends are not of this architecture. */
static void relocations_without_addends(struct kunit *test)
{
	struct kexec_object *object = kexec_object_new(test);
	struct kexec_subject *subject = new_subject(test);
	struct kexec_buf kbuf = { .mem = LOW };
	unsigned int code = add_code(object), symbol;

	symbol = kexec_object_symbol(object, "here", STB_GLOBAL, code, 0, 8);
	kexec_object_relocate(object, code, 0, symbol, R_X86_64_64, 0);
	object->relocation_type = SHT_REL;
	KUNIT_EXPECT_EQ(test, kexec_object_load(object, subject, &kbuf), -ENOEXEC);
}

/* ---- symbols ---- */

struct access {
	const char *name;
	const char *symbol;
	unsigned int size;
	int ret;
	const char *why;
};

static const struct access accesses[] = {
	{ "a variable", "variable", 8, 0 },
	{ "up to the section's end", "last", 8, 0 },
	{ "beyond the section's end", "beyond", 8, -EINVAL, "purgatory: beyond has no contents" },
	{ "of another size", "variable", 4, -EINVAL, "purgatory: variable has 8 bytes, not 4" },
	{ "that does not exist", "variabl", 8, -EINVAL, "purgatory: no symbol variabl" },
	{ "without contents", "cleared", 8, -EINVAL, "purgatory: cleared has no contents" },
	{ "local", "local", 8, -EINVAL, "purgatory: no symbol local" },
	{ "undefined", "undefined", 8, -EINVAL, "purgatory: no symbol undefined" },
	{ "absolute", "absolute", 8, -EINVAL, "purgatory: no symbol absolute" },
};

KUNIT_ARRAY_PARAM_DESC(access, accesses, name);

static struct kexec_subject *load_variables(struct kunit *test, struct kexec_buf *kbuf)
{
	struct kexec_object *object = kexec_object_new(test);
	struct kexec_subject *subject = new_subject(test);
	unsigned int code = add_code(object), data = add_data(object), bss;

	bss = kexec_object_section(object, SHT_NOBITS, DATA, 64, NULL, 64);
	kexec_object_symbol(object, "local", STB_LOCAL, data, 0, 8);
	kexec_object_symbol(object, "undefined", STB_GLOBAL, SHN_UNDEF, 0, 8);
	kexec_object_symbol(object, "absolute", STB_GLOBAL, SHN_ABS, 0, 8);
	kexec_object_symbol(object, "variable", STB_GLOBAL, data, VARIABLE, 8);
	kexec_object_symbol(object, "last", STB_GLOBAL, data, 56, 8);
	kexec_object_symbol(object, "beyond", STB_GLOBAL, data, 57, 8);
	kexec_object_symbol(object, "cleared", STB_GLOBAL, bss, 16, 8);
	kexec_object_symbol(object, "function", STB_GLOBAL, code, 4, 0);
	KUNIT_ASSERT_EQ(test, kexec_object_load(object, subject, kbuf), 0);
	return subject;
}

/*
 * A variable is read and written as a whole, in the contents of the segment, and
 * only if it is one; nothing else there changes.
 */
static void variables_are_read_and_written(struct kunit *test)
{
	const struct access *access = test->param_value;
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct kexec_buf kbuf = { .mem = LOW };
	struct kexec_subject *subject = load_variables(test, &kbuf);
	u8 *before = kexec_test_alloc(test, kbuf.bufsz);
	u64 value = 0x1122334455667788, read = UNTOUCHED;
	int ret, i, changed = 0;

	memcpy(before, kbuf.buffer, kbuf.bufsz);
	ret = kexec_purgatory_get_set_symbol(subject->image, access->symbol, &value, access->size,
					     false);
	KUNIT_EXPECT_EQ(test, ret, access->ret);
	for (i = 0; i < kbuf.bufsz; i++)
		changed += before[i] != ((u8 *)kbuf.buffer)[i];
	KUNIT_EXPECT_EQ(test, changed, ret ? 0 : 8);
	if (ret)
		KUNIT_EXPECT_STREQ(test, last->why, access->why);

	ret = kexec_purgatory_get_set_symbol(subject->image, access->symbol, &read, access->size,
					     true);
	KUNIT_EXPECT_EQ(test, ret, access->ret);
	KUNIT_EXPECT_EQ(test, read, ret ? UNTOUCHED : value);
}

/* What a variable holds in the object is what is read before anything is written. */
static void variables_start_as_they_were_linked(struct kunit *test)
{
	struct kexec_buf kbuf = { .mem = LOW };
	struct kexec_subject *subject = load_variables(test, &kbuf);
	u64 value = 0;

	KUNIT_EXPECT_EQ(test, kexec_purgatory_get_set_symbol(subject->image, "variable", &value,
							     sizeof(value), true), 0);
	KUNIT_EXPECT_EQ(test, value, 0x0807060504030201);
}

/* A symbol's address is the one it will have, with or without contents. */
static void symbols_have_addresses(struct kunit *test)
{
	struct kexec_buf kbuf = { .mem = LOW };
	struct kexec_subject *subject = load_variables(test, &kbuf);
	struct kimage *image = subject->image;

	KUNIT_EXPECT_PTR_EQ(test, kexec_purgatory_get_symbol_addr(image, "function"),
			    (void *)LOW + 4);
	KUNIT_EXPECT_PTR_EQ(test, kexec_purgatory_get_symbol_addr(image, "variable"),
			    (void *)AT(LOW));
	KUNIT_EXPECT_PTR_EQ(test, kexec_purgatory_get_symbol_addr(image, "cleared"),
			    (void *)address_of(subject, 3) + 16);
	KUNIT_EXPECT_EQ(test, PTR_ERR(kexec_purgatory_get_symbol_addr(image, "nothing")), -EINVAL);
	KUNIT_EXPECT_TRUE(test, kexec_purgatory_has_symbol(image, "variable"));
	KUNIT_EXPECT_FALSE(test, kexec_purgatory_has_symbol(image, "local"));
}

/* An image without a purgatory has no symbols of it. */
static void no_purgatory_no_symbols(struct kunit *test)
{
	struct kexec_subject *subject = new_subject(test);

	KUNIT_EXPECT_FALSE(test, kexec_purgatory_has_symbol(subject->image, "variable"));
	KUNIT_EXPECT_EQ(test, PTR_ERR(kexec_purgatory_get_symbol_addr(subject->image, "x")),
			-EINVAL);
}

/* ---- entry point ---- */

enum start_at { NOWHERE, FIRST_CODE, SECOND_CODE, SOME_DATA, CODES_END };

struct entry {
	const char *name;
	enum start_at symbol;
	u64 entry;
	int ret;
	unsigned long start;	/* counted from the segment's start */
};

static const struct entry entries[] = {
	{ "by symbol", FIRST_CODE, 0, 0, 8 },
	{ "by symbol, in another section", SECOND_CODE, 0, 0, 0x28 },
	{ "by symbol, whatever e_entry says", SECOND_CODE, 12, 0, 0x28 },
	{ "by e_entry", NOWHERE, 12, 0, 12 },
	{ "by e_entry, the first byte", NOWHERE, 0, 0, 0 },
	{ "by e_entry, the last byte", NOWHERE, 31, 0, 31 },
	{ "by e_entry, since the symbol is data", SOME_DATA, 12, 0, 12 },
	{ "by e_entry, since the symbol is behind the code", CODES_END, 12, 0, 12 },
	{ "nowhere", NOWHERE, 32, -ENOEXEC },
	{ "not in data", SOME_DATA, 0x1000, -ENOEXEC },
};

KUNIT_ARRAY_PARAM_DESC(entry, entries, name);

/* The entry point is where purgatory_start says, in whichever section, else e_entry. */
static void entry_points(struct kunit *test)
{
	const struct entry *entry = test->param_value;
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct kexec_object *object = kexec_object_new(test);
	struct kexec_subject *subject = new_subject(test);
	struct kexec_buf kbuf = { .mem = LOW };
	unsigned int first = add_code(object), second = add_code(object), data = add_data(object);

	object->entry = entry->entry;
	if (entry->symbol == FIRST_CODE || entry->symbol == SECOND_CODE)
		kexec_object_symbol(object, "purgatory_start", STB_GLOBAL,
				    entry->symbol == FIRST_CODE ? first : second, 8, 0);
	if (entry->symbol == SOME_DATA)
		kexec_object_symbol(object, "purgatory_start", STB_GLOBAL, data, 8, 0);
	if (entry->symbol == CODES_END)
		kexec_object_symbol(object, "purgatory_start", STB_GLOBAL, first, 32, 0);
	KUNIT_ASSERT_EQ(test, kexec_object_load(object, subject, &kbuf), entry->ret);
	if (entry->ret)
		KUNIT_EXPECT_STREQ(test, last->why, "purgatory: no entry point");
	else
		KUNIT_EXPECT_EQ(test, subject->image->start, LOW + entry->start);
}

/* An object without a symbol table has an entry all the same, and no symbols. */
static void without_a_symbol_table(struct kunit *test)
{
	struct kexec_object *object = kexec_object_new(test);
	struct kexec_subject *subject = new_subject(test);
	struct kexec_buf kbuf = { .mem = LOW };

	add_code(object);
	object->entry = 4;
	object->without_symbols = true;
	KUNIT_ASSERT_EQ(test, kexec_object_load(object, subject, &kbuf), 0);
	KUNIT_EXPECT_EQ(test, subject->image->start, LOW + 4);
	KUNIT_EXPECT_FALSE(test, kexec_purgatory_has_symbol(subject->image, "variable"));
}

/* ---- what can be broken ---- */

struct breakage {
	const char *name;
	void (*inflict)(Elf_Ehdr *ehdr, Elf_Shdr *sections);
};

static void no_magic(Elf_Ehdr *ehdr, Elf_Shdr *sections)
{
	ehdr->e_ident[EI_MAG3] = 'f';
}

static void an_executable(Elf_Ehdr *ehdr, Elf_Shdr *sections)
{
	ehdr->e_type = ET_EXEC;
}

static void other_headers(Elf_Ehdr *ehdr, Elf_Shdr *sections)
{
	ehdr->e_shentsize--;
}

static void headers_far_away(Elf_Ehdr *ehdr, Elf_Shdr *sections)
{
	ehdr->e_shoff = -8;
}

static void a_header_too_many(Elf_Ehdr *ehdr, Elf_Shdr *sections)
{
	ehdr->e_shnum++;
}

static void headers_without_end(Elf_Ehdr *ehdr, Elf_Shdr *sections)
{
	ehdr->e_shnum = U16_MAX;
}

static void a_section_too_long(Elf_Ehdr *ehdr, Elf_Shdr *sections)
{
	sections[2].sh_size = SZ_1M;
}

static void a_section_that_wraps(Elf_Ehdr *ehdr, Elf_Shdr *sections)
{
	sections[2].sh_size = -sections[2].sh_offset + 1;
}

static void a_section_far_away(Elf_Ehdr *ehdr, Elf_Shdr *sections)
{
	sections[1].sh_offset = SZ_1G;
}

static void an_odd_alignment(Elf_Ehdr *ehdr, Elf_Shdr *sections)
{
	sections[2].sh_addralign = 24;
}

static void relocations_of_no_section(Elf_Ehdr *ehdr, Elf_Shdr *sections)
{
	sections[ehdr->e_shnum - 1].sh_info = ehdr->e_shnum;
}

static void relocations_without_symbols(Elf_Ehdr *ehdr, Elf_Shdr *sections)
{
	sections[ehdr->e_shnum - 1].sh_link = ehdr->e_shnum;
}

static void no_code(Elf_Ehdr *ehdr, Elf_Shdr *sections)
{
	sections[1].sh_flags &= ~SHF_EXECINSTR;
}

static const struct breakage breakages[] = {
	{ "no ELF", no_magic },
	{ "not relocatable", an_executable },
	{ "section headers of another size", other_headers },
	{ "section headers far away", headers_far_away },
	{ "a section header too many", a_header_too_many },
	{ "section headers without end", headers_without_end },
	{ "a section too long", a_section_too_long },
	{ "a section that wraps", a_section_that_wraps },
	{ "a section far away", a_section_far_away },
	{ "an odd alignment", an_odd_alignment },
	{ "relocations of no section", relocations_of_no_section },
	{ "relocations without symbols", relocations_without_symbols },
	{ "no code", no_code },
};

KUNIT_ARRAY_PARAM_DESC(breakage, breakages, name);

static struct kexec_object *whole_object(struct kunit *test, bool headers_first)
{
	struct kexec_object *object = kexec_object_new(test);
	unsigned int code = add_code(object), data = add_data(object), symbol;

	symbol = kexec_object_symbol(object, "variable", STB_GLOBAL, data, VARIABLE, 8);
	kexec_object_relocate(object, code, FIELD, symbol, R_X86_64_64, 0);
	object->headers_first = headers_first;
	kexec_object_finish(object);
	return object;
}

static void expect_refused(struct kunit *test, struct kexec_object *object)
{
	struct kexec_subject *subject = new_subject(test);
	struct kexec_buf kbuf = { .mem = LOW };

	kexec_test_hush(subject->image, true);
	KUNIT_ASSERT_EQ_MSG(test, kexec_object_load(object, subject, &kbuf), -ENOEXEC,
			    "%zu bytes", object->size);
	KUNIT_EXPECT_NULL(test, info(subject)->purgatory_buf);
	KUNIT_EXPECT_NULL(test, info(subject)->sechdrs);
	KUNIT_EXPECT_NULL(test, (void *)info(subject)->ehdr);
	kexec_subject_free(subject);
}

/* A broken object is refused, and leaves nothing behind. */
static void broken_objects_are_refused(struct kunit *test)
{
	const struct breakage *breakage = test->param_value;
	struct kexec_object *object = whole_object(test, false);
	struct kexec_subject *subject = new_subject(test);
	struct kexec_buf kbuf = { .mem = LOW };

	KUNIT_ASSERT_EQ(test, kexec_object_load(object, subject, &kbuf), 0);
	breakage->inflict(object->file, (void *)object->file + object->file->e_shoff);
	expect_refused(test, object);
}

/* An object cut short anywhere is refused, and not read beyond its end (KASAN). */
static void truncated_objects_are_refused(struct kunit *test)
{
	struct kexec_object *cut = kexec_object_new(test);
	int headers_first;

	for (headers_first = 0; headers_first < 2; headers_first++) {
		struct kexec_object *whole = whole_object(test, headers_first);

		for (cut->size = 0; cut->size < whole->size; cut->size++) {
			cut->file = kmemdup(whole->file, cut->size, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, cut->file);
			expect_refused(test, cut);
			kfree(cut->file);
		}
	}
}

/* An object with nothing for memory in it is refused, without a warning. */
static void an_object_with_nothing_in_it(struct kunit *test)
{
	struct kexec_object *object = kexec_object_new(test);
	struct kexec_subject *subject = new_subject(test);
	struct kexec_buf kbuf = { .mem = LOW };

	kexec_object_section(object, SHT_PROGBITS, 0, 8, "comment", 8);
	kunit_warning_suppress(test) {
		KUNIT_EXPECT_EQ(test, kexec_object_load(object, subject, &kbuf), -ENOEXEC);
		KUNIT_EXPECT_SUPPRESSED_WARNING_COUNT(test, 0);
	}
}

/* Where there is no room for it, a purgatory leaves nothing behind. */
static void no_room_for_a_purgatory(struct kunit *test)
{
	struct kexec_object *object = whole_object(test, false);
	struct kexec_subject *subject = new_subject(test);
	struct kexec_buf kbuf = { .buf_min = LOW, .buf_max = LOW + 9 };

	KUNIT_EXPECT_EQ(test, kexec_object_load(object, subject, &kbuf), -EADDRNOTAVAIL);
	KUNIT_EXPECT_NULL(test, info(subject)->purgatory_buf);
	KUNIT_EXPECT_NULL(test, info(subject)->sechdrs);
	KUNIT_EXPECT_EQ(test, subject->image->nr_segments, 0);
}

/* ---- the one that is built in ---- */

/* The kernel's own purgatory loads, starts in its code, and can be told about digests. */
static void the_purgatory_that_is_built_in(struct kunit *test)
{
	struct kexec_subject *subject = new_subject(test);
	struct kexec_buf kbuf = { .image = subject->image, .mem = LOW };
	struct kexec_digests *digests = kexec_test_alloc(test, sizeof(*digests));
	bool in_code = false;
	unsigned int i;
	int ret;

	scoped_guard(mutex, &kexec_load_mutex)
		ret = kexec_load_purgatory(subject->image, &kbuf);
	KUNIT_ASSERT_EQ(test, ret, 0);
	for (i = 0; i < info(subject)->ehdr->e_shnum; i++) {
		const Elf_Shdr *section = &info(subject)->sechdrs[i];

		if ((section->sh_flags & CODE) == CODE)
			in_code |= subject->image->start - section->sh_addr < section->sh_size;
	}
	KUNIT_ASSERT_TRUE(test, in_code);
	if (!kexec_purgatory_has_symbol(subject->image, "purgatory_digests"))
		kunit_skip(test, "this purgatory has no digests");
	KUNIT_EXPECT_EQ(test, kexec_purgatory_get_set_symbol(subject->image, "purgatory_digests",
							     digests, sizeof(*digests), true), 0);
	KUNIT_EXPECT_EQ(test, digests->magic, KEXEC_DIGEST_MAGIC);
}

static bool has_digests(struct kunit *test, struct kexec_object *object)
{
	struct kexec_subject *subject = new_subject(test);
	struct kexec_buf kbuf = { .mem = LOW };

	KUNIT_ASSERT_EQ(test, kexec_object_load(object, subject, &kbuf), 0);
	return kexec_purgatory_has_symbol(subject->image, "purgatory_digests");
}

/* Names are looked for in no section that is not there, whatever follows the last. */
static void names_behind_the_last_section(struct kunit *test)
{
	struct kexec_object *object = kexec_object_with_digests(test);
	Elf_Ehdr *ehdr = object->file;
	Elf_Shdr *sections = (void *)ehdr + ehdr->e_shoff;
	unsigned int last = ehdr->e_shnum - 1;

	swap(sections[last], sections[last - 1]);
	sections[last - 1].sh_link = last;
	KUNIT_EXPECT_TRUE(test, has_digests(test, object));
	ehdr->e_shnum--;
	KUNIT_EXPECT_FALSE(test, has_digests(test, object));
}

/* Section headers that lie before the object are none of it, however sound they are. */
static void headers_before_the_object(struct kunit *test)
{
	struct kexec_object *object = kexec_object_with_digests(test);
	size_t size = object->file->e_shnum * sizeof(Elf_Shdr);
	void *memory = kexec_test_alloc(test, size + object->size);
	struct kexec_buf kbuf = { .mem = LOW };

	memcpy(memory, (void *)object->file + object->file->e_shoff, size);
	memcpy(memory + size, object->file, object->size);
	object->file = memory + size;
	object->file->e_shoff = -size;
	KUNIT_EXPECT_EQ(test, kexec_object_load(object, new_subject(test), &kbuf), -ENOEXEC);
}

/* A symbol that another object could replace is not the purgatory's own. */
static void weak_symbols_are_not_found(struct kunit *test)
{
	struct kexec_object *object = kexec_object_new(test);
	struct kexec_subject *subject = new_subject(test);
	struct kexec_buf kbuf = { .mem = LOW };
	unsigned int section;

	section = kexec_object_section(object, SHT_PROGBITS, CODE, 16, "code", 5);
	kexec_object_symbol(object, "weak", STB_WEAK, section, 0, 4);
	kexec_object_symbol(object, "local", STB_LOCAL, section, 0, 4);
	kexec_object_symbol(object, "global", STB_GLOBAL, section, 0, 4);
	KUNIT_ASSERT_EQ(test, kexec_object_load(object, subject, &kbuf), 0);
	KUNIT_EXPECT_TRUE(test, kexec_purgatory_has_symbol(subject->image, "global"));
	KUNIT_EXPECT_FALSE(test, kexec_purgatory_has_symbol(subject->image, "local"));
	KUNIT_EXPECT_FALSE(test, kexec_purgatory_has_symbol(subject->image, "weak"));
}

static struct kunit_case purgatory_cases[] = {
	KUNIT_CASE_PARAM(sections_are_laid_out, kexec_test_seeds),
	KUNIT_CASE(the_strictest_alignment_counts),
	KUNIT_CASE(no_contents_are_nowhere),
	KUNIT_CASE(an_entry_is_in_a_section),
	KUNIT_CASE(names_behind_the_last_section),
	KUNIT_CASE(headers_before_the_object),
	KUNIT_CASE(weak_symbols_are_not_found),
	KUNIT_CASE_PARAM(relocations_by_the_abi, relocation_gen_params),
	KUNIT_CASE(all_relocations_are_applied),
	KUNIT_CASE_PARAM(relocations_against_symbols, symbol_gen_params),
	KUNIT_CASE(relocations_of_what_is_not_loaded),
	KUNIT_CASE(relocations_without_addends),
	KUNIT_CASE_PARAM(variables_are_read_and_written, access_gen_params),
	KUNIT_CASE(variables_start_as_they_were_linked),
	KUNIT_CASE(symbols_have_addresses),
	KUNIT_CASE(no_purgatory_no_symbols),
	KUNIT_CASE_PARAM(entry_points, entry_gen_params),
	KUNIT_CASE(without_a_symbol_table),
	KUNIT_CASE_PARAM(broken_objects_are_refused, breakage_gen_params),
	KUNIT_CASE(truncated_objects_are_refused),
	KUNIT_CASE(an_object_with_nothing_in_it),
	KUNIT_CASE(no_room_for_a_purgatory),
	KUNIT_CASE(the_purgatory_that_is_built_in),
	{}
};

static struct kunit_suite purgatory_suite = {
	.name = "kexec_purgatory",
	.test_cases = purgatory_cases,
};

kunit_test_suite(purgatory_suite);

MODULE_DESCRIPTION("KUnit tests of loading kexec's purgatory");
MODULE_LICENSE("GPL");
