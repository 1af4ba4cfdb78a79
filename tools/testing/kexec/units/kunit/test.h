/* SPDX-License-Identifier: GPL-2.0-only */
/* As much of KUnit as the suites that run in user space ask of it; units.c runs them. */
#ifndef KEXEC_UNITS_TEST_H
#define KEXEC_UNITS_TEST_H

#include <setjmp.h>

#define KUNIT_PARAM_DESC_SIZE	128

/**
 * struct kunit - a test that is running
 * @param_value: its parameter
 * @failed:      an expectation of its was not met
 * @giving_up:   where an assertion that fails goes
 * @allocated:   what is freed with it
 */
struct kunit {
	const void *param_value;
	bool failed;
	jmp_buf giving_up;
	struct units_allocation *allocated;
};

struct kunit_case {
	const char *name;
	void (*run)(struct kunit *test);
	const void *(*params)(struct kunit *test, const void *prev, char *desc);
};

struct kunit_suite {
	const char *name;
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(function)			{ #function, function }
#define KUNIT_CASE_PARAM(function, generator)	{ #function, function, generator }

void units_add(struct kunit_suite *suite);

#define kunit_test_suite(suite)					\
	static void __attribute__((constructor)) add_suite(void)	\
	{								\
		units_add(&(suite));					\
	}

/* ---- parameters ---- */

#define units_params(name, array, describe)						\
	static const void *name##_gen_params(struct kunit *test, const void *prev,	\
					     char *desc)				\
	{										\
		typeof(&(array)[0]) at = prev;						\
											\
		at = at ? at + 1 : &(array)[0];						\
		if (at == &(array)[ARRAY_SIZE(array)])					\
			return NULL;							\
		describe;								\
		return at;								\
	}

#define KUNIT_ARRAY_PARAM(name, array, get_desc)	units_params(name, array, get_desc(at, desc))
#define KUNIT_ARRAY_PARAM_DESC(name, array, member) \
	units_params(name, array, snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", at->member))

/* ---- memory ---- */

void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp);

/* ---- expectations ---- */

__attribute__((format(printf, 6, 7)))
void units_fail(struct kunit *test, bool give_up, const char *file, int line, const char *what,
		const char *fmt, ...);

#define units_true(give_up, test, condition, what, ...) do {				\
	if (!(condition))								\
		units_fail(test, give_up, __FILE__, __LINE__, what, __VA_ARGS__);	\
} while (0)

#define units_compare(give_up, test, left, op, right, ...) do {				\
	const typeof(left) units_left = (left);						\
	const typeof(right) units_right = (right);					\
	char units_what[256];								\
											\
	snprintf(units_what, sizeof(units_what), "%s %s %s, but they are %#llx and %#llx",	\
		 #left, #op, #right, (unsigned long long)units_left,			\
		 (unsigned long long)units_right);					\
	units_true(give_up, test, units_left op units_right, units_what, __VA_ARGS__);	\
} while (0)

#define units_strings(give_up, test, left, right)	\
	units_true(give_up, test, !strcmp(left, right), #left " is " #right, "it is: %s", left)

#define KUNIT_EXPECT_EQ(test, l, r)		units_compare(false, test, l, ==, r, " ")
#define KUNIT_EXPECT_EQ_MSG(test, l, r, ...)	units_compare(false, test, l, ==, r, __VA_ARGS__)
#define KUNIT_EXPECT_LE(test, l, r)		units_compare(false, test, l, <=, r, " ")
#define KUNIT_EXPECT_GT_MSG(test, l, r, ...)	units_compare(false, test, l, >, r, __VA_ARGS__)
#define KUNIT_EXPECT_TRUE(test, c)		units_true(false, test, c, #c, " ")
#define KUNIT_EXPECT_TRUE_MSG(test, c, ...)	units_true(false, test, c, #c, __VA_ARGS__)
#define KUNIT_EXPECT_FALSE(test, c)		units_true(false, test, !(c), "not " #c, " ")
#define KUNIT_EXPECT_FALSE_MSG(test, c, ...)	units_true(false, test, !(c), "not " #c, __VA_ARGS__)
#define KUNIT_EXPECT_NULL(test, p)		units_true(false, test, !(p), "no " #p, " ")
#define KUNIT_EXPECT_NOT_NULL(test, p)		units_true(false, test, p, #p, " ")
#define KUNIT_EXPECT_STREQ(test, l, r)		units_strings(false, test, l, r)
#define KUNIT_EXPECT_PTR_EQ(test, l, r)		units_true(false, test, (l) == (r), #l " is " #r, " ")

#define KUNIT_ASSERT_EQ(test, l, r)		units_compare(true, test, l, ==, r, " ")
#define KUNIT_ASSERT_EQ_MSG(test, l, r, ...)	units_compare(true, test, l, ==, r, __VA_ARGS__)
#define KUNIT_ASSERT_LE(test, l, r)		units_compare(true, test, l, <=, r, " ")
#define KUNIT_ASSERT_LE_MSG(test, l, r, ...)	units_compare(true, test, l, <=, r, __VA_ARGS__)
#define KUNIT_ASSERT_TRUE(test, c)		units_true(true, test, c, #c, " ")
#define KUNIT_ASSERT_FALSE(test, c)		units_true(true, test, !(c), "not " #c, " ")
#define KUNIT_ASSERT_NOT_NULL(test, p)		units_true(true, test, p, #p, " ")

#endif /* KEXEC_UNITS_TEST_H */
