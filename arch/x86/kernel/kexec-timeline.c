// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: the time line on x86
 *
 * The counter is the TSC.  It goes on through the jump, whatever a kernel makes of it, and
 * from the end of device shutdown on all is done by one CPU, so that it does not have to
 * be the same on all of them.
 *
 * In a guest with encrypted state an instruction that the hypervisor intercepts is fatal
 * between the kernels, so there is no time line.
 */
#include <linux/cc_platform.h>
#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/kexec_timeline.h>
#include <kunit/visibility.h>

#include <asm/bootparam.h>
#include <asm/cpufeature.h>
#include <asm/early_ioremap.h>
#include <asm/kexec-timeline.h>
#include <asm/setup_data.h>
#include <asm/tsc.h>

static_assert(offsetof(struct kexec_timeline, next) == offsetof(struct setup_data, next));
static_assert(offsetof(struct kexec_timeline, type) == offsetof(struct setup_data, type));
static_assert(offsetof(struct kexec_timeline, len) == offsetof(struct setup_data, len));
static_assert(offsetof(struct kexec_timeline, magic) == offsetof(struct setup_data, data));
static_assert(!(KEXEC_TIMELINE_TYPE & SETUP_INDIRECT) && KEXEC_TIMELINE_TYPE > SETUP_ENUM_MAX);

/**
 * arch_kexec_counter() - read the counter
 *
 * Context: any, NMI included.
 * Return: its value, 0 when there is none.
 */
u64 arch_kexec_counter(void)
{
	return boot_cpu_has(X86_FEATURE_TSC) ? rdtsc() : 0;
}

/**
 * arch_kexec_counter_khz() - the rate of the counter
 *
 * Context: any.
 * Return: kHz; 0 when it is not known, or when the purgatory must not read the counter.
 */
u32 arch_kexec_counter_khz(void)
{
	if (!boot_cpu_has(X86_FEATURE_TSC) || cc_platform_has(CC_ATTR_GUEST_STATE_ENCRYPT) ||
	    boot_cpu_has(X86_FEATURE_TDX_GUEST))
		return 0;
	return tsc_khz;
}

/**
 * kexec_release_wants_timeline() - may a kernel be handed a node that it does not know?
 * @release: how it calls itself, as "6.1.0-13-amd64"
 *
 * Kernels before 6.10 keep the memory of each such node not only for themselves, but also
 * from all kernels after them: in a long row of reboots that would be a hole for each.
 *
 * Context: any.
 * Return: true when it may, and when nothing is known of it.
 */
VISIBLE_IF_KUNIT
bool kexec_release_wants_timeline(const char *release)
{
	unsigned int major, minor;

	if (sscanf(release, "%u.%u", &major, &minor) != 2)
		return true;
	return major > 6 || (major == 6 && minor >= 10);
}
EXPORT_SYMBOL_IF_KUNIT(kexec_release_wants_timeline);

static bool wants_timeline(const struct kimage *image)
{
	char release[KEXEC_RELEASE_MAX];

	kexec_release_of(image->kernel_buf, image->kernel_buf_len, release);
	return kexec_release_wants_timeline(release);
}

static const char symbol[] = "purgatory_timeline";

/**
 * kexec_add_timeline() - have an image carry a time line
 * @image: the image, its purgatory loaded
 *
 * Context: process, kexec_load_mutex held, from kexec_file_ops.load.
 * Return: the last node of the image's setup_data list; 0 when there is no time line.
 */
u64 kexec_add_timeline(struct kimage *image)
{
	u32 khz = arch_kexec_counter_khz();
	struct kexec_timeline timeline;
	void *mem;

	if (!khz || !wants_timeline(image) ||
	    kexec_purgatory_get_set_symbol(image, symbol, &timeline, sizeof(timeline), true))
		return 0;
	timeline.khz = khz;
	timeline.flags = image->type == KEXEC_TYPE_CRASH ? KEXEC_TIMELINE_CRASH : 0;
	mem = kexec_purgatory_get_symbol_addr(image, symbol);
	if (IS_ERR(mem) ||
	    kexec_purgatory_get_set_symbol(image, symbol, &timeline, sizeof(timeline), false))
		return 0;
	kimage_carry_timeline(image, (unsigned long)mem);
	return (unsigned long)mem;
}

/* In .data: when it is written, .bss has not been cleared. */
u64 kexec_entered_at __initdata;

static u64 started __initdata;

/**
 * kexec_note_start() - note when this kernel begins
 *
 * Before it knows its CPU, but each that is in 64-bit mode has the counter.
 *
 * Context: early boot, before start_kernel().
 */
void __init kexec_note_start(void)
{
	started = rdtsc();
}

/**
 * kexec_read_timeline() - read the time line that was handed over to this kernel
 * @pa_data:  where it is
 * @data_len: its bytes, the header among them
 *
 * Context: early boot.
 */
void __init kexec_read_timeline(u64 pa_data, u32 data_len)
{
	struct kexec_timeline *timeline;

	if (data_len < sizeof(*timeline))
		return;
	timeline = early_memremap(pa_data, sizeof(*timeline));
	if (!timeline)
		return;
	kexec_timeline_arrived(timeline, kexec_entered_at, started);
	early_memunmap(timeline, sizeof(*timeline));
}
