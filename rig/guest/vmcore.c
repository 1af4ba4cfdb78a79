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
#if defined(__aarch64__)
#define MACHINE		EM_AARCH64
#elif defined(__riscv)
#define MACHINE		EM_RISCV
#elif defined(__s390x__)
#define MACHINE		EM_S390
#elif defined(__powerpc64__)
#define MACHINE		EM_PPC64
#else
#define MACHINE		EM_X86_64
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

static int by_address(const void *one, const void *other)
{
	const Elf64_Phdr *a = one, *b = other;

	return a->p_paddr < b->p_paddr ? -1 : a->p_paddr > b->p_paddr;
}

/* Of the memory that two segments have, as the kernel's own is, one counts. */
static unsigned long described(void)
{
	unsigned long bytes = 0, end = 0;

	qsort(programs, header.e_phnum, sizeof(*programs), by_address);
	for (int i = 0; i < header.e_phnum; i++) {
		unsigned long from = programs[i].p_paddr, to = from + programs[i].p_filesz;

		if (programs[i].p_type != PT_LOAD || to <= end)
			continue;
		bytes += to - (from > end ? from : end);
		end = to;
	}
	return bytes;
}

static bool is_loaded(const Elf64_Phdr *program)
{
	return program->p_type == PT_LOAD && program->p_filesz;
}

static bool within_file(void)
{
	struct stat status;
	bool inside = true;

	fstat(core, &status);
	for (int i = 0; i < header.e_phnum; i++)
		inside &= !is_loaded(&programs[i]) || programs[i].p_offset + programs[i].p_filesz <=
						      (unsigned long)status.st_size;
	return inside;
}

static bool ends_are_readable(void)
{
	bool readable = true;
	char page[PAGE];

	for (int i = 0; i < header.e_phnum; i++) {
		const Elf64_Phdr *program = &programs[i];
		unsigned long last = program->p_filesz - PAGE;

		if (!is_loaded(program) || (read_at(page, PAGE, program->p_offset) &&
					    read_at(page, PAGE, program->p_offset + last)))
			continue;
		printf("# not %#lx to %#lx: %s\n", (unsigned long)program->p_paddr,
		       (unsigned long)(program->p_paddr + program->p_filesz), strerror(errno));
		readable = false;
	}
	return readable;
}

static void check_memory(unsigned long expected)
{
	unsigned long bytes = described();
	unsigned long off = bytes > expected ? bytes - expected : expected - bytes;

	printf("# %lu bytes of memory, expected are %lu\n", bytes, expected);
	if (expected)
		ktap_ok(off <= 2 << 20,
			"all of the memory that there was, the crash kernel's left out");
	ktap_ok(within_file(), "all within the file");
	ktap_ok(ends_are_readable(), "both ends of every segment can be read");
}

static void check_page(unsigned long physical, const char *text)
{
	char page[PAGE] = "";

	for (int i = 0; i < header.e_phnum; i++) {
		const Elf64_Phdr *program = &programs[i];

		if (program->p_type == PT_LOAD && physical - program->p_paddr < program->p_filesz)
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
