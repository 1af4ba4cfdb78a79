// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmcore RELEASE CPUS MEMORY PHYSICAL TEXT: checks /proc/vmcore in the crash kernel.
 *
 * The ELF header, the notes, the MEMORY bytes that the program headers describe, and
 * the page at PHYSICAL, which is full of TEXT (see marker.c).
 * What CPUS or MEMORY say is not checked if they say "-".
 */
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ktap.h"

#define PAGE		4096ul
/* Where virtual addresses are the kernel's own, not those that memory is mapped at. */
#ifdef __aarch64__
#define MACHINE		EM_AARCH64
#define KERNEL_MAP	0xffff800000000000ul
#elif defined(__riscv)
#define MACHINE		EM_RISCV
#define KERNEL_MAP	0xffffffff80000000ul
#elif defined(__s390x__)
#define MACHINE		EM_S390
#define KERNEL_MAP	0x0000010000000000ul
#elif defined(__powerpc64__)
#define MACHINE		EM_PPC64
#define KERNEL_MAP	0xd000000000000000ul
#else
#define MACHINE		EM_X86_64
#define KERNEL_MAP	0xffffffff80000000ul
#endif

static int core;
static Elf64_Ehdr header;
static Elf64_Phdr *programs;

static bool read_at(void *to, size_t length, off_t at)
{
	return pread(core, to, length, at) == (ssize_t)length;
}

static bool headers(void)
{
	if (!read_at(&header, sizeof(header), 0))
		return ktap_ok(false, "an ELF header can be read");
	ktap_ok(!memcmp(header.e_ident, ELFMAG, SELFMAG) && header.e_ident[EI_CLASS] == ELFCLASS64 &&
		header.e_type == ET_CORE && header.e_machine == MACHINE,
		"an ELF core of 64 bits for this machine");
	programs = calloc(header.e_phnum, sizeof(*programs));
	return ktap_ok(header.e_phnum > 1 && header.e_phentsize == sizeof(*programs) &&
		       read_at(programs, header.e_phnum * sizeof(*programs), header.e_phoff),
		       "program headers");
}

/* notes */

struct notes {
	int count, cpus;
	char *vmcoreinfo;
};

static struct notes read_notes(const Elf64_Phdr *program)
{
	struct notes notes = {};
	char *all = malloc(program->p_filesz + 1), *at = all;

	if (!read_at(all, program->p_filesz, program->p_offset))
		return notes;
	while (at + sizeof(Elf64_Nhdr) <= all + program->p_filesz) {
		Elf64_Nhdr *note = (void *)at;
		char *name = at + sizeof(*note), *text = name + ((note->n_namesz + 3) & ~3);

		if (!note->n_namesz)
			break;
		notes.count++;
		notes.cpus += !strcmp(name, "CORE") && note->n_type == NT_PRSTATUS;
		if (!strcmp(name, "VMCOREINFO"))
			notes.vmcoreinfo = strndup(text, note->n_descsz);
		at = text + ((note->n_descsz + 3) & ~3);
	}
	return notes;
}

static bool has_line(const char *text, const char *key, const char *value)
{
	char wanted[200];
	const char *at;

	snprintf(wanted, sizeof(wanted), "%s=%s", key, value);
	at = text ? strstr(text, wanted) : NULL;
	return at && (at == text || at[-1] == '\n') &&
	       (!*value || at[strlen(wanted)] == '\n');
}

static void check_notes(const char *release, int cpus)
{
	struct notes notes = {};
	int segments = 0;

	for (int i = 0; i < header.e_phnum; i++)
		if (programs[i].p_type == PT_NOTE) {
			notes = read_notes(&programs[i]);
			segments++;
		}
	ktap_ok(segments == 1, "one segment of notes");
	printf("# %d notes, %d of them NT_PRSTATUS\n", notes.count, notes.cpus);
	if (cpus)
		ktap_ok(notes.cpus == cpus, "the registers of every CPU");
	ktap_ok(has_line(notes.vmcoreinfo, "OSRELEASE", release), "OSRELEASE");
	ktap_ok(has_line(notes.vmcoreinfo, "PAGESIZE", "4096"), "PAGESIZE");
	ktap_ok(has_line(notes.vmcoreinfo, "KERNELOFFSET", ""), "KERNELOFFSET");
	ktap_ok(has_line(notes.vmcoreinfo, "SYMBOL(init_uts_ns)", ""), "the symbols that tools need");
	ktap_ok(has_line(notes.vmcoreinfo, "CRASHTIME", ""), "CRASHTIME: it was written at the crash");
}

/* memory */

static bool is_memory(const Elf64_Phdr *program)
{
	return program->p_type == PT_LOAD && program->p_vaddr < KERNEL_MAP;
}

static void check_memory(unsigned long expected)
{
	struct stat status;
	unsigned long bytes = 0, off;
	bool inside = true, readable = true;
	char page[PAGE];

	fstat(core, &status);
	for (int i = 0; i < header.e_phnum; i++) {
		const Elf64_Phdr *program = &programs[i];

		if (program->p_type != PT_LOAD || !program->p_filesz)
			continue;
		inside &= program->p_offset + program->p_filesz <= (unsigned long)status.st_size;
		if (!read_at(page, PAGE, program->p_offset) ||
		    !read_at(page, PAGE, program->p_offset + program->p_filesz - PAGE)) {
			printf("# not %#lx to %#lx: %s\n", (unsigned long)program->p_paddr,
			       (unsigned long)(program->p_paddr + program->p_filesz),
			       strerror(errno));
			readable = false;
		}
		bytes += is_memory(program) ? program->p_filesz : 0;
	}
	off = bytes > expected ? bytes - expected : expected - bytes;
	printf("# %lu bytes of memory, expected are %lu\n", bytes, expected);
	if (expected)
		ktap_ok(off <= 2 << 20,
			"all of the memory that there was, the crash kernel's left out");
	ktap_ok(inside, "all within the file");
	ktap_ok(readable, "both ends of every segment can be read");
}

static void check_page(unsigned long physical, const char *text)
{
	char page[PAGE] = "";

	for (int i = 0; i < header.e_phnum; i++) {
		const Elf64_Phdr *program = &programs[i];

		if (is_memory(program) && physical - program->p_paddr < program->p_filesz)
			read_at(page, PAGE, program->p_offset + physical - program->p_paddr);
	}
	for (size_t at = 0; at + strlen(text) < PAGE; at += strlen(text))
		if (memcmp(page + at, text, strlen(text))) {
			printf("# at byte %zu: %.16s\n", at, page + at);
			ktap_ok(false, "the marker in the old kernel's memory");
			return;
		}
	ktap_ok(true, "the marker in the old kernel's memory");
}

int main(int argc, char **argv)
{
	if (argc < 6) {
		fputs("usage: vmcore RELEASE CPUS MEMORY PHYSICAL TEXT\n", stderr);
		return 2;
	}
	ktap_start();
	core = open("/proc/vmcore", O_RDONLY);
	if (!ktap_ok(core >= 0, "/proc/vmcore can be opened") || !headers())
		return ktap_end();
	check_notes(argv[1], atoi(argv[2]));
	check_memory(strtoul(argv[3], NULL, 0));
	check_page(strtoul(argv[4], NULL, 0), argv[5]);
	return ktap_end();
}
