# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC1091
# claim: with a suspended SMMU: rmmod is refused, kexec starts a kernel that drives it, and power goes off
# long: yes
# needs: module
# kexec: yes
# vm: --acpi --cpu max,pauth-impdef=on,sve=off,lpa2=off --append iommu.strict=1 --append cryptomgr.notests --events
# qemu: -device edu
# UEFI, because only its memory map tells a second kernel which pages the GIC still uses; without
# LPA2, because Debian's 6.12 crashes in trans_pgd_create_copy() where the processor has it.
. /lib/pm.sh
insert_driver runtime_pm=on || return
load edu_pm
let_pci_suspend
check suspends smmu_becomes suspended
edu="$(pm_edus)"
check cycles edu_pm_cycles "$edu" 3 60
check suspends-again smmu_becomes suspended
refuses rmmod-refused rmmod smmuv3
check still-suspended smmu_is suspended
if cmdline_has second; then
	result second-kernel pass
	return
fi
kexec_load -l "$(cat /proc/cmdline) second"
check suspended-before-kexec smmu_becomes suspended
kexec -e
result kexec fail "the second kernel did not start"
