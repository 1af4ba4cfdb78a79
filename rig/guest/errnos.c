// SPDX-License-Identifier: GPL-2.0-only
/*
 * errnos TABLE: one of the tables of the interface's contract, a check a row.
 *
 *	load		kexec_load(2), with a crash kernel region reserved
 *	file		kexec_file_load(2)
 *	compat		kexec_load(2) by its 32-bit entry
 *	denied		both calls, where loading is forbidden: every one EPERM
 *	uncapable	the same, by one without CAP_SYS_BOOT
 *	busy		both calls while another load is under way
 *
 * "load", "file" and "compat" begin with an image that is loaded and end with
 * the check that no refusal has taken it away.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "calls.h"
#include "held.h"
#include "ktap.h"

#define MIB		(1ul << 20)
#define KERNEL		"/boot/bzImage"
/* a destination that is memory on every guest, and more of them */
#define DESTINATION	(64 * MIB)
#define COUNT(array)	(sizeof(array) / sizeof(*(array)))

static char page[PAGE] __attribute__((aligned(PAGE)));

/* A page of the address space that is not there. */
static void *missing_page(void)
{
	void *at = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(at, PAGE);
	return at;
}

static struct kexec_segment segment(unsigned long mem, unsigned long memsz)
{
	return (struct kexec_segment){ page, memsz < PAGE ? memsz : PAGE, (void *)mem, memsz };
}

static long read_number(const char *path)
{
	FILE *file = fopen(path, "r");
	long number = -1;

	if (file) {
		if (fscanf(file, "%ld", &number) != 1)
			number = -1;
		fclose(file);
	}
	return number;
}

static bool loaded(void)
{
	return read_number("/sys/kernel/kexec_loaded") == 1;
}

static long load_one(unsigned long mem, unsigned long memsz, unsigned long flags)
{
	struct kexec_segment one = segment(mem, memsz);

	return kexec_load((void *)mem, 1, &one, flags);
}

static long load_two(struct kexec_segment first, struct kexec_segment second)
{
	struct kexec_segment two[] = { first, second };

	return kexec_load((void *)DESTINATION, 2, two, 0);
}

/* kexec_load(2) */

static void load_accepted(void)
{
	struct kexec_segment many[KEXEC_SEGMENT_MAX];

	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = segment(DESTINATION + 2 * i * PAGE, PAGE);
	ktap_errno("unload with nothing loaded", -kexec_load(NULL, 0, NULL, 0), 0);
	ktap_errno("unload of a crash image with none loaded",
		   -kexec_load(NULL, 0, NULL, KEXEC_ON_CRASH), 0);
	ktap_errno("adjacent segments", -load_two(segment(DESTINATION, PAGE),
						  segment(DESTINATION + PAGE, PAGE)), 0);
	ktap_errno("an empty segment", -load_two(segment(DESTINATION, PAGE),
						 segment(DESTINATION + 2 * PAGE, 0)), 0);
	ktap_errno("16 segments", -kexec_load((void *)DESTINATION, COUNT(many), many, 0), 0);
	ktap_errno("the architecture named", -load_one(DESTINATION, PAGE, KEXEC_ARCH_X86_64), 0);
	ktap_ok(loaded(), "kexec_loaded says that an image is loaded");
	ktap_errno("unload", -kexec_load(NULL, 0, NULL, 0), 0);
	ktap_ok(!loaded(), "kexec_loaded says that none is");
}

static void load_refused_arguments(void)
{
	struct kexec_segment many[KEXEC_SEGMENT_MAX + 1];

	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = segment(DESTINATION + 2 * i * PAGE, PAGE);
	ktap_errno("unknown flag", -load_one(DESTINATION, PAGE, 0x4000), EINVAL);
	ktap_errno("unknown flag, unload", -kexec_load(NULL, 0, NULL, 0x4000), EINVAL);
	ktap_errno("other architecture", -load_one(DESTINATION, PAGE, KEXEC_ARCH_AARCH64), EINVAL);
	ktap_errno("17 segments",
		   -kexec_load((void *)DESTINATION, COUNT(many), many, 0), EINVAL);
	ktap_errno("count of segments that wraps",
		   -kexec_load((void *)DESTINATION, -1ul, many, 0), EINVAL);
}

static void load_refused_pointers(void)
{
	struct kexec_segment bad = segment(DESTINATION, PAGE), half = segment(DESTINATION, 2 * PAGE);
	char *two = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(two + PAGE, PAGE);
	ktap_errno("segments pointer faults",
		   -kexec_load((void *)DESTINATION, 1, missing_page(), 0), EFAULT);
	ktap_errno("segments pointer is the kernel's",
		   -kexec_load((void *)DESTINATION, 1, (void *)-PAGE, 0), EFAULT);
	bad.buf = missing_page();
	ktap_errno("a buffer faults", -kexec_load((void *)DESTINATION, 1, &bad, 0), EFAULT);
	half.buf = two;
	half.bufsz = 2 * PAGE;
	ktap_errno("a buffer faults in its second page",
		   -kexec_load((void *)DESTINATION, 1, &half, 0), EFAULT);
}

static void load_refused_ranges(void)
{
	struct kexec_segment fat = segment(DESTINATION, PAGE);
	struct sysinfo info;

	ktap_errno("destination not page aligned", -load_one(DESTINATION + 512, PAGE, 0),
		   EADDRNOTAVAIL);
	ktap_errno("size not page aligned", -load_one(DESTINATION, PAGE + 512, 0), EADDRNOTAVAIL);
	ktap_errno("destination wraps", -load_one(-PAGE, 2 * PAGE, 0), EADDRNOTAVAIL);
	ktap_errno("destination ends where addresses do", -load_one(-PAGE, PAGE, 0), EADDRNOTAVAIL);
	ktap_errno("destination beyond the limit", -load_one(1ul << 53, PAGE, 0), EADDRNOTAVAIL);
	fat.bufsz = PAGE + 1;
	ktap_errno("bufsz > memsz", -kexec_load((void *)DESTINATION, 1, &fat, 0), EINVAL);
	ktap_errno("segments that overlap",
		   -load_two(segment(DESTINATION, 4 * PAGE),
			     segment(DESTINATION + 3 * PAGE, 4 * PAGE)), EINVAL);
	ktap_errno("segments that are the same",
		   -load_two(segment(DESTINATION, PAGE), segment(DESTINATION, PAGE)), EINVAL);
	sysinfo(&info);
	info.totalram &= ~(PAGE - 1);
	ktap_errno("a segment of more than half of memory",
		   -load_one(DESTINATION, info.totalram / 2 / PAGE * PAGE + 16 * PAGE, 0), EINVAL);
	ktap_errno("segments of more than half of memory together",
		   -load_two(segment(DESTINATION, info.totalram / 3 / PAGE * PAGE),
			     segment(4096 * MIB, info.totalram / 3 / PAGE * PAGE)), EINVAL);
	ktap_errno("ON_CRASH outside the reserved region",
		   -load_one(DESTINATION, PAGE, KEXEC_ON_CRASH), EADDRNOTAVAIL);
}

static void table_load(void)
{
	load_accepted();
	ktap_errno("a load before the refusals", -load_one(DESTINATION, PAGE, 0), 0);
	load_refused_arguments();
	load_refused_pointers();
	load_refused_ranges();
	ktap_ok(loaded(), "after the refusals, what was loaded is still loaded");
	ktap_errno("unload at the end", -kexec_load(NULL, 0, NULL, 0), 0);
}

/* kexec_file_load(2) */

static int file_with(const char *name, const char *text)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0700);

	if (write(fd, text, strlen(text)) < 0)
		perror(name);
	close(fd);
	return open(name, O_RDONLY);
}

/* A load of one file as the kernel, without an initrd. */
static long load_file(int kernel)
{
	return file_load(kernel, -1, "", KEXEC_FILE_NO_INITRAMFS);
}

static void file_accepted(int kernel)
{
	ktap_errno("unload with nothing loaded",
		   -kexec_file_load(-1, -1, 0, NULL, KEXEC_FILE_UNLOAD), 0);
	ktap_errno("unload of a crash image with none loaded",
		   -kexec_file_load(-1, -1, 0, NULL, KEXEC_FILE_UNLOAD | KEXEC_FILE_ON_CRASH), 0);
	ktap_errno("a kernel", -load_file(kernel), 0);
	ktap_ok(loaded(), "kexec_loaded says that an image is loaded");
	ktap_errno("unload", -kexec_file_load(-1, -1, 0, NULL, KEXEC_FILE_UNLOAD), 0);
	ktap_ok(!loaded(), "kexec_loaded says that none is");
	ktap_errno("no command line at all",
		   -kexec_file_load(kernel, -1, 0, NULL, KEXEC_FILE_NO_INITRAMFS), 0);
}

static void file_refused_arguments(int kernel)
{
	ktap_errno("unknown flag", -file_load(kernel, -1, "", KEXEC_FILE_NO_INITRAMFS | 0x4000),
		   EINVAL);
	ktap_errno("command line faults",
		   -kexec_file_load(kernel, -1, 16, missing_page(), KEXEC_FILE_NO_INITRAMFS),
		   EFAULT);
	ktap_errno("command line not terminated",
		   -kexec_file_load(kernel, -1, 5, "quiet", KEXEC_FILE_NO_INITRAMFS), EINVAL);
}

static void file_refused_descriptors(int kernel)
{
	int closed = dup(kernel), written = open("/tmp/written", O_WRONLY | O_CREAT, 0700);

	close(closed);
	ktap_errno("bad kernel descriptor", -load_file(closed), EBADF);
	ktap_errno("kernel descriptor -1", -load_file(-1), EBADF);
	ktap_errno("bad initrd descriptor", -file_load(kernel, closed, "", 0), EBADF);
	ktap_errno("kernel opened write-only", -load_file(written), EBADF);
	ktap_errno("initrd opened write-only", -file_load(kernel, written, "", 0), EBADF);
	close(written);
}

static void file_refused_files(int kernel)
{
	int text = file_with("/tmp/text", "This is not a kernel.\n");
	int empty = file_with("/tmp/empty", ""), directory = open("/tmp", O_RDONLY);
	int process = open("/proc/version", O_RDONLY), busy;

	ktap_errno("not a kernel", -load_file(text), ENOEXEC);
	ktap_errno("empty file", -load_file(empty), EINVAL);
	ktap_errno("directory", -load_file(directory), EINVAL);
	ktap_errno("procfs file", -load_file(process), EINVAL);
	ktap_errno("initrd that is a directory", -file_load(kernel, directory, "", 0), EINVAL);
	busy = open("/tmp/text", O_WRONLY);
	ktap_errno("a file open for writing", -load_file(text), ETXTBSY);
	ktap_errno("an initrd open for writing", -file_load(kernel, text, "", 0), ETXTBSY);
	close(busy);
	ktap_errno("an initrd no longer open for writing", -file_load(kernel, text, "", 0), 0);
}

static void table_file(void)
{
	int kernel = open(KERNEL, O_RDONLY);

	file_accepted(kernel);
	file_refused_arguments(kernel);
	file_refused_descriptors(kernel);
	file_refused_files(kernel);
	ktap_ok(loaded(), "after the refusals, what was loaded is still loaded");
	ktap_errno("unload at the end", -kexec_file_load(-1, -1, 0, NULL, KEXEC_FILE_UNLOAD), 0);
}

/* the 32-bit entry, called from here: its pointers are below 4 GiB */

struct compat_segment {
	uint32_t buf, bufsz, mem, memsz;
};

static long compat_kexec_load(uint32_t entry, uint32_t count, uint32_t segments, uint32_t flags)
{
	long result;

	asm volatile("int $0x80" : "=a"(result)
		     : "a"(283), "b"(entry), "c"(count), "d"(segments), "S"(flags)
		     : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

static struct compat_segment *compat_segments(void)
{
	char *low = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	munmap(low + 3 * PAGE, PAGE);
	return (void *)low;
}

static void table_compat(void)
{
	struct compat_segment *low = compat_segments();
	uint32_t at = (uintptr_t)low, data = at + PAGE, gone = at + 3 * PAGE;
	const uint32_t arch = KEXEC_ARCH_X86_64;

	ktap_errno("compat: unload with nothing loaded", -compat_kexec_load(0, 0, 0, arch), 0);
	for (size_t i = 0; i < KEXEC_SEGMENT_MAX + 1; i++)
		low[i] = (struct compat_segment){ data, PAGE, DESTINATION + 2 * i * PAGE, PAGE };
	ktap_errno("compat: default architecture", -compat_kexec_load(DESTINATION, 1, at, 0), EINVAL);
	ktap_errno("compat: a load", -compat_kexec_load(DESTINATION, 1, at, arch), 0);
	ktap_errno("compat: 16 segments", -compat_kexec_load(DESTINATION, 16, at, arch), 0);
	ktap_ok(loaded(), "compat: kexec_loaded says that an image is loaded");
	ktap_errno("compat: unknown flag", -compat_kexec_load(DESTINATION, 1, at, arch | 0x4000),
		   EINVAL);
	ktap_errno("compat: 17 segments", -compat_kexec_load(DESTINATION, 17, at, arch), EINVAL);
	ktap_errno("compat: segments pointer faults",
		   -compat_kexec_load(DESTINATION, 1, gone, arch), EFAULT);
	low[1].mem = DESTINATION;
	ktap_errno("compat: segments that are the same",
		   -compat_kexec_load(DESTINATION, 2, at, arch), EINVAL);
	low[0].mem = DESTINATION + 512;
	ktap_errno("compat: destination not page aligned",
		   -compat_kexec_load(DESTINATION, 1, at, arch), EADDRNOTAVAIL);
	low[0] = (struct compat_segment){ gone, PAGE, DESTINATION, PAGE };
	ktap_errno("compat: a buffer faults", -compat_kexec_load(DESTINATION, 1, at, arch), EFAULT);
	ktap_ok(loaded(), "compat: after the refusals, what was loaded is still loaded");
	ktap_errno("compat: unload", -compat_kexec_load(0, 0, 0, arch), 0);
	ktap_ok(!loaded(), "compat: kexec_loaded says that none is");
}

/* who may not */

static void table_denied(void)
{
	int kernel = open(KERNEL, O_RDONLY);

	ktap_errno("kexec_load", -load_one(DESTINATION, PAGE, 0), EPERM);
	ktap_errno("kexec_load, ON_CRASH", -load_one(DESTINATION, PAGE, KEXEC_ON_CRASH), EPERM);
	ktap_errno("kexec_load, unload", -kexec_load(NULL, 0, NULL, 0), EPERM);
	ktap_errno("kexec_load, compat", -compat_kexec_load(0, 0, 0, KEXEC_ARCH_X86_64), EPERM);
	ktap_errno("kexec_file_load", -load_file(kernel), EPERM);
	ktap_errno("kexec_file_load, ON_CRASH",
		   -file_load(kernel, -1, "", KEXEC_FILE_NO_INITRAMFS | KEXEC_FILE_ON_CRASH), EPERM);
	ktap_errno("kexec_file_load, unload",
		   -kexec_file_load(-1, -1, 0, NULL, KEXEC_FILE_UNLOAD), EPERM);
}

/* while another load is under way: it waits for a page that we hold back */

struct held {
	struct held_page page;
	int kernel;
	bool file;
	long result;
};

static void *held_load(void *data)
{
	struct held *held = data;
	struct kexec_segment one = segment(DESTINATION, PAGE);

	one.buf = held->page.at;
	held->result = held->file ?
		kexec_file_load(held->kernel, -1, 16, held->page.at, KEXEC_FILE_NO_INITRAMFS) :
		kexec_load((void *)DESTINATION, 1, &one, 0);
	return NULL;
}

static void busy_while(const char *what, bool file)
{
	struct held held = { .kernel = open(KERNEL, O_RDONLY), .file = file };
	pthread_t thread;
	char name[100];

	if (!hold_page(&held.page)) {
		ktap_ok(false, "%s: userfaultfd works", what);
		return;
	}
	pthread_create(&thread, NULL, held_load, &held);
	ktap_ok(page_is_wanted(&held.page), "%s: it waits for its page", what);
	snprintf(name, sizeof(name), "%s: kexec_load", what);
	ktap_errno(name, -load_one(DESTINATION, PAGE, 0), EBUSY);
	snprintf(name, sizeof(name), "%s: kexec_load, unload", what);
	ktap_errno(name, -kexec_load(NULL, 0, NULL, 0), EBUSY);
	snprintf(name, sizeof(name), "%s: kexec_file_load", what);
	ktap_errno(name, -load_file(held.kernel), EBUSY);
	snprintf(name, sizeof(name), "%s: kexec_file_load, unload", what);
	ktap_errno(name, -kexec_file_load(-1, -1, 0, NULL, KEXEC_FILE_UNLOAD), EBUSY);
	ktap_ok(read_number("/sys/kernel/kexec_crash_size") >= 0, "%s: crash_size can be read", what);
	let_go(&held.page);
	pthread_join(thread, NULL);
	snprintf(name, sizeof(name), "%s: it goes on to its end", what);
	ktap_errno(name, -held.result, 0);
	ktap_ok(loaded(), "%s: and its image is loaded", what);
	kexec_load(NULL, 0, NULL, 0);
	close(held.page.fd);
	close(held.kernel);
}

static void table_busy(void)
{
	busy_while("while kexec_load waits for a buffer", false);
	busy_while("while kexec_file_load waits for its command line", true);
}

/* CAP_SYS_BOOT alone is given away. */
static void table_uncapable(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct caps[2];

	if (syscall(SYS_capget, &head, caps))
		return;
	caps[0].effective &= ~(1u << CAP_SYS_BOOT);
	if (!syscall(SYS_capset, &head, caps))
		table_denied();
}

static const struct {
	const char *name;
	void (*run)(void);
} tables[] = {
	{ "load", table_load },		{ "file", table_file },
	{ "compat", table_compat },	{ "denied", table_denied },
	{ "uncapable", table_uncapable }, { "busy", table_busy },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < COUNT(tables); i++)
		if (!strcmp(argv[1], tables[i].name)) {
			ktap_start();
			tables[i].run();
			return ktap_end();
		}
	fputs("usage: errnos load|file|compat|denied|uncapable|busy\n", stderr);
	return 2;
}
