// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: relocatable ELF objects made to order
 *
 * A purgatory is an object that the kernel's own build has made, so what can be
 * wrong with one, and much of what can be right, is never seen.  Here are objects
 * with whatever sections, symbols and relocations a test wants.
 *
 * In the file the contents come first and the section headers last, or the other
 * way round, so that cutting it short takes away the one or the other.
 */
#include <kunit/test.h>
#include <linux/elf.h>
#include <linux/kexec_digest.h>
#include <linux/slab.h>

#include "kexec_kunit.h"

struct kexec_object *kexec_object_new(struct kunit *test)
{
	struct kexec_object *object = kexec_test_alloc(test, sizeof(*object));

	object->test = test;
	object->nr_sections = 1;
	object->nr_symbols = 1;
	object->strings_len = 1;
	return object;
}

/* Returns the section's number. */
unsigned int kexec_object_section(struct kexec_object *object, u32 type, u64 flags, u64 align,
				  const void *contents, size_t size)
{
	unsigned int nr = object->nr_sections++;

	KUNIT_ASSERT_LT(object->test, nr, KEXEC_OBJECT_SECTIONS);
	object->contents[nr] = contents;
	object->section[nr] = (Elf_Shdr) {
		.sh_type = type,
		.sh_flags = flags,
		.sh_addralign = align,
		.sh_size = size,
	};
	return nr;
}

/* Returns the symbol's number. */
unsigned int kexec_object_symbol(struct kexec_object *object, const char *name, unsigned int bind,
				 unsigned int section, u64 value, u64 size)
{
	unsigned int nr = object->nr_symbols++;
	size_t len = strlen(name) + 1;

	KUNIT_ASSERT_LT(object->test, nr, KEXEC_OBJECT_SYMBOLS);
	KUNIT_ASSERT_LE(object->test, object->strings_len + len, sizeof(object->strings));
	object->symbol[nr] = (Elf_Sym) {
		.st_name = object->strings_len,
		.st_info = bind << 4 | STT_OBJECT,
		.st_shndx = section,
		.st_value = value,
		.st_size = size,
	};
	memcpy(object->strings + object->strings_len, name, len);
	object->strings_len += len;
	return nr;
}

/* Appends a relocation of @section; returns its number among all there are. */
unsigned int kexec_object_relocate(struct kexec_object *object, unsigned int section, u64 offset,
				   unsigned int symbol, unsigned int type, s64 addend)
{
	unsigned int nr = object->nr_relocations++;

	KUNIT_ASSERT_LT(object->test, nr, KEXEC_OBJECT_RELOCATIONS);
	object->relocated = section;
	object->relocation[nr] = (Elf64_Rela) {
		.r_offset = offset,
		.r_info = ((u64)symbol << 32) + type,
		.r_addend = addend,
	};
	return nr;
}

static void add_tables(struct kexec_object *object)
{
	unsigned int strings, symbols, relocations;

	strings = kexec_object_section(object, SHT_STRTAB, 0, 1, object->strings,
				       object->strings_len);
	object->names = strings;
	if (object->without_symbols)
		return;
	symbols = kexec_object_section(object, SHT_SYMTAB, 0, 8, object->symbol,
				       object->nr_symbols * sizeof(object->symbol[0]));
	object->section[symbols].sh_link = strings;
	if (!object->nr_relocations)
		return;
	relocations = kexec_object_section(object, object->relocation_type ?: SHT_RELA, 0, 8,
					   object->relocation, object->nr_relocations *
					   sizeof(object->relocation[0]));
	object->section[relocations].sh_link = symbols;
	object->section[relocations].sh_info = object->relocated;
}

static size_t place_headers(struct kexec_object *object, size_t at)
{
	object->header = ALIGN(at, 8);
	return object->header + object->nr_sections * sizeof(object->section[0]);
}

static size_t place_contents(struct kexec_object *object, size_t at)
{
	unsigned int i;

	for (i = 1; i < object->nr_sections; i++) {
		Elf_Shdr *section = &object->section[i];

		at = ALIGN(at, max_t(size_t, min_t(size_t, section->sh_addralign, 8), 1));
		section->sh_offset = at;
		if (section->sh_type != SHT_NOBITS)
			at += section->sh_size;
	}
	return at;
}

/* Puts it all together; the object can be changed in place afterwards. */
Elf_Ehdr *kexec_object_finish(struct kexec_object *object)
{
	unsigned int i;
	Elf_Ehdr *ehdr;
	void *file;

	add_tables(object);
	if (object->headers_first)
		object->size = place_contents(object, place_headers(object, sizeof(*ehdr)));
	else
		object->size = place_headers(object, place_contents(object, sizeof(*ehdr)));
	file = kunit_kzalloc(object->test, object->size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(object->test, file);

	ehdr = file;
	memcpy(ehdr->e_ident, ELFMAG, SELFMAG);
	ehdr->e_ident[EI_CLASS] = ELFCLASS64;
	ehdr->e_ident[EI_DATA] = ELFDATA2LSB;
	ehdr->e_type = ET_REL;
	ehdr->e_machine = EM_X86_64;
	ehdr->e_ehsize = sizeof(*ehdr);
	ehdr->e_entry = object->entry;
	ehdr->e_shoff = object->header;
	ehdr->e_shentsize = sizeof(object->section[0]);
	ehdr->e_shnum = object->nr_sections;
	ehdr->e_shstrndx = object->names;
	memcpy(file + object->header, object->section,
	       object->nr_sections * sizeof(object->section[0]));
	for (i = 1; i < object->nr_sections; i++)
		if (object->section[i].sh_type != SHT_NOBITS && object->contents[i])
			memcpy(file + object->section[i].sh_offset, object->contents[i],
			       object->section[i].sh_size);
	object->file = ehdr;
	return ehdr;
}

/* A purgatory with nothing in it but room for digests. */
struct kexec_object *kexec_object_with_digests(struct kunit *test)
{
	struct kexec_object *object = kexec_object_new(test);
	struct kexec_digests *digests = kexec_test_alloc(test, sizeof(*digests));
	unsigned int data;

	digests->magic = KEXEC_DIGEST_MAGIC;
	kexec_object_section(object, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 16, "code", 5);
	data = kexec_object_section(object, SHT_PROGBITS, SHF_ALLOC, 8, digests, sizeof(*digests));
	kexec_object_symbol(object, "purgatory_digests", STB_GLOBAL, data, 0, sizeof(*digests));
	kexec_object_finish(object);
	return object;
}

#ifdef CONFIG_ARCH_SUPPORTS_KEXEC_PURGATORY
/* Loads it as the purgatory of an image, to where @kbuf says; with the lock held. */
int kexec_object_load_into(struct kexec_object *object, struct kimage *image,
			   struct kexec_buf *kbuf)
{
	return kexec_load_purgatory_object(image, kbuf, object->file, object->size);
}
#else
/* Where there is no purgatory, a segment stands in for it. */
int kexec_object_load_into(struct kexec_object *object, struct kimage *image,
			   struct kexec_buf *kbuf)
{
	int ret;

	kbuf->buffer = object->file;
	kbuf->bufsz = object->size;
	kbuf->memsz = PAGE_ALIGN(object->size);
	kbuf->buf_align = PAGE_SIZE;
	ret = kexec_add_buffer(kbuf);
	image->start = kbuf->mem;
	return ret;
}
#endif

/* Loads it, finished if it was not, as the purgatory of a subject. */
int kexec_object_load(struct kexec_object *object, struct kexec_subject *subject,
		      struct kexec_buf *kbuf)
{
	if (!object->file)
		kexec_object_finish(object);
	kbuf->image = subject->image;
	guard(mutex)(&kexec_load_mutex);
	return kexec_object_load_into(object, subject->image, kbuf);
}
