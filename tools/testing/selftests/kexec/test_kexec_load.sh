#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# By its former name: segments are refused where kernels must be signed.

cd "$(dirname "$0")" && exec ./kexec_policy -v segments
