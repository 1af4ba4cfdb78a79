# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a jump that is refused on its way leaves all running, and the next try goes there and comes back
# guest: memory=512M cpus=2
# plan: 14
# needs: CONFIG_KEXEC_JUMP
# variant freeze: WHO=freeze
# variant noirq: WHO=noirq
# variant syscore: WHO=syscore
# stock: xfail MUTE the log says *

# what the log calls the step at which $WHO refuses
step()
{
	case $WHO in
	freeze) echo "a device cannot be suspended" ;;
	noirq) echo "a device cannot be quiesced" ;;
	syscore) echo "the core of the system cannot be suspended" ;;
	esac
}

stage1()
{
	check "the module that refuses" load_rigmod
	check "it will" rigmod "refuse.$WHO" 0
	without_port jump 1 refused >/tmp/results
	ktap cat /tmp/results
	check "the log says what it was" sh -c "dmesg | grep 'refused: jump: $(step) (-EREMOTEIO)'"
	check "both CPUs are up" is 0-1 /sys/devices/system/cpu/online
	check "tasks run" sleep 1
	check "nothing is loaded" is 0 /sys/kernel/kexec_loaded
	finish
}
