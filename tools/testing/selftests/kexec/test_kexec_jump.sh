#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# By its former name: there and back.

cd "$(dirname "$0")" && exec ./kexec_jump -t goes_there_and_comes_back
