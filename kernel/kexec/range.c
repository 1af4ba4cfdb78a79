// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: ranges, and finding a hole among them
 *
 * One search serves every question of where something may go: in all of RAM or
 * in the crash region, around other segments, around pages that cannot be
 * moved, in one direction or the other.  What is in the way is asked of the
 * caller; each obstacle shrinks the window by all of itself, so the search
 * takes as many steps as the caller names obstacles.
 */
#include <kunit/visibility.h>

#include "range.h"

/**
 * kexec_range_without() - what of a range is not in another
 * @range: the range
 * @other: the other
 * @part:  set to what is before @other and what is behind it, as far as there is any
 *
 * Context: any.
 * Return: how many parts there are: 0, 1 or 2.
 */
unsigned int kexec_range_without(struct kexec_range range, struct kexec_range other,
				 struct kexec_range part[2])
{
	unsigned int nr = 0;

	if (kexec_range_empty(range))
		return 0;
	if (kexec_range_empty(other) || !kexec_range_overlaps(range, other)) {
		part[nr++] = range;
		return nr;
	}
	if (range.start < other.start)
		part[nr++] = (struct kexec_range) { range.start, other.start };
	if (other.end < range.end)
		part[nr++] = (struct kexec_range) { other.end, range.end };
	return nr;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_range_without);

/* The best place in what is left of the window, as if nothing were in the way. */
static bool best_place(const struct kexec_hole *want, struct kexec_range *place)
{
	const struct kexec_range *window = &want->within;

	if (kexec_range_size(*window) < want->size)
		return false;

	if (want->top_down) {
		place->start = ALIGN_DOWN(window->end - want->size, want->align);
		if (place->start < window->start)
			return false;
	} else {
		place->start = ALIGN(window->start, want->align);
		if (place->start < window->start || place->start > window->end - want->size)
			return false;
	}
	place->end = place->start + want->size;
	return true;
}

/**
 * kexec_find_hole() - find a place where nothing is in the way
 * @want:     size, alignment, window and direction
 * @conflict: what is in the way of a place
 * @ctx:      for @conflict
 * @found:    set to the place
 *
 * Context: as @conflict.
 * Return: true when there is one.
 */
bool kexec_find_hole(struct kexec_hole want, kexec_conflict_t conflict, void *ctx,
		     struct kexec_range *found)
{
	struct kexec_range hit;

	while (best_place(&want, found)) {
		if (!conflict(ctx, *found, &hit))
			return true;
		if (want.top_down)
			want.within.end = min(hit.start, found->end - 1);
		else
			want.within.start = max(hit.end, found->start + 1);
	}
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_find_hole);
