/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_UAPI_LINUX_KEXEC_H
#define SHIM_UAPI_LINUX_KEXEC_H

#define KEXEC_SEGMENT_MAX	16

#endif
