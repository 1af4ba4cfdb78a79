// SPDX-License-Identifier: GPL-2.0-only
/* The half of lib/zstd that unpacks, in one piece, as lib/decompress_unzstd.c takes it too. */
#include "decompress_sources.h"
