// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the KUnit suites of the pure parts in user space; prints KTAP.  Pages that a test
 * does not give back fail it, and so does what the sanitizers see.
 */
#include <sanitizer/asan_interface.h>
#include <stdarg.h>
#include <sys/mman.h>

#include <kunit/static_stub.h>
#include <kunit/test.h>

#include "../../../../kernel/kexec_internal.h"
#include "../../../../kernel/kexec/pages.h"
#include "../../../../kernel/kexec/region.h"

/* ---- pages ---- */

struct page units_page[UNITS_PAGES];
const unsigned long units_first_pfn = 0x100;
static unsigned long taken;

void *units_memory(void)
{
	static void *memory;

	if (memory)
		return memory;
	memory = mmap(NULL, (UNITS_PAGES + 1) << PAGE_SHIFT, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		abort();
	memory = (void *)ALIGN((unsigned long)memory, PAGE_SIZE);
	ASAN_POISON_MEMORY_REGION(memory, (unsigned long)UNITS_PAGES << PAGE_SHIFT);
	return memory;
}

/* Never the one that was freed last, as long as there are others. */
static struct page *take_page(void)
{
	static unsigned long next;
	unsigned long tries;

	for (tries = 0; tries < UNITS_PAGES; tries++) {
		struct page *page = &units_page[next++ % UNITS_PAGES];

		if (page->taken)
			continue;
		page->taken = true;
		taken++;
		ASAN_UNPOISON_MEMORY_REGION(page_address(page), PAGE_SIZE);
		memset(page_address(page), 0xa5, PAGE_SIZE);
		return page;
	}
	return NULL;
}

void __free_page(struct page *page)
{
	if (!page->taken)
		abort();
	page->taken = false;
	taken--;
	ASAN_POISON_MEMORY_REGION(page_address(page), PAGE_SIZE);
}

void free_contig_range(unsigned long pfn, unsigned long nr_pages)
{
	while (nr_pages--)
		__free_page(pfn_to_page(pfn++));
}

/* ---- in place of pages.c, region.c and refuse.c, which know the machine ---- */

struct page *kexec_alloc_block(gfp_t gfp, unsigned int order)
{
	KUNIT_STATIC_STUB_REDIRECT(kexec_alloc_block, gfp, order);
	return take_page();
}

struct page *kexec_alloc_pages_block(gfp_t gfp, unsigned int order)
{
	return kexec_alloc_block(gfp, order);
}

void kexec_free_pages_block(struct page *page)
{
	__free_page(page);
}

struct page *kimage_alloc_outside(struct kimage *image, gfp_t gfp, unsigned int order, u64 limit)
{
	return kexec_alloc_block(gfp, order);
}

struct kexec_range kexec_page_range(struct page *page, unsigned long nr_pages)
{
	u64 start = PFN_PHYS(page_to_pfn(page));

	return (struct kexec_range) { start, start + PFN_PHYS(nr_pages) };
}

struct kexec_range kexec_region(void)
{
	return (struct kexec_range) {};
}

int kexec_refuse(struct kimage *image, int err, const char *fmt, ...)
{
	return err;
}

/* ---- language ---- */

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return size ? min(len, (int)size - 1) : 0;
}

/* ---- KUnit: memory ---- */

struct units_allocation {
	struct units_allocation *next;
	void *at;
};

void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	struct units_allocation *one = malloc(sizeof(*one));

	*one = (struct units_allocation) { test->allocated, calloc(1, size) };
	test->allocated = one;
	return one->at;
}

static void free_allocated(struct kunit *test)
{
	struct units_allocation *one, *next;

	for (one = test->allocated; one; one = next) {
		next = one->next;
		free(one->at);
		free(one);
	}
}

/* ---- KUnit: stubs ---- */

static struct {
	void *function, *instead;
} stub[8];

void *units_stub_of(void *function)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stub); i++)
		if (stub[i].function == function)
			return stub[i].instead;
	return NULL;
}

void units_stub(void *function, void *instead)
{
	unsigned int i;

	for (i = 0; stub[i].function && stub[i].function != function; i++)
		if (i == ARRAY_SIZE(stub) - 1)
			abort();
	stub[i].function = function;
	stub[i].instead = instead;
}

/* ---- KUnit: results ---- */

void units_fail(struct kunit *test, bool give_up, const char *file, int line, const char *what,
		const char *fmt, ...)
{
	va_list args;

	test->failed = true;
	printf("# %s:%d: should be: %s ", file, line, what);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	if (give_up)
		longjmp(test->giving_up, 1);
}

static void run(struct kunit *test, const struct kunit_case *one)
{
	memset(stub, 0, sizeof(stub));
	if (!setjmp(test->giving_up))
		one->run(test);
	free_allocated(test);
	if (!taken || test->failed)
		return;
	printf("# %lu pages are not given back\n", taken);
	test->failed = true;
}

static bool result(int indent, bool failed, unsigned int nr, const char *name)
{
	printf("%*s%sok %u %s\n", indent, "", failed ? "not " : "", nr, name);
	return failed;
}

static bool run_params(const struct kunit_case *one)
{
	char desc[KUNIT_PARAM_DESC_SIZE];
	const void *param = NULL;
	unsigned int nr = 0;
	bool failed = false;

	while ((param = one->params(NULL, param, desc))) {
		struct kunit test = { .param_value = param };

		run(&test, one);
		failed |= result(8, test.failed, ++nr, desc);
		/* What it did not give back is not held against the next. */
		taken = test.failed ? 0 : taken;
	}
	return failed;
}

static bool run_case(const struct kunit_case *one)
{
	struct kunit test = {};

	if (one->params)
		return run_params(one);
	run(&test, one);
	taken = test.failed ? 0 : taken;
	return test.failed;
}

static bool run_suite(const struct kunit_suite *suite)
{
	const struct kunit_case *one;
	unsigned int nr = 0;
	bool failed = false;

	printf("    # Subtest: %s\n", suite->name);
	for (one = suite->test_cases; one->name; one++)
		failed |= result(4, run_case(one), ++nr, one->name);
	printf("    1..%u\n", nr);
	return failed;
}

static struct kunit_suite *suites[16];
static unsigned int nr_suites;

void units_add(struct kunit_suite *suite)
{
	if (nr_suites == ARRAY_SIZE(suites))
		abort();
	suites[nr_suites++] = suite;
}

int main(void)
{
	bool failed = false;
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n1..%u\n", nr_suites);
	for (i = 0; i < nr_suites; i++)
		failed |= result(0, run_suite(suites[i]), i + 1, suites[i]->name);
	return failed;
}
