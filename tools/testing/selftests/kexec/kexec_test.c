// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kexec tests share: the calls, what the kernel says about itself,
 * reasons not to test, and memory with the properties that a test needs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kexec_test.h"
#include "../kselftest.h"

/* As much as any test wants to have at one destination. */
#define ROOM	(1024 * page_size())

#ifndef __NR_kexec_load
#define __NR_kexec_load		-1
#endif
#ifndef __NR_kexec_file_load
#define __NR_kexec_file_load	-1
#endif

/* ---- the system calls ---- */

static long checked(long result)
{
	return result == -1 ? -errno : result;
}

long kexec_load(unsigned long entry, unsigned long nr, const struct kexec_segment *segments,
		unsigned long flags)
{
	return checked(syscall(__NR_kexec_load, entry, nr, segments, flags));
}

long kexec_file_load(int kernel, int initrd, unsigned long cmdline_len, const char *cmdline,
		     unsigned long flags)
{
	return checked(syscall(__NR_kexec_file_load, kernel, initrd, cmdline_len, cmdline, flags));
}

long kexec_unload(enum kind kind)
{
	return kexec_load(0, 0, NULL, kind == CRASH ? KEXEC_ON_CRASH : 0);
}

long kexec_file_unload(enum kind kind)
{
	return kexec_file_load(-1, -1, 0, NULL,
			       KEXEC_FILE_UNLOAD | (kind == CRASH ? KEXEC_FILE_ON_CRASH : 0));
}

/* ---- the 32-bit entry, which a 64-bit program can call as well ---- */

#ifdef __x86_64__
#define COMPAT_GETPID		20
#define COMPAT_KEXEC_LOAD	283

static long compat_call(__u32 number, __u32 a, __u32 b, __u32 c, __u32 d)
{
	long result;

	asm volatile("int $0x80" : "=a"(result)
		     : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d)
		     : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

/* Without the 32-bit entry it is not an error but a fault. */
bool has_compat_calls(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		_exit(compat_call(COMPAT_GETPID, 0, 0, 0, 0) != getpid());
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       !WEXITSTATUS(status);
}
#else
#define COMPAT_KEXEC_LOAD	0

static long compat_call(__u32 number, __u32 a, __u32 b, __u32 c, __u32 d)
{
	return -EOPNOTSUPP;
}

bool has_compat_calls(void)
{
	return false;
}
#endif

long compat_kexec_load(__u32 entry, __u32 nr, __u32 segments, __u32 flags)
{
	return compat_call(COMPAT_KEXEC_LOAD, entry, nr, segments, flags);
}

/* ---- what a call has returned ---- */

bool no_such_call(long result)
{
	return result == -ENOSYS;
}

/* For messages; the text lives until the second call after this one. */
const char *outcome(long result)
{
	static char text[2][64];
	static int turn;

	turn = !turn;
	if (result < 0)
		snprintf(text[turn], sizeof(text[turn]), "\"%s\"", strerror(-result));
	else
		snprintf(text[turn], sizeof(text[turn]), result ? "%ld" : "success", result);
	return text[turn];
}

/* ---- what the kernel says ---- */

/* A negative errno if there is no such file, it cannot be read or holds no number. */
long long read_number(const char *path)
{
	char text[32] = "", *end;
	long long number;
	ssize_t len;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, text, sizeof(text) - 1);
	if (len < 0)
		len = -errno;
	close(fd);
	if (len < 0)
		return len;
	number = strtoll(text, &end, 0);
	return end == text ? -EINVAL : number;
}

int write_text(const char *path, const char *text)
{
	int fd, ret = 0;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* A file of /sys/kernel/kexec, or what it was called before there was that. */
long long kexec_state(const char *name)
{
	char path[64];
	long long number;

	snprintf(path, sizeof(path), "/sys/kernel/kexec/%s", name);
	number = read_number(path);
	if (number != -ENOENT)
		return number;
	snprintf(path, sizeof(path), "/sys/kernel/kexec_%s", name);
	return read_number(path);
}

bool is_loaded(enum kind kind)
{
	return kexec_state(kind == CRASH ? "crash_loaded" : "loaded") == 1;
}

bool kernel_at_least(int major, int minor)
{
	struct utsname name;
	int a, b;

	if (uname(&name) || sscanf(name.release, "%d.%d", &a, &b) != 2)
		return false;
	return a > major || (a == major && b >= minor);
}

/*
 * Where a kernel's configuration may be found, the cheapest first; the last is in
 * the kernel's own file, or in a module.
 */
static const char *const configurations[] = {
	"zcat /proc/config.gz",
	"cat /boot/config-$(uname -r)",
	"cat /lib/modules/$(uname -r)/config",
	"modprobe configs && zcat /proc/config.gz",
	"m=/lib/modules/$(uname -r); "
	"for file in /boot/vmlinu[xz]-$(uname -r) $m/vmlinuz $m/kernel/kernel/configs.ko*; do "
		"for tree in $m/source $m/build /usr/src/linux-headers-$(uname -r); do "
			"sh $tree/scripts/extract-ikconfig $file && exit; "
		"done; "
	"done",
};

/* All that @command prints; NULL when that is no configuration. */
static char *configuration(const char *command)
{
	char shell[512], *text = NULL;
	size_t size = 0;
	FILE *pipe;

	snprintf(shell, sizeof(shell), "exec 2>/dev/null; %s", command);
	pipe = popen(shell, "r");
	if (!pipe)
		return NULL;
	if (getdelim(&text, &size, '\0', pipe) < 0 || !strstr(text, "\nCONFIG_")) {
		free(text);
		text = NULL;
	}
	pclose(pipe);
	return text;
}

/* 'y', 'm' or 'n'; 0 when the configuration is not to be had. */
char kernel_option(const char *name)
{
	static const char *text;
	const char *found;
	char line[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(configurations) && !text; i++)
		text = configuration(configurations[i]);
	if (!text)
		return 0;
	snprintf(line, sizeof(line), "\nCONFIG_%s=", name);
	found = strstr(text, line);
	return found ? found[strlen(line)] : 'n';
}

bool file_has(const char *path, const char *text)
{
	char line[1024];
	bool found = false;
	FILE *file = fopen(path, "r");

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, text);
	if (file)
		fclose(file);
	return found;
}

/* ---- reasons to skip ---- */

static bool has_capability(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];

	return !syscall(__NR_capget, &head, caps) &&
	       caps[CAP_TO_INDEX(CAP_SYS_BOOT)].effective & CAP_TO_MASK(CAP_SYS_BOOT);
}

/* Calls are counted, and nobody can give one back. */
static const char *cannot_call(enum kind kind)
{
	if (!has_capability())
		return "loading takes CAP_SYS_BOOT";
	if (read_number("/proc/sys/kernel/kexec_load_disabled") > 0)
		return "kernel.kexec_load_disabled is set";
	if (kind == REBOOT && read_number("/proc/sys/kernel/kexec_load_limit_reboot") >= 0)
		return "kernel.kexec_load_limit_reboot is set, and each call would count";
	if (kind == CRASH && read_number("/proc/sys/kernel/kexec_load_limit_panic") >= 0)
		return "kernel.kexec_load_limit_panic is set, and each call would count";
	return NULL;
}

static const char *cannot_replace(enum kind kind)
{
	long long state = kexec_state(kind == CRASH ? "crash_loaded" : "loaded");

	if (state < 0)
		return "sysfs does not say what is loaded";
	if (state)
		return kind == CRASH ? "a crash image is loaded, and is left alone" :
				       "an image is loaded, and is left alone";
	if (kind == CRASH && kexec_state("crash_size") <= 0)
		return "no memory is reserved for a crash kernel (crashkernel=)";
	return NULL;
}

/* What no policy says is left to the test, which fails by it. */
static const char *why_not(long result, const char *no_call)
{
	if (no_such_call(result))
		return no_call;
	switch (result) {
	case -EBUSY:
		return "somebody else is loading";
	case -EPERM: case -EACCES:
		return "lockdown or another security policy forbids it";
	}
	return NULL;
}

/* Reasons to leave the machine alone, whatever its policies are. */
const char *may_not_call(enum kind kind)
{
	return cannot_call(kind) ?: cannot_replace(kind);
}

/* With nothing loaded an unload changes nothing, and shows who may call. */
const char *cannot_load(enum kind kind)
{
	const char *why = may_not_call(kind);

	if (why)
		return why;
	why = why_not(kexec_unload(kind), "the kernel has no kexec_load()");
	if (why)
		return why;
	return destination(kind, ROOM) ? NULL : "/proc/iomem shows no room for an image";
}

const char *cannot_load_files(enum kind kind)
{
	const char *why = may_not_call(kind) ?: cannot_make_kernel();
	long result;

	if (why)
		return why;
	why = why_not(kexec_file_unload(kind), "the kernel has no kexec_file_load()");
	if (why)
		return why;
	result = load_some_file(kind);
	kexec_file_unload(kind);
	switch (result) {
	case -EPERM: case -EACCES: case -EKEYREJECTED: case -ENODATA: case -ENOKEY: case -ELIBBAD:
		return "a security policy wants kernels to be signed";
	}
	return NULL;
}

const char *not_asked_for(const char *variable, const char *why)
{
	static char text[160];
	const char *value = getenv(variable);

	if (value && !strcmp(value, "1"))
		return NULL;
	snprintf(text, sizeof(text), "%s: only with %s=1", why, variable);
	return text;
}

const char *left_out(const char *variable)
{
	static char text[64];
	const char *value = getenv(variable);

	if (!value || strcmp(value, "0"))
		return NULL;
	snprintf(text, sizeof(text), "left out by %s=0", variable);
	return text;
}

const char *begin(struct session *session, enum kind kind)
{
	const char *why = cannot_load(kind);

	session->mine[kind] |= !why;
	return why;
}

const char *begin_with_files(struct session *session, enum kind kind)
{
	const char *why = cannot_load_files(kind);

	session->mine[kind] |= !why;
	return why;
}

/* A load that was just killed may take a moment to let go. */
static void unload_in_time(enum kind kind)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	int tries = 1000;

	while (kexec_unload(kind) && kexec_file_unload(kind) == -EBUSY && tries--)
		nanosleep(&moment, NULL);
}

void end(const struct session *session)
{
	enum kind kind;

	for (kind = REBOOT; kind <= CRASH; kind++)
		if (session->mine[kind])
			unload_in_time(kind);
}

/* ---- memory ---- */

size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

/* What the kernel has for itself and for us: twice what an image may have. */
__u64 memory_size(void)
{
	struct sysinfo info;

	return sysinfo(&info) ? 0 : (__u64)info.totalram * info.mem_unit;
}

struct resource {
	int depth;
	struct range range;
	char name[64];
};

static bool next_resource(FILE *iomem, struct resource *resource)
{
	unsigned long long first, last;
	char line[256];

	while (fgets(line, sizeof(line), iomem)) {
		resource->depth = strspn(line, " ") / 2;
		if (sscanf(line, "%llx-%llx : %63[^\n]", &first, &last, resource->name) != 3)
			continue;
		resource->range.start = first;
		resource->range.end = last ? last + 1 : first;
		return true;
	}
	return false;
}

static void keep_larger(struct range *best, __u64 start, __u64 end)
{
	if (end > start && end - start > best->end - best->start)
		*best = (struct range){ start, end };
}

static void cut_off(struct range *range, __u64 limit)
{
	range->start = range->start < limit ? range->start : limit;
	range->end = range->end < limit ? range->end : limit;
}

/*
 * powerpc does not list its crash region, in which firmware may lie as well: nothing is
 * written there, and images for a reboot keep away from it.  Where it begins is a big-endian
 * number in the device tree.
 */
static struct range unlisted_region(void)
{
	FILE *file = fopen("/proc/device-tree/chosen/linux,crashkernel-base", "r");
	struct range region = {};
	unsigned char byte[8];
	size_t i;

	if (file && fread(byte, sizeof(byte), 1, file) == 1) {
		for (i = 0; i < sizeof(byte); i++)
			region.start = region.start << 8 | byte[i];
		region.end = region.start + kexec_state("crash_size");
	}
	if (file)
		fclose(file);
	return region;
}

/* What is left of a range, the larger part of it. */
static struct range without(struct range range, struct range hole)
{
	struct range best = {};

	if (hole.end <= range.start || hole.start >= range.end)
		return range;
	keep_larger(&best, range.start, hole.start);
	keep_larger(&best, hole.end, range.end);
	return best;
}

/* The largest stretch of system memory below @limit that nothing in /proc/iomem lies on. */
static struct range spare_memory_below(__u64 limit)
{
	FILE *iomem = fopen("/proc/iomem", "r");
	struct range best = {}, rest = {};
	struct resource resource;

	while (iomem && next_resource(iomem, &resource)) {
		cut_off(&resource.range, limit);
		if (!resource.depth) {
			keep_larger(&best, rest.start, rest.end);
			rest = strcmp(resource.name, "System RAM") ? (struct range){} :
								     resource.range;
		} else if (resource.depth == 1 && rest.end) {
			keep_larger(&best, rest.start, resource.range.start);
			rest.start = resource.range.end;
		}
	}
	keep_larger(&best, rest.start, rest.end);
	if (iomem)
		fclose(iomem);
	return without(best, unlisted_region());
}

struct range spare_memory(void)
{
	return spare_memory_below(~0ull);
}

/* Where there are two, the upper one is for images and the lower one for DMA. */
struct range crash_region(void)
{
	FILE *iomem = fopen("/proc/iomem", "r");
	struct range region = {};
	struct resource resource;

	while (iomem && next_resource(iomem, &resource))
		if (!strcmp(resource.name, "Crash kernel"))
			region = resource.range;
	if (iomem)
		fclose(iomem);
	return region;
}

static unsigned long room_in(struct range range, size_t size)
{
	__u64 middle = range.start + (range.end - range.start) / 2;

	middle -= middle % (2 << 20);
	if (middle < range.start || middle + size > range.end || middle + size > ~0ul)
		return 0;
	return middle;
}

/* An address at which @size bytes of an image can be; 0 when there is none. */
unsigned long destination(enum kind kind, size_t size)
{
	return room_in(kind == CRASH ? crash_region() : spare_memory(), size);
}

/* One that fits into 32 bits, for a reboot image. */
unsigned long low_destination(size_t size)
{
	return room_in(spare_memory_below(1ull << 32), size);
}

/* A page of our address space that is not there. */
void *missing_page(void)
{
	void *at = mmap(NULL, page_size(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* @size bytes, and what is behind the last of them cannot be read. */
char *buffer_before_hole(size_t size)
{
	size_t page = page_size(), whole = (size + page - 1) / page * page;
	char *at = mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);

	if (at == MAP_FAILED || mprotect(at + whole, page, PROT_NONE))
		return NULL;
	return at + whole - size;
}
