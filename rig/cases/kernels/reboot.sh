# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a kernel as the distribution ships it is entered directly, and runs
# guest: cpus=2 timeout=240 NEXT=debian ANYWHERE=16
# plan: 8
# variant bookworm.kaslr.1g: WANT=random prebuilt=bookworm memory=1G
# variant bookworm.kaslr.6g.4level: WANT=random prebuilt=bookworm memory=6G cpu=max,la57=off
# variant bookworm.nokaslr.1g.4level: WANT=linked prebuilt=bookworm memory=1G append="nokaslr no5lvl"
# variant bookworm.nokaslr.6g: WANT=linked prebuilt=bookworm memory=6G append=nokaslr
# variant trixie.kaslr.1g: WANT=random prebuilt=trixie memory=1G
# variant trixie.kaslr.6g.4level: WANT=random prebuilt=trixie memory=6G cpu=max,la57=off
# variant trixie.nokaslr.1g.4level: WANT=linked prebuilt=trixie memory=1G append="nokaslr no5lvl"
# variant trixie.nokaslr.6g: WANT=linked prebuilt=trixie memory=6G append=nokaslr
# variant unstable.kaslr.1g: WANT=random prebuilt=unstable memory=1G
# variant unstable.kaslr.6g.4level: WANT=random prebuilt=unstable memory=6G cpu=max,la57=off
# variant unstable.nokaslr.1g.4level: WANT=linked prebuilt=unstable memory=1G append="nokaslr no5lvl"
# variant unstable.nokaslr.6g: WANT=linked prebuilt=unstable memory=6G append=nokaslr
# variant backports.kaslr.1g: WANT=random prebuilt=backports memory=1G
# variant backports.kaslr.6g.4level: WANT=random prebuilt=backports memory=6G cpu=max,la57=off
# variant backports.nokaslr.1g.4level: WANT=linked prebuilt=backports memory=1G append="nokaslr no5lvl"
# variant backports.nokaslr.6g: WANT=linked prebuilt=backports memory=6G append=nokaslr
# variant generic.kaslr.1g: WANT=random prebuilt=backports-generic memory=1G
# variant generic.kaslr.6g.4level: WANT=random prebuilt=backports-generic memory=6G cpu=max,la57=off
# variant generic.nokaslr.1g.4level: WANT=linked prebuilt=backports-generic memory=1G append="nokaslr no5lvl"
# variant generic.nokaslr.6g: WANT=linked prebuilt=backports-generic memory=6G append=nokaslr
# variant rt.kaslr.1g: WANT=random prebuilt=backports-rt memory=1G
# variant rt.kaslr.6g.4level: WANT=random prebuilt=backports-rt memory=6G cpu=max,la57=off
# variant rt.nokaslr.1g.4level: WANT=linked prebuilt=backports-rt memory=1G append="nokaslr no5lvl"
# variant rt.nokaslr.6g: WANT=linked prebuilt=backports-rt memory=6G append=nokaslr
# variant bookworm.levels: WANT=packed SAYS=levels WORD=no5lvl prebuilt=bookworm memory=1G
# variant backports.levels: WANT=packed SAYS=levels WORD=no5lvl prebuilt=backports memory=1G
# variant bookworm.off: WANT=packed SAYS=kexec.direct=0 append=kexec.direct=0 prebuilt=bookworm memory=1G
# stock: skip it has no direct entry

# The same as with our own kernel.
# shellcheck source=rig/cases/e2e/direct.sh
. /rig/cases/e2e/direct
