/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arithmetic on ranges of physical addresses, and the search for a hole.
 *
 * Ranges are half-open and 64 bits wide on every machine, so the last page of
 * a 32-bit address space is nothing special.  The last page of a 64-bit one
 * cannot be named; no machine has memory there, and what comes in from outside
 * passes kexec_range_from(), which says so.
 *
 * Everything here is pure: no locks, no allocation, no globals.
 */
#ifndef KERNEL_KEXEC_RANGE_H
#define KERNEL_KEXEC_RANGE_H

#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/types.h>
#include <linux/kexec.h>

/**
 * struct kexec_range - boot-physical addresses from @start up to, not including, @end
 * @start: first byte
 * @end:   first byte after it
 */
struct kexec_range {
	u64 start;
	u64 end;
};

/**
 * kexec_range_from() - range of @size bytes at @start
 * @start: first byte
 * @size:  bytes
 * @r:     set to the range
 *
 * Return: false when it would reach over the end of the address space.
 */
static inline bool kexec_range_from(u64 start, u64 size, struct kexec_range *r)
{
	r->start = start;
	return !check_add_overflow(start, size, &r->end);
}

/**
 * kexec_range_inclusive() - range from the first byte to the last
 * @first: first byte
 * @last:  last byte; the very last one of the address space is left out
 *
 * The border to interfaces with inclusive ends (resources, buf_max).
 *
 * Return: the range, half-open.
 */
static inline struct kexec_range kexec_range_inclusive(u64 first, u64 last)
{
	return (struct kexec_range) { first, last == U64_MAX ? last : last + 1 };
}

static inline bool kexec_range_empty(struct kexec_range r)
{
	return r.start >= r.end;
}

static inline u64 kexec_range_size(struct kexec_range r)
{
	return kexec_range_empty(r) ? 0 : r.end - r.start;
}

static inline bool kexec_range_overlaps(struct kexec_range a, struct kexec_range b)
{
	return a.start < b.end && b.start < a.end;
}

static inline bool kexec_range_contains(struct kexec_range outer, struct kexec_range inner)
{
	return outer.start <= inner.start && inner.end <= outer.end;
}

static inline struct kexec_range kexec_range_common(struct kexec_range a, struct kexec_range b)
{
	return (struct kexec_range) { max(a.start, b.start), min(a.end, b.end) };
}

/* The smallest range that has both in it; what is empty has no place. */
static inline struct kexec_range kexec_range_hull(struct kexec_range a, struct kexec_range b)
{
	if (kexec_range_empty(a))
		return b;
	if (kexec_range_empty(b))
		return a;
	return (struct kexec_range) { min(a.start, b.start), max(a.end, b.end) };
}

/* The destination of a segment that passed the checks. */
static inline struct kexec_range kexec_segment_range(const struct kexec_segment *segment)
{
	return (struct kexec_range) { segment->mem, (u64)segment->mem + segment->memsz };
}

/**
 * struct kexec_hole - what kind of hole is wanted
 * @within:   where to look
 * @size:     bytes, not 0
 * @align:    alignment of its start, a power of two
 * @top_down: take the highest that fits, else the lowest
 */
struct kexec_hole {
	struct kexec_range within;
	u64 size;
	u64 align;
	bool top_down;
};

/**
 * typedef kexec_conflict_t - what stands in the way of a hole
 * @ctx:       the searcher's
 * @candidate: place under consideration
 * @hit:       set to what is in the way of it; a search from the bottom goes on
 *             at @hit's end, one from the top below @hit's start
 *
 * Of several obstacles any may be named.  @hit reaches into @candidate, so the
 * search always gets on.
 *
 * Return: true when something is in the way.
 */
typedef bool (*kexec_conflict_t)(void *ctx, struct kexec_range candidate,
				 struct kexec_range *hit);

unsigned int kexec_range_without(struct kexec_range range, struct kexec_range other,
				 struct kexec_range part[2]);
bool kexec_find_hole(struct kexec_hole want, kexec_conflict_t conflict, void *ctx,
		     struct kexec_range *found);

#endif /* KERNEL_KEXEC_RANGE_H */
