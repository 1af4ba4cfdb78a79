/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests are linked with what they test. */
#ifndef KEXEC_UNITS_VISIBILITY_H
#define KEXEC_UNITS_VISIBILITY_H

#define VISIBLE_IF_KUNIT
#define EXPORT_SYMBOL_IF_KUNIT(symbol)

#endif /* KEXEC_UNITS_VISIBILITY_H */
