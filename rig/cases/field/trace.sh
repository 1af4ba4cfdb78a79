# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the distribution's bpftrace counts loads, unloads and refusals by the kernel's trace events
# guest: memory=2G timeout=1800 cpus=1
# plan: 6
# stock: skip it has no such events

KERNEL=/boot/vmlinuz-$(uname -r)
INITRD=/boot/initrd.img-$(uname -r)

# What is counted, while bpftrace waits for its end.
work()
{
	cat >/tmp/work <<-END
		kexec -s -l $KERNEL --initrd=$INITRD --reuse-cmdline
		kexec -s -u
		kexec -c -l $KERNEL --initrd=$INITRD --reuse-cmdline
		kexec -c -u
		kx bad-file
		true
	END
}

# The quick kernel has no BTF, which would tell bpftrace what its types are.
types()
{
	mkdir -p /tmp/include/linux
	printf 'typedef unsigned %s;\n' 'char u8' 'short u16' 'int u32' 'long long u64' \
		>/tmp/include/linux/types.h
}

count()
{
	work
	types
	bpftrace -I /tmp/include -c '/bin/sh /tmp/work' -e 'tracepoint:kexec:* { @[probe] = count(); }' \
		>/tmp/counts 2>&1
	grep -q '^@\[tracepoint:kexec:' /tmp/counts || {
		tail -n 5 /tmp/counts
		return 1
	}
}

# counted NUMBER EVENT
counted()
{
	grep -x "@\[tracepoint:kexec:$2\]: $1" /tmp/counts || {
		grep '^@' /tmp/counts
		return 1
	}
}

stage1()
{
	check "bpftrace knows the events" says "tracepoint:kexec:kexec_load$" bpftrace -l 'tracepoint:kexec:*'
	check "it counts" count
	check "loads begun" counted 3 kexec_load
	check "loads ended" counted 3 kexec_loaded
	check "what was refused" counted 1 kexec_refused
	check "images that were armed" counted "[1-9][0-9]*" kexec_arm
	finish
}
