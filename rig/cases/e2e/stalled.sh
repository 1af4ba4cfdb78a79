# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: pages all over memory that a dead server will never fill keep nobody from loading
# guest: memory=1G cpus=2 timeout=300
# plan: 9
# variant kexec_load: CALL=-c
# variant kexec_file_load: CALL=-s

MIB=24
CONNECTIONS=/sys/fs/fuse/connections

stage1()
{
	mount -t fusectl fusectl $CONNECTIONS
	oddfile stalls /tmp/stalled 1024
	# which has the kernel learn its size
	stat /tmp/stalled >/dev/null
	litter /tmp/stalled >/tmp/litter
	check "pages wait for a server that does not answer" wait_for_server
	make_initrd /tmp/initrd $MIB
	next=$(next_cmdline 2 "rig.content=$(content_sum)")
	check "loads that are killed are gone" killed_at_once
	check "the next load goes through" in_time load_next
	check "kexec_loaded is 1" is 1 /sys/kernel/kexec_loaded
	check "so does an unload" in_time kx unload
	check "and a load of a page" in_time kx dummy
	check "and the same image again" in_time load_next
	check "pages still wait" wait_for_server
	kexec -e
}

stage2()
{
	check "every byte of the initrd's content arrived" content_intact
	finish
}

# a page of every half MiB of what was free
wait_for_server()
{
	waiting=$(cat $CONNECTIONS/*/waiting)
	wanted=$(cat /tmp/litter)
	echo "$waiting of $wanted pages wait"
	[ "$wanted" -gt 500 ] && [ "$waiting" -ge "$wanted" ]
}

load_next()
{
	kexec "$CALL" -l /boot/bzImage --initrd=/tmp/initrd --command-line="$next"
}

# gone PID: the process has come to its end, or does so before a minute is over
gone()
{
	for _ in $(seq 600); do
		kill -0 "$1" 2>/dev/null || return 0
		usleep 100000
	done
	echo "it is still there: $(sed -n 's/^State:.//p' "/proc/$1/status")"
	return 1
}

# in_time COMMAND...: succeeds, and before a minute is over
in_time()
{
	"$@" &
	gone $! && wait $!
}

killed_at_once()
{
	for delay in 20 60 100 150 250 400; do
		env kexec "$CALL" -l /boot/bzImage --initrd=/tmp/initrd \
			--command-line="$next" >/dev/null 2>&1 &
		usleep "${delay}000"
		kill -9 $! 2>/dev/null
		gone $! || return 1
	done
}
