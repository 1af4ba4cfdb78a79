/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_KEXEC_DIGEST_H
#define _LINUX_KEXEC_DIGEST_H

/**
 * DOC: What the loader tells the purgatory
 *
 * A kexec image is written by one kernel and used after that kernel is gone.
 * In between anything may scribble on it.  The loader therefore digests every
 * segment that has to survive, and the purgatory breaks no digest it cannot
 * confirm: it compares, and either enters the next kernel or says what is
 * damaged and resets the machine.
 *
 * Both sides read this header and nothing else about each other.  The
 * purgatory exports one object, ``purgatory_digests``, of type &struct
 * kexec_digests; the loader finds it in the symbol table of the relocatable
 * purgatory, checks @magic and the symbol's size, and fills in the rest.  The
 * layout is fixed by the assertions at the end, so that a purgatory and a
 * loader that disagree do not compile.
 *
 * A digest covers [start, start + len) by two SHA-256 digests, one for each half
 * as kexec_digest_half() has it, and asserts that the @zeros bytes that follow
 * are zero.  Two digests, because one SHA-256 stream is bound by the latency of
 * the CPU's SHA instructions, and two independent ones run side by side in the
 * time of one.  Zeros are scanned, never hashed.
 */

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

#include <crypto/sha2.h>
#include <uapi/linux/kexec.h>

/* Changes whenever anything below does. */
#define KEXEC_DIGEST_MAGIC	0x344c534b	/* "KSL4" */

/* A damaged image: stop for good.  Without it: reset the machine. */
#define KEXEC_DIGEST_HALT		0x1

/*
 * The machine is a guest with encrypted state (SEV-ES, SEV-SNP, TDX): CPUID,
 * port and device accesses raise an exception that nothing would handle between
 * the kernels.  Ask the CPU nothing, print nothing, leave by triple fault.
 */
#define KEXEC_DIGEST_ENCRYPTED	0x2

/*
 * The loader knows that the CPU has the SHA instructions (and SSSE3 and SSE4.1,
 * which come with them).  Believed with KEXEC_DIGEST_ENCRYPTED; without it the
 * purgatory asks the CPU itself.
 */
#define KEXEC_DIGEST_SHA_NI	0x4

/* Say on the console how far it gets, not only what is damaged. */
#define KEXEC_DIGEST_TELL	0x8

/**
 * struct kexec_digest - what one region of an image has to look like
 * @start: Physical address of the first byte.
 * @len: Bytes that were hashed.  When 0, the digests mean nothing.
 * @zeros: Bytes after those that have to be zero.
 * @digest: SHA-256 of the first and of the last kexec_digest_half() bytes.
 *
 * An entry with neither @len nor @zeros is unused, wherever it stands.
 */
struct kexec_digest {
	u64 start;
	u64 len;
	u64 zeros;
	u8 digest[2][SHA256_DIGEST_SIZE];
};

/**
 * struct kexec_digest_console - where the purgatory may print
 * @mmio32: Physical address of an 8250 whose registers lie 4 bytes apart and
 *	    take 32-bit accesses, or 0.  Has to be in the identity mapping that
 *	    the purgatory runs on.
 * @text: Physical address of a screen in VGA text mode, or 0.
 * @pixels: Physical address of a framebuffer with 32 bits a pixel, or 0.  It has to
 *	    be in that identity mapping, too.
 * @port: I/O port of an 8250, or 0.
 * @cols: Characters in a line of the screen in text mode.
 * @rows: Lines of that screen.
 * @width: Pixels in a line of the framebuffer.
 * @height: Lines of the framebuffer.
 * @pitch: Bytes from one of these lines to the next.
 * @reserved: 0.
 *
 * The kernel that set these devices up is gone; they are used as it left them.
 * Any number of the four may be given.
 */
struct kexec_digest_console {
	u64 mmio32;
	u64 text;
	u64 pixels;
	u16 port;
	u16 cols;
	u16 rows;
	u16 width;
	u16 height;
	u16 pitch;
	u32 reserved;
};

/**
 * struct kexec_digests - all the purgatory is told
 * @magic: KEXEC_DIGEST_MAGIC.
 * @nr: Entries of @region to look at.
 * @flags: KEXEC_DIGEST_HALT, KEXEC_DIGEST_ENCRYPTED, KEXEC_DIGEST_SHA_NI,
 *	   KEXEC_DIGEST_TELL.
 * @wait_ms: Milliseconds for people to read the screen before a reset.
 * @tsc_khz: Rate of the time stamp counter, or 0: the interval timer then
 *	     measures the wait.
 * @reserved: 0.
 * @console: Where to report a broken digest.
 * @region: The digests.
 */
struct kexec_digests {
	u32 magic;
	u32 nr;
	u32 flags;
	u32 wait_ms;
	u32 tsc_khz;
	u32 reserved;
	struct kexec_digest_console console;
	struct kexec_digest region[KEXEC_SEGMENT_MAX];
};

/**
 * kexec_digest_half - how much of a region each of its two digests covers
 * @len: The region's bytes, as in &kexec_digest.len.
 *
 * The two messages that the CPU hashes side by side have to be of one length, so
 * the halves of a region of odd length share the byte in the middle.
 *
 * Return: half of @len, rounded up.
 */
static inline u64 kexec_digest_half(u64 len)
{
	return len - len / 2;
}

static_assert(offsetof(struct kexec_digest, start) == 0);
static_assert(offsetof(struct kexec_digest, len) == 8);
static_assert(offsetof(struct kexec_digest, zeros) == 16);
static_assert(offsetof(struct kexec_digest, digest) == 24);
static_assert(sizeof(struct kexec_digest) == 88);

static_assert(offsetof(struct kexec_digest_console, mmio32) == 0);
static_assert(offsetof(struct kexec_digest_console, text) == 8);
static_assert(offsetof(struct kexec_digest_console, pixels) == 16);
static_assert(offsetof(struct kexec_digest_console, port) == 24);
static_assert(offsetof(struct kexec_digest_console, cols) == 26);
static_assert(offsetof(struct kexec_digest_console, rows) == 28);
static_assert(offsetof(struct kexec_digest_console, width) == 30);
static_assert(offsetof(struct kexec_digest_console, height) == 32);
static_assert(offsetof(struct kexec_digest_console, pitch) == 34);
static_assert(offsetof(struct kexec_digest_console, reserved) == 36);
static_assert(sizeof(struct kexec_digest_console) == 40);

static_assert(offsetof(struct kexec_digests, magic) == 0);
static_assert(offsetof(struct kexec_digests, nr) == 4);
static_assert(offsetof(struct kexec_digests, flags) == 8);
static_assert(offsetof(struct kexec_digests, wait_ms) == 12);
static_assert(offsetof(struct kexec_digests, tsc_khz) == 16);
static_assert(offsetof(struct kexec_digests, reserved) == 20);
static_assert(offsetof(struct kexec_digests, console) == 24);
static_assert(offsetof(struct kexec_digests, region) == 64);
static_assert(sizeof(struct kexec_digests) == 64 + 88 * KEXEC_SEGMENT_MAX);

#endif /* _LINUX_KEXEC_DIGEST_H */
