# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: IMA hands over what the image has room for, whatever is measured and fails to load later
# guest: memory=1G cpus=2 append="ima_policy=critical_data"
# plan: 6
# needs: CONFIG_IMA_KEXEC
# stock: xfail O21 runs to its end
# stock: may O21 stage 1 goes on
# stock: may O21 what has come is whole
# stock: may O21 no more than there was room for

IMA=/sys/kernel/security/ima
MANY=300

# The image has room for what was measured before it, and a page and a half at most;
# an entry of these takes 80 bytes or more.
FIT=100

measure_many()
{
	echo "measure func=FILE_CHECK mask=MAY_READ uid=0" >$IMA/policy
	mkdir /tmp/many
	for number in $(seq $MANY); do
		echo "$number" >"/tmp/many/$number"
		cat "/tmp/many/$number"
	done >/dev/null
}

measured()
{
	grep -c " /tmp/many/" $IMA/ascii_runtime_measurements
}

stage1()
{
	check "it loads" kx file-load /boot/bzImage /boot/initrd "$(next_cmdline 2)"
	measure_many
	check "many files are measured since" test "$(measured)" = $MANY
	# The loader is asked when IMA has got a segment, of the size that all that takes.
	check "a load with too long a command line fails" \
		refused EINVAL kx file-load /boot/bzImage - "$(printf '%4000s' x)"
	show_leaks
	kx reboot
}

stage2()
{
	check "what has come is whole" fails sh -c 'dmesg | grep "ima: .*restore"'
	check "some of it has come" test "$(measured)" -gt 0
	check "no more than there was room for" at_most $FIT "$(measured)"
	finish
}
