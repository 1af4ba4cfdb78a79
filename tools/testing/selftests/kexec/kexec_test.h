/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kexec tests share.
 *
 * A test loads only where nothing was loaded before, and unloads what it has
 * loaded.  Where it cannot tell, or would use up what cannot be given back, it
 * is skipped with a reason: the functions called cannot_...() return that
 * reason, or NULL when there is none.
 *
 * Nothing that is loaded here is meant to be executed, the jump test's image
 * apart.  Should it be all the same, by a panic or a reboot at the wrong moment,
 * it resets the machine.
 */
#ifndef KEXEC_TEST_H
#define KEXEC_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <linux/kexec.h>
#include <linux/types.h>

/* The distribution's headers may be older than the kernel that is tested. */
#ifndef KEXEC_UPDATE_ELFCOREHDR
#define KEXEC_UPDATE_ELFCOREHDR		0x00000004
#endif
#ifndef KEXEC_CRASH_HOTPLUG_SUPPORT
#define KEXEC_CRASH_HOTPLUG_SUPPORT	0x00000008
#endif
#ifndef KEXEC_FILE_DEBUG
#define KEXEC_FILE_DEBUG		0x00000008
#endif
#ifndef KEXEC_FILE_NO_CMA
#define KEXEC_FILE_NO_CMA		0x00000010
#endif
#ifndef KEXEC_FILE_FORCE_DTB
#define KEXEC_FILE_FORCE_DTB		0x00000020
#endif

/* powerpc needs its kernel until the jump, and has nothing go to where that begins. */
#ifdef __powerpc64__
#define AT_ADDRESS_ZERO			(-ETXTBSY)
#else
#define AT_ADDRESS_ZERO			0
#endif

/* Segments that a file becomes, at least: the kernel, what it is told by, and a purgatory. */
#ifdef __aarch64__
#define SEGMENTS_OF_A_FILE		2
#else
#define SEGMENTS_OF_A_FILE		3
#endif

enum kind { REBOOT, CRASH };

/* ---- the system calls: what the kernel returned, or a negative errno ---- */

long kexec_load(unsigned long entry, unsigned long nr, const struct kexec_segment *segments,
		unsigned long flags);
long kexec_file_load(int kernel, int initrd, unsigned long cmdline_len, const char *cmdline,
		     unsigned long flags);
long kexec_unload(enum kind kind);
long kexec_file_unload(enum kind kind);

/* By the 32-bit entry; where there is none that is a fault, not an error. */
bool has_compat_calls(void);
long compat_kexec_load(__u32 entry, __u32 nr, __u32 segments, __u32 flags);

bool no_such_call(long result);
const char *outcome(long result);

/* ---- what the kernel says ---- */

long long read_number(const char *path);
int write_text(const char *path, const char *text);
long long kexec_state(const char *name);
bool is_loaded(enum kind kind);
bool kernel_at_least(int major, int minor);
char kernel_option(const char *name);
bool file_has(const char *path, const char *text);

/* ---- reasons to skip ---- */

const char *may_not_call(enum kind kind);
const char *cannot_load(enum kind kind);
const char *cannot_load_files(enum kind kind);
const char *not_asked_for(const char *variable, const char *why);
const char *left_out(const char *variable);

/* What a test may unload again.  Part of a fixture that is torn down by the parent. */
struct session {
	bool mine[2];
};

const char *begin(struct session *session, enum kind kind);
const char *begin_with_files(struct session *session, enum kind kind);
void end(const struct session *session);

/* ---- memory ---- */

/* Half-open, physical; empty when there is no such thing. */
struct range {
	__u64 start, end;
};

size_t page_size(void);
__u64 memory_size(void);
struct range spare_memory(void);
struct range crash_region(void);
unsigned long destination(enum kind kind, size_t size);
unsigned long low_destination(size_t size);

void *missing_page(void);
char *buffer_before_hole(size_t size);

/* ---- something to load: kexec_image.c ---- */

struct kexec_segment reset_segment(unsigned long mem, size_t memsz);
long load_something(enum kind kind);
long load_some_file(enum kind kind);

int open_again(int fd, int flags);
int make_file(const void *data, size_t size);

/* The header fields that a loader looks at, and the size of what follows them. */
struct kernel_header {
	__u32 magic;
	__u16 boot_flag, version, xloadflags;
	__u8 loadflags, setup_sects;
	__u32 init_size, cmdline_size, alignment, syssize;
	size_t file_size;
};

struct kernel_header good_header(void);
int make_kernel(const struct kernel_header *header);
int good_kernel(void);
const char *cannot_make_kernel(void);

/* ---- a load that waits in the middle: kexec_slow.c ---- */

struct slow_load {
	pid_t pid;
	int from, to;
};

typedef long (*load_fn)(void *page, enum kind kind);

const char *cannot_hold_back(void);
long start_slow_load(struct slow_load *slow, load_fn load, enum kind kind);
long finish_slow_load(struct slow_load *slow);
bool kill_slow_load(struct slow_load *slow);
bool reap_soon(pid_t pid);

long load_with_slow_segment(void *page, enum kind kind);
long load_with_slow_list(void *page, enum kind kind);
long load_with_slow_cmdline(void *page, enum kind kind);

/* ---- what this machine's policy says: kexec_security.c ---- */

enum answer { NO, YES, UNKNOWN };

enum answer both(enum answer a, enum answer b);
enum answer any(const enum answer *answers, size_t nr);
enum answer kernel_has(const char *option);
enum answer secure_boot(void);
enum answer locked_down(void);
enum answer ima_appraises(void);
enum answer ima_takes_appended(void);
enum answer signature_is_enforced(void);
bool is_a_refusal(long result);

/* ---- many loads at once: kexec_race.c ---- */

struct race {
	enum kind kind;
	bool files;
	int seconds;
	long odd_result;	/* neither success nor EBUSY, or 0 */
	long successes;
};

long run_race(struct race *race, int racers);

#endif /* KEXEC_TEST_H */
