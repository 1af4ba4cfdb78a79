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
 *	region shrinks.  Its holder may sleep and allocate, but waits for nobody's
 *	files or devices.  CPU hotplug takes it with its own locks held.
 * __kexec_lock
 *	The two pointers: held for a few instructions with preemption disabled.
 *	Whoever holds it may look into an armed image; whoever takes an image
 *	away holds it while doing so, and frees the image after.
 *
 * The crash path takes none of them, since any of them may be held by what the
 * panic, or the NMI, has interrupted on this very CPU.  It announces itself in
 * kexec_crashing and then reads the pointer; whoever changes the pointer then
 * looks for the announcement before he touches what the pointer led to:
 *
 *	crash path (any context)		arming (process context)
 *	------------------------		------------------------
 *	kexec_crashing++			kexec_crash_image = new
 *	smp_mb()  [A]				smp_mb()  [B]
 *	image = kexec_crash_image		if (kexec_crashing) wait
 *						free or overwrite old
 *
 * Either the crash path sees the new image, or arming sees the crash path and
 * leaves the old image alone; [A] and [B] pair.  The wait ends when the crash
 * path gives up, if it ever does: the machine is about to be taken over.
 *
 * An image that takes the place of another in the crash region cannot be there
 * before it is armed.  It is armed staged, with an entry list that has the
 * relocation code move it at the time of the crash; then it is moved for good
 * and the list is dropped, which is one store to kimage.head.  A panic in
 * between moves all of it once more, wherever the first move had got to.  An
 * architecture whose relocation code does not serve crash images (it does not
 * define ARCH_KEXEC_RELOCATES_CRASH_IMAGE) has no image armed while the pages
 * are copied; the length of that window is traced and logged.
 *
 * The same goes, anywhere, for an image whose control pages fit into the region
 * only without the armed one: that goes first, when nothing else can fail any more.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <kunit/static_stub.h>
#include <linux/delay.h>
#include <linux/kexec.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <trace/events/kexec.h>

#include "kexec_internal.h"

DEFINE_MUTEX(kexec_load_mutex);	/* building and unloading */
DEFINE_MUTEX(kexec_arm_mutex);		/* the contents of what is armed */
atomic_t __kexec_lock = ATOMIC_INIT(0);

struct kimage *kexec_image;
struct kimage *kexec_crash_image;

/* How often the crash path has been entered and not left: it may crash itself. */
static atomic_t kexec_crashing = ATOMIC_INIT(0);

#define CRASH_ATTEMPTS	2

/* Set while no crash image is armed only because one is being copied. */
static bool copy_under_way;
static ktime_t unarmed_since;

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

/* ---- the pointers ---- */

static struct kimage *exchange(struct kimage **armed, struct kimage *image)
{
	guard(kexec_armed)();
	/* xchg() orders all that was written to @image before it. */
	return xchg(armed, image);
}

/* ---- reboot ---- */

/* The reboot image that was taken and may come back; under __kexec_lock. */
static struct kimage *taken;

/**
 * kimage_take() - take the armed reboot image to execute it
 *
 * Nobody else can find, replace or free it until kimage_put_back().
 *
 * Context: process.
 * Return: the image, or NULL when none is armed.
 */
struct kimage *kimage_take(void)
{
	guard(kexec_armed)();
	taken = kexec_image;
	WRITE_ONCE(kexec_image, NULL);
	return taken;
}

/* Whether @image is armed again. */
static bool rearm(struct kimage *image)
{
	bool wanted;

	guard(kexec_armed)();
	wanted = taken == image && !kexec_image;
	taken = NULL;
	if (wanted)
		WRITE_ONCE(kexec_image, image);
	return wanted;
}

/**
 * kimage_put_back() - arm a reboot image that came back
 * @image: from kimage_take()
 *
 * One that was loaded in the meantime is the newer and stays, and after an unload
 * there is none.
 *
 * Context: process.
 */
void kimage_put_back(struct kimage *image)
{
	if (!rearm(image))
		kimage_free(image);
}

/* What is just being executed is unloaded as well, should it come back. */
static void disarm_reboot_image(void)
{
	struct kimage *image;

	scoped_guard(kexec_armed) {
		taken = NULL;
		image = kexec_image;
		WRITE_ONCE(kexec_image, NULL);
	}
	kimage_free(image);
}

/* ---- crash ---- */

static void say_why_no_dump(void)
{
	if (READ_ONCE(copy_under_way))
		pr_emerg("no dump: the crash image is just being copied into place\n");
	else if (!kexec_range_empty(kexec_region()))
		pr_emerg("no dump: memory is reserved, but no crash image is loaded\n");
}

/**
 * kexec_crash_begin() - get hold of the armed crash image
 *
 * A panic on the way to the dump comes here once more and gets another chance; the
 * one after it does not, so that panic() can go on to what it does without a dump.
 *
 * Context: any, NMI included, whatever is locked; one CPU at a time, the one
 * that panics.
 * Return: the image, complete and to stay so until kexec_crash_end(), or NULL
 * when there is none; if memory is reserved for one the log then says why.
 */
struct kimage *kexec_crash_begin(void)
{
	int attempt = atomic_inc_return_relaxed(&kexec_crashing);
	struct kimage *image;

	if (attempt > CRASH_ATTEMPTS) {
		pr_emerg("no dump: %d attempts have ended in a panic\n", CRASH_ATTEMPTS);
		return NULL;
	}
	smp_mb(); /* [A], see above; pairs with wait_for_crash_path() */
	image = READ_ONCE(kexec_crash_image);
	if (!image)
		say_why_no_dump();
	return image;
}

/** kexec_crash_end() - the crash path has come back and is done with the image */
void kexec_crash_end(void)
{
	atomic_dec_return_release(&kexec_crashing);
}

/* Returns when nobody uses what was reachable before the last store. */
static void wait_for_crash_path(void)
{
	smp_mb(); /* [B], see above; pairs with kexec_crash_begin() */
	while (atomic_read_acquire(&kexec_crashing))
		fsleep(1000);
}

static void free_after_crash_path(struct kimage *image)
{
	wait_for_crash_path();
	kimage_free(image);
}

static void uncover_keys(const struct kimage *image)
{
	if (image && image->dm_crypt_keys_addr)
		arch_kexec_uncover_keys();
}

static void set_head(struct kimage *image, kimage_entry_t head)
{
	/* What the list says, or what was copied, is there before it is relied on. */
	smp_store_release(&image->head, head);
}

/* From here on every page of every segment is where it will run. */
static void note_settled(struct kimage *image)
{
	unsigned int i;

	for (i = 0; i < image->nr_segments; i++)
		image->place[i].in_place = true;
}

static void begin_unarmed(void)
{
	if (copy_under_way)
		return;
	unarmed_since = ktime_get();
	WRITE_ONCE(copy_under_way, true);
}

/**
 * kexec_end_unarmed() - no crash image is missing any more for being replaced
 *
 * Context: process, kexec_arm_mutex held.
 */
void kexec_end_unarmed(void)
{
	s64 ns;

	lockdep_assert_held(&kexec_arm_mutex);
	if (!copy_under_way)
		return;
	ns = ktime_to_ns(ktime_sub(ktime_get(), unarmed_since));
	WRITE_ONCE(copy_under_way, false);
	trace_kexec_unarmed(ns);
	pr_debug("no crash image was armed for %lld ns while one was put in place\n", ns);
}

/**
 * kexec_relocates_crash_image() - can a crash image be executed by an entry list?
 *
 * A function of its own so that tests can have it say no.
 *
 * Context: process.
 * Return: true when it can, like any other image.
 */
noinline bool kexec_relocates_crash_image(void)
{
	KUNIT_STATIC_STUB_REDIRECT(kexec_relocates_crash_image);
	return IS_ENABLED(CONFIG_ARCH_KEXEC_RELOCATES_CRASH_IMAGE);
}

/**
 * kimage_post_load() - let the architecture finish an image
 * @image: the image; what kimage_page_in_place() says is in place, is
 *
 * Context: process.
 * Return: what machine_kexec_post_load() says.
 */
int kimage_post_load(struct kimage *image)
{
	KUNIT_STATIC_STUB_REDIRECT(kimage_post_load, image);
	return machine_kexec_post_load(image);
}

/* Armed all the time: the list stands in for what is not yet copied. */
static void replace_relocatable(struct kimage *image)
{
	set_head(image, image->list);
	free_after_crash_path(exchange(&kexec_crash_image, image));
	kimage_settle(image);
	note_settled(image);
	set_head(image, IND_DONE);
	wait_for_crash_path();
}

/* Not armed while copying. */
static void replace_by_copy(struct kimage *image)
{
	begin_unarmed();
	free_after_crash_path(exchange(&kexec_crash_image, NULL));
	kimage_settle(image);
	note_settled(image);
	/* Caches are cleaned over all that is in place, what has just come there too. */
	if (kimage_post_load(image))
		pr_warn("the architecture fails to finish the copied crash image\n");
	exchange(&kexec_crash_image, image);
}

static void replace_staged(struct kimage *image)
{
	if (kexec_relocates_crash_image())
		replace_relocatable(image);
	else
		replace_by_copy(image);
	kimage_free_list(image);
}

static void arm_crash_image(struct kimage *image)
{
	guard(mutex)(&kexec_arm_mutex);

	uncover_keys(kexec_crash_image);
	if (kimage_is_staged(image))
		replace_staged(image);
	else
		free_after_crash_path(exchange(&kexec_crash_image, image));
	kexec_end_unarmed();
	kexec_protect_region();
	crash_hotplug_catch_up(image);
}

/**
 * kimage_arm() - make an image the one that is executed
 * @image: the image, sealed
 *
 * Takes the place of the armed image of its type, which is freed.
 *
 * Context: process, kexec_load_mutex held.
 */
void kimage_arm(struct kimage *image)
{
	image->beside = NULL;
	trace_kexec_arm(image->type, image->start, image->list);
	if (kimage_is_crash(image))
		arm_crash_image(image);
	else
		kimage_free(exchange(&kexec_image, image));
}

static void disarm_crash_image(void)
{
	if (!kexec_crash_image)
		return;
	arch_kexec_unprotect_crashkres();
	free_after_crash_path(exchange(&kexec_crash_image, NULL));
}

/**
 * kimage_disarm() - unload
 * @type: KEXEC_TYPE_DEFAULT or KEXEC_TYPE_CRASH
 *
 * Context: process, kexec_load_mutex held.
 */
void kimage_disarm(int type)
{
	if (!IS_ENABLED(CONFIG_CRASH_DUMP) || type != KEXEC_TYPE_CRASH) {
		disarm_reboot_image();
		return;
	}

	guard(mutex)(&kexec_arm_mutex);
	disarm_crash_image();
}

/**
 * kimage_oust() - have the armed crash image make room
 * @image: for this one, which is to be armed at once
 *
 * Context: process, kexec_load_mutex held.  kexec_end_unarmed() follows.
 */
void kimage_oust(struct kimage *image)
{
	guard(mutex)(&kexec_arm_mutex);
	begin_unarmed();
	disarm_crash_image();
	image->beside = NULL;
}

/* ---- changing the armed image ---- */

/* The crash path copies what is to be written itself if it comes before we have. */
static void update_relocatable(struct kimage *image, void *dst, const void *buf,
			       const struct kexec_range range, size_t len)
{
	set_head(image, kimage_list_spare(image, range, dst, buf, len));
	memcpy(dst, buf, len);
	kexec_unmap_region(dst, range);
	set_head(image, IND_DONE);
	wait_for_crash_path();
}

static void update_unarmed(struct kimage *image, void *dst, const void *buf,
			   const struct kexec_range range, size_t len)
{
	begin_unarmed();
	exchange(&kexec_crash_image, NULL);
	wait_for_crash_path();
	memcpy(dst, buf, len);
	kexec_unmap_region(dst, range);
	exchange(&kexec_crash_image, image);
	kexec_end_unarmed();
}

/**
 * kimage_update_segment() - rewrite a segment of the armed crash image
 * @image: the armed crash image
 * @idx:   a segment that no digest covers
 * @buf:   new contents
 * @len:   bytes, at most the segment's; what is behind them stays
 *
 * A panic finds the image armed all the time, with the old contents or the new, as far
 * as the image has spare pages to list (kexec_pages.c); else not while it is copied.
 *
 * Context: process, kexec_arm_mutex held.
 * Return: 0; -EINVAL when @buf does not fit; -ENOMEM, and then the contents are
 * the old ones.
 */
int kimage_update_segment(struct kimage *image, int idx, const void *buf, size_t len)
{
	const struct kexec_segment *segment = &image->segment[idx];
	struct kexec_range range = { segment->mem, segment->mem + PAGE_ALIGN(len) };
	void *dst;

	lockdep_assert_held(&kexec_arm_mutex);
	if (len > segment->memsz)
		return -EINVAL;
	dst = kexec_map_region(range);
	if (!dst)
		return -ENOMEM;
	if (PFN_UP(len) <= image->nr_spare)
		update_relocatable(image, dst, buf, range, len);
	else
		update_unarmed(image, dst, buf, range, len);
	return 0;
}
