/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KTAP for the guests' small test programs: one line a check, the plan at the
 * end, so that a program that dies on the way is seen to have no plan.
 */
#ifndef RIG_KTAP_H
#define RIG_KTAP_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int ktap_count, ktap_failed;

static inline void ktap_start(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("KTAP version 1");
}

/* One check; the name is a format. */
__attribute__((format(printf, 2, 3)))
static inline bool ktap_ok(bool good, const char *name, ...)
{
	va_list args;

	printf("%sok %d ", good ? "" : "not ", ++ktap_count);
	va_start(args, name);
	vprintf(name, args);
	va_end(args);
	putchar('\n');
	ktap_failed += !good;
	return good;
}

static inline void ktap_skip(const char *name, const char *why)
{
	printf("ok %d %s # SKIP %s\n", ++ktap_count, name, why);
}

static inline const char *errno_name(long code)
{
	return code ? strerrorname_np(code) ?: "no errno" : "success";
}

/* What a system call returned against what it should: 0, or a positive errno. */
static inline bool ktap_errno(const char *name, long got, long want)
{
	bool good = got == want;

	if (!good)
		printf("# %s (%ld) in place of %s\n", errno_name(got), got, errno_name(want));
	return ktap_ok(good, "%s: %s", name, errno_name(want));
}

static inline int ktap_end(void)
{
	printf("1..%d\n", ktap_count);
	return ktap_failed ? 1 : 0;
}

#endif
