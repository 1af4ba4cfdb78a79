// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: what is armed, and who may touch it
 *
 * Two pointers say what is armed: kexec_image, which reboot(2) executes, and
 * kexec_crash_image, which a panic executes.  An image is reachable through them
 * only when it is complete, and stays so for as long as it is reachable.
 *
 * Locks, outer ones first:
 *
 * kexec_load_mutex
 *	Building and unloading: held for as long as a load takes, over file
 *	reads and page faults.  The system calls only try it (kexec_begin_turn());
 *	a second loader gets EBUSY, and the log says who is the first.  Nothing
 *	that must get through ever waits for it: not a panic, not reboot(2), not a
 *	hotplug event, not a read in sysfs.
 * kexec_arm_mutex
 *	The contents of the armed crash image and the bounds of the crash
 *	region: held while an image is armed, disarmed or updated, and while the
 *	region is given other bounds.  Its holder may sleep and allocate, but waits for nobody's
 *	files or devices.  CPU hotplug takes it with its own locks held.
 * __kexec_lock
 *	The two pointers: held for a few instructions with preemption disabled.
 *	Whoever holds it may look into an armed image; whoever takes an image
 *	away holds it while doing so, and frees the image after.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/kexec.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "../kexec_internal.h"

DEFINE_MUTEX(kexec_load_mutex);		/* building and unloading */
DEFINE_MUTEX(kexec_arm_mutex);		/* the contents of what is armed */
atomic_t __kexec_lock = ATOMIC_INIT(0);

struct kimage *kexec_image;
struct kimage *kexec_crash_image;

/* Set from the moment a reboot into a loaded image cannot be called off, and into which. */
bool kexec_in_progress;
struct kimage *kexec_reboot_image;

/* ---- whose turn it is to load ---- */

/**
 * struct turn - who holds kexec_load_mutex, for those who are sent away
 * @call:  what it does, NULL when nobody does anything
 * @comm:  its name, copied: it may be gone when that is read
 * @pid:   the process, numbered as the log's readers see it, in the initial namespace
 * @since: when it began
 */
struct turn {
	const char *call;
	char comm[TASK_COMM_LEN];
	pid_t pid;
	ktime_t since;
};

static DEFINE_SPINLOCK(turn_lock);
static struct turn current_turn;	/* under turn_lock */

static void record_turn(struct turn *turn, const char *call)
{
	turn->call = call;
	get_task_comm(turn->comm, current);
	turn->pid = task_tgid_nr(current);
	turn->since = ktime_get_boottime();
}

static bool try_turn(const char *call, struct turn *other)
{
	guard(spinlock)(&turn_lock);
	if (mutex_trylock(&kexec_load_mutex)) {
		record_turn(&current_turn, call);
		return true;
	}
	*other = current_turn;
	return false;
}

/**
 * kexec_begin_turn() - begin what only one may do at a time: load, unload, reserve less
 * @call: what it is, for the log; a string that stays
 *
 * For the class kexec_turn.  Never waits.
 *
 * Context: process; takes kexec_load_mutex unless -EBUSY is returned.
 * Return: 0, or -EBUSY when it is somebody else's turn; the log says whose.
 */
int kexec_begin_turn(const char *call)
{
	struct turn other;
	u64 s;
	u32 ms;

	if (try_turn(call, &other))
		return 0;
	if (!other.call)
		return kexec_refuse(NULL, -EBUSY, "%s: another load is under way", call);
	s = div_u64_rem(ktime_ms_delta(ktime_get_boottime(), other.since), MSEC_PER_SEC, &ms);
	return kexec_refuse(NULL, -EBUSY, "%s: %s[%d] has been at %s for %llu.%03u s", call,
			    other.comm, other.pid, other.call, s, ms);
}

/** kexec_end_turn() - end what kexec_begin_turn() began */
void kexec_end_turn(void)
{
	scoped_guard(spinlock, &turn_lock)
		current_turn.call = NULL;
	mutex_unlock(&kexec_load_mutex);
}
