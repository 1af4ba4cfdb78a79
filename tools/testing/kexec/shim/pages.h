/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of kernel/kexec/pages.h: nothing of images is wanted where nothing is loaded. */
