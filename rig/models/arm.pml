/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The protocol of kernel/kexec/arm.c between whoever arms and the crash path.
 *
 * Images come and go: armed beside one another, armed staged and then put in place, armed after
 * the one before had to go (copied, or without room for control pages), their ELF core
 * header updated with pages to spare or without, disarmed.  A panic may come between any two steps, on
 * another CPU or on top of the arming code itself, which then never goes on; it
 * may also come to nothing and be followed by another.
 *
 * Stores may be delayed: each side's decisive store sits in a buffer of its own
 * until that side's barrier, or until it pleases.  So the model knows what the
 * barriers are for; build it with -DNO_BARRIER_CRASH or -DNO_BARRIER_ARM to see.  With
 * -DNO_WAIT images are freed at once, with -DNO_LIST a staged image is armed as
 * if it were in place: the model finds out about each of them (rig/models/check).
 *
 * Checked: a panic never meets an image that was freed or is not complete, never
 * follows a list that was freed, and finds an image whenever one was armed and
 * none was disarmed on purpose.
 */
#define IMAGES	3
#define NONE	IMAGES

#define BESIDE	0	/* the region has room for both */
#define STAGED	1	/* the new one takes the place of the old */

byte armed = NONE;		/* kexec_crash_image */
bool crashing;			/* kexec_crashing */
bool wanted;			/* armed once and not disarmed on purpose */
bool disarmed;			/* on purpose, since the panic began */

bool freed[IMAGES];
bool listed[IMAGES];		/* kimage.head is a list, not IND_DONE */
bool list_freed[IMAGES];
bool complete[IMAGES];		/* all of it is where it is to run */

byte armed_store = NONE;	/* delayed store of the arming side */
bool armed_pending;
bool crashing_pending;		/* delayed store of the crash path */

bool stopped;			/* the arming side was interrupted for good, or shot down */

#define RUN atomic { !stopped -> skip }

inline flush_arm()   { d_step { if :: armed_pending -> armed = armed_store; armed_pending = false :: else fi } }
inline flush_crash() { d_step { if :: crashing_pending -> crashing = true; crashing_pending = false :: else fi } }

/* exchange(): visible to others at once, or later */
inline exchange(image)
{
	RUN;
	d_step { armed_store = image; armed_pending = true };
#ifndef NO_BARRIER_ARM
	RUN; flush_arm();
#endif
}

inline wait_for_crash_path()
{
#ifndef NO_BARRIER_ARM
	RUN; flush_arm();
#endif
#ifndef NO_WAIT
	atomic { (!crashing && !stopped) -> skip }
#endif
}

inline release(image)
{
	if
	:: image != NONE -> RUN; d_step { freed[image] = true; complete[image] = false }
	:: else
	fi
}

/* What the arming side sees of its own store. */
inline current(image) { d_step { if :: armed_pending -> image = armed_store :: else -> image = armed fi } }

active proctype arming()
{
	byte next = 0, old;

	do
	:: next < IMAGES ->
		current(old);
		if
		:: /* beside: built complete, then one exchange */
			RUN; complete[next] = true;
			exchange(next);
			RUN; wanted = true;
			wait_for_crash_path();
			release(old)
		:: old != NONE -> /* staged: the list stands in for the copy */
#ifndef NO_LIST
			RUN; listed[next] = true;
#endif
			exchange(next);
			wait_for_crash_path();
			release(old);
			RUN; complete[next] = true;	/* in place */
			RUN; listed[next] = false;
			wait_for_crash_path();
			RUN; list_freed[next] = true
		:: old != NONE -> /* the old one goes first: a window that is traced */
			RUN; d_step { wanted = false; disarmed = true };
			exchange(NONE);
			wait_for_crash_path();
			release(old);
			RUN; complete[next] = true;
			exchange(next);
			RUN; wanted = true
		fi;
		next++
	:: current(old); old != NONE -> /* update of the ELF core header */
		RUN; list_freed[old] = false;		/* the spare pages are filled */
		RUN; listed[old] = true;
		RUN; complete[old] = false;		/* being written */
		RUN; complete[old] = true;
		RUN; listed[old] = false;
		wait_for_crash_path();
		RUN; list_freed[old] = true		/* and may be again */
	:: current(old); old != NONE -> /* the same without spare pages: another window */
		RUN; d_step { wanted = false; disarmed = true };
		exchange(NONE);
		wait_for_crash_path();
		RUN; complete[old] = false;
		RUN; complete[old] = true;
		exchange(old);
		RUN; wanted = true
	:: current(old); old != NONE -> /* disarm */
		RUN; d_step { wanted = false; disarmed = true };
		exchange(NONE);
		wait_for_crash_path();
		release(old)
	:: next == IMAGES -> break
	od
}

/* Delayed stores reach memory some time. */
active proctype memory()
{
	do
	:: atomic { armed_pending -> armed = armed_store; armed_pending = false }
	:: atomic { crashing_pending -> crashing = true; crashing_pending = false }
	od
}

active proctype crash()
{
	byte image;
	bool must;

	do
	:: true ->
		/* The panic: from here on an armed image must be found. */
		d_step { must = wanted; disarmed = false; crashing_pending = true };
#ifndef NO_BARRIER_CRASH
		flush_crash();
#endif
		image = armed;
		if
		:: image == NONE ->
			assert(!must || disarmed);
			flush_crash();
			crashing = false	/* kexec_crash_end() */
		:: else ->
			/* machine_crash_shutdown() */
			stopped = true;
			assert(!freed[image]);
			if
			:: listed[image] -> assert(!list_freed[image])
			:: else -> assert(complete[image])
			fi;
			break
		fi
	od
}
