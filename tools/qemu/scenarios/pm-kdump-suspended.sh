# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC1091
# claim: a kernel that crashes with its SMMU suspended leaves one that the crash kernel drives, down and up again
# needs: module
# kexec: yes
# vm: --crash --events --append crashkernel=320M --append iommu.strict=1 --append cryptomgr.notests --memory 2G
# qemu: -device edu
. /lib/pm.sh
insert_driver runtime_pm=on || return
load edu_pm
let_pci_suspend
check suspends smmu_becomes suspended
edu="$(pm_edus)"
check cycles edu_pm_cycles "$edu" 3 60
if cmdline_has second; then
	check crash-kernel test -e /proc/vmcore
	refuses was-not-left-translating dmesg_has "SMMU currently enabled"
	check suspends-again smmu_becomes suspended
	return
fi
kexec_load -p "$(sed 's/crashkernel=[^ ]*//' /proc/cmdline) second nr_cpus=1 reset_devices"
check suspended-at-the-crash smmu_becomes suspended
info crash
echo c >/proc/sysrq-trigger
result kdump fail "the crash kernel did not start"
