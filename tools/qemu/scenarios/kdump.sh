# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
# claim: a crash kernel takes over an SMMU that was left running, with a disk still doing DMA
# long: yes
# kexec: yes
# vm: --crash --events --append crashkernel=320M --memory 2G --scratch disk
# qemu: -device edu -device nvme,drive=disk,serial=1
# modules: nvme
insert_driver || return
edu_works DMA
nvme_works
if cmdline_has second; then
	check crash-kernel test -e /proc/vmcore
	return
fi
kexec_load -p "$(sed 's/crashkernel=[^ ]*//' /proc/cmdline) second nr_cpus=1 reset_devices"
dd if=/dev/nvme0n1 of=/dev/null bs=64k 2>/dev/null &
info crash
echo c >/proc/sysrq-trigger
result kdump fail "the crash kernel did not start"
