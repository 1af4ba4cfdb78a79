/* SPDX-License-Identifier: GPL-2.0-only */
/* As the kernel has it: what a test puts in place of a function, until it is over. */
#ifndef KEXEC_UNITS_STATIC_STUB_H
#define KEXEC_UNITS_STATIC_STUB_H

#include <kunit/test.h>

void *units_stub_of(void *function);
void units_stub(void *function, void *instead);

#define KUNIT_STATIC_STUB_REDIRECT(function, args...) do {		\
	typeof(&(function)) instead = units_stub_of(function);		\
									\
	if (instead)							\
		return instead(args);					\
} while (0)

#define kunit_activate_static_stub(test, function, instead) do {	\
	typeof(&(function)) checked = (instead);			\
									\
	units_stub(function, checked);					\
} while (0)

#define kunit_deactivate_static_stub(test, function)	units_stub(function, NULL)

#endif /* KEXEC_UNITS_STATIC_STUB_H */
