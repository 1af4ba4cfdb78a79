/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites that need a machine have in common: images with known contents, a
 * model of the relocation, a count of the pages that images own, and the last refusal.
 */
#ifndef KERNEL_KEXEC_TESTS_KUNIT_H
#define KERNEL_KEXEC_TESTS_KUNIT_H

#include <crypto/sha2.h>
#include <kunit/test.h>
#include <linux/elf.h>
#include <linux/memblock.h>

#include "../arch.h"
#include "../arm.h"
#include "../digest.h"
#include "../files.h"
#include "../fill.h"
#include "../image.h"
#include "../life.h"
#include "../pages.h"
#include "../place.h"
#include "../policy.h"
#include "../reboot.h"
#include "../refuse.h"
#include "../region.h"
#include "../road.h"
#include "../spare.h"
#include "kexec_pure_kunit.h"

/* ---- memory ---- */

void *kexec_test_alloc(struct kunit *test, size_t size);
void kexec_test_fill(void *buf, size_t size, u32 tag);
void kexec_test_dirty_memory(void);
unsigned long kexec_test_free_block(struct kunit *test, unsigned long nr_pages);
unsigned long kexec_test_block_but_for(struct kunit *test, unsigned long nr_pages,
				       const unsigned int *page, unsigned int nr);
bool kexec_test_can_be_had(unsigned long pfn, unsigned long nr_pages);
void kexec_test_limit_memory(struct kunit *test, unsigned long nr_pages);

/* ---- what the allocator hands out: no test depends on what it would choose ---- */

#define KEXEC_TEST_BLOCKS	64

/**
 * struct kexec_test_blocks - memory that images are to get
 * @nr:    how many blocks
 * @order: for each, 1 << @order pages
 * @pfn:   for each, its first page frame
 * @given: those that an image got
 */
struct kexec_test_blocks {
	unsigned int nr;
	unsigned int order[KEXEC_TEST_BLOCKS];
	unsigned long pfn[KEXEC_TEST_BLOCKS];
	DECLARE_BITMAP(given, KEXEC_TEST_BLOCKS);
};

struct kexec_test_blocks *kexec_test_take_blocks(struct kunit *test, const unsigned int *order,
						 unsigned int nr);
void kexec_test_offer(struct kunit *test, struct kexec_test_blocks *blocks);

/* ---- images with known contents ---- */

/**
 * struct kexec_subject - an image under test
 * @test:  the test
 * @image: the image; freed with the test unless it was armed
 * @armed: the core has got it, and frees it
 * @tag:   makes its contents differ from those of other subjects
 * @want:  for each segment, what has to be at its destination in the end
 * @store: memory for the contents, if it was set aside before
 * @purgatory: what stands in for one, where there is none
 */
struct kexec_subject {
	struct kunit *test;
	struct kimage *image;
	bool armed;
	u32 tag;
	u8 *want[KEXEC_SEGMENT_MAX];
	u8 *store;
	const void *purgatory;
};

/* Who describes the segments: user space by address, or a loader. */
enum kexec_test_mode { BY_USER, BY_LOADER };

struct kexec_subject *kexec_subject_new(struct kunit *test, int type, enum kexec_test_mode mode);
struct kexec_subject *kexec_subject_counted(struct kunit *test, int type,
					    enum kexec_test_mode mode);
void kexec_subject_set_aside(struct kexec_subject *subject, unsigned int pages);
unsigned int kexec_subject_add(struct kexec_subject *subject, unsigned long mem, size_t bufsz,
			       size_t memsz);
void kexec_subject_add_purgatory(struct kexec_subject *subject);
struct kexec_buf kexec_test_wish(struct kimage *image, void *buffer, size_t bufsz, size_t memsz);
unsigned int kexec_subject_place(struct kexec_subject *subject, size_t bufsz, size_t memsz);
int kexec_subject_assemble(struct kexec_subject *subject);
int kexec_subject_build(struct kexec_subject *subject);
void kexec_subject_arm(struct kexec_subject *subject);
void kexec_subject_free(struct kexec_subject *subject);
void kexec_subject_give_back(struct kexec_subject *subject);
unsigned long kexec_test_shared_zeros(const struct kimage *image);
void kexec_test_disarm(int type);
void kexec_test_need_region(struct kunit *test);
int kexec_test_need_peace(struct kunit *test);
int kexec_test_need_region_and_peace(struct kunit *test);

/**
 * struct kexec_test_hash - of all that an image consists of in the crash region
 * @digest: changes when a byte of it does
 */
struct kexec_test_hash {
	u8 digest[SHA256_DIGEST_SIZE];
};

struct kexec_test_hash kexec_test_hash(const struct kimage *image);
bool kexec_test_unchanged(const struct kimage *image, struct kexec_test_hash before);

/* ---- system calls ---- */

long kexec_test_load(unsigned long entry, unsigned long nr, const void __user *segments,
		     unsigned long flags);
long kexec_test_load_compat(unsigned long entry, unsigned long nr, const void __user *segments,
			    unsigned long flags);
long kexec_test_file_load(int kernel, int initrd, unsigned long cmdline_len,
			  const char __user *cmdline, unsigned long flags);

/* ---- a model of the relocation ---- */

/**
 * struct kexec_model - which page's contents are where
 * @nr:    slots, a power of two
 * @used:  slots in use
 * @moved: pages copied
 * @slot:  hash table; pages that are not in it hold what they held before
 *
 * Nothing is copied: the model only keeps book of what the relocation code would
 * do, so destinations may be anybody's memory.  Runs in any context.
 */
struct kexec_model {
	unsigned int nr;
	unsigned int used;
	unsigned int moved;
	struct kexec_model_slot {
		unsigned long pfn;
		unsigned long holds;
		bool taken;
	} *slot;
};

struct kexec_model *kexec_model_new(struct kunit *test, unsigned int pages);
const char *kexec_model_relocate(struct kexec_model *model, kimage_entry_t head);
const char *kexec_model_wrong(struct kexec_model *model, const struct kexec_subject *subject,
			      kimage_entry_t head);

/* ---- pages that images own ---- */

void kexec_test_count_pages(struct kunit *test);
long kexec_test_owned_pages(void);

/* ---- functions of others, and what is left behind: kexec_watch_kunit.c ---- */

typedef void *(*kexec_test_detour_t)(const char *name, struct pt_regs *regs, void *ctx);

void kexec_test_detour(struct kunit *test, const char *name, kexec_test_detour_t which, void *ctx);
void kexec_test_stand_in(struct kunit *test, const char *name, void *instead);

void kexec_test_watch_leaks(struct kunit *test);
void kexec_test_begin_leaks(void);
unsigned long kexec_test_end_leaks(void **site);

/* ---- refusals ---- */

struct kexec_test_refusal {
	int count;
	int type;
	int err;
	char why[256];
};

struct kexec_test_refusal *kexec_test_watch_refusals(struct kunit *test);

struct kmsg_dump_iter;
struct kmsg_dump_iter *kexec_test_end_of_log(struct kunit *test);
int kexec_test_lines_with(struct kmsg_dump_iter *iter, const char *text);

/* ---- relocatable ELF objects ---- */

#define KEXEC_OBJECT_SECTIONS		16
#define KEXEC_OBJECT_SYMBOLS		16
#define KEXEC_OBJECT_RELOCATIONS	8

/**
 * struct kexec_object - an object under construction
 * @test:            the test
 * @entry:           e_entry
 * @headers_first:   section headers before the contents
 * @without_symbols: leave the symbol table out
 * @relocation_type: of the section with relocations, SHT_RELA unless set
 * @file:            the object, finished
 * @size:            its bytes
 * @section:         section headers; the first is unused
 * @symbol:          symbols; the first is unused
 */
struct kexec_object {
	struct kunit *test;
	u64 entry;
	bool headers_first;
	bool without_symbols;
	u32 relocation_type;
	Elf_Ehdr *file;
	size_t size;
	Elf_Shdr section[KEXEC_OBJECT_SECTIONS];
	Elf_Sym symbol[KEXEC_OBJECT_SYMBOLS];

	/* private: */
	const void *contents[KEXEC_OBJECT_SECTIONS];
	Elf64_Rela relocation[KEXEC_OBJECT_RELOCATIONS];
	char strings[512];
	size_t strings_len, header;
	unsigned int nr_sections, nr_symbols, nr_relocations, relocated, names;
};

struct kexec_object *kexec_object_new(struct kunit *test);
unsigned int kexec_object_section(struct kexec_object *object, u32 type, u64 flags, u64 align,
				  const void *contents, size_t size);
unsigned int kexec_object_symbol(struct kexec_object *object, const char *name, unsigned int bind,
				 unsigned int section, u64 value, u64 size);
unsigned int kexec_object_relocate(struct kexec_object *object, unsigned int section, u64 offset,
				   unsigned int symbol, unsigned int type, s64 addend);
Elf_Ehdr *kexec_object_finish(struct kexec_object *object);
struct kexec_object *kexec_object_with_digests(struct kunit *test);
int kexec_object_load_into(struct kexec_object *object, struct kimage *image,
			   struct kexec_buf *kbuf);
int kexec_object_load(struct kexec_object *object, struct kexec_subject *subject,
		      struct kexec_buf *kbuf);

/* ---- a caller that is being killed ---- */

void kexec_test_kill(void);
void kexec_test_revive(void);

#endif /* KERNEL_KEXEC_TESTS_KUNIT_H */
