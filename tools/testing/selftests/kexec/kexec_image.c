// SPDX-License-Identifier: GPL-2.0-only
/*
 * Something to load: segments and kernel files that reset the machine should
 * they ever be executed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kexec_test.h"

#ifdef __x86_64__
#include <asm/bootparam.h>

/* Without an IDT the undefined instruction is a triple fault. */
static const unsigned char reset_code[] = {
	0xfa,						/* cli */
	0x0f, 0x01, 0x1d, 0x02, 0x00, 0x00, 0x00,	/* lidt 2(%rip) */
	0x0f, 0x0b,					/* ud2 */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0,			/* limit and base */
};
#elif defined(__aarch64__)
#include <asm/byteorder.h>

/* Firmware resets the machine, if it is asked by hvc; else the CPU stays here. */
static const __u32 reset_code[] = {
	0x52800120, 0x72b08000,		/* mov w0, #0x84000009, PSCI's SYSTEM_RESET */
	0xd4000002,			/* hvc #0 */
	0x14000000,			/* b . */
};
#elif defined(__riscv)
/* Where nothing is loaded without a device tree, an empty one is what is entered. */
static const unsigned char reset_code[] = {
	0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 72, 0, 0, 0, 56, 0, 0, 0, 72, 0, 0, 0, 40,
	0, 0, 0, 17, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,		/* no reservation */
	0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 9,		/* a root without a name */
};
#else
static const unsigned char reset_code[16];
#endif

/* ---- segments ---- */

struct kexec_segment reset_segment(unsigned long mem, size_t memsz)
{
	return (struct kexec_segment){
		.buf = reset_code,
		.bufsz = memsz < sizeof(reset_code) ? memsz : sizeof(reset_code),
		.mem = (void *)mem,
		.memsz = memsz,
	};
}

long load_something(enum kind kind)
{
	unsigned long mem = destination(kind, page_size());
	struct kexec_segment segment = reset_segment(mem, page_size());

	return kexec_load(mem, 1, &segment, kind == CRASH ? KEXEC_ON_CRASH : 0);
}

/* ---- files without a name ---- */

/* A second open file, so that the first can be closed and nobody writes it. */
int open_again(int fd, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags | O_CLOEXEC);
}

static int nameless_file(void)
{
	int fd = memfd_create("kexec", MFD_CLOEXEC);

	return fd < 0 ? open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : fd;
}

/* Open for reading only; a negative number on failure. */
int make_file(const void *data, size_t size)
{
	int reader = -1, fd = nameless_file();

	if (fd < 0)
		return -1;
	if (!size || write(fd, data, size) == (ssize_t)size)
		reader = open_again(fd, O_RDONLY);
	close(fd);
	return reader;
}

/* ---- kernel files ---- */

#define SECTOR		512
#define SETUP_SECTORS	1
#define PAYLOAD		(64 << 10)

struct kernel_header good_header(void)
{
	return (struct kernel_header){
		.magic = 0x53726448,	/* "HdrS" */
		.boot_flag = 0xaa55,
		.version = 0x020f,
		.loadflags = 1,		/* to be loaded high */
		.xloadflags = 0x23,	/* 64 bits, above 4 GiB, five levels */
		.setup_sects = SETUP_SECTORS,
		.init_size = 1 << 20,
		.cmdline_size = 2047,
		.alignment = 4096,
		.syssize = PAYLOAD / 16,
		.file_size = (1 + SETUP_SECTORS) * SECTOR + PAYLOAD,
	};
}

#ifdef __x86_64__
static void fill_header(struct setup_header *to, const struct kernel_header *from)
{
	to->setup_sects = from->setup_sects;
	to->syssize = from->syssize;
	to->boot_flag = from->boot_flag;
	to->jump = 0x66eb;		/* how far says where the header ends */
	to->header = from->magic;
	to->version = from->version;
	to->loadflags = from->loadflags;
	to->kernel_alignment = from->alignment;
	to->relocatable_kernel = 1;
	to->xloadflags = from->xloadflags;
	to->cmdline_size = from->cmdline_size;
	to->pref_address = 1 << 20;
	to->init_size = from->init_size;
}

/* By Documentation/arch/x86/boot.rst; the 64-bit entry point is at 0x200. */
int make_kernel(const struct kernel_header *header)
{
	size_t code = (1 + SETUP_SECTORS) * SECTOR + 0x200;
	char *file = calloc(1, good_header().file_size);
	struct boot_params *params = (void *)file;
	int fd;

	if (!file)
		return -1;
	fill_header(&params->hdr, header);
	memcpy(file + code, reset_code, sizeof(reset_code));
	fd = make_file(file, header->file_size);
	free(file);
	return fd;
}

const char *cannot_make_kernel(void)
{
	return NULL;
}
#elif defined(__aarch64__)
/* By Documentation/arch/arm64/booting.rst; what only other kernels have is left out. */
struct image_header {
	__le32 code[2];
	__le64 text_offset, image_size, flags, reserved[3];
	__le32 magic, reserved_too;
};

int make_kernel(const struct kernel_header *header)
{
	char *file = calloc(1, good_header().file_size);
	struct image_header *image = (void *)file;
	int fd;

	if (!file)
		return -1;
	image->code[0] = __cpu_to_le32(0x14000000 | sizeof(*image) / 4);	/* b behind it */
	image->image_size = __cpu_to_le64(header->init_size);
	image->flags = __cpu_to_le64(8 | (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__));
	image->magic = __cpu_to_le32(0x644d5241 + header->magic - good_header().magic);
	memcpy(image + 1, reset_code, sizeof(reset_code));
	fd = make_file(file, header->file_size);
	free(file);
	return fd;
}

const char *cannot_make_kernel(void)
{
	return NULL;
}
#else
int make_kernel(const struct kernel_header *header)
{
	return -1;
}

const char *cannot_make_kernel(void)
{
	return "it is not known what a kernel file looks like on this architecture";
}
#endif

int good_kernel(void)
{
	struct kernel_header header = good_header();

	return make_kernel(&header);
}

long load_some_file(enum kind kind)
{
	int kernel = good_kernel();
	long result;

	result = kexec_file_load(kernel, -1, 1, "", KEXEC_FILE_NO_INITRAMFS |
				 (kind == CRASH ? KEXEC_FILE_ON_CRASH : 0));
	close(kernel);
	return result;
}
