// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interface for image loaders:
 * Copyright (C) 2014 Red Hat Inc.
 * Author: Vivek Goyal <vgoyal@redhat.com>
 */
/**
 * DOC: loading the purgatory
 *
 * The purgatory runs between the kernels and verifies the image.  It is built
 * into the kernel as a relocatable ELF object; each image that is loaded from
 * files gets a copy, laid out and relocated for the place it was given.
 *
 * Its segment holds the sections with contents, in the object's order, and behind
 * them those without.  A copy of the section headers keeps the result: sh_addr is
 * where a section will run, sh_offset where its contents are in the buffer.
 * The architecture applies the relocations, and sets and gets variables through
 * the symbol table, until the segment is filled.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/elf.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <kunit/visibility.h>

#include "../kexec_internal.h"
#include "digest.h"
#include "refuse.h"

/* ---- the object ---- */

static const Elf_Shdr *object_sections(const struct purgatory_info *pi)
{
	return (const void *)pi->ehdr + pi->ehdr->e_shoff;
}

static const void *object_contents(const struct purgatory_info *pi, unsigned int section)
{
	return (const void *)pi->ehdr + object_sections(pi)[section].sh_offset;
}

static bool is_loaded(const Elf_Shdr *section)
{
	return section->sh_flags & SHF_ALLOC;
}

static bool has_contents(const Elf_Shdr *section)
{
	return section->sh_type != SHT_NOBITS;
}

static bool section_is_inside(const Elf_Shdr *section, size_t size)
{
	unsigned long end;

	if (!has_contents(section))
		return true;
	return !check_add_overflow((unsigned long)section->sh_offset,
				   (unsigned long)section->sh_size, &end) && end <= size;
}

/* It comes with the kernel, so what is found here is a broken build. */
static bool object_is_sound(const Elf_Ehdr *ehdr, size_t size)
{
	const Elf_Shdr *sections;
	unsigned int i;

	if (size < sizeof(*ehdr) || memcmp(ehdr->e_ident, ELFMAG, SELFMAG) ||
	    ehdr->e_type != ET_REL || ehdr->e_shentsize != sizeof(*sections) ||
	    ehdr->e_shoff > size ||
	    array_size(ehdr->e_shnum, sizeof(*sections)) > size - ehdr->e_shoff)
		return false;

	sections = (const void *)ehdr + ehdr->e_shoff;
	for (i = 0; i < ehdr->e_shnum; i++)
		if (!section_is_inside(&sections[i], size) ||
		    (sections[i].sh_addralign & (sections[i].sh_addralign - 1)))
			return false;
	return true;
}

/* ---- layout ---- */

/**
 * struct layout - extent of the purgatory's segment
 * @contents: bytes of sections that have contents, and padding
 * @size:     bytes in all
 * @align:    the strictest of the sections' alignments
 */
struct layout {
	unsigned long contents;
	unsigned long size;
	unsigned long align;
};

static void append_section(Elf_Shdr *section, struct layout *layout)
{
	unsigned long align = max_t(unsigned long, section->sh_addralign, 1);

	layout->align = max(layout->align, align);
	section->sh_addr = ALIGN(layout->size, align);
	layout->size = section->sh_addr + section->sh_size;
}

static void append_all(Elf_Shdr *sections, unsigned int nr, bool with_contents,
		       struct layout *layout)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (is_loaded(&sections[i]) && has_contents(&sections[i]) == with_contents)
			append_section(&sections[i], layout);
}

/* Sets each loaded section's sh_addr, counted from the segment's start. */
static struct layout lay_out(Elf_Shdr *sections, unsigned int nr)
{
	struct layout layout = { .align = 1 };

	append_all(sections, nr, true, &layout);
	layout.contents = layout.size;
	append_all(sections, nr, false, &layout);
	return layout;
}

static void copy_contents(struct purgatory_info *pi)
{
	unsigned int i;

	for (i = 0; i < pi->ehdr->e_shnum; i++) {
		Elf_Shdr *section = &pi->sechdrs[i];

		if (!is_loaded(section) || !has_contents(section))
			continue;
		section->sh_offset = section->sh_addr;
		memcpy(pi->purgatory_buf + section->sh_offset, object_contents(pi, i),
		       section->sh_size);
	}
}

static void move_to(struct purgatory_info *pi, unsigned long mem)
{
	unsigned int i;

	for (i = 0; i < pi->ehdr->e_shnum; i++)
		if (is_loaded(&pi->sechdrs[i]))
			pi->sechdrs[i].sh_addr += mem;
}

/* ---- symbols ---- */

static const Elf_Sym *find_in_table(const struct purgatory_info *pi, unsigned int table,
				    const char *name)
{
	const Elf_Shdr *section = &object_sections(pi)[table];
	const Elf_Sym *symbols = object_contents(pi, table);
	const char *names;
	unsigned int i;

	if (section->sh_link >= pi->ehdr->e_shnum)
		return NULL;
	names = object_contents(pi, section->sh_link);
	for (i = 0; i < section->sh_size / sizeof(*symbols); i++)
		if (ELF_ST_BIND(symbols[i].st_info) == STB_GLOBAL &&
		    symbols[i].st_shndx != SHN_UNDEF &&
		    symbols[i].st_shndx < pi->ehdr->e_shnum &&
		    !strcmp(names + symbols[i].st_name, name))
			return &symbols[i];
	return NULL;
}

static const Elf_Sym *find_symbol(const struct purgatory_info *pi, const char *name)
{
	const Elf_Sym *symbol;
	unsigned int i;

	if (!pi->ehdr)
		return NULL;
	for (i = 0; i < pi->ehdr->e_shnum; i++) {
		if (object_sections(pi)[i].sh_type != SHT_SYMTAB)
			continue;
		symbol = find_in_table(pi, i, name);
		if (symbol)
			return symbol;
	}
	return NULL;
}

/**
 * kexec_purgatory_has_symbol() - does the purgatory know this variable?
 * @image: the image, its purgatory loaded
 * @name:  the symbol's name
 *
 * Context: process.
 * Return: true if it is defined there and global.
 */
bool kexec_purgatory_has_symbol(struct kimage *image, const char *name)
{
	return find_symbol(&image->purgatory_info, name);
}

/**
 * kexec_purgatory_get_symbol_addr() - where a symbol of the purgatory will be
 * @image: the image, its purgatory loaded
 * @name:  the symbol's name
 *
 * Context: process.
 * Return: the address at the time the purgatory runs, or ERR_PTR(-EINVAL) when
 * there is no such symbol.
 */
void *kexec_purgatory_get_symbol_addr(struct kimage *image, const char *name)
{
	struct purgatory_info *pi = &image->purgatory_info;
	const Elf_Sym *symbol = find_symbol(pi, name);

	if (!symbol)
		return ERR_PTR(-EINVAL);
	return (void *)(pi->sechdrs[symbol->st_shndx].sh_addr + symbol->st_value);
}

/**
 * kexec_purgatory_get_set_symbol() - read or write a variable of the purgatory
 * @image:     the image, its purgatory loaded and not yet filled
 * @name:      the variable's name
 * @buf:       to or from where
 * @size:      bytes; the variable has to be of that size
 * @get_value: read it, else write it
 *
 * Context: process.
 * Return: 0, or -EINVAL when there is no such variable, when its size is another,
 * or when it has no contents in the object (.bss).
 */
int kexec_purgatory_get_set_symbol(struct kimage *image, const char *name, void *buf,
				   unsigned int size, bool get_value)
{
	struct purgatory_info *pi = &image->purgatory_info;
	const Elf_Sym *symbol = find_symbol(pi, name);
	const Elf_Shdr *section;
	void *value;

	if (!symbol)
		return kexec_refuse(image, -EINVAL, "purgatory: no symbol %s", name);
	section = &pi->sechdrs[symbol->st_shndx];
	if (symbol->st_size != size)
		return kexec_refuse(image, -EINVAL, "purgatory: %s has %llu bytes, not %u", name,
				    (u64)symbol->st_size, size);
	if (!has_contents(section) || symbol->st_value + size > section->sh_size)
		return kexec_refuse(image, -EINVAL, "purgatory: %s has no contents", name);

	value = pi->purgatory_buf + section->sh_offset + symbol->st_value;
	if (get_value)
		memcpy(buf, value, size);
	else
		memcpy(value, buf, size);
	return 0;
}

/* ---- entry point ---- */

static bool purgatory_is_code(const Elf_Shdr *section)
{
	return is_loaded(section) && section->sh_flags & SHF_EXECINSTR;
}

/*
 * Compilers and linkers put code into several sections as they please, so a
 * symbol says where the purgatory starts.  An object without it starts at the
 * ELF entry point, which in a relocatable object is an offset into a section.
 */
static bool find_entry(const struct purgatory_info *pi, unsigned long *entry)
{
	const Elf_Sym *symbol = find_symbol(pi, "purgatory_start");
	unsigned int i;

	if (symbol && purgatory_is_code(&pi->sechdrs[symbol->st_shndx]) &&
	    symbol->st_value < pi->sechdrs[symbol->st_shndx].sh_size) {
		*entry = pi->sechdrs[symbol->st_shndx].sh_addr + symbol->st_value;
		return true;
	}
	for (i = 0; i < pi->ehdr->e_shnum; i++) {
		const Elf_Shdr *section = &object_sections(pi)[i];

		if (purgatory_is_code(section) &&
		    pi->ehdr->e_entry - section->sh_addr < section->sh_size) {
			*entry = pi->sechdrs[i].sh_addr + pi->ehdr->e_entry - section->sh_addr;
			return true;
		}
	}
	return false;
}

/* ---- relocation ---- */

static int apply_section(struct purgatory_info *pi, const Elf_Shdr *relocations)
{
	const Elf_Shdr *sections = object_sections(pi);
	Elf_Shdr *target;

	if (relocations->sh_info >= pi->ehdr->e_shnum || relocations->sh_link >= pi->ehdr->e_shnum)
		return -ENOEXEC;
	target = &pi->sechdrs[relocations->sh_info];
	if (!is_loaded(target) || sections[relocations->sh_link].sh_link >= pi->ehdr->e_shnum)
		return 0;
	if (relocations->sh_type == SHT_RELA)
		return arch_kexec_apply_relocations_add(pi, target, relocations,
							&sections[relocations->sh_link]);
	return arch_kexec_apply_relocations(pi, target, relocations,
					    &sections[relocations->sh_link]);
}

static int apply_relocations(struct kimage *image)
{
	struct purgatory_info *pi = &image->purgatory_info;
	const Elf_Shdr *sections = object_sections(pi);
	unsigned int i;
	int ret;

	for (i = 0; i < pi->ehdr->e_shnum; i++) {
		if (sections[i].sh_type != SHT_RELA && sections[i].sh_type != SHT_REL)
			continue;
		ret = apply_section(pi, &sections[i]);
		if (ret)
			return kexec_refuse(image, ret,
					    "purgatory: relocations of section %u, in section %u, cannot be applied",
					    sections[i].sh_info, i);
	}
	return 0;
}

/* ---- all of it ---- */

static int copy_sections(struct purgatory_info *pi)
{
	size_t size = array_size(pi->ehdr->e_shnum, sizeof(*pi->sechdrs));

	pi->sechdrs = __vmalloc(size, GFP_KEXEC);
	if (!pi->sechdrs)
		return -ENOMEM;
	memcpy(pi->sechdrs, object_sections(pi), size);
	return 0;
}

static int place_purgatory(struct purgatory_info *pi, struct kexec_buf *kbuf)
{
	struct layout layout = lay_out(pi->sechdrs, pi->ehdr->e_shnum);

	if (!layout.contents)
		return kexec_refuse(kbuf->image, -ENOEXEC, "purgatory: there is nothing in it");
	pi->purgatory_buf = __vmalloc(layout.contents, GFP_KEXEC | __GFP_ZERO);
	if (!pi->purgatory_buf)
		return kexec_refuse(kbuf->image, -ENOMEM, "purgatory: no memory for its %lu bytes",
				    (unsigned long)layout.contents);
	kbuf->buffer = pi->purgatory_buf;
	kbuf->bufsz = layout.contents;
	kbuf->memsz = layout.size;
	kbuf->buf_align = layout.align;
	return kexec_add_buffer(kbuf);
}

static void unload_purgatory(struct purgatory_info *pi)
{
	vfree(pi->purgatory_buf);
	vfree(pi->sechdrs);
	*pi = (struct purgatory_info) {};
}

static int load_object(struct kimage *image, struct kexec_buf *kbuf)
{
	struct purgatory_info *pi = &image->purgatory_info;
	int ret = copy_sections(pi) ?: place_purgatory(pi, kbuf);

	if (ret)
		return ret;
	copy_contents(pi);
	move_to(pi, kbuf->mem);
	if (!find_entry(pi, &image->start))
		return kexec_refuse(image, -ENOEXEC, "purgatory: no entry point");
	return apply_relocations(image);
}

/**
 * kexec_load_purgatory_object() - load and relocate a purgatory
 * @image: the image it is for
 * @kbuf:  limits of where it may go; gets its contents, sizes and place
 * @ehdr:  the ELF object
 * @size:  its bytes
 *
 * Context: process, kexec_load_mutex held.
 * Return: 0 and image->start set; -ENOEXEC when the object is not one that can be
 * loaded, -ENOMEM, or what kexec_add_buffer() says.
 */
VISIBLE_IF_KUNIT
int kexec_load_purgatory_object(struct kimage *image, struct kexec_buf *kbuf,
				const Elf_Ehdr *ehdr, size_t size)
{
	int ret;

	if (!object_is_sound(ehdr, size))
		return kexec_refuse(image, -ENOEXEC,
				    "purgatory: not an ELF object of this machine's");
	image->purgatory_info.ehdr = ehdr;
	ret = load_object(image, kbuf);
	if (ret)
		unload_purgatory(&image->purgatory_info);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_load_purgatory_object);

/**
 * kexec_load_purgatory() - load and relocate the purgatory
 * @image: the image it is for
 * @kbuf:  limits of where it may go; gets its contents, sizes and place
 *
 * What it allocates is freed by kimage_file_post_load_cleanup().
 *
 * Context: process, kexec_load_mutex held, from kexec_file_ops.load.
 * Return: 0 and image->start set to its entry; -EINVAL when none is built in,
 * -ENOEXEC when what is built in cannot be loaded, -ENOMEM, -EADDRNOTAVAIL.
 */
int kexec_load_purgatory(struct kimage *image, struct kexec_buf *kbuf)
{
	if (!kexec_purgatory_size)
		return kexec_refuse(image, -EINVAL, "no purgatory is built in");
	return kexec_load_purgatory_object(image, kbuf, (const Elf_Ehdr *)kexec_purgatory,
					   kexec_purgatory_size);
}
