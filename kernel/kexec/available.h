/* SPDX-License-Identifier: GPL-2.0-only */
/* available.c: how much memory a load may take. */
#ifndef KERNEL_KEXEC_AVAILABLE_H
#define KERNEL_KEXEC_AVAILABLE_H

#include <linux/types.h>

struct kimage;

unsigned long kexec_pages_to_be_had(bool in_cma);
bool kexec_may_take(unsigned long nr_pages, bool in_cma);
bool kexec_may_take_of_node(int nid, unsigned long nr_pages);
void kexec_leave_the_rest(void);
int kimage_expect_pages(struct kimage *image, unsigned long pages);

#if IS_ENABLED(CONFIG_KUNIT)
unsigned long kexec_free_cma(int nid);
unsigned long kexec_node_pages_to_be_had(int nid);
void kexec_give_back_at_hand(void);
unsigned long kexec_pages_left(long spare, unsigned long swapped, unsigned long cma);
unsigned long kexec_pages_of_node(int nid);
#endif

#endif /* KERNEL_KEXEC_AVAILABLE_H */
