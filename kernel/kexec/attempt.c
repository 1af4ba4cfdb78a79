// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: an attempt that never arrives
 *
 * A machine that is silent after "Starting new kernel" and has to be reset by hand is, to
 * the kernel that firmware starts then, like any other.  With kexec.mark_attempts=1 a
 * reboot into an image leaves a mark before it begins::
 *
 *	reboot(2)		the mark is written: what the image is, and the time
 *	devices are shut down	it is written anew: so far it has come
 *	the next kernel		removes it, whatever it says
 *	or: firmware's kernel	tells of it in the log, and removes it
 *
 * The mark is an EFI variable.  That is where nearly every machine with a silent console
 * has memory that survives a reset and the loss of power, and it can be read before there
 * is any driver or user space.  What pstore has besides is for the machine's owner to set
 * up, and cannot be taken back by the kernel that arrives.
 *
 * Flash is slow to write, some milliseconds or more, and wears out, so nothing is written
 * unless somebody asks for it.  It is read in any case, so that a mark is told of by
 * a kernel that leaves none itself.
 *
 * A panic leaves no mark.  Firmware that is called in the middle of it may not come back,
 * and that would cost the dump, which says more than a mark.  A crash kernel leaves a mark
 * alone that it finds: it is not what was to arrive.
 *
 * The second time it is written where firmware is still at peace: other CPUs run,
 * interrupts are on.  There it is not waited for; who holds the lock may be stopped.
 *
 * What is stored may be damaged, or be somebody else's: it is told of when all of it is
 * sound, else ignored.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/crash_dump.h>
#include <linux/crc32.h>
#include <linux/ctype.h>
#include <linux/efi.h>
#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "attempt.h"
#include "image.h"

/* ---- pure ---- */

static u32 sum_of(const struct kexec_attempt *attempt)
{
	size_t from = offsetofend(struct kexec_attempt, crc);

	return crc32_le(~0, (const void *)attempt + from, sizeof(*attempt) - from);
}

/**
 * kexec_attempt_fill() - make a mark
 * @attempt: the mark
 * @into:    what the image is; what is no printable ASCII becomes a question mark
 * @when:    when that is, seconds since 1970
 * @reached: how far it has come
 *
 * Context: any.
 */
void kexec_attempt_fill(struct kexec_attempt *attempt, const char *into, time64_t when,
			enum kexec_reached reached)
{
	char *c;

	*attempt = (struct kexec_attempt) {
		.magic = KEXEC_ATTEMPT_MAGIC,
		.when = when,
		.reached = reached,
	};
	strscpy(attempt->into, into);
	for (c = attempt->into; *c; c++)
		if (!isascii(*c) || !isprint(*c))
			*c = '?';
	attempt->crc = sum_of(attempt);
}

/**
 * kexec_attempt_valid() - is this a mark as this kernel knows them?
 * @attempt: bytes that may be anything
 * @size:    how many of them are stored
 *
 * Context: any.
 * Return: true when it is.
 */
bool kexec_attempt_valid(const struct kexec_attempt *attempt, size_t size)
{
	const char *c;

	if (size != sizeof(*attempt) || attempt->magic != KEXEC_ATTEMPT_MAGIC ||
	    attempt->crc != sum_of(attempt) || attempt->reached >= KEXEC_REACHED_MAX ||
	    strnlen(attempt->into, sizeof(attempt->into)) == sizeof(attempt->into))
		return false;
	/* Whoever may write there makes sums, too, but no lines of the log. */
	for (c = attempt->into; *c; c++)
		if (!isascii(*c) || !isprint(*c))
			return false;
	return true;
}

static const char *how_far(const struct kexec_attempt *attempt)
{
	if (attempt->reached == KEXEC_REACHED_QUIET)
		return "devices were shut down, the jump was next";
	return "devices were being shut down";
}

static const char *what_it_is(const struct kimage *image)
{
	const struct kimage_origin *origin = &kimage_core(image)->origin;

	if (origin->release[0])
		return origin->release;
	return origin->kind ?: "an image of kexec_load";
}

/* ---- where it is kept ---- */

static efi_char16_t name[] = L"KexecAttempt";
static efi_guid_t vendor = EFI_GUID(0xa3753d8b, 0x84d3, 0x4503, 0x86, 0x6d, 0xde, 0x8b,
				    0x40, 0x72, 0x30, 0x8c);

#define ATTRIBUTES	(EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | \
			 EFI_VARIABLE_RUNTIME_ACCESS)

/* Returns how many bytes are stored, whether or not these are a mark; 0 for none. */
VISIBLE_IF_KUNIT
size_t kexec_attempt_read(struct kexec_attempt *attempt)
{
	unsigned long size = sizeof(*attempt);
	efi_status_t status;
	u32 attributes;

	KUNIT_STATIC_STUB_REDIRECT(kexec_attempt_read, attempt);
	if (!efivar_is_available() || efivar_lock())
		return 0;
	status = efivar_get_variable(name, &vendor, &attributes, &size, attempt);
	efivar_unlock();
	return status == EFI_SUCCESS || status == EFI_BUFFER_TOO_SMALL ? size : 0;
}

/* Nothing to write removes it. */
VISIBLE_IF_KUNIT
int kexec_attempt_write(const struct kexec_attempt *attempt, size_t size, bool nonblocking)
{
	efi_status_t status;
	int ret;

	KUNIT_STATIC_STUB_REDIRECT(kexec_attempt_write, attempt, size, nonblocking);
	if (!efivar_is_available() || !efivar_supports_writes())
		return -EOPNOTSUPP;
	ret = nonblocking ? efivar_trylock() : efivar_lock();
	if (ret)
		return ret;
	status = efivar_set_variable_locked(name, &vendor, ATTRIBUTES, size, (void *)attempt,
					    nonblocking);
	efivar_unlock();
	return efi_status_to_err(status);
}

/* ---- the way down ---- */

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX "kexec."
VISIBLE_IF_KUNIT bool kexec_mark_attempts;
module_param_named(mark_attempts, kexec_mark_attempts, bool, 0644);

static struct kexec_attempt current_attempt;
static bool marked;

/**
 * kexec_attempt_begin() - a reboot into an image begins, from which there is no way back
 * @image: the image
 *
 * A mark that cannot be written keeps nobody from rebooting.
 *
 * Context: process.
 */
void kexec_attempt_begin(const struct kimage *image)
{
	int ret;

	marked = false;
	if (!kexec_mark_attempts)
		return;
	kexec_attempt_fill(&current_attempt, what_it_is(image), ktime_get_real_seconds(),
			   KEXEC_REACHED_CALL);
	ret = kexec_attempt_write(&current_attempt, sizeof(current_attempt), false);
	marked = !ret;
	if (ret)
		pr_warn("reboot: this attempt cannot be marked (%pe)\n", ERR_PTR(ret));
}

/**
 * kexec_attempt_quiet() - devices are shut down
 *
 * Context: process, after kexec_attempt_begin(), before other CPUs are stopped.
 */
void kexec_attempt_quiet(void)
{
	int ret;

	if (!marked)
		return;
	current_attempt.reached = KEXEC_REACHED_QUIET;
	current_attempt.crc = sum_of(&current_attempt);
	ret = kexec_attempt_write(&current_attempt, sizeof(current_attempt), true);
	if (ret)
		pr_warn("reboot: the mark of this attempt stays as it was (%pe)\n", ERR_PTR(ret));
}

/* ---- the next boot ---- */

static void remove_mark(void)
{
	int ret = kexec_attempt_write(NULL, 0, false);

	if (ret)
		pr_warn("the mark of an attempt at a reboot cannot be removed (%pe)\n", ERR_PTR(ret));
}

/* Whether there was something to tell. */
VISIBLE_IF_KUNIT
bool kexec_attempt_look(bool by_kexec)
{
	/* Not on the stack, which firmware of 32 bits cannot write to everywhere. */
	static struct kexec_attempt attempt;
	size_t size = kexec_attempt_read(&attempt);
	time64_t when;

	if (size && by_kexec)
		remove_mark();
	if (!size || by_kexec || !kexec_attempt_valid(&attempt, size))
		return false;
	when = attempt.when;
	pr_warn("a kexec into %s was tried at %ptTs UTC and did not arrive: %s\n",
		attempt.into, &when, how_far(&attempt));
	remove_mark();
	return true;
}

static int __init kexec_attempt_init(void)
{
	if (!is_kdump_kernel())
		kexec_attempt_look(arch_kexec_entered());
	return 0;
}
/* By then there are EFI variables, where there are any. */
late_initcall(kexec_attempt_init);
