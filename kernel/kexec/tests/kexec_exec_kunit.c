// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of executing an image
 *
 * A reboot, a jump and a crash are played: whatever would take the machine down is noted, with
 * the state it would find, and not called (kexec_watch_kunit.c).  Each step that can
 * fail does so once.
 */
#include <kunit/test.h>
#include <linux/crash_core.h>
#include <linux/elf.h>
#include <linux/kernel.h>
#include <linux/kexec.h>
#include <linux/kmsg_dump.h>
#include <linux/pm.h>
#include <linux/ptrace.h>
#include <linux/suspend.h>

#include "kexec_kunit.h"

#define MAX_STEPS	32

/* The functions that are called by these names cannot be probed on x86. */
#ifdef CONFIG_X86
#define MACHINE_SHUTDOWN	"native_machine_shutdown"
#define MACHINE_CRASH_SHUTDOWN	"native_machine_crash_shutdown"
#else
#define MACHINE_SHUTDOWN	"machine_shutdown"
#define MACHINE_CRASH_SHUTDOWN	"machine_crash_shutdown"
#endif

/**
 * struct step - a function that was called
 * @name:        its name
 * @argument:    the first of its arguments
 * @irqs_off:    with interrupts disabled
 * @state:       of the system
 * @in_progress: a reboot can no longer be called off
 * @armed:       an image is armed for a reboot
 * @measured:    the image that IMA is to write to
 */
struct step {
	const char *name;
	unsigned long argument;
	bool irqs_off;
	enum system_states state;
	bool in_progress;
	bool armed;
	const struct kimage *measured;
};

/**
 * struct play - what was called, in order
 * @fails: the step that is to fail
 * @nr:    steps
 * @step:  the steps
 */
struct play {
	const char *fails;
	unsigned int nr;
	struct step step[MAX_STEPS];
};

static int succeed(void)
{
	return 0;
}

static int fail(void)
{
	return -EIO;
}

static void *note_step(const char *name, struct pt_regs *regs, void *data)
{
	struct play *play = data;

	if (play->nr < MAX_STEPS)
		play->step[play->nr++] = (struct step) {
			.name = name,
			.argument = regs_get_kernel_argument(regs, 0),
			.irqs_off = regs_irqs_disabled(regs),
			.state = system_state,
			.in_progress = kexec_in_progress,
			.armed = READ_ONCE(kexec_image),
			.measured = kexec_reboot_image,
		};
	return play->fails && !strcmp(name, play->fails) ? fail : succeed;
}

static void be_as_before(void *data)
{
	system_state = *(enum system_states *)data;
	kexec_in_progress = false;
	kexec_reboot_image = NULL;
}

static struct play *new_play(struct kunit *test, const char * const *names)
{
	struct play *play = kunit_kzalloc(test, sizeof(*play), GFP_KERNEL);
	enum system_states *state = kunit_kzalloc(test, sizeof(*state), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, play);
	KUNIT_ASSERT_NOT_NULL(test, state);
	*state = system_state;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, be_as_before, state));
	for (; *names; names++)
		kexec_test_detour(test, *names, note_step, play);
	return play;
}

static const struct step *step_named(const struct play *play, const char *name)
{
	unsigned int i;

	for (i = 0; i < play->nr; i++)
		if (!strcmp(play->step[i].name, name))
			return &play->step[i];
	return NULL;
}

static struct kexec_subject *arm_reboot(struct kunit *test, bool preserve_context)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_USER);

	kexec_subject_add(subject, kexec_test_nowhere(), 5, 4 * PAGE_SIZE);
	subject->image->preserve_context = preserve_context;
	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
	kexec_subject_arm(subject);
	return subject;
}

static void expect_steps(struct kunit *test, const struct play *play, const char * const *names)
{
	unsigned int i;

	for (i = 0; i < play->nr && names[i]; i++)
		KUNIT_EXPECT_STREQ_MSG(test, play->step[i].name, names[i], "step %u", i);
	KUNIT_EXPECT_EQ_MSG(test, play->nr, i, "there is more");
	KUNIT_EXPECT_NULL_MSG(test, names[i], "there is less");
}

/* ---- reboot ---- */

static const char * const reboot[] = {
	"liveupdate_reboot", "kernel_restart_prepare", "migrate_to_reboot_cpu",
	"syscore_shutdown", "cpu_hotplug_enable", MACHINE_SHUTDOWN, "kmsg_dump_desc",
	"machine_kexec", NULL
};

static int execute(void)
{
	guard(mutex)(&system_transition_mutex);
	return kernel_kexec();
}

/*
 * A reboot takes the machine down step by step and executes the armed image, which
 * nobody else can reach meanwhile; from where it cannot be called off any more it says
 * so.
 */
static void a_reboot_takes_all_its_steps(struct kunit *test)
{
	struct kexec_subject *subject = arm_reboot(test, false);
	struct kmsg_dump_iter *log = kexec_test_end_of_log(test);
	struct play *play = new_play(test, reboot);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, execute(), 0);
	expect_steps(test, play, reboot);
	for (i = 0; i < play->nr; i++) {
		KUNIT_EXPECT_FALSE(test, play->step[i].armed);
		KUNIT_EXPECT_EQ_MSG(test, play->step[i].in_progress, i > 0, "step %u", i);
		KUNIT_EXPECT_PTR_EQ(test, play->step[i].measured, i ? subject->image : NULL);
	}
	KUNIT_EXPECT_PTR_EQ(test, (void *)play->step[i - 1].argument, subject->image);
	KUNIT_EXPECT_EQ(test, step_named(play, "kmsg_dump_desc")->argument, KMSG_DUMP_SHUTDOWN);
	KUNIT_EXPECT_EQ(test, kexec_test_lines_with(log, "kexec_core: Starting new kernel"), 1);
	KUNIT_EXPECT_PTR_EQ(test, kexec_image, subject->image);
}

/* When live update is not ready nothing is taken down, and the image stays armed. */
static void a_reboot_that_is_called_off(struct kunit *test)
{
	static const char * const none[] = { "liveupdate_reboot", NULL };
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct kexec_subject *subject = arm_reboot(test, false);
	struct play *play = new_play(test, reboot);

	play->fails = "liveupdate_reboot";
	KUNIT_EXPECT_EQ(test, execute(), -EIO);
	expect_steps(test, play, none);
	KUNIT_EXPECT_FALSE(test, kexec_in_progress);
	KUNIT_EXPECT_PTR_EQ(test, kexec_image, subject->image);
	KUNIT_EXPECT_EQ(test, last->count, 1);
}

/* Without an image there is nothing to be done. */
static void nothing_to_execute(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct play *play = new_play(test, reboot);

	KUNIT_EXPECT_EQ(test, execute(), -EINVAL);
	KUNIT_EXPECT_EQ(test, play->nr, 0);
	KUNIT_EXPECT_EQ(test, last->count, 1);
}

/* ---- a jump, and back ---- */

#ifdef CONFIG_KEXEC_JUMP
/* What is undone once the step was taken, or also when it has failed half-way. */
enum undo { NEVER, IF_TAKEN, ALWAYS };

struct stage {
	const char *name, *undo;
	enum undo when;
	bool can_fail;
};

static const struct stage jump[] = {
	{ "pm_prepare_console", "pm_restore_console", ALWAYS },
	{ "freeze_processes", "thaw_processes", IF_TAKEN, true },
	{ "console_suspend_all", "console_resume_all", ALWAYS },
	{ "dpm_suspend_start", "dpm_resume_end", ALWAYS, true },
	{ "dpm_suspend_end", "dpm_resume_start", IF_TAKEN, true },
	{ "freeze_secondary_cpus", "thaw_secondary_cpus", ALWAYS, true },
	{ "syscore_suspend", "syscore_resume", IF_TAKEN, true },
	{ "kmsg_dump_desc", NULL, NEVER },
	{ "machine_kexec", NULL, NEVER },
};

static const char * const jump_steps[] = {
	"pm_prepare_console", "freeze_processes", "console_suspend_all", "dpm_suspend_start",
	"dpm_suspend_end", "freeze_secondary_cpus", "syscore_suspend", "kmsg_dump_desc",
	"machine_kexec", "syscore_resume", "thaw_secondary_cpus", "dpm_resume_start",
	"dpm_resume_end", "console_resume_all", "thaw_processes", "pm_restore_console", NULL
};

static void describe_stage(const struct stage *stage, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s %s", stage->name,
		 stage->can_fail ? "fails" : "is there");
}

KUNIT_ARRAY_PARAM(stage, jump, describe_stage);

/* Down to the stage that fails, or to the last; and up again by what undoes each. */
static void expected_steps(const char *fails, const char **names)
{
	int i, down;

	for (i = 0; i < ARRAY_SIZE(jump); i++) {
		*names++ = jump[i].name;
		if (fails && !strcmp(jump[i].name, fails))
			break;
	}
	down = min(i, (int)ARRAY_SIZE(jump) - 1);
	for (; down >= 0; down--)
		if (jump[down].when == ALWAYS || (jump[down].when == IF_TAKEN && down != i))
			*names++ = jump[down].undo;
	*names = NULL;
}

/*
 * Whatever does not go down, all that has is brought up again, in the opposite order;
 * the image is armed as before.
 */
static void a_jump_is_undone(struct kunit *test)
{
	const struct stage *stage = test->param_value;
	const char *fails = stage->can_fail ? stage->name : NULL;
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct kexec_subject *subject = arm_reboot(test, true);
	struct play *play = new_play(test, jump_steps);
	const char *names[MAX_STEPS];
	int ret;

	expected_steps(fails, names);
	play->fails = fails;
	ret = execute();
	expect_steps(test, play, names);
	if (!fails)
		KUNIT_EXPECT_EQ(test, ret, 0);
	else
		KUNIT_EXPECT_EQ(test, ret, strcmp(fails, "freeze_processes") ? -EIO : -EBUSY);
	KUNIT_EXPECT_EQ(test, last->count, !!fails);
	KUNIT_EXPECT_FALSE(test, irqs_disabled());
	KUNIT_EXPECT_PTR_EQ(test, kexec_image, subject->image);
	KUNIT_EXPECT_FALSE(test, kexec_in_progress);
}

/*
 * The core and the image find interrupts off and the system suspended, and neither
 * when it is over; devices are told what hibernation tells them.
 */
static void a_jump_finds_the_machine_asleep(struct kunit *test)
{
	struct kexec_subject *subject = arm_reboot(test, true);
	struct play *play = new_play(test, jump_steps);
	const struct step *step;

	KUNIT_EXPECT_EQ(test, execute(), 0);
	KUNIT_ASSERT_EQ(test, play->nr, ARRAY_SIZE(jump_steps) - 1);
	for (step = play->step; step < play->step + play->nr; step++) {
		bool asleep = step >= step_named(play, "syscore_suspend") &&
			      step <= step_named(play, "syscore_resume");

		KUNIT_EXPECT_EQ_MSG(test, step->irqs_off, asleep, "%s", step->name);
		KUNIT_EXPECT_EQ_MSG(test, step->state == SYSTEM_SUSPEND, asleep, "%s", step->name);
		KUNIT_EXPECT_FALSE(test, step->armed);
	}
	KUNIT_EXPECT_EQ(test, system_state, SYSTEM_RUNNING);
	KUNIT_EXPECT_PTR_EQ(test, (void *)step_named(play, "machine_kexec")->argument,
			    subject->image);
	KUNIT_EXPECT_EQ(test, (int)step_named(play, "dpm_suspend_start")->argument,
			PMSG_FREEZE.event);
	KUNIT_EXPECT_EQ(test, (int)step_named(play, "dpm_suspend_end")->argument,
			PMSG_FREEZE.event);
	KUNIT_EXPECT_EQ(test, (int)step_named(play, "dpm_resume_start")->argument,
			PMSG_RESTORE.event);
	KUNIT_EXPECT_EQ(test, (int)step_named(play, "dpm_resume_end")->argument,
			PMSG_RESTORE.event);
}
#endif

/* ---- a crash ---- */

static const char * const crash[] = {
	"crash_update_vmcoreinfo_safecopy", "crash_save_vmcoreinfo", MACHINE_CRASH_SHUTDOWN,
	"machine_kexec", NULL
};

static struct kexec_subject *build_crash(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER);

	kexec_subject_add(subject, kexec_region().start + SZ_64M, 5, 4 * PAGE_SIZE);
	subject->image->start = subject->image->segment[0].mem;
	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
	return subject;
}

/*
 * A crash executes the armed image, with vmcoreinfo in that image's own copy; when it
 * comes back, as it does here only, the image can be replaced again.
 */
static void a_crash_takes_all_its_steps(struct kunit *test)
{
	struct kexec_subject *subject;
	struct play *play;

	kexec_test_need_region(test);
	subject = build_crash(test);
	play = new_play(test, crash);
	__crash_kexec(NULL);
	KUNIT_EXPECT_EQ(test, play->nr, 0);
	kexec_subject_arm(subject);
	__crash_kexec(NULL);
	expect_steps(test, play, crash);
	KUNIT_EXPECT_PTR_EQ(test, (void *)play->step[0].argument,
			    subject->image->vmcoreinfo_data_copy);
	KUNIT_EXPECT_PTR_EQ(test, (void *)play->step[3].argument, subject->image);
	kexec_test_disarm(KEXEC_TYPE_CRASH);
	KUNIT_EXPECT_NULL(test, kexec_crash_image);
}

#ifdef CONFIG_CRASH_HOTPLUG
static const char * const hotplug[] = { "arch_crash_handle_hotplug_event", NULL };
static const char * const twice[] = {
	"arch_crash_handle_hotplug_event", "arch_crash_handle_hotplug_event", NULL
};

/*
 * What was plugged while an image was built is caught up with when it is armed, by an
 * image that can take it; what was not is not.
 */
static void what_was_missed_is_caught_up_with(struct kunit *test)
{
	static const struct {
		bool missed, support, has_header;
		unsigned int updates;
	} table[] = {
		{ true, true, true, 2 }, { false, true, true, 0 }, { true, false, true, 0 },
		{ true, true, false, 0 },
	};
	struct kexec_subject *subject;
	struct play *play;
	int i;

	kexec_test_need_region(test);
	play = new_play(test, hotplug);
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		subject = build_crash(test);
		subject->image->hotplug_support = table[i].support;
		kimage_core(subject->image)->hotplug_seen =
			crash_hotplug_events() - table[i].missed;
		subject->image->elfcorehdr_index = table[i].has_header ? 0 : -1;
		play->nr = 0;
		kexec_subject_arm(subject);
		KUNIT_EXPECT_EQ_MSG(test, play->nr, table[i].updates, "row %d", i);
		KUNIT_EXPECT_EQ_MSG(test, subject->image->elfcorehdr_updated,
				    !!table[i].updates, "row %d", i);
		KUNIT_EXPECT_EQ(test, subject->image->hp_action, KEXEC_CRASH_HP_NONE);
		KUNIT_EXPECT_EQ(test, !!crash_check_hotplug_support(), table[i].support);
	}
}

/*
 * The segment with the ELF core header is found by what it begins with, which an empty one
 * at the same address does not.
 */
static void the_header_is_found(struct kunit *test)
{
	struct kexec_subject *subject;
	struct play *play;

	kexec_test_need_region(test);
	play = new_play(test, hotplug);
	subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_LOADER);
	kexec_subject_add_purgatory(subject);
	kexec_subject_place(subject, 5, PAGE_SIZE);
	kexec_subject_place(subject, PAGE_SIZE, PAGE_SIZE);
	kexec_subject_place(subject, 5, PAGE_SIZE);
	memcpy(subject->want[2], ELFMAG, SELFMAG);
	kexec_subject_add(subject, subject->image->segment[2].mem, 0, 0);
	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
	subject->image->hotplug_support = true;
	kimage_core(subject->image)->hotplug_seen = crash_hotplug_events() - 1;
	kexec_subject_arm(subject);
	KUNIT_EXPECT_EQ(test, subject->image->elfcorehdr_index, 2);
	expect_steps(test, play, twice);
}
#endif

static struct kunit_case exec_cases[] = {
	KUNIT_CASE(a_reboot_takes_all_its_steps),
	KUNIT_CASE(a_reboot_that_is_called_off),
	KUNIT_CASE(nothing_to_execute),
	KUNIT_CASE(a_crash_takes_all_its_steps),
#ifdef CONFIG_CRASH_HOTPLUG
	KUNIT_CASE(what_was_missed_is_caught_up_with),
	KUNIT_CASE(the_header_is_found),
#endif
#ifdef CONFIG_KEXEC_JUMP
	KUNIT_CASE_PARAM(a_jump_is_undone, stage_gen_params),
	KUNIT_CASE(a_jump_finds_the_machine_asleep),
#endif
	{}
};

static struct kunit_suite exec_suite = {
	.name = "kexec_exec",
	.init = kexec_test_need_peace,
	.test_cases = exec_cases,
};

kunit_test_suite(exec_suite);

MODULE_DESCRIPTION("KUnit tests of executing kexec images");
MODULE_LICENSE("GPL");
